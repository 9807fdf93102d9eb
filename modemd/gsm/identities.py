"""Whether two ways of writing an identity mean the same modem, or the same SIM.

An IMEI is 14 digits and a check digit, or 16 with the software's version in place of it (3GPP TS 23.003,
6.2). An ICCID is 18 or 19 digits and a check digit (ITU-T E.118), which some modems leave out, and some
fill up with F.
"""

from __future__ import annotations

from typing import Final

_IMEI_DIGITS: Final = 14
_ICCID_DIGITS: Final = 18


def same_imei(one: str | None, other: str | None) -> bool:
    """Tell whether both are known and name one modem; check digit and software version do not count."""
    if not one or not other:
        return False
    if len(one) == len(other) == _IMEI_DIGITS + 1:
        return one == other
    return min(len(one), len(other)) >= _IMEI_DIGITS and one[:_IMEI_DIGITS] == other[:_IMEI_DIGITS]


def same_iccid(one: str | None, other: str | None) -> bool:
    """Tell whether both are known and name one SIM; a check digit that one of them lacks does not count."""
    if not one or not other:
        return False
    short, long = sorted((one.upper().rstrip("F"), other.upper().rstrip("F")), key=len)
    return short == long or (
        len(short) >= _ICCID_DIGITS and len(long) == len(short) + 1 and long.startswith(short)
    )
