"""``To:`` and ``To_TOA:`` as smsd understands them."""

from __future__ import annotations

import re
from typing import Final

from modemd.formats.rejections import bad_request, no_destination

TYPE_UNKNOWN: Final = 0
TYPE_NATIONAL: Final = 2
_MAX_DIGITS: Final = 20  # 3GPP TS 23.040, 9.1.2.5: ten octets of semi-octets
_DIGITS: Final = re.compile(r"[0-9*#]*")
_SHORTEST_INTERNATIONAL: Final = 7
_TYPES: Final = {"unknown": "unknown", "international": "international", "national": "national"}


def destination(value: str, toa: str | None) -> tuple[str, int | None]:
    """The destination and, where it is told, its type of number (3GPP TS 23.040, 9.1.2.5).

    Smsd takes bare digits as international. So does this, but for what cannot be: digits that begin with 0,
    fewer than seven, or with ``*`` or ``#`` stay as they are, for the gateway's country to read.

    Raises:
        Rejected: ``No destination``, ``Invalid number type``.
    """
    digits, is_short, is_marked = _digits(value)
    if not digits:
        raise no_destination("the header To: is missing or holds no number")
    if len(digits) > _MAX_DIGITS:
        raise bad_request(f"To: has more than {_MAX_DIGITS} digits", "No destination")
    kind = _kind(toa) or ("unknown" if is_short else None)
    if kind == "unknown":
        return digits, TYPE_UNKNOWN
    if kind == "national":
        return digits, TYPE_NATIONAL
    if kind == "international" or is_marked or _looks_international(digits):
        return f"+{digits}", None
    return digits, None


def _digits(value: str) -> tuple[str, bool, bool]:
    """The digits; whether a leading ``s`` called them short; whether ``+`` or ``00`` stood before."""
    marked = "+" in value or value.startswith("00")
    text = value.rpartition("+")[2] if "+" in value else value
    text = (
        (text[2:] if text.startswith("00") and "+" not in value else text).replace(" ", "").replace("-", "")
    )
    is_short = text[:1] in {"s", "S"}
    found = _DIGITS.match(text[1:] if is_short else text)
    return (found[0] if found else ""), is_short, marked and not is_short


def _kind(toa: str | None) -> str | None:
    if toa is None:
        return None
    kind = _TYPES.get(toa.strip().lower())
    if kind is None:
        raise bad_request(
            f"To_TOA: is {toa[:40]!r}; it can be unknown, international or national",
            "Invalid number type",
        )
    return kind


def _looks_international(digits: str) -> bool:
    return digits.isdigit() and not digits.startswith("0") and len(digits) >= _SHORTEST_INTERNATIONAL
