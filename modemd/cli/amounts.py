"""How commands write credits, money and moments."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Final

from modemd.cli.output import NOTHING

_CENT: Final = Decimal("0.01")
_INSTANT: Final = timedelta(microseconds=1)


def signed(credits_: int) -> str:
    """Credits as an entry moves them: ``+500``, ``-1``, ``0``."""
    return f"{credits_:+d}" if credits_ else "0"


def counted(credits_: int) -> str:
    """``1 credit``, ``500 credits``."""
    return "1 credit" if credits_ == 1 else f"{credits_} credits"


def money(amount: Decimal, currency: str) -> str:
    """``12.50 EUR``."""
    return f"{amount.quantize(_CENT)} {currency}"


def price(amount: Decimal, currency: str) -> str:
    """A price for one: ``0.095 EUR``, with as many decimals as it has, two at least."""
    exponent = amount.as_tuple().exponent
    shown = amount if isinstance(exponent, int) and exponent < -2 else amount.quantize(_CENT)
    return f"{shown:f} {currency}"


def local(at: datetime | None, zone: tzinfo) -> str:
    """A moment in the gateway's zone with its offset: ``2026-11-22 21:17 +01:00``."""
    if at is None:
        return NOTHING
    written = at.astimezone(zone).isoformat(" ", "minutes")
    return f"{written[:16]} {written[16:]}"


def last_day(ends_at: datetime | None, zone: tzinfo) -> str:
    """The last day of what ends at a moment, such as at the midnight after it."""
    return day(None if ends_at is None else ends_at - _INSTANT, zone)


def day(at: datetime | None, zone: tzinfo) -> str:
    """The day of a moment in the gateway's zone."""
    return NOTHING if at is None else at.astimezone(zone).date().isoformat()
