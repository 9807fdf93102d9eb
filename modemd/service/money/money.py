"""Money: decimal in what people see, whole cents in the store, never a float."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from modemd.errors import Rejected

_WRITTEN: Final = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?")
_CENT: Final = Decimal("0.01")
_MOST: Final = Decimal(10) ** 13
"""More than the largest order there can be."""


def euros(cents: int) -> Decimal:
    """Return whole cents as an amount with two decimals."""
    return Decimal(cents).scaleb(-2)


def net_cents(credits_: int, price: Decimal) -> int:
    """Return what credits cost at a price for each (L §5.2), rounded half up to the cent."""
    return _whole(credits_ * price)


def vat_cents(net: int, rate: Decimal | None) -> int:
    """Return the VAT on an amount in cents, at a rate in per cent, rounded half up; 0 where none is set."""
    return 0 if rate is None else _whole(euros(net) * rate / 100)


def cents_of(amount: Decimal | str) -> int:
    """Return an amount that a person wrote, in whole cents.

    Raises:
        Rejected: ``bad_request``: it is no decimal number, not above 0, or has a fraction of a cent.
    """
    if not isinstance(amount, Decimal | str):
        raise Rejected("bad_request", f"an amount is a decimal number, such as 12.50, not {amount!r}")
    if isinstance(amount, str) and not _WRITTEN.fullmatch(amount.strip()):  # 1e3 is a number, and a slip
        raise Rejected("bad_request", f"{amount[:40]!r} is no amount, such as 12.50")
    value = Decimal(amount.strip() if isinstance(amount, str) else amount)
    said = str(value)[:40]
    if not value.is_finite() or not 0 < value < _MOST:
        raise Rejected("bad_request", f"an amount is more than 0 and less than {_MOST:,}, not {said}")
    if value != value.quantize(_CENT):
        raise Rejected("bad_request", f"{said} has a fraction of a cent: amounts have two decimals")
    return int(value.scaleb(2))


def _whole(amount: Decimal) -> int:
    return int(amount.quantize(_CENT, ROUND_HALF_UP).scaleb(2))
