"""What is owed, and what that does to an account: it is suspended until all of it is paid (L §7.3, 19.1).

Owed is an open order whose credits could be used before it was paid, from its due date on; and an order of
which a payment was taken back. An order that is only unpaid is no debt: its credits cannot be used yet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from modemd.service.accounts import accounts
from modemd.service.terms import versions
from modemd.store import credit_orders
from modemd.store.times import to_us

if TYPE_CHECKING:
    from datetime import datetime

    from modemd.service.rules import Rules
    from modemd.store.accounts import AccountRow
    from modemd.store.credit_orders import OrderRow
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


def resume(tx: Tx, rules: Rules, name: str, *, by: str, now: datetime) -> AccountRow:
    """Let a suspended account go on, by a person's word; what it owes stops it all the same (L §7.3, 19.1).

    Who lifts a suspension for debts themselves gives time until the next day.

    Raises:
        Rejected: as :func:`modemd.service.accounts.accounts.resume` does.
    """
    was_for_debt = accounts.find(tx, name).state_code in FOR_DEBT
    row = accounts.resume(tx, rules, name, by=by, now=now)
    owed = credit_orders.owed(tx, to_us(now), row.id)
    if was_for_debt or not owed or not versions.of_account(tx, rules, row).charged:
        return row
    reason = f"order {owed[0].id} is to be paid first (L §7.3, 19.1)"
    return accounts.suspend(tx, rules, name, code=code_of(owed[0], now), reason=reason, by=by, now=now)


def code_of(order: OrderRow, now: datetime) -> str:
    """Return under which code an account is suspended for an order that is owed."""
    overdue = order.lot_id is not None and order.due_at is not None and order.due_at <= to_us(now)
    return UNPAID if overdue else CHARGEBACK
