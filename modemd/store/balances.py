"""What accounts have: one row each, whatever the ledger's length."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import bindparam, select

from modemd.store.schema_credit import balance
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from modemd.store.transaction import Tx


class Balance(NamedTuple):
    """Credits of an account; ``balance`` can be spent, ``held`` is set aside.

    ``posted_at`` is its newest entry, ``first_funded_at`` and ``funded_at`` its first and last top-up,
    ``sent_at`` its last capture, in microseconds since 1970.
    """

    balance: int = 0
    held: int = 0
    granted: int = 0
    captured: int = 0
    forfeited: int = 0
    revoked: int = 0
    posted_at: int | None = None
    first_funded_at: int | None = None
    funded_at: int | None = None
    sent_at: int | None = None

    @property
    def available(self) -> int:
        """What can be spent now."""
        return self.balance


_FIND: Final = Statement(
    select(*(balance.c[name] for name in Balance._fields)).where(balance.c.account_id == bindparam("owner"))
)


def find_balance(tx: Tx, account_id: int) -> Balance:
    """Return what an account has; nothing where it never had anything."""
    row = tx.one(_FIND, owner=account_id)
    return Balance() if row is None else Balance._make(row)
