"""Lengths of time are read as people write them, and what is none is refused with a sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modemd.formats.durations import MAX_DURATION_S, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("3600", 3600),
        ("90s", 90),
        ("24h", 86400),
        ("90 min", 5400),
        ("90m", 5400),
        ("5 Minutes", 300),
        ("1h30m", 5400),
        ("1 h 30 min", 5400),
        ("1.5h", 5400),
        ("1,5 h", 5400),
        ("2 days", 172800),
        ("30d", 2592000),
        ("1 week", 604800),
        ("63 weeks", 38102400),
        ("1 month", 2592000),
        ("365d", 31536000),
        ("1y", 31536000),
        ("  10 sec ", 10),
    ],
)
def test_reads(text: str, seconds: int) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text",
    ["", " ", "h", "soon", "-5", "5 parsecs", "1h 30", "1h!", "1e5", "0x10", "101y", "9" * 70, "٣h"],
)
def test_refuses_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"[a-z]{3}") as refused:
        parse_duration(text)
    assert "\n" not in str(refused.value)


@given(st.text(max_size=80))
def test_any_text_gives_seconds_or_value_error(text: str) -> None:
    try:
        seconds = parse_duration(text)
    except ValueError:
        return
    assert 0 <= seconds <= MAX_DURATION_S


@given(st.integers(min_value=0, max_value=MAX_DURATION_S))
def test_a_bare_whole_number_is_that_many_seconds(seconds: int) -> None:
    assert parse_duration(str(seconds)) == seconds
