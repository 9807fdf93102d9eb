"""TP-Validity-Period: how long the service centre keeps trying (3GPP TS 23.040, 9.2.3.12)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from modemd.errors import PduError
from modemd.gsm.timestamp import decode_timestamp

if TYPE_CHECKING:
    from datetime import datetime

    from modemd.gsm.cursor import Cursor

MINUTE_S: Final = 60
HOUR_S: Final = 3600
DAY_S: Final = 86400
WEEK_S: Final = 604800
SHORTEST_S: Final = 5 * MINUTE_S
LONGEST_S: Final = 63 * WEEK_S

RELATIVE: Final = 0x10
ENHANCED: Final = 0x08
ABSOLUTE: Final = 0x18
"""TP-VPF, bits 5 and 4 of the first octet."""


@dataclass(frozen=True, slots=True)
class Validity:
    """A TP-VP as it was written: seconds or a moment, whichever its format says."""

    format: Literal["relative", "absolute", "enhanced"]
    octets: bytes
    seconds: int | None = None
    at: datetime | None = None


def relative_seconds(octet: int) -> int:
    """What a relative TP-VP octet means, in seconds (23.040, 9.2.3.12.1)."""
    if octet < 144:
        return (octet + 1) * SHORTEST_S
    if octet < 168:
        return 12 * HOUR_S + (octet - 143) * 30 * MINUTE_S
    if octet < 197:
        return (octet - 166) * DAY_S
    return (octet - 192) * WEEK_S


def relative_octet(seconds: int) -> int:
    """The longest period that the octet can say and that is no longer than ``seconds``.

    Raises:
        PduError: shorter than five minutes or longer than 63 weeks.
    """
    if not SHORTEST_S <= seconds <= LONGEST_S:
        raise PduError(f"a validity of {seconds} s is outside five minutes to 63 weeks")
    if seconds < 12 * HOUR_S + 30 * MINUTE_S:
        return min(seconds // SHORTEST_S - 1, 143)
    if seconds < 2 * DAY_S:
        return min(seconds - 12 * HOUR_S, 12 * HOUR_S) // (30 * MINUTE_S) + 143
    if seconds < 5 * WEEK_S:
        return min(seconds // DAY_S, 30) + 166
    return seconds // WEEK_S + 192


def decode_validity(first: int, cursor: Cursor) -> Validity | None:
    """Read the TP-VP that the first octet of a SUBMIT announces; ``None`` where it announces none.

    Raises:
        PduError: the PDU ends within it.
    """
    kind = first & ABSOLUTE
    if kind == RELATIVE:
        octets = cursor.take(1, "validity period")
        return Validity("relative", octets, seconds=relative_seconds(octets[0]))
    if kind == ABSOLUTE:
        octets = cursor.take(7, "validity period")
        return Validity("absolute", octets, at=decode_timestamp(octets))
    if kind == ENHANCED:
        octets = cursor.take(7, "validity period")
        return Validity("enhanced", octets, seconds=_enhanced_seconds(octets))
    return None


def _enhanced_seconds(octets: bytes) -> int | None:
    # 23.040, 9.2.3.12.3: an extension octet (bit 8) may follow the indicator before the period itself.
    period = octets[2:] if octets[0] & 0x80 else octets[1:]
    form = octets[0] & 7
    if form == 1:
        return relative_seconds(period[0])
    if form == 2:
        return period[0] or None
    if form == 3:
        hours, minutes, seconds = ((octet & 0xF) * 10 + (octet >> 4) for octet in period[:3])
        return hours * HOUR_S + minutes * MINUTE_S + seconds
    return None
