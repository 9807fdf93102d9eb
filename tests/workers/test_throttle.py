"""A SIM's limits: what it may not send waits where others can take it, and the modem says until when."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING, Any

from modemd.service import routing
from modemd.simulator.simulation import ModemSpec, Simulation
from modemd.store.database import Database
from modemd.store.writer import Store
from modemd.workers.floor import Floor
from modemd.workers.modems.worker import ModemWorker
from tests.modem.times import TIMES
from tests.service.office import LONG, rules_of, with_broker
from tests.store.files import fresh, opened, url_of
from tests.workers.test_modem_worker import Bench

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

SENT = "SELECT count(*) FROM part WHERE sent_at IS NOT NULL"
MODEM = "SELECT state, error FROM modem"
SINGLES = "SELECT count(*) FROM message WHERE part_count = 1 AND sent_at IS NOT NULL"
EVENTS = "SELECT body FROM outbox WHERE topic = 'modem/gsm1/event' ORDER BY id"
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DAY_OVER = "its SIM has sent all 2 parts that it may send a day: it goes on at 2026-11-23 00:00"
MONTH_OVER = "its SIM has sent all 2 parts that it may send a month: it goes on at 2026-12-01 00:00"
TOO_LONG = (
    "its SIM has sent nearly all 2 parts that it may send a day, and what waits has more parts than are"
    " left: it goes on at 2026-11-23 00:00"
)


class Even(Random):
    """No chance: nothing is longer or later than it must be."""

    def random(self) -> float:
        return 0.0


class Desk(Bench):
    """One modem with limits, at a time of day of one's choosing."""

    at = NOON

    async def turns(self, many: int = 16) -> None:
        """So many turns, of which none waits for anything."""
        for _ in range(many):
            self.floor.ring_queue()
            await asyncio.wait_for(self.worker.step(), 10)

    async def again(self) -> None:
        """The gateway is stopped and started."""
        await self.worker.finish()
        self.worker = ModemWorker(self.floor, self.worker.config, 1, timing=TIMES, chance=Even())


@asynccontextmanager
async def desk(folder: Path, **keys: Any) -> AsyncIterator[Desk]:
    database = fresh(folder)
    rules = with_broker(rules_of(modems={"list": [{"name": "gsm1", "port": str(folder / "gsm1"), **keys}]}))
    ids = database.transact(lambda tx: routing.sync(tx, rules))
    async with Simulation(folder, [ModemSpec()]) as sim, Store(database) as store:
        floor = Floor(store, rules)
        worker = ModemWorker(floor, rules.modems[0], ids["gsm1"], timing=TIMES, chance=Even())
        here = Desk(sim, floor, worker, opened(Database(url_of(folder / "store.db"))))
        floor.now = lambda: here.at
        yield here
        await here.worker.finish()


def test_at_its_days_limit_a_modem_waits_for_midnight(tmp_path: Path) -> None:
    async def story() -> None:
        async with desk(tmp_path, per_day=2) as here:
            await here.send("one", "two", "three")
            await here.turns()
            await here.again()  # a restart changes nothing
            await here.turns()
            assert here.rows(SENT) == [(2,)]
            assert here.rows(MODEM) == [("limited", DAY_OVER)]
            here.at += timedelta(hours=12)
            await here.turns()
            assert here.rows(SENT) == [(3,)]
            assert here.rows(MODEM) == [("ready", None)]
            told = [json.loads(str(body)) for (body,) in here.rows(EVENTS)]
            assert [each["event"] for each in told] == ["limited", "limited", "unlimited"]
            assert (told[0]["reason"], told[0]["until"]) == (DAY_OVER, "2026-11-23T00:00:00.000+00:00")

    asyncio.run(story())


def test_at_its_months_limit_it_waits_for_the_next_month(tmp_path: Path) -> None:
    async def story() -> None:
        async with desk(tmp_path, per_day=2, per_month=2) as here:
            await here.send("one", "two", "three")
            await here.turns()
            here.at += timedelta(hours=12)
            await here.turns()
            assert here.rows(SENT) == [(2,)]
            assert here.rows(MODEM) == [("limited", MONTH_OVER)]

    asyncio.run(story())


def test_a_long_message_is_not_begun_that_does_not_fit_into_the_day(tmp_path: Path) -> None:
    async def story() -> None:
        async with desk(tmp_path, per_day=2) as here:
            await here.send(LONG, "short")
            await here.turns()
            assert here.rows(SINGLES) == [(1,)]
            assert here.rows(SENT) == [(1,)]
            assert here.rows(MODEM) == [("limited", TOO_LONG)]
            await here.send("another")
            await here.turns()
            assert here.rows(SINGLES) == [(2,)]
            assert here.rows(MODEM) == [("limited", DAY_OVER)]

    asyncio.run(story())


def test_the_last_minute_counts_after_a_restart_too(tmp_path: Path) -> None:
    async def story() -> None:
        async with desk(tmp_path, per_minute=2) as here:
            await here.send("one", "two", "three")
            await here.step_until(SENT, 2)
            await here.turns()
            await here.again()
            await here.turns()
            assert here.rows(SENT) == [(2,)]
            assert here.rows(MODEM) == [("ready", None)]
            assert here.rows("SELECT count(*) FROM part WHERE state = 2") == [(0,)]  # another may take it
            here.at += timedelta(seconds=61)
            await here.again()
            await here.step_until(SENT, 3)

    asyncio.run(story())


def test_the_network_never_sees_two_parts_nearer_than_the_spacing(tmp_path: Path) -> None:
    async def story() -> None:
        async with desk(tmp_path, spacing=0.1, jitter=0.5) as here:
            await here.send("one", LONG, "two")
            await here.step_until(SENT, 5)
            seen = here.sim.accepted.all
            assert min(later.asked_at - earlier.at for earlier, later in pairwise(seen)) >= 0.1

    asyncio.run(story())
