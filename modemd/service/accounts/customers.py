"""Whose books these are: the account that a verb names, and whether anything may be booked for it now."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from modemd.errors import Rejected
from modemd.store import accounts, credit_orders, payments
from modemd.store.balances import find_balance
from modemd.store.times import from_us, to_us

if TYPE_CHECKING:
    from datetime import datetime

    from modemd.store.accounts import AccountRow
    from modemd.store.transaction import Tx

_SET_BACK: Final = timedelta(seconds=60)


def customer(tx: Tx, name: str) -> AccountRow:
    """Return an account; ``Rejected`` with ``account_unknown`` where there is none."""
    row = accounts.find(tx, name)
    if row is None:
        raise Rejected("account_unknown", f"there is no account {name!r}")
    return row


def by_id(tx: Tx, account_id: int) -> AccountRow:
    """Return the account that a row of the books belongs to: it never goes."""
    row = accounts.find_by_id(tx, account_id)
    assert row is not None, "the books name only accounts that there are"
    return row


def open_customer(tx: Tx, name: str) -> AccountRow:
    """Return an account that is not closed; else ``Rejected``: ``account_unknown``, ``account_closed``."""
    row = customer(tx, name)
    check_open(row)
    return row


def check_open(row: AccountRow) -> None:
    """Refuse what is for an account that is closed, or erased: ``account_closed``."""
    if row.state in {"closed", "erased"}:
        when = "" if row.closed_at is None else f" since {from_us(row.closed_at):%Y-%m-%d}"
        raise Rejected("account_closed", f"account {row.name!r} is {row.state}{when}")


def check_clock(tx: Tx, account_id: int, now: datetime) -> None:
    """Refuse to book before what is booked: ``bad_request`` where the clock is set back by over a minute."""
    booked = (
        find_balance(tx, account_id).posted_at,
        credit_orders.newest_at(tx, account_id),
        payments.newest_at(tx, account_id),
    )
    newest = max((each for each in booked if each is not None), default=None)
    if newest is not None and to_us(now + _SET_BACK) < newest:
        raise Rejected(
            "bad_request",
            f"the clock is set back: it is {now.isoformat(timespec='seconds')}, and the account's newest"
            f" entry is of {from_us(newest).isoformat(timespec='seconds')}",
        )
