"""What commands print: aligned, safe to look at, folded where a terminal is narrow."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modemd.cli.output import Column, moment, plain_table, printable, rich_table, short_moment, shortened


@given(st.text())
def test_any_text_becomes_one_line_without_controls(text: str) -> None:
    shown = printable(text)
    assert "\n" not in shown
    assert not [each for each in shown if unicodedata.category(each) in {"Cc", "Cs"}]
    assert len(shortened(text, 10)) <= 10


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\r\n b\tc", "a b c"),
        ("\x1b]0;evil\x07", "�]0;evil�"),
        ("left\u202eright", "left�right"),
        ("\N{MAN}\u200d\N{WOMAN}", "\N{MAN}\u200d\N{WOMAN}"),
    ],
)
def test_what_could_play_with_a_terminal_is_shown_as_a_mark(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_columns_are_aligned_and_numbers_stand_right() -> None:
    columns = [Column("ID", right=True), Column("TEXT"), Column("LAST")]
    assert plain_table(columns, [["7", "Hello", "x"], ["100", "you", ""]]).split("\n") == [
        " ID  TEXT   LAST",
        "  7  Hello  x",
        "100  you",
    ]


def test_times_are_the_gateways() -> None:
    zone = ZoneInfo("Europe/Brussels")
    at = datetime(2026, 7, 1, 10, 0, 5, tzinfo=UTC)
    assert (moment(at, zone), moment(None, zone)) == ("2026-07-01 12:00:05", "-")
    assert short_moment(at, zone, at) == "07-01 12:00:05"
    assert short_moment(at, zone, datetime(2027, 1, 1, tzinfo=UTC)) == "2026-07-01"


def test_a_narrow_terminal_folds_the_last_column_only() -> None:
    from rich.console import Console

    console = Console(width=30, color_system="standard", force_terminal=True)
    with console.capture() as captured:
        console.print(rich_table([Column("TO"), Column("TEXT")], [["+32475123456", "word " * 10]]))
    lines = captured.get().splitlines()
    assert "+32475123456" in lines[1]
    assert len(lines) > 3


def test_states_stand_out() -> None:
    from rich.console import Console

    console = Console(width=80, color_system="standard", force_terminal=True)
    with console.capture() as captured:
        console.print(rich_table([Column("STATE"), Column("TEXT")], [["failed", "[red]failed again[/]"]]))
    assert "\x1b[31mfailed\x1b[0m" in captured.get()
    assert "[red]failed again[/]" in captured.get()  # what people write is no markup
