"""Calls that ring: each is told once, as what became of it, and ended where that is wanted."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

import pytest

from modemd.config.modems import ModemConfig
from modemd.errors import NoReply
from modemd.modem.notes import CallEnded, Clip, Ring
from modemd.service.outcomes import Seat
from modemd.store.database import Database
from modemd.store.writer import Store
from modemd.workers.floor import Floor
from modemd.workers.modems.receiving.calls import CallNote, Calls
from tests.service.office import rules_of
from tests.store.files import fresh, opened, rows, url_of

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path
    from typing import Any

    from modemd.modem.modem import Modem

FROM = "+32475999999"
SEAT = Seat(1, "gsm1", "a sim")


class Phone:
    """A modem that ends calls, or does not."""

    def __init__(self, *answers: bool | Exception) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def hang_up(self) -> bool:
        self.asked += 1
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


class Desk:
    def __init__(self, calls: Calls, look: Database, phone: Phone) -> None:
        self.calls = calls
        self.phone = phone
        self._look = look

    async def hear(self, *notes: CallNote, now: float = 0.0) -> None:
        for note in notes:
            self.calls.hear(note, now)
        if self.calls.pending:
            await self.calls.turn(cast("Modem", self.phone), SEAT)

    def told(self) -> list[tuple[object, ...]]:
        sql = (
            "SELECT json_extract(body, '$.from'), json_extract(body, '$.kind') FROM outbox"
            " WHERE event = 'CALL' ORDER BY id"
        )
        return rows(self._look, sql)

    def counted(self) -> list[tuple[object, ...]]:
        return rows(self._look, "SELECT sim, modem, calls FROM sim_day")


def play(
    folder: Path,
    story: Callable[[Desk], Coroutine[Any, Any, None]],
    phone: Phone | None = None,
    **config: Any,
) -> None:
    async def main() -> None:
        look = opened(Database(url_of(folder / "store.db")))
        async with Store(database) as store:
            calls = Calls(Floor(store, rules_of()), ModemConfig(name="gsm1", **config))
            await story(Desk(calls, look, phone or Phone()))

    database = fresh(folder)
    asyncio.run(main())


def test_calls_are_told_as_missed_and_counted(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        await desk.hear(Ring(), Clip("0475999999", 129), Ring(), Clip("0475999999", 129), CallEnded())
        await desk.hear(Ring(), Clip(None, 128), CallEnded())
        await desk.hear(Ring(), Ring())
        assert len(desk.told()) == 2, "who calls may still be told"
        await desk.hear(CallEnded())
        assert desk.told() == [(FROM, "missed"), (None, "missed"), (None, "missed")]
        assert desk.counted() == [("a sim", "gsm1", 3)]

    play(tmp_path, story)


def test_a_call_whose_end_is_never_told_does_not_hide_the_next(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        for now in (0.0, 5.0, 10.0):
            await desk.hear(Ring(), Clip(FROM), now=now)
        await desk.hear(Ring(), Clip(FROM), now=40.0)
        assert desk.told() == [(FROM, "missed")] * 2

    play(tmp_path, story)


def test_who_wants_no_calls_ends_them(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        await desk.hear(Ring())
        assert desk.phone.asked == 0, "who calls comes right behind"
        await desk.hear(Clip(FROM))
        await desk.hear(Ring(), Clip("+32475111111"))
        assert (desk.phone.asked, desk.told()) == (2, [(FROM, "rejected"), ("+32475111111", "rejected")])

    play(tmp_path, story, Phone(True, True), hang_up=True)


def test_who_is_never_told_is_ended_too(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        await desk.hear(Ring())
        await desk.hear(Ring())
        await desk.hear(Ring(), CallEnded())
        assert (desk.phone.asked, desk.told()) == (1, [(None, "rejected"), (None, "missed")])

    play(tmp_path, story, Phone(True), hang_up=True)


def test_a_call_that_is_not_ended_is_missed(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        await desk.hear(Ring(), Clip(FROM))
        await desk.hear(Ring(), Clip(FROM), CallEnded())
        assert (desk.phone.asked, desk.told()) == (1, [(FROM, "missed")])
        with pytest.raises(NoReply):
            await desk.hear(Ring(), Clip(FROM), now=60.0)
        await desk.hear()
        assert desk.told() == [(FROM, "missed")] * 2

    play(tmp_path, story, Phone(False, NoReply("AT+CHUP")), hang_up=True)


def test_calls_of_who_does_not_receive_are_ended_and_not_told(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        await desk.hear(Ring(), Clip(FROM))
        assert (desk.phone.asked, desk.told()) == (1, [])

    play(tmp_path, story, Phone(True), hang_up=True, receive=False)
