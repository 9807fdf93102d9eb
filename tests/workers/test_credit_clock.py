"""What the clock brings about for accounts: messages that wait for credits, queues that stood still."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from modemd.config.sections import RetentionConfig
from modemd.model import SendRequest
from modemd.service import dispatch, intake, routing
from modemd.service.accounts import account_sync, accounts
from modemd.service.credits import credit
from modemd.service.outcomes import Seat
from modemd.store import accounts as account_rows
from modemd.store.database import Database
from modemd.store.writer import Store
from modemd.workers.bell import Bell
from modemd.workers.floor import Floor
from modemd.workers.housekeeping import Clock
from tests.service.office import START, TO, rules_of
from tests.store.files import fresh, opened, rows, url_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from modemd.service.rules import Rules
    from modemd.store.transaction import Tx

RULES = rules_of(accounts={"acme": {"terms": "smstools", "on_insufficient": "wait"}, "free": {}})
SEAT = Seat(1, "gsm1", "sim")


def send(tx: Tx, rules: Rules, account: str) -> None:
    prepared = intake.prepare(SendRequest(to=TO, text="Hello", account=account), rules, START)
    intake.accept(tx, [prepared], rules, START, source="cli")


@asynccontextmanager
async def floor_of(folder: Path) -> AsyncIterator[tuple[Floor, Database]]:
    """A floor on a store, and a look at that store from elsewhere, as a command has it."""
    database = fresh(folder)
    database.transact(lambda tx: routing.sync(tx, RULES))
    database.transact(lambda tx: account_sync.sync(tx, RULES, START))
    async with Store(database) as store:
        floor = Floor(store, RULES)
        floor.now = lambda: START
        floor.queue_bells["gsm1"] = Bell()
        yield floor, opened(Database(url_of(folder / "store.db")))


async def turn(floor: Floor) -> None:
    floor.clock.ring()
    await asyncio.wait_for(Clock(floor, RetentionConfig.model_validate({})).step(), 10)


def test_what_waits_for_credits_is_queued_after_a_command_has_granted_some(tmp_path: Path) -> None:
    async def story() -> None:
        async with floor_of(tmp_path) as (floor, command):
            await floor.store.run(lambda tx: send(tx, RULES, "acme"))
            await turn(floor)
            assert rows(command, "SELECT state FROM message") == [("accepted",)]
            command.transact(_grant)
            await floor.queue_bells["gsm1"].wait(0)
            await turn(floor)
            assert rows(command, "SELECT state, credits FROM message") == [("queued", 1)]
            assert await floor.queue_bells["gsm1"].wait(0)

    asyncio.run(story())


def _grant(tx: Tx) -> None:
    row = account_rows.find(tx, "acme")
    assert row is not None
    credit.grant(tx, row.id, 1, source="grant", by="op", reason="a gift", now=START)


def test_a_queue_that_stood_still_goes_on_after_a_command_has_resumed_its_account(tmp_path: Path) -> None:
    async def story() -> None:
        async with floor_of(tmp_path) as (floor, command):
            await floor.store.run(lambda tx: send(tx, RULES, "free"))
            command.transact(
                lambda tx: accounts.suspend(tx, RULES, "free", reason="bad words", by="op", now=START)
            )
            assert await floor.store.run(lambda tx: dispatch.next_part(tx, RULES, SEAT, START)) is None
            command.transact(lambda tx: accounts.resume(tx, RULES, "free", by="op", now=START))
            assert await floor.store.run(lambda tx: dispatch.next_part(tx, RULES, SEAT, START)) is None
            await turn(floor)
            assert await floor.store.run(lambda tx: dispatch.next_part(tx, RULES, SEAT, START)) is not None

    asyncio.run(story())
