"""What commands print: tables for people (in colour on a terminal, plain text else), JSON for programs."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import click

if TYPE_CHECKING:
    from rich.table import Table

NOTHING: Final = "-"
_STYLES: Final = {
    **dict.fromkeys(("delivered", "ready", "alive", "connected"), "green"),
    **dict.fromkeys(("uncertain", "scheduled", "searching", "paused", "expired", "cancelled"), "yellow"),
    **dict.fromkeys(("failed", "undelivered", "absent", "silent", "lost", "offline", "gone"), "red"),
}
"""Words that stand out where there is colour."""
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs"})
_JOINERS: Final = "\u200c\u200d"
"""They shape letters and join emoji, and do no harm."""


class Column(NamedTuple):
    """A column's title; numbers stand at the right."""

    title: str
    right: bool = False


def on_terminal() -> bool:
    """Whether a person looks at what is printed."""
    return sys.stdout.isatty()


def printable(text: str) -> str:
    """Text of anybody's as one line that cannot play with a terminal: no controls, no change of direction."""
    return "".join(
        "�" if unicodedata.category(each) in _UNSEEN and each not in _JOINERS else each
        for each in " ".join(text.split())
    )


def shortened(text: str, most: int) -> str:
    """Text of anybody's in so many characters."""
    line = printable(text)
    return line if len(line) <= most else line[: most - 1] + "…"


def moment(at: datetime | None, zone: tzinfo) -> str:
    """A time as people read it, in the gateway's zone."""
    return NOTHING if at is None else at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def short_moment(at: datetime, zone: tzinfo, now: datetime) -> str:
    """The same where room is short: without the year if it is this one, else without the hour."""
    local = at.astimezone(zone)
    this_year = local.year == now.astimezone(zone).year
    return local.strftime("%m-%d %H:%M:%S" if this_year else "%Y-%m-%d")


def cell(value: object) -> str:
    """A value as it stands in a table."""
    return NOTHING if value is None or value == "" else str(value)


def plain_table(columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> str:
    """Titles and rows in aligned columns, two spaces apart."""
    lines = [[column.title for column in columns], *map(list, rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(columns))]
    return "\n".join(
        "  ".join(
            text.rjust(width) if column.right else text.ljust(width)
            for text, width, column in zip(line, widths, columns, strict=True)
        ).rstrip()
        for line in lines
    )


def rich_table(columns: Sequence[Column], rows: Iterable[Sequence[str]], title: str | None = None) -> Table:
    """The same for a terminal; where it is narrow, the last column is folded."""
    from rich.table import Table  # noqa: PLC0415 - only where a person looks
    from rich.text import Text  # noqa: PLC0415

    table = Table(
        title=title, title_justify="left", title_style="bold", box=None, padding=(0, 2, 0, 0), pad_edge=False,
    )  # fmt: skip
    for column in columns:
        justify: Literal["left", "right"] = "right" if column.right else "left"
        table.add_column(
            column.title, justify=justify, overflow="fold", header_style="bold",
            no_wrap=column is not columns[-1],
        )  # fmt: skip
    for row in rows:
        table.add_row(*(Text(text, style=_STYLES.get(text, "")) for text in row))
    return table


def show_table(columns: Sequence[Column], rows: Iterable[Sequence[str]], *, none: str) -> None:
    """Print a table, or the sentence ``none`` where it would be empty."""
    lines = list(rows)
    if not lines:
        click.echo(none)
    elif on_terminal():
        from rich.console import Console  # noqa: PLC0415

        Console().print(rich_table(columns, lines))
    else:
        click.echo(plain_table(columns, lines))


def show_facts(facts: Iterable[tuple[str, str]]) -> None:
    """Print names and values, one a line."""
    known = [(name, value) for name, value in facts if value != NOTHING]
    width = max((len(name) for name, _ in known), default=0)
    for name, value in known:
        click.echo(f"{click.style(name.ljust(width), bold=True)}  {value}")


def show_json(value: Any) -> None:
    """Print one value as a line of JSON."""
    click.echo(json.dumps(value, ensure_ascii=False))
