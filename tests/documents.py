"""What the manual's pages have a reader do: commands that are run, and what is shown to come of them.

A line before a fenced block says what it is: ``<!-- run -->`` a script that ends, ``<!-- watch -->`` one that
goes on, ``<!-- write NAME -->`` a file, ``<!-- prints -->`` all that the last script printed,
``<!-- shows -->`` lines that come, in this order, from what is watched. What differs each time (times, ids)
is compared as if it did not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tests.house import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLOCK: Final = re.compile(r"^<!-- (\w+)(?: (\S+))? -->\n```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_VARYING: Final = (
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d:\d\d)?"), "TIME"),
    (re.compile(r"\b\d\d:\d\d:\d\d\b"), "TIME"),
    (re.compile(r'"event_id": ?"[0-9a-f]{8}-\d+"'), '"event_id":"EVENT"'),
    (re.compile(r'("(?:id|in_reply_to)": ?)"\d+"'), r'\1"N"'),
    (re.compile(r"^(TIME  )\d+  ", re.MULTILINE), r"\1N  "),
    (re.compile(r"\bgsm[12]\b"), "gsmN"),
)


@dataclass(frozen=True)
class Block:
    """One fenced block; ``named`` is the word after its kind, such as the name of a file to be written."""

    kind: str
    named: str
    language: str
    text: str


def blocks(page: str) -> list[Block]:
    """Those of a page in ``docs/`` that are marked."""
    found = _BLOCK.finditer((ROOT / "docs" / page).read_text("utf-8"))
    return [Block(kind, named or "", language, text) for kind, named, language, text in map(_groups, found)]


def same_each_time(text: str) -> str:
    """Output without what differs each time."""
    for pattern, instead in _VARYING:
        text = pattern.sub(instead, text)
    return text


def in_order(wanted: str, heard: str) -> Iterator[str]:
    """The lines of ``wanted`` that do not come, in this order, in ``heard``."""
    lines = iter(same_each_time(heard).splitlines())
    for line in same_each_time(wanted).splitlines():
        if not any(each == line for each in lines):
            yield line


def _groups(match: re.Match[str]) -> tuple[str, str | None, str, str]:
    kind, named, language, text = match.groups()
    return kind, named, language, text
