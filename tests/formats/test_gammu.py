"""gammu-smsd's outbox files are read by their names; what gammu puts into its error folder is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modemd.errors import Rejected
from modemd.formats.spoolfile import finished, format_of, peek_priority, read
from modemd.model import Priority, SendRequest
from tests.formats.made import FAILED, SENT

_MANUAL = "OUTG20040620_193810_123_+4512345678_xpq.txtdf"


def _read(name: str, octets: bytes = b"hello") -> SendRequest:
    spooled = read(name, octets)
    assert spooled.format == "gammu"
    return spooled.requests[0]


@pytest.mark.parametrize(
    ("name", "to", "priority"),
    [
        ("OUT+4512345678.txt", "+4512345678", Priority.NORMAL),
        ("out0475123456.TXT", "0475123456", Priority.NORMAL),
        ("OUTX100#.txt", "*100#", Priority.NORMAL),
        ("OUT004512345678.txt", "+4512345678", Priority.NORMAL),
        ("OUTA_+4512345678_1.txt", "+4512345678", Priority.HIGH),
        ("OUTZ_4512345678_1.txt", "4512345678", Priority.BULK),
        ("OUTC20261122_101500_00_+4512345678_sms0.txt", "+4512345678", Priority.NORMAL),
        ("OUTN20261122_101500_00_+4512345678_.txt", "+4512345678", Priority.LOW),
        ("OUTC20261122_101500_00_+4512345678_a_b_c.txt", "+4512345678", Priority.NORMAL),
        (_MANUAL, "+4512345678", Priority.NORMAL),
    ],
)
def test_names(name: str, to: str, priority: Priority) -> None:
    request = _read(name)
    assert (request.to, request.priority, request.text) == (to, priority, "hello")
    assert peek_priority(name, b"") is priority


def test_letters_after_txt_are_flags() -> None:
    plain, flagged = _read("OUT123456.txt"), _read(_MANUAL)
    assert (plain.report, plain.message_class) == (None, None)
    assert (flagged.report, flagged.message_class) == (True, 0)


def test_a_bookmark_goes_to_its_port() -> None:
    request = _read("OUT123456.txtb", b"News,http://example.org/\n")
    assert request.ports == (226, 0)
    assert request.octets == (
        b"BEGIN:VBKM\r\nVERSION:1.0\r\nTITLE:News\r\nURL:http://example.org/\r\nEND:VBKM\r\n"
    )


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        ("grüß Я".encode("utf-16"), "grüß Я"),
        (b"\xfe\xff" + "grüß Я".encode("utf-16-be"), "grüß Я"),
        ("grüß Я\n".encode(), "grüß Я"),
        (b"\xef\xbb\xbfhello", "hello"),
        ("grüß".encode("latin-1"), "grüß"),
    ],
)
def test_character_sets(octets: bytes, text: str) -> None:
    assert _read("OUT123456.txt", octets).text == text


@pytest.mark.parametrize(
    ("name", "octets", "words"),
    [
        ("OUTA_123456.txt", b"x", "one underscore;"),
        ("OUTA1_2_3_123456.txt", b"x", "three underscores;"),
        ("OUT.txt", b"x", "no number"),
        ("OUTbox.txt", b"x", "no number"),
        ("OUT123456.txtq", b"x", "unknown flags"),
        ("OUT123456.txtb", b"no comma", "name,URL"),
        ("OUT123456.smsbackup", b"[SMSBackup000]", "smsbackup"),
        ("OUT123456.txt", b"\xff\xfea", "UTF-16"),
        ("OUT123456.txt", b"a\0b", "NUL"),
        ("OUT123456.txt", b"\n", "empty"),
    ],
)
def test_refusals(name: str, octets: bytes, words: str) -> None:
    with pytest.raises(Rejected, match=words):
        read(name, octets)


def test_other_names_are_no_gammu_files() -> None:
    for name in ("OUT123456", "xOUT123456.txt", "in.txt", "OUT1.txt.tmp"):
        assert format_of(name, b"To: 1\n\nx") == "smstools3"


def test_a_sent_file_stays_as_it_is_and_a_failed_one_says_why_on_top() -> None:
    assert finished("gammu", b"hello", SENT) == b"hello"
    failed = finished("gammu", b"hello", FAILED)
    assert failed == b"Fail_reason: +CMS ERROR: 38 (Network out of order)\nFailed: 26-11-22 13:14:49\nhello"
    assert finished("gammu", failed, FAILED) == failed
    assert _read("OUT123456.txt", failed).text == "hello"


@given(st.text(max_size=40), st.binary(max_size=60))
def test_any_name_and_octets_are_a_message_or_rejected(middle: str, octets: bytes) -> None:
    try:
        told = read(f"OUT{middle}.txt", octets).requests[0].to
    except Rejected as refused:
        told = refused.fail_reason
    assert told
