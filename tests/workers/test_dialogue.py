"""USSD dialogues that the network opens: each word is told once, and nobody's question blocks the modem."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

import pytest

from modemd.errors import StoreError
from modemd.gsm.ussd import UssdCode
from modemd.store.database import Database
from modemd.store.writer import Store
from modemd.workers.floor import Floor
from modemd.workers.modems.receiving.dialogue import PATIENCE_S, Dialogue
from tests.service.office import rules_of
from tests.store.files import fresh, full_disk, opened, rows, url_of

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path
    from typing import Any

    from modemd.modem.modem import Modem

ASKS = UssdCode(1, "Answer 1 or 2")
TELLS = UssdCode(0, "You have won")


class Phone:
    """A modem whose dialogues are ended."""

    def __init__(self) -> None:
        self.ended = 0

    async def end_ussd(self) -> None:
        self.ended += 1


def play(folder: Path, story: Callable[[Dialogue, Phone, Database], Coroutine[Any, Any, None]]) -> None:
    async def main() -> None:
        look = opened(Database(url_of(folder / "store.db")))
        async with Store(database) as store:
            await story(Dialogue(Floor(store, rules_of()), "gsm1"), Phone(), look)

    database = fresh(folder)
    asyncio.run(main())


def test_a_question_that_nobody_answers_is_ended(tmp_path: Path) -> None:
    async def story(dialogue: Dialogue, phone: Phone, _look: Database) -> None:
        modem = cast("Modem", phone)
        dialogue.hear([ASKS], 10.0)
        assert await dialogue.turn(modem, 10.0)
        assert not await dialogue.turn(modem, 10.0 + PATIENCE_S - 1)
        assert phone.ended == 0
        assert await dialogue.turn(modem, dialogue.until)
        assert phone.ended == 1
        assert not await dialogue.turn(modem, 1000.0)

    play(tmp_path, story)


@pytest.mark.parametrize("how", ["answered", "ended by the network"])
def test_a_dialogue_that_goes_on_or_ends_is_left_alone(tmp_path: Path, how: str) -> None:
    async def story(dialogue: Dialogue, phone: Phone, _look: Database) -> None:
        dialogue.hear([ASKS], 10.0)
        if how == "answered":
            dialogue.answered()
        else:
            dialogue.hear([UssdCode(2, None)], 11.0)
        await dialogue.turn(cast("Modem", phone), 12.0)
        assert not await dialogue.turn(cast("Modem", phone), 1000.0)
        assert phone.ended == 0

    play(tmp_path, story)


def test_each_word_is_told_once_whatever_the_disk_does(tmp_path: Path) -> None:
    async def story(dialogue: Dialogue, phone: Phone, look: Database) -> None:
        dialogue.hear([TELLS, UssdCode(2, None)], 0.0)
        with full_disk(look), pytest.raises(StoreError):
            await dialogue.turn(cast("Modem", phone), 0.0)
        assert await dialogue.turn(cast("Modem", phone), 0.0)
        assert not await dialogue.turn(cast("Modem", phone), 0.0)
        told = rows(look, "SELECT json_extract(body, '$.text') FROM outbox WHERE event = 'USSD'")
        assert told == [("You have won",)]

    play(tmp_path, story)
