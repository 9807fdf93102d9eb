"""Warnings in time: credits that are low, and credits that will end unused. Each is told once.

That credits are low is told in the transaction that sets them aside, and again only after a top-up has lifted
them above the account's threshold: a message that fails and gives its credits back is no news.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from modemd.service.accounts.account_events import tell
from modemd.store import account_told
from modemd.store.times import from_us, to_us

if TYPE_CHECKING:
    from datetime import datetime

    from modemd.service.rules import Rules
    from modemd.store.accounts import AccountRow
    from modemd.store.transaction import Tx

LOW: Final = "low_credit"
EXPIRING: Final = "credit_expiring"
DAYS: Final = (30, 7)
"""Days before credits end."""


def watch_low(tx: Tx, rules: Rules, row: AccountRow, available: int, now: datetime) -> None:
    """Tell an account that its credits are low, where they are and it has not been told.

    Called whenever credits were set aside; ``available`` is what is left.
    """
    config = rules.accounts.get(row.name)
    threshold = None if config is None else config.low_credit
    if threshold is None or available > threshold:
        return
    key = str(threshold)
    if key in account_told.keys(tx, row.id, LOW):
        return
    account_told.note(tx, row.id, LOW, key, to_us(now))
    tell(tx, rules, row, LOW, {"available": available, "threshold": threshold}, now)


def topped_up(tx: Tx, account_id: int, available: int) -> None:
    """Let an account be told again, where a top-up has lifted it above what it was told at."""
    for key in account_told.keys(tx, account_id, LOW):
        if available > int(key):
            account_told.forget(tx, account_id, LOW, key)


def warn_expiring(
    tx: Tx, rules: Rules, row: AccountRow, lot_id: int, credits_: int, expires_us: int, now: datetime
) -> bool:
    """Tell an account of a lot that ends soon: 30 and 7 days before; return whether it was news.

    ``credits_`` are what is unspent of it. Who was not told in time is told once, of the nearer day.
    """
    left = from_us(expires_us) - now
    near = [days for days in DAYS if timedelta(0) < left <= timedelta(days=days)]
    if not near or credits_ <= 0:
        return False
    known = account_told.keys(tx, row.id, EXPIRING)
    fresh = [days for days in near if f"{lot_id}/{days}" not in known]
    for days in fresh:
        account_told.note(tx, row.id, EXPIRING, f"{lot_id}/{days}", to_us(now))
    if min(near) not in fresh:
        return False
    facts = {"credits": credits_, "expires_at": from_us(expires_us), "lot": lot_id}
    tell(tx, rules, row, EXPIRING, facts, now)
    return True
