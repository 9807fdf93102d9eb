"""``Validity:``, a raw TP-VP octet or a count of units, in smsd's words."""

from __future__ import annotations

import re
from typing import Final

_WORDS: Final = (
    ("min", 60),
    ("hour", 3600),
    ("day", 86400),
    ("week", 604800),
    ("month", 2592000),
    ("year", 31536000),
)
_COUNTED: Final = re.compile(r"(?:([0-9]{1,9})\s*)?([a-z]+)")


def vp_seconds(vp: int) -> int:
    """What a relative TP-VP octet means, in seconds (3GPP TS 23.040, 9.2.3.12.1)."""
    if vp <= 143:
        return (vp + 1) * 300
    if vp <= 167:
        return 43200 + (vp - 143) * 1800
    if vp <= 196:
        return (vp - 166) * 86400
    return (vp - 192) * 604800


def read_validity(value: str) -> tuple[int | None, int | None]:
    """The pair ``validity_s``, ``validity_vp``; two ``None`` for a value that smsd would ignore.

    The raw octet gives both; a count of units gives seconds, which the encoder rounds down to what VP can say.
    A unit alone is one of it.
    """
    text = value.strip().lower()
    if text.isascii() and text.isdigit():
        vp = int(text) if len(text) <= 3 else 256
        return (vp_seconds(vp), vp) if vp <= 255 else (None, None)
    found = _COUNTED.fullmatch(text)
    unit_s = next((seconds for word, seconds in _WORDS if found and found[2].startswith(word)), None)
    if not found or unit_s is None:
        return None, None
    count = int(found[1]) if found[1] else 1
    return (min(count * unit_s, vp_seconds(255)), None) if count else (None, None)
