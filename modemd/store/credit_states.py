"""How accounts stand, for who is shown it all the time: from the running sums, not from the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import and_, bindparam, func, literal_column, select

from modemd.store.schema_accounts import account
from modemd.store.schema_credit import balance, lot
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from sqlalchemy.sql.elements import ColumnElement

    from modemd.store.transaction import Tx


class StandingRow(NamedTuple):
    """An account, what it has, and when it last sent something; times are microseconds since 1970."""

    id: int
    name: str
    state: str
    terms_since: int
    balance: int
    held: int
    sent_at: int | None


_NONE: Final[ColumnElement[int]] = literal_column("0")
_STANDINGS = select(
    account.c.id,
    account.c.name,
    account.c.state,
    account.c.terms_since,
    func.coalesce(balance.c.balance, _NONE),
    func.coalesce(balance.c.held, _NONE),
    balance.c.sent_at,
).select_from(account.outerjoin(balance, balance.c.account_id == account.c.id))
_ALL: Final = Statement(_STANDINGS)
_ONE: Final = Statement(_STANDINGS.where(account.c.name == bindparam("named")))
_EXPIRING = (
    select(lot.c.account_id, lot.c.expires_at, func.sum(lot.c.unspent))
    .where(and_(lot.c.unspent > _NONE, lot.c.closed_at.is_(None)), lot.c.expires_at.is_not(None))
    .group_by(lot.c.account_id, lot.c.expires_at)
    .order_by(lot.c.account_id, lot.c.expires_at)
)
_ALL_EXPIRING: Final = Statement(_EXPIRING)
_EXPIRING_OF: Final = Statement(_EXPIRING.where(lot.c.account_id == bindparam("owner")))


def standings(tx: Tx) -> list[StandingRow]:
    """Return how every account stands."""
    return [StandingRow._make(row) for row in tx.all(_ALL)]


def standing(tx: Tx, name: str) -> StandingRow | None:
    """Return how one account stands."""
    row = tx.one(_ONE, named=name)
    return None if row is None else StandingRow._make(row)


def expiring(tx: Tx, account_id: int | None = None) -> dict[int, list[tuple[int, int]]]:
    """Return ``(expires_at, credits)`` of what is unspent, by account, the next ones first."""
    rows = tx.all(_ALL_EXPIRING) if account_id is None else tx.all(_EXPIRING_OF, owner=account_id)
    found: dict[int, list[tuple[int, int]]] = {}
    for owner, expires_at, credits_ in rows:
        found.setdefault(int(owner), []).append((int(expires_at), int(credits_)))
    return found
