"""The terms are applied once a day, at its beginning in the gateway's zone; missed days are caught up."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC
from typing import TYPE_CHECKING, Any

from modemd.service.accounts import accounts
from modemd.service.credits.credit import balances
from modemd.service.money.grants import give
from modemd.store import terms as plans
from modemd.store.writer import Store
from modemd.workers.floor import Floor
from modemd.workers.terms import TermsWorker
from modemd.workers.timepiece import Timepiece
from tests.service.office import rules_of
from tests.service.terms.counter import BRUSSELS, local
from tests.store.files import fresh

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime
    from pathlib import Path

    import pytest

    from modemd.store.transaction import Tx


class Shop:
    """A worker whose days a test sets."""

    def __init__(self, floor: Floor, at: datetime) -> None:
        self.floor = floor
        self.now = at.astimezone(UTC)
        self.floor.now = lambda: self.now
        self.worker = TermsWorker(floor)

    async def begin(self) -> None:
        """A start of the gateway, with an account that got credits."""
        await self.floor.store.run(self._open)

    def _open(self, tx: Tx) -> None:
        self.floor.rules = accounts.known(tx, self.floor.rules, self.now)
        give(tx, self.floor.rules, "acme", 500, by="ann", reason="test", now=self.now)

    async def turn(self, at: datetime) -> None:
        """One turn, without its wait."""
        self.now = at.astimezone(UTC)
        self.worker.stop()
        await asyncio.wait_for(self.worker.step(), 10)

    async def state(self) -> tuple[int, str | None]:
        return await self.floor.store.run(self._look)

    def _look(self, tx: Tx) -> tuple[int, str | None]:
        return balances(tx, accounts.find(tx, "acme").id).balance, plans.newest_day(tx)


@asynccontextmanager
async def shop_at(folder: Path, at: datetime) -> AsyncIterator[Shop]:
    given: dict[str, Any] = {
        "gateway": {"name": "gw1", "timezone": "Europe/Brussels"},
        "accounts": {"acme": {"terms": "sms4less"}},
    }
    async with Store(fresh(folder)) as store:
        shop = Shop(Floor(store, rules_of(**given), BRUSSELS), at)
        await shop.begin()
        yield shop


def test_each_day_is_done_once_and_what_is_due_then(tmp_path: Path) -> None:
    async def story() -> None:
        async with shop_at(tmp_path, local(2026, 11, 22, 12)) as shop:
            await shop.turn(local(2028, 11, 22, 23, 59))
            assert await shop.state() == (500, "2028-11-22")
            await shop.turn(local(2028, 11, 23))
            assert await shop.state() == (0, "2028-11-23")

    asyncio.run(story())


def test_another_gateway_s_day_is_not_done_again(tmp_path: Path) -> None:
    async def story() -> None:
        async with shop_at(tmp_path, local(2026, 11, 22, 12)) as shop:
            await shop.floor.store.run(lambda tx: plans.note_day(tx, "2029-01-01", "gw2", 0))
            await shop.turn(local(2029, 1, 1, 8))
            assert await shop.state() == (500, "2029-01-01")
            await shop.turn(local(2029, 1, 2))
            assert await shop.state() == (0, "2029-01-02")

    asyncio.run(story())


def test_a_clock_that_is_set_back_is_told_and_nothing_is_done(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        async with shop_at(tmp_path, local(2026, 11, 22, 12)) as shop:
            await shop.floor.store.run(lambda tx: plans.note_day(tx, "2031-01-01", "gw2", 0))
            await shop.turn(local(2029, 1, 1, 8))
            assert await shop.state() == (500, "2031-01-01")

    asyncio.run(story())
    assert "the clock is set back: it says 2029-01-01" in caplog.text


def test_a_clock_that_has_leapt_takes_nothing_until_a_person_has_looked(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        async with shop_at(tmp_path, local(2026, 11, 22, 12)) as shop:
            await shop.floor.store.run(lambda tx: plans.note_day(tx, "2026-11-22", "gw1", 0))
            await shop.turn(local(2099, 1, 1))
            assert await shop.state() == (500, "2026-11-22")
            await shop.turn(local(2027, 1, 23))
            assert await shop.state() == (500, "2027-01-23")

    asyncio.run(story())
    assert "they were last applied on 2026-11-22; if the clock is right" in caplog.text


def test_what_the_books_refuse_is_told_and_the_rest_is_done(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        async with shop_at(tmp_path, local(2026, 11, 22, 12)) as shop:
            shop.now = local(2029, 6, 1)
            await shop.begin()
            await shop.turn(local(2029, 1, 1))
            assert await shop.state() == (1000, "2029-01-01")

    asyncio.run(story())
    assert "was refused: the clock is set back" in caplog.text


def test_a_clock_that_was_set_by_much_is_not_believed_at_once(tmp_path: Path) -> None:
    async def story() -> None:
        async with shop_at(tmp_path, local(2026, 11, 22, 12)) as shop:
            wall = 0.0
            shop.floor.timepiece = Timepiece(lambda: wall, lambda: 0.0, lambda: 0.0)
            wall = 3e8
            await shop.turn(local(2026, 11, 24))
            assert await shop.state() == (500, None)
            wall = 0.0
            await shop.turn(local(2026, 11, 24))
            assert await shop.state() == (500, "2026-11-24")

    asyncio.run(story())
