"""What is owed, and what that does to an account: it is suspended until all of it is paid (L §7.3, 19.1).

Owed is an open order whose credits could be used before it was paid, from its due date on; and an order of
which a payment was taken back. An order that is only unpaid is no debt: its credits cannot be used yet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from modemd.service import accounts
from modemd.store import credit_orders
from modemd.store.times import to_us

if TYPE_CHECKING:
    from datetime import datetime

    from modemd.service.rules import Rules
    from modemd.store.accounts import AccountRow
    from modemd.store.transaction import Tx

UNPAID: Final = "unpaid"
CHARGEBACK: Final = "chargeback"
FOR_DEBT: Final = frozenset({UNPAID, CHARGEBACK})
"""The codes under which an account is suspended for what it owes."""


def relieve(tx: Tx, rules: Rules, row: AccountRow, *, by: str, now: datetime) -> bool:
    """Let an account go on that is suspended for what it owed, where nothing is owed any more (L §7.3)."""
    if row.state != "suspended" or row.state_code not in FOR_DEBT:
        return False
    if credit_orders.owed(tx, to_us(now), row.id):
        return False
    accounts.resume(tx, rules, row.name, by=by, now=now)
    return True
