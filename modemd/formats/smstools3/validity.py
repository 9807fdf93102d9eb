"""``Validity:``, a raw TP-VP octet or a count of units, in smsd's words."""

from __future__ import annotations

import re
from typing import Final

from modemd.gsm.validity import LONGEST_S, SHORTEST_S, relative_octet, relative_seconds

_WORDS: Final = (
    ("min", 60),
    ("hour", 3600),
    ("day", 86400),
    ("week", 7 * 86400),
    ("month", 30 * 86400),
    ("year", 365 * 86400),
)
_COUNTED: Final = re.compile(r"(?:([0-9]{1,9})\s*)?([a-z]+)")


def read_validity(value: str) -> tuple[int | None, int | None]:
    """The pair ``validity_s``, ``validity_vp`` that says the same; two ``None`` for what smsd would ignore.

    A count of units is rounded down to what VP can say; a unit alone is one of it.
    """
    vp = _octet(value.strip().lower())
    return (None, None) if vp is None else (relative_seconds(vp), vp)


def _octet(text: str) -> int | None:
    if text.isascii() and text.isdigit():
        return int(text) if len(text) <= 3 and int(text) <= 255 else None
    found = _COUNTED.fullmatch(text)
    unit_s = next((seconds for word, seconds in _WORDS if found and found[2].startswith(word)), None)
    count = int(found[1]) if found and found[1] else 1
    if unit_s is None or not count:
        return None
    return relative_octet(min(max(count * unit_s, SHORTEST_S), LONGEST_S))
