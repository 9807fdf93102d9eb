"""What a modem tells, note by note: nothing that lies nowhere else is lost, and a call is told once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

import pytest

from modemd.config.modems import ModemConfig
from modemd.errors import StoreError
from modemd.gsm.outgoing import Outgoing, encode
from modemd.gsm.terminated import encode_deliver
from modemd.modem.notes import (
    CallEnded,
    Clip,
    DirectDeliver,
    MessagesReady,
    NewStored,
    Note,
    Other,
    Ring,
    StorageFull,
)
from modemd.modem.storage import Stored
from modemd.service.outcomes import Seat
from modemd.store.database import Database
from modemd.store.writer import Store
from modemd.workers.floor import Floor
from modemd.workers.modems.receiving.inbox import SWEEP_S, Inbox
from tests.service.office import START, rules_of
from tests.store.files import fresh, full_disk, opened, rows, url_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Coroutine
    from pathlib import Path
    from typing import Any

    from modemd.modem.modem import Modem

FROM = "+32475999999"
SEAT = Seat(1, "gsm1", "a sim")


class Phone:
    """A modem's receiving half: notes, storages, and what it was told to forget."""

    name = "gsm1"

    def __init__(self) -> None:
        self.notes: list[Note] = []
        self.stored: list[Stored] = []
        self.storage_totals = {"SM": 5}
        self.acknowledged = 0
        self.looks = 0

    def take_urcs(self) -> list[Note]:
        notes, self.notes = self.notes, []
        return notes

    async def acknowledge(self) -> None:
        self.acknowledged += 1

    async def list_stored(self, places: Collection[str] = ()) -> list[Stored]:
        self.looks += 1
        return list(self.stored)

    async def delete_stored(self, item: Stored) -> None:
        self.stored.remove(item)


class Desk:
    def __init__(self, inbox: Inbox, look: Database) -> None:
        self.inbox = inbox
        self.look = look
        self.phone = Phone()

    async def turn(self, *notes: Note, now: float = 0.0) -> bool:
        self.phone.notes += notes
        return await self.inbox.turn(cast("Modem", self.phone), SEAT, now)

    def texts(self) -> list[str | None]:
        return [text for (text,) in rows(self.look, "SELECT text FROM inbound ORDER BY id")]

    def callers(self) -> list[str | None]:
        sql = "SELECT json_extract(body, '$.from') FROM outbox WHERE event = 'CALL' ORDER BY id"
        return [caller for (caller,) in rows(self.look, sql)]


def play(folder: Path, story: Callable[[Desk], Coroutine[Any, Any, None]], **config: Any) -> None:
    async def main() -> None:
        look = opened(Database(url_of(folder / "store.db")))
        async with Store(database) as store:
            await story(Desk(Inbox(Floor(store, rules_of()), ModemConfig(name="gsm1", **config)), look))

    database = fresh(folder)
    asyncio.run(main())


def pdu_of(text: str) -> tuple[str, int]:
    part = encode_deliver(FROM, text, sc_at=START)[0]
    return part.pdu, part.tpdu_length


def stored(text: str, index: int, stat: int = 0) -> Stored:
    return Stored("SM", index, stat, *pdu_of(text))


def copy(index: int) -> Stored:
    """What a modem keeps of what it sent."""
    part = encode(Outgoing(destination=FROM, text="sent")).parts[0]
    return Stored("SM", index, 3, part.pdu, part.tpdu_length)


def test_what_is_handed_over_is_acknowledged_after_the_commit(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        note = DirectDeliver(*pdu_of("Hello"))
        with full_disk(desk.look), pytest.raises(StoreError):
            await desk.turn(note)
        assert desk.phone.acknowledged == 0
        assert await desk.turn()
        assert (desk.texts(), desk.phone.acknowledged) == (["Hello"], 1)

    play(tmp_path, story)


def test_what_is_stored_is_deleted_after_the_commit(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        desk.phone.stored = [stored("one", 1), stored("two", 7)]
        with full_disk(desk.look), pytest.raises(StoreError):
            await desk.turn(now=100.0)
        assert len(desk.phone.stored) == 2
        assert await desk.turn(now=100.1), "it comes again at once, not in a minute"
        assert (desk.texts(), desk.phone.stored) == (["one", "two"], [])

    play(tmp_path, story)


def test_what_a_person_keeps_on_the_sim_stays(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        desk.phone.stored = [stored("draft", 1, 2), stored("sent", 2, 3), stored("read", 3, 1)]
        await desk.turn()
        assert desk.texts() == ["read"]
        assert [item.index for item in desk.phone.stored] == [1, 2]

    play(tmp_path, story)


FULL = "SELECT text FROM alarm WHERE code = 'storage_full' AND cleared_at IS NULL"


def test_copies_of_sent_messages_go_where_they_leave_no_room_for_what_comes_in(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        desk.phone.stored = [stored("draft", 1, 2), copy(2), stored("came in, and called sent", 3, 3)]
        await desk.turn(now=100.0)
        assert len(desk.phone.stored) == 3, "there is room enough"
        desk.phone.stored += [copy(4), stored("Hello", 5)]
        await desk.turn(now=200.0)
        assert desk.texts() == ["Hello"]
        assert [item.index for item in desk.phone.stored] == [1, 3]
        assert rows(desk.look, FULL) == []

    play(tmp_path, story)


def test_a_storage_that_drafts_fill_is_an_alarm_until_there_is_room(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        desk.phone.stored = [stored("draft", place, 2) for place in range(1, 6)]
        await desk.turn(now=100.0)
        await desk.turn(now=200.0)
        [(text,)] = rows(desk.look, FULL)
        assert "storage SM is full (5 of 5)" in text
        assert rows(desk.look, "SELECT count FROM alarm") == [(1,)]
        assert len(desk.phone.stored) == 5
        del desk.phone.stored[0]
        await desk.turn(now=300.0)
        assert rows(desk.look, FULL) == []

    play(tmp_path, story)


def test_it_looks_each_minute_and_when_it_is_told_to(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        assert await desk.turn(now=10.0)
        assert not await desk.turn(now=10.0 + SWEEP_S - 1)
        assert await desk.turn(now=10.0 + SWEEP_S)
        assert desk.phone.looks == 2
        for note in (NewStored("SM", 3), StorageFull("SM"), MessagesReady()):
            assert await desk.turn(note, now=71.0)
            assert await desk.turn(now=71.0)
        assert desk.phone.looks == 5
        assert await desk.turn(Other("^RSSI: 12"), now=72.0)
        assert not await desk.turn(now=72.0)

    play(tmp_path, story)


def test_a_modem_that_leaves_the_smsc_out_is_understood(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        pdu, length = pdu_of("Hello")
        assert pdu.startswith("00")
        bare = DirectDeliver(pdu[2:], length)
        await desk.turn(bare)
        await desk.turn(bare)
        desk.phone.stored = [Stored("SM", 1, 0, pdu[2:], length)]
        desk.inbox.sweep_now()
        await desk.turn()
        assert desk.texts() == ["Hello"]

    play(tmp_path, story)


@pytest.mark.parametrize(
    ("notes", "callers"),
    [
        ([Ring(), Clip(FROM), Ring(), Clip(FROM), CallEnded()], [FROM]),
        ([Ring(), Ring(), CallEnded()], [None]),
        ([Clip(None), Ring(), CallEnded()], [None]),
        ([Ring(), Clip(FROM), CallEnded(), Ring(), Clip(FROM), CallEnded()], [FROM, FROM]),
        ([CallEnded()], []),
    ],
    ids=["known", "unknown", "withheld", "twice", "ours"],
)
def test_a_call_is_told_once(tmp_path: Path, notes: list[Note], callers: list[str | None]) -> None:
    async def story(desk: Desk) -> None:
        for note in notes:
            await desk.turn(note)
        assert desk.callers() == callers

    play(tmp_path, story)


def test_who_does_not_receive_takes_nothing(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        desk.phone.stored = [stored("one", 1)]
        await desk.turn(Ring(), Clip(FROM), CallEnded())
        await desk.turn()
        assert (desk.texts(), desk.callers()) == ([], [])
        assert len(desk.phone.stored) == 1

    play(tmp_path, story, receive=False)
