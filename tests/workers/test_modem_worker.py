"""A modem's turns, taken one by one: what it has in hand reaches the store whatever becomes of it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, cast

import pytest

from modemd.config.modems import ModemConfig
from modemd.errors import StoreError
from modemd.model import SendRequest
from modemd.modem.notes import CallEnded, Clip, Note, Ring
from modemd.service import intake, routing
from modemd.service.outcomes import Seat
from modemd.simulator.faults import Fault, FaultKind
from modemd.simulator.network import NetworkSpec
from modemd.simulator.simulation import ModemSpec, Simulation
from modemd.store.database import Database
from modemd.store.writer import Store
from modemd.workers.floor import Floor
from modemd.workers.modems.receiving.inbox import Inbox
from modemd.workers.modems.worker import ModemWorker
from tests.modem.times import TIMES
from tests.service.office import TO, rules_of
from tests.store.files import fresh, full_disk, opened, rows, url_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from modemd.modem.modem import Modem
    from modemd.modem.timing import Timing


class Bench:
    """One simulated modem, its worker, a store."""

    def __init__(
        self, sim: Simulation, floor: Floor, worker: ModemWorker, look: Database, timing: Timing = TIMES
    ) -> None:
        self.timing = timing
        self.sim = sim
        self.floor = floor
        self.worker = worker
        self.look = look

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        return rows(self.look, sql)

    async def send(self, *texts: str, spread: bool = False) -> None:
        """``spread``: each to another phone."""
        now, rules = self.floor.now(), self.floor.rules
        phones = [f"+324750000{place:02}" if spread else TO for place in range(len(texts))]
        requests = [SendRequest(to=to, text=text) for to, text in zip(phones, texts, strict=True)]
        prepared = [intake.prepare(request, rules, now) for request in requests]
        await self.floor.store.run(lambda tx: intake.accept(tx, prepared, rules, now, source="cli"))
        self.floor.ring_queue()

    def unplug(self) -> None:
        self.sim.modems[0].unplug_for()

    async def step_until(self, sql: str, wanted: object) -> None:
        """Turn after turn until the store has it."""
        for _ in range(50):
            if self.rows(sql) == [(wanted,)]:
                return
            await asyncio.wait_for(self.worker.step(), 10)
        raise AssertionError(f"{sql}: {self.rows(sql)}, not {wanted}")

    async def again(self) -> None:
        """The daemon ends, and another begins."""
        await self.worker.finish()
        self.worker = ModemWorker(self.floor, self.floor.rules.modems[0], 1, timing=self.timing)

    async def rung(self, act: Callable[[], None] | None = None) -> None:
        """The modem says something, or goes; ``act`` is what makes it."""
        bell = self.floor.queue_bells["gsm1"]
        await bell.wait(0)
        if act is not None:
            act()
        assert await bell.wait(5)


@asynccontextmanager
async def bench(
    folder: Path,
    spec: ModemSpec | None = None,
    network: NetworkSpec | None = None,
    timing: Timing = TIMES,
    **keys: object,
) -> AsyncIterator[Bench]:
    """``keys`` are more of the modem's configuration."""
    database = fresh(folder)
    look = opened(Database(url_of(folder / "store.db")))
    rules = rules_of(modems={"list": [{"name": "gsm1", "port": str(folder / "gsm1"), **keys}]})
    ids = database.transact(lambda tx: routing.sync(tx, rules))
    async with Simulation(folder, [spec or ModemSpec()], network) as sim, Store(database) as store:
        floor = Floor(store, rules)
        worker = ModemWorker(floor, rules.modems[0], ids["gsm1"], timing=timing)
        here = Bench(sim, floor, worker, look, timing)
        yield here
        await here.worker.finish()


def test_a_pause_is_told_to_its_end(tmp_path: Path) -> None:
    """Others ask the store which modems can send: one that pauses cannot, also after a look at its health."""

    async def story() -> None:
        refusing = Fault(kind=FaultKind.ERROR, on="AT+CMGS=*", cms=28, times=0)
        async with bench(tmp_path, ModemSpec(faults=[refusing])) as here:
            await here.send("Hello")
            await here.step_until("SELECT state FROM modem", "paused")
            await here.rung(here.unplug)
            await here.step_until("SELECT state FROM modem", "lost")
            here.sim.modems[0].plug()
            await here.step_until("SELECT operator IS NOT NULL FROM modem", 1)
            assert here.rows("SELECT state, error IS NULL FROM modem") == [("paused", 0)]

    asyncio.run(story())


def test_a_report_that_the_modem_does_not_store_outlives_its_plug(tmp_path: Path) -> None:
    async def story() -> None:
        network = NetworkSpec(report_delay_s=0.3)
        async with bench(tmp_path, ModemSpec(dialect="simcom"), network) as here:
            await here.send("Hello")
            await here.step_until("SELECT state FROM part", 3)
            await here.rung()  # by the report
            await here.rung(here.unplug)
            await here.step_until("SELECT state FROM modem", "lost")
            assert here.rows("SELECT state FROM message") == [("delivered",)]

    asyncio.run(story())


def test_a_report_that_came_at_the_last_moment_is_stored_at_the_stop(tmp_path: Path) -> None:
    async def story() -> None:
        network = NetworkSpec(report_delay_s=0.3)
        async with bench(tmp_path, ModemSpec(dialect="simcom"), network) as here:
            await here.send("Hello")
            await here.step_until("SELECT state FROM part", 3)
            await here.rung()
            await here.worker.finish()
            assert here.rows("SELECT state FROM message") == [("delivered",)]

    asyncio.run(story())


def test_a_part_in_hand_goes_back_also_where_the_disk_was_full_when_the_modem_went(tmp_path: Path) -> None:
    async def story() -> None:
        async with bench(tmp_path) as here:
            await here.send("one", "two")
            await here.step_until("SELECT count(*) FROM part WHERE state = 2", 1)
            assert here.rows("SELECT count(*) FROM part WHERE state >= 3") == [(1,)]
            await here.rung(here.unplug)
            with full_disk(here.look), pytest.raises(StoreError):
                await here.worker.step()
            assert here.rows("SELECT count(*) FROM part WHERE state = 2") == [(1,)]
            here.worker.stop()
            await here.worker.step()
            assert here.rows("SELECT count(*) FROM part WHERE state = 2") == [(0,)]

    asyncio.run(story())


class Told:
    """The notes of a modem that has nothing else to say."""

    def __init__(self, *notes: Note) -> None:
        self._notes = list(notes)

    def take_urcs(self) -> list[Note]:
        notes, self._notes = self._notes, []
        return notes


def test_a_call_is_told_once_whatever_the_disk_does(tmp_path: Path) -> None:
    async def story() -> None:
        database = fresh(tmp_path)
        look = opened(Database(url_of(tmp_path / "store.db")))
        async with Store(database) as store:
            inbox = Inbox(Floor(store, rules_of()), ModemConfig(name="gsm1"))
            modem = cast("Modem", Told(Ring(), Clip("+32475000000"), CallEnded(), Ring(), CallEnded()))
            seat = Seat(1, "gsm1", "a sim")
            with full_disk(look), pytest.raises(StoreError):
                await inbox.turn(modem, seat, 0.0)
            assert await inbox.turn(modem, seat, 0.0)
            told = rows(look, "SELECT json_extract(body, '$.from') FROM outbox WHERE event = 'CALL'")
            assert told == [("+32475000000",), (None,)]

    asyncio.run(story())
