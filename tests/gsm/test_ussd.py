"""What modems say with ``+CUSD``, in every way that makers have of saying it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modemd.gsm.alphabet import GSM7
from modemd.gsm.at import AtCore, Urc
from modemd.gsm.ussd import (
    LONGEST,
    UssdCode,
    code_fault,
    coding_of,
    is_plain,
    packed_hex,
    read_ussd,
    ucs2_hex,
)

BALANCE = "Your balance is 12.34 EUR."
SENTENCES = st.text(
    st.sampled_from("abcdefghijklmnop ABCDEF0123456789.,:€@$_éüØ\n"), min_size=1, max_size=160
)


@pytest.mark.parametrize(
    ("said", "read"),
    [
        (f'+CUSD: 0,"{BALANCE}",15', (0, BALANCE)),
        (f'+CUSD: 0,"{BALANCE}"', (0, BALANCE)),
        (f'+CUSD:1, "{BALANCE}", 0', (1, BALANCE)),
        (f"+CUSD: 0,{BALANCE},15", (0, BALANCE)),
        (f'+CUSD: 2,"{BALANCE}",15,', (2, BALANCE)),
        ("+CUSD: 2", (2, None)),
        ("+CUSD: 4", (4, None)),
        ('+CUSD: 0,"",15', (0, None)),
        ('+CUSD: 1,"Bal:$100\n1. Recharge\n2. OK see you",15', (1, "Bal:$100\n1. Recharge\n2. OK see you")),
        ('+CUSD: 0,"say "yes", or 15",15', (0, 'say "yes", or 15')),
        ('+CUSD: 0,"cut in the mid', (0, "cut in the mid")),
        # by its coding scheme UCS-2, with and without a language in front
        (f'+CUSD: 0,"{ucs2_hex("Баланс €")}",72', (0, "Баланс €")),
        (f'+CUSD: 0,"{ucs2_hex("Grüße")}",17', (0, "Grüße")),
        (f'+CUSD: 0,"6537{ucs2_hex("Grüße")}",17', (0, "Grüße")),
        ('+CUSD: 0,"00470072A",72', (0, "00470072A")),
        # UCS-2 and packed septets under a coding scheme of the default alphabet
        (f'+CUSD: 0,"{ucs2_hex("Баланс 12 EUR")}",15', (0, "Баланс 12 EUR")),
        (f'+CUSD: 0,"{ucs2_hex(BALANCE)}",0', (0, BALANCE)),
        (f'+CUSD: 0,"{packed_hex(BALANCE)}",15', (0, BALANCE)),
        (f'+CUSD: 0,"{packed_hex(BALANCE).lower()}",15', (0, BALANCE)),
        # what looks like hexadecimal and is none
        ('+CUSD: 0,"0475123456",15', (0, "0475123456")),
        ('+CUSD: 0,"1234",15', (0, "1234")),
        ('+CUSD: 0,"ab",15', (0, "ab")),
        # 8-bit data, compressed text, a language in front of a text
        (f'+CUSD: 0,"{"12 €".encode().hex()}",68', (0, "12 €")),
        (f'+CUSD: 0,"{"12 é".encode("latin-1").hex()}",244', (0, "12 é")),
        ('+CUSD: 0,"00FF",96', (0, "\x00ÿ")),
        ('+CUSD: 0,"en\nHello",16', (0, "Hello")),
        # the octets of the GSM alphabet, of UTF-8 and of Latin 1, as makers send them
        ('+CUSD: 0,"Gr\x7e\x1ee, 12 \x1be \x00 \x02",15', (0, "Grüße, 12 € @ $")),
        (f'+CUSD: 0,"{"Grüße €".encode().decode("latin-1")}",15', (0, "Grüße €")),
        ('+CUSD: 0,"Gr\xfc\xdfe",15', (0, "Grüße")),
        ('+CUSD: 0,"costs 5 $_@",15', (0, "costs 5 $_@")),
    ],
)
def test_what_modems_say(said: str, read: tuple[int, str | None]) -> None:
    assert read_ussd(said) == read


@pytest.mark.parametrize("said", ["", "OK", "+CUSD", "+CUSD: x", '+CUSD: "1"', "+CUSD: 12345 and more"])
def test_what_is_no_ussd_is_none(said: str) -> None:
    found = read_ussd(said)
    assert found is None or found.mode == 1


def test_a_modem_that_packs_is_believed_also_where_it_says_digits() -> None:
    digits = packed_hex("1234567")
    assert read_ussd(f'+CUSD: 0,"{digits}",15', packed=True) == (0, "1234567")
    assert read_ussd('+CUSD: 0,"not packed",15', packed=True) == (0, "not packed")


@given(SENTENCES, st.booleans())
def test_whatever_was_packed_or_written_in_ucs2_is_read_back(text: str, more: bool) -> None:
    mode = int(more)
    packed = f'+CUSD: {mode},"{packed_hex(text)}",15'
    if len(GSM7.encode(text) or b"") >= 3:
        assert read_ussd(packed, packed=True) == (mode, text)
    if len(text) > 1:
        assert read_ussd(f'+CUSD: {mode},"{ucs2_hex(text)}",72') == (mode, text)


@given(st.text(max_size=80), st.integers(0, 999))
def test_nothing_that_a_modem_says_raises(text: str, dcs: int) -> None:
    for said in (f'+CUSD: 0,"{text}",{dcs}', f"+CUSD: 1,{text}", text):
        found = read_ussd(said)
        assert found is None or isinstance(found, UssdCode)


@given(st.binary(min_size=2, max_size=60), st.integers(0, 255), st.booleans())
def test_no_octets_in_hexadecimal_raise(octets: bytes, dcs: int, packed: bool) -> None:
    found = read_ussd(f'+CUSD: 0,"{octets.hex()}",{dcs}', packed=packed)
    assert found is not None
    assert found.mode == 0


@pytest.mark.parametrize(
    ("dcs", "coding"),
    [(0, "gsm7"), (15, "gsm7"), (16, "gsm7"), (17, "ucs2"), (33, "gsm7"), (64, "gsm7"), (68, "8bit"),
     (72, "ucs2"), (76, "gsm7"), (88, "ucs2"), (104, "8bit"), (152, "ucs2"), (240, "gsm7"), (244, "8bit")],
)  # fmt: skip
def test_coding_schemes_are_those_of_cell_broadcast(dcs: int, coding: str) -> None:
    """3GPP TS 23.038, clause 5: not those of messages, of clause 4."""
    assert coding_of(dcs) == coding


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("*100#", ""),
        ("1", ""),
        ("Grüße", ""),
        ("x" * LONGEST, ""),
        ("x" * (LONGEST + 1), "it is longer than 182 characters"),
        ("Привет", "'П' cannot be sent as USSD"),
        ("*100#\r", "'\\r' cannot be sent as USSD"),
        ("*100#\x1a", "'\\x1a' cannot be sent as USSD"),
        ('"\n', "'\\n' cannot be sent as USSD"),
    ],
)
def test_what_cannot_be_sent_is_said(code: str, fault: str) -> None:
    assert code_fault(code) == fault


def test_plain_is_what_is_the_same_in_both_alphabets_and_ends_no_quotes() -> None:
    assert is_plain("*100#")
    assert is_plain("Yes, 1+1=2!")
    assert not any(is_plain(letter) for letter in '"@$_[]^{}|~\\`é\r')


def test_the_whole_text_reaches_us_from_the_line() -> None:
    core = AtCore()
    core.receive(b'\r\n+CUSD: 1,"Menu\r\n1. Balance\r\n0. OK",15\r\n')
    event = core.next_event()
    assert isinstance(event, Urc)
    assert read_ussd("\n".join(event.lines)) == (1, "Menu\n1. Balance\n0. OK")
