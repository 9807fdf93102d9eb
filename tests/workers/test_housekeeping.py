"""The clock's turns, news from other processes, and the user's program."""

from __future__ import annotations

import asyncio
import json
import os
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from modemd.config.sections import RetentionConfig
from modemd.model import SendRequest
from modemd.service import arrival, intake, routing
from modemd.service.outcomes import Seat
from modemd.store import modems, outbox
from modemd.store.database import Database
from modemd.store.times import to_us
from modemd.store.writer import Store
from modemd.workers.bell import Bell
from modemd.workers.floor import Floor
from modemd.workers.hooks import CONSUMER, Hooks
from modemd.workers.housekeeping import Clock, Listener
from tests.service.office import START, TO, rules_of, with_broker
from tests.service.test_arrival import parts_of
from tests.store.files import fresh, opened, rows, url_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine
    from datetime import datetime
    from pathlib import Path

    from modemd.store.transaction import Tx


@dataclass
class House:
    """A floor whose clock a test sets."""

    floor: Floor
    look: Database
    now: datetime = START

    async def accept(self, **wish: Any) -> None:
        rules = self.floor.rules
        prepared = intake.prepare(SendRequest(**({"to": TO, "text": "Hello"} | wish)), rules, self.now)
        await self.floor.store.run(lambda tx: intake.accept(tx, [prepared], rules, self.now, source="cli"))

    def state(self) -> str:
        [(state,)] = rows(self.look, "SELECT state FROM message")
        return str(state)

    async def turn(self, clock: Clock) -> None:
        """One turn, without its wait."""
        self.floor.clock.ring()
        await asyncio.wait_for(clock.step(), 10)


@asynccontextmanager
async def house(folder: Path) -> AsyncIterator[House]:
    database = fresh(folder)
    rules = rules_of(sending={"validity": "1h"})
    database.act_as(rules.gateway)
    database.transact(lambda tx: routing.sync(tx, rules))
    async with Store(database) as store:
        here = House(Floor(store, rules), opened(Database(url_of(folder / "store.db"))))
        here.floor.now = lambda: here.now
        here.floor.queue_bells["gsm1"] = Bell()
        yield here


def play(folder: Path, story: Callable[[House], Coroutine[Any, Any, None]]) -> None:
    async def main() -> None:
        async with house(folder) as here:
            await story(here)

    asyncio.run(main())


# -- the clock --------------------------------------------------------------------------------
def test_what_is_due_is_queued_and_the_modems_are_woken(tmp_path: Path) -> None:
    async def story(here: House) -> None:
        clock = Clock(here.floor, RetentionConfig.model_validate({}))
        await here.accept(not_before_at=START + timedelta(minutes=5))
        await here.turn(clock)
        assert here.state() == "scheduled"
        here.now += timedelta(minutes=5)
        await here.floor.queue_bells["gsm1"].wait(0)
        await here.turn(clock)
        assert here.state() == "queued"
        assert await here.floor.queue_bells["gsm1"].wait(0)

    play(tmp_path, story)


def test_it_waits_until_the_next_thing_is_due(tmp_path: Path) -> None:
    async def story(here: House) -> None:
        clock = Clock(here.floor, RetentionConfig.model_validate({}))
        await here.accept(not_before_at=START + timedelta(milliseconds=200))
        await asyncio.wait_for(clock.step(), 5)
        here.now += timedelta(milliseconds=200)
        await here.turn(clock)
        assert here.state() == "queued"

    play(tmp_path, story)


def test_what_is_over_is_ended(tmp_path: Path) -> None:
    async def story(here: House) -> None:
        clock = Clock(here.floor, RetentionConfig.model_validate({}))
        await here.accept()
        here.now += timedelta(hours=1)
        await here.turn(clock)
        assert here.state() == "expired"

    play(tmp_path, story)


def test_what_never_became_whole_is_handed_out_at_a_start(tmp_path: Path) -> None:
    async def story(here: House) -> None:
        rules, first = here.floor.rules, parts_of()[:1]
        await here.floor.store.run(
            lambda tx: arrival.take(tx, rules, Seat(1, "gsm1", "sim"), "default", first, START)
        )
        here.now += timedelta(days=1)
        await here.turn(Clock(here.floor, RetentionConfig.model_validate({})))
        assert rows(here.look, "SELECT complete FROM inbound") == [(0,)]

    play(tmp_path, story)


def test_what_a_broker_was_not_told_for_too_long_is_forgotten_and_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def story(here: House) -> None:
        await here.floor.store.run(lambda tx: outbox.broadcast(tx, [old_notice()] * 2500))
        here.now += timedelta(days=29)
        here.floor.rules = with_broker(here.floor.rules)
        await here.accept()
        await here.turn(Clock(here.floor, RetentionConfig.model_validate({}), forget_in_s=0))
        assert rows(here.look, "SELECT count(*) FROM outbox WHERE consumer = 'mqtt'") == [(2502,)]
        here.now += timedelta(days=2)
        await here.turn(Clock(here.floor, RetentionConfig.model_validate({}), forget_in_s=0))
        left = rows(here.look, "SELECT event FROM outbox WHERE consumer = 'mqtt' ORDER BY id")
        assert left == [("accepted",), ("queued",), ("expired",)]

    play(tmp_path, story)
    assert "2500 events older than 30 days" in caplog.text


def old_notice() -> outbox.Notice:
    return outbox.Notice(
        consumer="mqtt", event="queued", at=to_us(START), message_id=None, body="{}", topic="status/default",
        correlation=None, expires_at=None,
    )  # fmt: skip


def test_the_gateway_is_seen(tmp_path: Path) -> None:
    async def story(here: House) -> None:
        await here.floor.store.run(lambda tx: modems.gateway_started(tx, "gw1", 1, "1", 0))
        await here.turn(Clock(here.floor, RetentionConfig.model_validate({})))
        assert rows(here.look, "SELECT seen_at FROM gateway") == [(to_us(START),)]

    play(tmp_path, story)


def test_another_process_s_commit_rings_every_bell(tmp_path: Path) -> None:
    async def story(here: House) -> None:
        listener = Listener(here.floor)
        await listener.step()
        bells = (here.floor.queue_bells["gsm1"], here.floor.results, here.floor.hooks, here.floor.clock)
        await here.accept()
        await listener.step()
        assert [await bell.wait(0) for bell in bells] == [False] * 4, "our own is no news"
        here.look.transact(lambda tx: outbox.add(tx, "spool", "SENT", 0))
        await listener.step()
        assert [await bell.wait(0) for bell in bells] == [True] * 4

    play(tmp_path, story)


# -- the user's program -----------------------------------------------------------------------
def program(folder: Path, body: str) -> Path:
    path = folder / "on event; rm -rf *"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


async def tell(here: House, *events: tuple[str, str, str | None]) -> None:
    def job(tx: Tx) -> None:
        for event, file, message_id in events:
            outbox.add(tx, CONSUMER, event, 0, body=json.dumps({"file": file, "id": message_id}))

    await here.floor.store.run(job)


def test_the_program_gets_event_file_and_id_and_no_shell(tmp_path: Path) -> None:
    async def story(here: House) -> None:
        said = tmp_path / "said"
        path = program(tmp_path, f'printf "%s|" "$#" "$@" >> "{said}"')
        odd = os.fsdecode(b"/spool/sent/$(touch x) \xff\n;")
        await tell(here, ("SENT", odd, "42"))
        hooks = Hooks(here.floor, [str(path)])
        await asyncio.wait_for(hooks.step(), 20)
        await tell(here, ("RECEIVED", "/spool/incoming/a", None))
        await asyncio.wait_for(hooks.step(), 20)
        assert said.read_bytes() == b"3|SENT|" + os.fsencode(odd) + b"|42|2|RECEIVED|/spool/incoming/a|"
        assert rows(here.look, "SELECT * FROM outbox") == []

    play(tmp_path, story)


def test_its_environment_holds_no_secrets(tmp_path: Path) -> None:
    async def story(here: House) -> None:
        said = tmp_path / "said"
        await tell(here, ("SENT", "a", None))
        await asyncio.wait_for(Hooks(here.floor, [str(program(tmp_path, f'env > "{said}"'))]).step(), 20)
        names = {line.partition("=")[0] for line in said.read_text().splitlines()}
        assert names <= {
            "PATH",
            "HOME",
            "LANG",
            "LC_ALL",
            "TZ",
            "USER",
            "LOGNAME",
            "PWD",
            "SHLVL",
            "_",
            "OLDPWD",
        }

    play(tmp_path, story)


@pytest.mark.parametrize("body", ["exit 3", "echo oops >&2; exit 1", "kill -9 $$"])
def test_a_program_that_fails_is_told_of_and_not_called_again(
    tmp_path: Path, body: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def story(here: House) -> None:
        await tell(here, ("SENT", "a", None))
        await asyncio.wait_for(Hooks(here.floor, [str(program(tmp_path, body))]).step(), 20)
        assert rows(here.look, "SELECT * FROM outbox") == []

    play(tmp_path, story)
    assert "SENT: exit" in caplog.text


def test_a_program_that_is_not_there_is_told_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def story(here: House) -> None:
        await tell(here, ("SENT", "a", None))
        await asyncio.wait_for(Hooks(here.floor, [str(tmp_path / "none")]).step(), 20)
        assert rows(here.look, "SELECT * FROM outbox") == []

    play(tmp_path, story)
    assert "cannot be run" in caplog.text
