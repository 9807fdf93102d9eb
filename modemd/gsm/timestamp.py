"""Service centre time stamps: seven octets of swapped digits (3GPP TS 23.040, 9.2.3.11)."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Final

from modemd.errors import PduError
from modemd.gsm.address import semi_octets

_CENTURY_TURN: Final = 90  # there was no SMS before 1992
_SIGN: Final = 0x08


def encode_timestamp(at: datetime) -> bytes:
    """Local time and zone in seven octets, the zone in quarters of an hour.

    Raises:
        PduError: ``at`` has no zone.
    """
    offset = at.utcoffset()
    if offset is None:
        raise PduError(f"the time {at.isoformat()} has no zone")
    quarters = round(offset / timedelta(minutes=15))
    local = at.astimezone(timezone(timedelta(minutes=15 * quarters)))
    octets = bytearray(semi_octets(f"{local:%y%m%d%H%M%S}{abs(quarters):02}"))
    if quarters < 0:
        octets[6] |= _SIGN
    return bytes(octets)


def decode_timestamp(octets: bytes) -> datetime | None:
    """The moment, in the zone that it was written in; ``None`` where the octets are no time.

    The zone's units are taken as they come, above nine too: modems have been seen to write them in
    hexadecimal (``C2`` is two tens and twelve quarters, +08:00).
    """
    year, month, day, hour, minute, second = ((octet & 0xF) * 10 + (octet >> 4) for octet in octets[:6])
    if any(octet & 0xF > 9 or octet >> 4 > 9 for octet in octets[:6]):
        return None
    quarters = (octets[6] & 7) * 10 + (octets[6] >> 4)
    zone = timezone(timedelta(minutes=15 * (-quarters if octets[6] & _SIGN else quarters)))
    try:
        return datetime(
            year + (1900 if year >= _CENTURY_TURN else 2000), month, day, hour, minute, second, tzinfo=zone
        )
    except ValueError:
        return None
