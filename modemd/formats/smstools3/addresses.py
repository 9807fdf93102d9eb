"""Addresses and their types as smsd writes them into received files."""

from __future__ import annotations

from typing import Final

_TYPES: Final = (
    "unknown",
    "international",
    "national",
    "network specific",
    "subscriber",
    "alphanumeric",
    "abbreviated",
    "reserved",
)
_PLANS: Final = {
    0: "unknown",
    1: "ISDN/telephone",
    3: "data",
    4: "telex",
    8: "national",
    9: "private",
    10: "ERMES",
}


def type_of_address(toa: int) -> str:
    """``91 international, ISDN/telephone`` for 0x91 (3GPP TS 23.040, 9.1.2.5).

    Of a type octet without its top bit, and of plans that mean nothing here, smsd says ``unknown``.
    """
    kind = _TYPES[toa >> 4 & 7]
    plan = _PLANS.get(toa & 0x0F, "unknown")
    return f"{toa:02X} {kind}, {plan}"


def bare(address: str | None) -> str:
    """A number without its ``+``, as smsd writes all of them."""
    return (address or "").removeprefix("+")
