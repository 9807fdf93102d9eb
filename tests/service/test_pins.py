"""A PIN is entered once for each SIM, for ever: what is remembered of it, in the store and in a process."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from modemd.modem.pins import Holder, PinMemory, Pins
from modemd.service import routing
from modemd.service.modems import pins as service
from modemd.store import modems
from modemd.store.database import Database
from modemd.store.writer import Store
from modemd.workers.floor import Floor
from modemd.workers.modems.pin_book import PinBook
from tests.service.office import rules_of
from tests.store.files import fresh, opened, rows, url_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

SIM = Holder("8932000000000000001", "gsm1", "861234560000001")
NAMELESS = Holder(None, "gsm1", "861234560000001")
OTHER = Holder("8932000000000000002", "gsm1", "861234560000001")
ELSEWHERE = Holder("8932000000000000001", "gsm2", "861234560000002")


@asynccontextmanager
async def desk(folder: Path) -> AsyncIterator[Floor]:
    database = fresh(folder)
    rules = rules_of(modems={"list": [{"name": "gsm1", "port": "/dev/gsm1"}]})
    database.transact(lambda tx: routing.sync(tx, rules))
    async with Store(database) as store:
        yield Floor(store, rules)


def both(folder: Path, act: Callable[[Pins], Awaitable[None]]) -> None:
    """The store and the memory of a process alone do the same."""

    async def story() -> None:
        async with desk(folder) as floor:
            await act(PinBook(floor))
        await act(PinMemory())

    asyncio.run(story())


def test_what_was_refused_stays_refused_wherever_the_sim_is(tmp_path: Path) -> None:
    async def act(pins: Pins) -> None:
        assert await pins.tried(SIM, "1234") == "never"
        await pins.trying(SIM, "1234")
        assert await pins.tried(SIM, "1234") == "unknown"
        await pins.refused(SIM, "1234")
        assert await pins.tried(SIM, "1234") == "refused"
        assert await pins.tried(ELSEWHERE, "1234") == "refused"
        assert await pins.tried(SIM, "4321") == "never"
        assert await pins.tried(OTHER, "1234") == "never", "another SIM in the same modem"
        assert await pins.tried(NAMELESS, "1234") == "refused", "in doubt it is the same SIM"

    both(tmp_path, act)


def test_a_sim_that_had_no_name_is_taken_for_the_one_that_has(tmp_path: Path) -> None:
    async def act(pins: Pins) -> None:
        await pins.trying(NAMELESS, "1234")
        await pins.refused(NAMELESS, "1234")
        assert await pins.tried(SIM, "1234") == "refused"
        assert await pins.tried(ELSEWHERE, "1234") == "never"

    both(tmp_path, act)


@pytest.mark.parametrize("holder", [SIM, NAMELESS])
def test_what_was_accepted_is_forgotten(tmp_path: Path, holder: Holder) -> None:
    async def act(pins: Pins) -> None:
        await pins.trying(holder, "1234")
        await pins.trying(holder, "1234")
        assert await pins.tried(SIM, "1234") == "again"
        await pins.accepted(SIM, "1234")
        assert await pins.tried(SIM, "1234") == "never"

    both(tmp_path, act)


def test_a_person_may_let_it_be_entered_once_more(tmp_path: Path) -> None:
    async def story() -> None:
        async with desk(tmp_path) as floor:
            book = PinBook(floor)
            for holder in (SIM, OTHER, NAMELESS):
                await book.trying(holder, "1234")
                await book.refused(holder, "1234")
            away = Holder("8932000000000000003", "gsm2", None)
            await book.refused(away, "1234")
            assert await floor.store.run(lambda tx: service.forget(tx, "gw1", "gsm1")) > 0
            assert [await book.tried(each, "1234") for each in (SIM, OTHER, NAMELESS)] == ["never"] * 3
            assert await book.tried(away, "1234") == "refused"
            iccid: dict[str, object] = {"state": "pin_wrong", "iccid": away.iccid}
            await floor.store.run(
                lambda tx: modems.write_modem(tx, modems.modem_ids(tx, "gw1")["gsm1"], iccid)
            )
            assert await floor.store.run(lambda tx: service.forget(tx, "gw1", "gsm1")) == 1
            assert await book.tried(away, "1234") == "never", "the SIM is in this modem now"

    asyncio.run(story())


def test_no_pin_is_in_the_store_in_clear(tmp_path: Path) -> None:
    async def story() -> None:
        async with desk(tmp_path) as floor:
            await PinBook(floor).trying(SIM, "73194628")
            look = opened(Database(url_of(tmp_path / "store.db")))
            kept = rows(look, "SELECT holder, fingerprint, outcome, modem FROM pin_try")
            assert len(kept) == 2
            assert {(row[2], row[3]) for row in kept} == {("unknown", "gsm1")}
            assert "73194628" not in repr(kept)
            assert len({row[1] for row in kept}) == 2, "each is salted by what it is remembered under"

    asyncio.run(story())
    assert b"73194628" not in b"".join(each.read_bytes() for each in tmp_path.glob("store.db*"))
