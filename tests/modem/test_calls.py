"""What makers tell of calls, and ending one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from modemd.gsm.at import Urc
from modemd.gsm.at_lines import is_unsolicited
from modemd.modem.calls import CallSeen, read_call
from modemd.modem.notes import CallAnswered, CallEnded, Clip, Note, Other, Ring, Spoken, read_urc
from tests.modem.dce import Dce, lines
from tests.modem.stage import play as play_dce
from tests.modem.test_simulated import play

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.modem.modem import Modem
    from modemd.simulator.simulation import Simulation

NUMBER = "+32475999999"


@pytest.mark.parametrize(
    ("line", "note"),
    [
        ("RING", Ring()),
        ("+CRING: VOICE", Ring()),
        (f'+CLIP: "{NUMBER}",145,"",0,"",0', Clip(NUMBER, 145)),
        ('+CLIP: "0475999999",129,,,,0', Clip("0475999999", 129)),
        ('+CLIP: "",128,,,,1', Clip(None, 128)),
        (f'+CLCC: 1,1,4,0,0,"{NUMBER}",145,""', Clip(NUMBER, 145)),
        ("+CLCC: 1,1,4,0,0", Clip(None, 0x81)),
        (f'+CLCC: 1,1,6,0,0,"{NUMBER}",145', CallEnded()),
        (f'+CLCC: 1,0,0,0,0,"{NUMBER}",145', CallAnswered()),
        (f'+CLCC: 1,0,3,0,0,"{NUMBER}",145', Other(f'+CLCC: 1,0,3,0,0,"{NUMBER}",145')),
        ("+CLCC: 1", Other("+CLCC: 1")),
        ("^CONN:1,0", CallAnswered()),
        (f'+COLP: "{NUMBER}",145', CallAnswered()),
        ("VOICE CALL: BEGIN", CallAnswered()),
        ("VOICE CALL: END: 000005", CallEnded()),
        ("MISSED_CALL: 02:32AM 0475999999", CallEnded()),
        ("NO CARRIER", CallEnded()),
        ("BUSY", CallEnded("busy")),
        ("NO ANSWER", CallEnded("no_answer")),
        ("^CEND:1,0,104,17", CallEnded("busy")),
        ("^CEND:1,0,104,19", CallEnded("no_answer")),
        ("^CEND:1,20,104,16", CallEnded()),
        ("^CEND:1,0,67", CallEnded()),
        ("+CTTS: 0", Spoken()),
        ("+QWTTS: 0", Spoken()),
        ("+CTTS: 1", Spoken(well=False)),
    ],
)
def test_what_makers_tell_of_calls(line: str, note: Note) -> None:
    assert read_urc(Urc((line,))) == note


@pytest.mark.parametrize("line", ["VOICE CALL: BEGIN", "VOICE CALL: END: 000012", "MISSED_CALL: 10:01 0475"])
def test_calls_are_no_answer_to_what_is_asked_meanwhile(line: str) -> None:
    assert is_unsolicited(line, "+CMGS")


@pytest.mark.parametrize(
    ("line", "call"),
    [
        ('+CLCC: 1,0,3,0,0,"+32475999999",145', CallSeen(incoming=False, stat=3, voice=True)),
        ("+CLCC: 2,1,4,1,0", CallSeen(incoming=True, stat=4, voice=False)),
        ("+CLCC: 1,0", None),
        ("+CLCC: 1,x,y,z", None),
        ("OK", None),
    ],
)
def test_a_list_of_calls_is_read(line: str, call: CallSeen | None) -> None:
    assert read_call(line) == call


def test_a_call_that_rings_is_ended(tmp_path: Path) -> None:
    async def act(sim: Simulation, modem: Modem, news: asyncio.Event) -> None:
        await modem.prepare()
        modem.take_urcs()
        sim.call(NUMBER)
        await asyncio.wait_for(news.wait(), 5)
        assert await modem.hang_up()
        assert sim.modems[0].me.caller == ""
        assert not any(isinstance(note, Ring | Clip) for note in modem.take_urcs())

    play(tmp_path, act)


@pytest.mark.parametrize(
    ("answers", "heard", "gone"),
    [
        ({"AT+CLCC": lines()}, ["AT+CHUP", "AT+CLCC"], True),
        (
            {"AT+CLCC": (lines('+CLCC: 1,1,4,0,0,"",128'), lines())},
            ["AT+CHUP", "AT+CLCC", "ATH", "AT+CLCC"],
            True,
        ),
        (
            {"AT+CHUP": lines(final="ERROR"), "AT+CLCC": lines(final="ERROR")},
            ["AT+CHUP", "ATH", "AT+CLCC"],
            True,
        ),
        ({"AT+CHUP": lines(final="ERROR"), "ATH": lines(final="ERROR")}, ["AT+CHUP", "ATH"], False),
    ],
    ids=["at once", "by the second", "tells no calls", "never"],
)
def test_calls_are_ended_as_the_modem_knows_it(
    answers: dict[str, str], heard: list[str], *, gone: bool
) -> None:
    dce = Dce(answers)

    async def act(modem: Modem) -> None:
        assert await modem.hang_up() is gone

    play_dce(dce, act)
    assert [each for each in dce.heard if each in {"AT+CHUP", "ATH", "AT+CLCC"}] == heard
