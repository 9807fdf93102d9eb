"""The simulated modem reads command lines and answers for itself as V.250 and 3GPP TS 27.007 say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modemd.simulator.commands.arguments import words
from modemd.simulator.interpreter import HANDLERS
from tests.workers.simulator_desk import Desk


def test_echo_until_it_is_switched_off_and_again_after_atz() -> None:
    desk = Desk()
    assert desk.tell("AT") == "AT\r\r\nOK\r\n"
    assert desk.tell("ATE0") == "ATE0\r\r\nOK\r\n"
    assert desk.tell("AT") == "\r\nOK\r\n"
    desk.tell("ATZ")
    assert desk.tell("AT") == "AT\r\r\nOK\r\n"


def test_commands_in_one_line_one_ok_and_an_error_ends_the_line() -> None:
    desk = Desk()
    desk.quiet()
    assert desk.tell("AT+CMGF=0;+CSQ;+CGSN") == "\r\n+CSQ: 20,99\r\n\r\n861234560000001\r\n\r\nOK\r\n"
    assert desk.tell("ATE0V1+CSQ") == "\r\n+CSQ: 20,99\r\n\r\nOK\r\n"
    assert desk.tell("AT+CSQ;+NONSENSE;+CGSN") == "\r\n+CSQ: 20,99\r\n\r\nERROR\r\n"
    assert desk.tell('AT+CUSD=1,"*1;2#"') == '\r\nOK\r\n\r\n+CUSD: 0,"Your balance is 12.34 EUR.",15\r\n'


def test_a_slash_repeats_and_what_is_no_command_is_passed_over() -> None:
    desk = Desk()
    desk.quiet()
    desk.tell("AT+CSQ")
    assert desk.tell("A/") == "\r\n+CSQ: 20,99\r\n\r\nOK\r\n"
    desk.modem.receive(b"A/")
    assert desk.heard() == "\r\n+CSQ: 20,99\r\n\r\nOK\r\n"
    assert desk.tell("hello?") == ""
    assert desk.tell("\x1b\n at+csq") == "\r\n+CSQ: 20,99\r\n\r\nOK\r\n"


def test_one_octet_at_a_time_is_the_same() -> None:
    whole, pieces = Desk(), Desk()
    line = "AT+CPMS?;+CSQ"
    for octet in line.encode() + b"\r":
        pieces.modem.receive(bytes([octet]))
    assert pieces.heard() == whole.tell(line)


def test_short_result_codes_and_none() -> None:
    desk = Desk()
    desk.quiet()
    assert desk.tell("ATV0") == "0\r"
    assert desk.tell("AT+NONSENSE") == "4\r"
    desk.tell("ATV1")
    assert desk.tell("ATQ1") == ""


@pytest.mark.parametrize(
    ("level", "said"), [(0, "ERROR"), (1, "+CME ERROR: 10"), (2, "+CME ERROR: SIM not inserted")]
)
def test_error_formats(level: int, said: str) -> None:
    desk = Desk()
    desk.quiet()
    desk.me.card = None
    desk.tell(f"AT+CMEE={level}")
    assert desk.tell("AT+CIMI") == f"\r\n{said}\r\n"


def test_identity() -> None:
    desk = Desk()
    desk.quiet()
    assert desk.tell("AT+CGMI;+CGMM;+CGMR") == "\r\nmodemd\r\n\r\nSimulated\r\n\r\n1.0\r\n\r\nOK\r\n"
    assert "206990000000001" in desk.tell("AT+CIMI")
    assert "+CCID: 8932000000000000001" in desk.tell("AT+CCID")
    assert '+CNUM: "","+32475000001",145' in desk.tell("AT+CNUM")
    assert "861234560000001" in desk.tell("ATI")
    listed = desk.tell("AT+CLAC").split()
    assert {"+CMGS", "+CMGL", "+CNMI"} <= set(listed)


def test_pin_its_tries_and_the_puk() -> None:
    desk = Desk(pin="1234")
    desk.quiet()
    assert "+CPIN: SIM PIN" in desk.tell("AT+CPIN?")
    assert desk.tell("AT+CIMI") == "\r\n+CME ERROR: 11\r\n"
    assert desk.tell("AT+CMGL=4") == "\r\n+CMS ERROR: 311\r\n"
    assert desk.tell('AT+CPIN="0000"') == "\r\n+CME ERROR: 16\r\n"
    assert "+CPINR: SIM PIN,2,3" in desk.tell("AT+CPINR")
    desk.tell('AT+CPIN="0000"')
    assert desk.tell('AT+CPIN="0000"') == "\r\n+CME ERROR: 12\r\n"
    assert "+CPIN: SIM PUK" in desk.tell("AT+CPIN?")
    assert desk.tell('AT+CPIN="11111111","4321"') == "\r\n+CME ERROR: 16\r\n"
    assert desk.tell('AT+CPIN="12345678","4321"') == "\r\nOK\r\n"
    assert "+CPIN: READY" in desk.tell("AT+CPIN?")
    assert desk.tell('AT+CPIN="4321"') == "\r\n+CME ERROR: 3\r\n"


def test_a_right_pin_gives_the_tries_back_and_is_asked_again_after_a_restart() -> None:
    desk = Desk(pin="1234")
    desk.quiet()
    desk.tell('AT+CPIN="0000"')
    assert desk.tell('AT+CPIN="1234"') == "\r\nOK\r\n"
    assert desk.me.card is not None
    assert desk.me.card.pin_tries == 3
    desk.tell("AT+CFUN=1,1")
    assert "+CPIN: SIM PIN" in desk.tell("AT+CPIN?")


def test_a_call_rings_and_ends() -> None:
    desk = Desk()
    desk.quiet()
    desk.tell("AT+CLIP=1")
    desk.me.ring("+32475999999", 2)
    assert desk.heard() == '\r\nRING\r\n\r\n+CLIP: "+32475999999",145,,,,0\r\n'
    assert "+CLCC: 1,1,4" in desk.tell("AT+CLCC")
    desk.clock.go(3)
    assert "RING" in desk.heard()
    desk.clock.go(3)
    assert desk.heard() == "\r\nNO CARRIER\r\n"
    desk.tell("AT+CRC=1")
    desk.me.ring("+32475999999", 5)
    assert "+CRING: VOICE" in desk.heard()
    desk.tell("ATH")
    desk.clock.go(30)
    assert desk.heard() == ""


def test_registration_and_its_changes() -> None:
    desk = Desk()
    desk.quiet()
    assert "+CREG: 0,1\r\n" in desk.tell("AT+CREG?")
    desk.tell("AT+CREG=2;+CEREG=1")
    assert '+CREG: 2,1,"0A1B","0001C2D3",2' in desk.tell("AT+CREG?")
    desk.me.register(2)
    assert desk.heard() == "\r\n+CREG: 2\r\n\r\n+CEREG: 2\r\n"
    assert "+COPS: 0\r\n" in desk.tell("AT+COPS?")
    desk.me.register(5)
    desk.tell("AT+COPS=3,2")
    assert '+COPS: 0,2,"20699",2' in desk.tell("AT+COPS?")


def test_radio_off_and_on() -> None:
    desk = Desk()
    desk.quiet()
    desk.tell("AT+CFUN=0")
    assert "+CSQ: 99,99" in desk.tell("AT+CSQ")
    assert "+CREG: 0,0" in desk.tell("AT+CREG?")
    desk.network.inject(desk.me, "while off", originator="+32475999999")
    assert desk.me.stores["SM"].used == 0
    desk.tell("AT+CFUN=1")
    assert desk.me.stores["SM"].used == 1


FORMS = ("", "?", "=?", "=", "=0", "=1", '=1,"x"', '="a","b","c"', "=,,,", "=99999,99999")


@pytest.mark.parametrize("form", FORMS)
def test_every_command_in_every_form_ends_with_a_result_or_a_prompt(form: str) -> None:
    for name in sorted(set(HANDLERS) - {"E", "V", "Q"}):
        desk = Desk()
        desk.quiet()
        answer = desk.tell(f"AT{name}{form}")
        restarts = name == "+CFUN" and form.startswith("=99")
        ended = (
            answer.endswith(("OK\r\n", "ERROR\r\n", "> ", "NO CARRIER\r\n", ",15\r\n")) or "ERROR: " in answer
        )
        assert ended or restarts, (name, form, answer)


@given(
    st.lists(
        st.binary(max_size=60)
        | st.sampled_from([b"AT\r", b"AT+CMGS=18\r", b"\x1a", b"\x1b", b"A/\r", b'AT+CMGF=1;+CMGS="1"\r']),
        max_size=30,
    )
)
def test_any_octets_are_borne(pieces: list[bytes]) -> None:
    desk = Desk()
    for piece in pieces:
        desk.modem.receive(piece)
        desk.clock.go()
    desk.modem.receive(b"\x1b\r\x1b\r")
    desk.clock.go(1)
    desk.heard()
    desk.modem.receive(b"ATE0V1Q0\rAT\r")
    desk.clock.go()
    assert desk.heard().endswith("OK\r\n")


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("", [""]),
        ("1", ["1"]),
        ('"a,b",,3', ["a,b", "", "3"]),
        ("1,", ["1", ""]),
        ('"x",', ["x", ""]),
        (",,", ["", "", ""]),
    ],
)
def test_arguments_are_cut_at_commas_outside_quotes(line: str, found: list[str]) -> None:
    assert words(line) == found
