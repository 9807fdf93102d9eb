"""The lines that recorded modems were seen to write: in calls, with USSD, in lists, and where they differ."""

from __future__ import annotations

from typing import Any

import pytest

from modemd.gsm.at import AtCore, Command, Reply, Urc
from modemd.gsm.at_values import choices, parameters
from modemd.gsm.makers import Family, family_of
from modemd.gsm.ussd import read_ussd
from modemd.modem.inventory import read_csq
from modemd.modem.notes import CallAnswered, CallEnded, Clip, NewStored, Note, Ring, SimGone, Ussd, read_urc
from modemd.simulator.dialects import DIALECTS
from tests.gsm.dialogues import drain
from tests.modem.test_dialects import MODEMS, RECORDED, recorded

pytestmark = pytest.mark.skipif(not RECORDED.exists(), reason="the recorded dialects are not here")
each = pytest.mark.parametrize("modem", MODEMS, ids=[modem["modem"] for modem in MODEMS])
SEEN = recorded()["responses_seen_in_tests"]
FAMILIES = {
    "GenericTestModem": Family.GENERIC,
    "Huawei K3715": Family.HUAWEI,
    "Huawei E1752": Family.HUAWEI,
    "WAVECOM MODEM MULTIBAND 900E 1800": Family.SIERRA,
    "QUALCOMM M6280 (ZTE modem)": Family.GENERIC,
    "ZTE K3565-Z": Family.ZTE,
    "Nokia N79": Family.GENERIC,
}


def seen(about: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = [one for one in SEEN if about in one["about"]]
    assert len(found) == 1, about
    return found[0]


def notes(lines: list[str | float]) -> list[Note]:
    """What unsolicited lines say; figures between them are pauses."""
    core = AtCore()
    for line in lines:
        if isinstance(line, str):
            core.receive(b"\r\n" + line.encode("latin-1"))
    return [read_urc(event) for event in drain(core) if isinstance(event, Urc)]


def answered(command: str, lines: list[str]) -> Reply:
    core = AtCore()
    core.send(Command(command))
    for line in lines:
        core.receive(line.encode("latin-1"))
    (reply,) = [event for event in drain(core) if isinstance(event, Reply)]
    return reply


@each
def test_its_family_is_known(modem: dict[str, Any]) -> None:
    told = [modem["responses"].get(f"AT+CGM{letter}\r", [""])[0].strip() for letter in "IM"]
    assert family_of(*told) is FAMILIES[modem["modem"]]


@each
def test_an_incoming_call_rings_and_says_who(modem: dict[str, Any]) -> None:
    ring, clip = notes(modem["call_urcs"]["incoming call"])
    assert ring == Ring()
    assert isinstance(clip, Clip)
    assert (clip.originator, clip.originator_toa) == ("+27820001111", 145)


@each
def test_the_end_of_a_call_is_heard(modem: dict[str, Any]) -> None:
    for ending in ("far end hangs up", "far end rejects"):
        said = notes([line for line in modem["call_urcs"][ending] if line != "OK\r\n"])
        assert bool(said) is (CallEnded() in said)


@pytest.mark.parametrize(
    ("name", "model"), [("huawei", "Huawei E1752"), ("wavecom", "WAVECOM MODEM MULTIBAND 900E 1800")]
)
def test_the_simulated_modem_says_of_calls_what_the_recorded_one_did(name: str, model: str) -> None:
    (modem,) = [one for one in MODEMS if one["modem"] == model]
    urcs, lines = modem["call_urcs"], DIALECTS[name].calls
    assert [line for line in urcs["call under way"] if isinstance(line, str)] == [
        f"{line}\r\n" for line in lines.begun
    ]
    assert lines.waits is (urcs["ATD answer"] == [])
    connected = [line for line in urcs["far end answers"] if line != "OK\r\n"]
    assert connected == [f"{line}\r\n" for line in lines.answered]


def test_a_huawei_tells_that_the_other_end_answered() -> None:
    (modem,) = [one for one in MODEMS if one["modem"] == "Huawei K3715"]
    assert notes(modem["call_urcs"]["far end answers"]) == [CallAnswered()]


def test_a_report_that_comes_while_a_part_is_sent_is_no_part_of_the_answer() -> None:
    lines = [line for line in seen("announced in the middle of sending")["lines"] if isinstance(line, str)]
    core = AtCore()
    core.send(Command("AT+CMGS=18", prompt=True))
    core.receive(b"\r\n> ")
    drain(core)
    core.body("00")
    for line in lines[1:]:
        core.receive(line.encode())
    reply, urc = drain(core)
    assert isinstance(reply, Reply)
    assert reply.lines == ("+CMGS: 183",)
    assert isinstance(urc, Urc)
    assert read_urc(urc) == NewStored("SM", 3, report=True)


@pytest.mark.parametrize(
    "about", ["before the OK of the command", "a release message first", "another client answered"]
)
def test_the_last_of_several_ussd_codes_is_the_answer(about: str) -> None:
    told = seen(f"USSD: {'the answer ' if about.startswith('before') else ''}{about}")
    core = AtCore()
    core.send(Command('AT+CUSD=1,"*100#",15'))
    for line in told["lines"]:
        core.receive(line.encode())
    codes = [read_urc(event) for event in drain(core) if isinstance(event, Urc)]
    texts = [read_ussd(note.said) for note in codes if isinstance(note, Ussd)]
    assert len(texts) == 2
    assert texts[-1] is not None
    assert (texts[-1].mode, texts[-1].text) == (0, told["expect"]["text"])


@pytest.mark.parametrize(
    "alpha", seen("what may stand where the address text")["alpha_values"] if SEEN else []
)
def test_whatever_stands_for_a_name_the_length_is_the_last(alpha: str) -> None:
    head = seen("what may stand where the address text")["lines_with_alpha"][0].format(alpha=alpha, length=24)
    values = parameters(head.strip())
    assert (values[0], values[-1]) == ("0", "24")


@pytest.mark.parametrize("place", range(len(seen("+CLAC shapes")["variants"]) if SEEN else 0))
def test_a_list_of_commands_in_any_shape_ends_with_its_ok(place: int) -> None:
    told = seen("+CLAC shapes")["variants"][place]
    reply = answered("AT+CLAC", told["lines"])
    words = [word for line in reply.lines for word in line.removeprefix("+CLAC:").split(",")]
    assert [word.strip().removeprefix("AT") for word in words] == told["commands"]


@pytest.mark.parametrize("place", range(len(seen("+CSCS=? and")["variants"]) if SEEN else 0))
def test_character_sets_in_any_spelling(place: int) -> None:
    told = seen("+CSCS=? and")["variants"][place]
    if "list" in told:
        assert [value.strip('" ') for value in choices(told["lines"][0])[0]] == told["list"]
    else:
        assert parameters(told["lines"][0]) == [told["current"]]


@pytest.mark.parametrize("place", range(len(seen("+CSQ shapes")["variants"]) if SEEN else 0))
def test_signal_in_any_spelling(place: int) -> None:
    told = seen("+CSQ shapes")["variants"][place]
    assert read_csq(told["lines"][0]) == (None if told["rssi"] is None else -113 + 2 * told["rssi"])


def test_a_service_centre_that_is_not_known_is_told_in_two_ways() -> None:
    bare, refused = (answered("AT+CSCA?", one["lines"]) for one in seen("SMSC unknown")["variants"])
    assert (bare.lines, bare.final) == ((), "OK")
    assert (refused.lines, refused.final) == ((), "+CMS ERROR: 330")


def test_a_line_that_is_no_pdu_and_a_report_in_text_mode_are_lines_like_others() -> None:
    noise = seen("a line that is not hexadecimal")["lines"]
    reply = answered("AT+CMGL=4", [*noise, "OK\r\n"])
    assert reply.lines == (noise[0].strip(),)
    report = answered("AT+CMGR=1", seen("status report in text mode")["lines"])
    assert parameters(report.lines[0])[1:4] == ["6", "20", "0870000000"]


@pytest.mark.parametrize("line", ["+CPIN: NOT READY", "^SIMST: 255,1", "^SIMST:0", "+QSIMSTAT: 1,0"])
def test_a_sim_that_is_taken_out_is_told_whatever_is_asked(line: str) -> None:
    core = AtCore()
    core.send(Command("AT+CMGS=23"))
    core.receive(f"\r\n{line}\r\n".encode())
    assert [read_urc(event) for event in drain(core) if isinstance(event, Urc)] == [SimGone()]


@pytest.mark.parametrize("line", ["+CPIN: READY", "+CPIN: SIM PIN", "^SIMST: 1", "+QSIMSTAT: 1,1", "#QSS: 1"])
def test_a_sim_that_is_there_is_not_taken_out(line: str) -> None:
    assert read_urc(Urc((line,))) != SimGone()
