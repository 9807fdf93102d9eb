"""What the log has of phone numbers."""

from __future__ import annotations

import io
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modemd.cli.logs import JsonFormatter, PhoneVeil
from modemd.formats.veil import veiled_phones

KEPT = [
    "message 1234567 was sent", "2026-11-22T12:00:00+01:00", "part 3 of message 99", "port /dev/ttyUSB0",
    "0791947101670000040B914721436587F900005222", "192.168.100.200:1883", "lot 12: 1000000000000000 credits",
    "id 018f2c3a-1111-7222-8333-123456789012", "+CMS ERROR: 500", "gsm1", "in 0.12345678901 s",
]  # fmt: skip


@pytest.mark.parametrize(
    ("said", "logged"),
    [
        ("no route to +32475123456!", "no route to +3247…56!"),
        ("'0475123456' is none", "'0475…56' is none"),
        ("to 32475123456", "to 3247…56"),
        ("(+4512345678, +33612345678)", "(+4512…78, +3361…78)"),
    ],
)
def test_numbers_are_cut(said: str, logged: str) -> None:
    assert veiled_phones(said) == logged


@pytest.mark.parametrize("said", KEPT)
def test_other_figures_stay(said: str) -> None:
    assert veiled_phones(said) == said


@given(
    st.from_regex(r"\+[1-9][0-9]{7,14}", fullmatch=True), st.sampled_from(["{}", "to {}:", "({}) ", "'{}'"])
)
def test_no_international_number_gets_through(phone: str, around: str) -> None:
    assert phone not in veiled_phones(around.format(phone))


def _logged(level: int, form: logging.Formatter) -> str:
    phone, written = "+32475123456", io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(form)
    handler.addFilter(PhoneVeil())
    log = logging.getLogger("veil")
    log.setLevel(logging.DEBUG)
    log.addHandler(handler)
    try:
        int(phone + "x")
    except ValueError:
        log.log(level, "to %s", phone, exc_info=True)
    finally:
        log.removeHandler(handler)
    return written.getvalue()


@pytest.mark.parametrize("form", [logging.Formatter(), JsonFormatter()])
def test_every_line_of_the_log_is_veiled_its_traceback_too(form: logging.Formatter) -> None:
    said = _logged(logging.WARNING, form)
    assert "+32475123456" not in said
    assert said.count("+3247") == 2


def test_lines_for_debugging_are_whole() -> None:
    assert "+32475123456" in _logged(logging.DEBUG, logging.Formatter())
