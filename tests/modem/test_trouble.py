"""The last exchanges of a modem: kept as they came, in whatever pieces, and shown without what is private."""

from __future__ import annotations

import timeit
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modemd.modem.trouble import Trace, redact

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PDU = "07911326040000F0040B911346610089F60000208062917314080CC8F71D14969741F977FD07"


def said(trace: Trace) -> list[str]:
    return [line.partition(" ")[2] for line in trace.lines(NOON)]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("AT+CREG?", "AT+CREG?"),
        ('+CREG: 2,1,"00A1","01F4B2C3",7', '+CREG: 2,1,"00A1","01F4B2C3",7'),
        ('AT+CPIN="1234"', "AT+CPIN=****"),
        ('at+clck="SC",0,"1234"', "at+clck=****"),
        ("+CPIN: READY", "+CPIN: READY"),
        ("+CMS ERROR: 500", "+CMS ERROR: 500"),
        ('+CLIP: "+32475123456",145,"",,"Mum at home",0', '+CLIP: "+3247…56",145,"",,"(11 characters)",0'),
        ("861234567890123", "8612…23"),
        ("+CCID: 89320012345678901234", "+CCID: 8932…34"),
        ('+COPS: 0,0,"Proximus",7', '+COPS: 0,0,"Proximus",7'),
        ('+CUSD: 0,"Your balance is 12.50",15', '+CUSD: 0,"(21 characters)",15'),
        ('+CNUM: "Own","+32475000001",145', '+CNUM: "(3 characters)","+3247…01",145'),
        ('AT+CUSD=1,"*123*12345678901234#",15', 'AT+CUSD=1,"*123*1234…34#",15'),
        ('AT+CTTS=2,"Water in the cellar"', 'AT+CTTS=2,"(19 characters)"'),
        ("AT+VTS=1", "AT+VTS=(tones)"),
        ("AT+VTS=?", "AT+VTS=?"),
        ('+CLCC: 1,0,2,0,0,"+32475123456",145,"Mum"', '+CLCC: 1,0,2,0,0,"+3247…56",145,"(3 characters)"'),
        ("ATD+32475123456;", "ATD+3247…56;"),
        (PDU, "(a PDU of 38 octets)"),
        (PDU + "\x1a", "(a PDU of 38 octets), Ctrl-Z"),
        ("\xff\x00Quectel EC25", "ÿ\\x00Quectel EC25"),
    ],
)  # fmt: skip
def test_a_line_is_shown_without_what_is_private(line: str, shown: str) -> None:
    assert redact(line) == shown


def test_what_came_in_pieces_is_shown_in_lines_with_their_times() -> None:
    trace = Trace()
    trace.sent(b"AT+CMGS=23\r")
    for octet in b"\r\n> ":
        trace.heard(bytes([octet]))
    trace.sent(PDU.encode() + b"\x1a")
    trace.heard(b"\r\n+CMS ERR")
    trace.heard(b"OR: 304\r\n")
    trace.sent(b"\x1b")
    assert said(trace) == [
        "> AT+CMGS=23", "< > ", "> (a PDU of 38 octets), Ctrl-Z", "< +CMS ERROR: 304", "> ESC",
    ]  # fmt: skip
    assert all(line.startswith(("11:59:59.", "12:00:00.000")) for line in trace.lines(NOON))


def test_a_message_behind_its_head_is_left_out_in_pdu_and_in_text_mode() -> None:
    trace = Trace()
    trace.heard(f'\r\n+CMT: ,25\r\n{PDU}\r\n+CMGR: 1,"+32475123456"\r\nI love you\r\n\r\nOK\r\n'.encode())
    assert said(trace) == [
        "< +CMT: ,25", "< (76 characters)", '< +CMGR: 1,"+3247…56"', "< (10 characters)", "< OK",
    ]  # fmt: skip


def test_a_text_over_several_lines_is_left_out_to_its_end() -> None:
    trace = Trace()
    trace.heard(b'\r\n+CUSD: 1,"Welcome\r\n1 Balance\r\n2 More",15\r\n\r\nOK\r\n')
    assert said(trace) == ['< +CUSD: 1,"…', "< (9 characters)", "< (10 characters)", "< OK"]


def test_a_pin_is_not_even_kept() -> None:
    trace = Trace()
    trace.sent(b"AT+CPIN?\r")
    trace.sent(b'AT+CPIN="4711"\r')
    trace.heard(b"AT+CP")
    trace.heard(b'IN="4711"\r\r\nOK\r\n')
    assert said(trace) == ["> AT+CPIN?", "> AT+CPIN=****", "< AT+CPIN=****", "< OK"]


def test_the_ring_keeps_the_last_and_never_the_end_of_a_line() -> None:
    trace = Trace(kept=3)
    trace.heard(b'AT+CPIN="47')
    trace.heard(b'11"\r\n')
    trace.heard(b"OK\r\n")
    trace.sent(b"AT\r")
    assert said(trace) == ["< OK", "> AT"]


@given(st.lists(st.tuples(st.booleans(), st.binary(max_size=40)), max_size=30))
def test_anything_that_comes_can_be_shown(pieces: list[tuple[bool, bytes]]) -> None:
    trace = Trace()
    for sent, octets in pieces:
        (trace.sent if sent else trace.heard)(octets)
    for line in said(trace):
        assert line.isprintable()


@given(
    st.text("0123456789", min_size=9, max_size=15), st.sampled_from(["{}", '+CLIP: "+{}",145', "AT+CMGS={}"])
)
def test_no_number_is_ever_shown_whole(digits: str, form: str) -> None:
    assert digits not in redact(form.format(digits))


def test_keeping_an_exchange_costs_next_to_nothing() -> None:
    """A command and its answer; the limit is far above what is measured: machines that test are busy."""
    trace = Trace()
    command, answer = b"AT+CMGS=23\r", b"\r\n+CMGS: 12\r\n\r\nOK\r\n"

    def exchange() -> None:
        trace.sent(command)
        trace.heard(answer)

    assert min(timeit.repeat(exchange, number=2000, repeat=5)) / 2000 < 15e-6


def test_only_the_pin_itself_is_hidden_not_the_question_how_many_tries_are_left() -> None:
    trace = Trace()
    trace.sent(b'AT+CPINR="SIM PIN"\r')
    trace.sent(b'AT+CPIN="1234"\r')
    asked, entered = said(trace)
    assert 'AT+CPINR="SIM PIN"' in asked
    assert "1234" not in entered
