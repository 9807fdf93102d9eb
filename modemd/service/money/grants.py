"""Credits that an operator gives without an order; they are a lot like any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modemd.service.accounts.account_events import tell
from modemd.service.accounts.customers import check_clock, open_customer
from modemd.service.credits import credit
from modemd.service.money.ordering import expiry
from modemd.service.terms import versions

if TYPE_CHECKING:
    from datetime import datetime

    from modemd.service.rules import Rules
    from modemd.store.transaction import Tx


def give(tx: Tx, rules: Rules, name: str, credits_: int, *, by: str, reason: str, now: datetime) -> int:
    """Give an account credits, valid as long as its terms have it (L §6.2); return the lot's id.

    Raises:
        Rejected: ``bad_request``: not 1 to a thousand million, or the clock is set back; ``account_unknown``,
            ``account_closed``.
    """
    row = open_customer(tx, name)
    check_clock(tx, row.id, now)
    expires_at = expiry(rules, versions.of_account(tx, rules, row), now)
    lot_id = credit.grant(
        tx, row.id, credits_, source="grant", expires_at=expires_at, by=by, reason=reason, now=now
    )
    facts = {"credits": credits_, "lot": lot_id, "expires_at": expires_at}
    tell(tx, rules, row, "credited", facts, now)
    return lot_id
