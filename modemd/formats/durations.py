"""Lengths of time as people write them: ``24h``, ``90 min``, ``1h30m``, ``2 days``, ``3600``."""

from __future__ import annotations

import re
from typing import Final

MAX_DURATION_S: Final = 100 * 365 * 86400
"""A hundred years: more is a slip of the pen, and would leave the calendar's end behind."""

_UNITS: Final[dict[str, int]] = {
    "s": 1,
    "sec": 1,
    "second": 1,
    "m": 60,
    "min": 60,
    "minute": 60,
    "h": 3600,
    "hr": 3600,
    "hour": 3600,
    "d": 86400,
    "day": 86400,
    "w": 7 * 86400,
    "wk": 7 * 86400,
    "week": 7 * 86400,
    "month": 30 * 86400,
    "y": 365 * 86400,
    "year": 365 * 86400,
}
_PIECE: Final = re.compile(r"\s*([0-9]{1,12}(?:[.,][0-9]{1,6})?)\s*([a-zA-Z]*)\s*")
_LONGEST_TEXT: Final = 64


def parse_duration(text: str) -> int:
    """Read a length of time and give whole seconds.

    A bare number is seconds. Units are s, m (or min), h, d, w, month (30 days) and y (365 days), also written
    out and in the plural; pieces add up, as in ``1h30m``.

    Raises:
        ValueError: with a sentence that says what was read and what is wanted.
    """
    if len(text) > _LONGEST_TEXT:
        raise ValueError(
            "a length of time is written in a few characters, such as 90s, 15 min, 24h or 2 days"
        )
    pieces, end = [], 0
    while end < len(text) and (found := _PIECE.match(text, end)):
        pieces.append((found[1], found[2]))
        end = found.end()
    if not pieces or end < len(text):
        raise ValueError(f"{text!r} is not a length of time; write for example 90s, 15 min, 24h or 2 days")
    if len(pieces) > 1 and not all(unit for _, unit in pieces):
        raise ValueError(f"{text!r} has a number without a unit; write for example 1h30m")
    seconds = sum(float(amount.replace(",", ".")) * _unit_s(unit, text) for amount, unit in pieces)
    if seconds > MAX_DURATION_S:
        raise ValueError(f"{text!r} is longer than 100 years")
    return int(seconds)


def _unit_s(unit: str, text: str) -> int:
    word = unit.lower()
    seconds = _UNITS.get(word) or _UNITS.get(word.removesuffix("s"))
    if not word:
        return 1
    if seconds is None:
        raise ValueError(f"{text!r} has the unknown unit {unit!r}; use s, min, h, d, w, month or year")
    return seconds
