"""What the daily application of the terms looks at: a few looks for all accounts, or for one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import bindparam, func, literal_column, or_, select

from modemd.store.accounts import AccountRow
from modemd.store.balances import Balance
from modemd.store.schema_accounts import account
from modemd.store.schema_credit import balance, lot
from modemd.store.scope import scoped

if TYPE_CHECKING:
    from sqlalchemy.sql.elements import ColumnElement

    from modemd.store.transaction import Tx


class Standing(NamedTuple):
    """An account, and what it has."""

    account: AccountRow
    balance: Balance


class OldLot(NamedTuple):
    """A lot whose time is over, or nearly; ``expires_at`` in microseconds since 1970."""

    id: int
    account_id: int
    unspent: int
    held: int
    expires_at: int


_NOTHING: Final[ColumnElement[int]] = literal_column("0")
_NULL: Final[ColumnElement[int]] = literal_column("NULL")
_ERASED: Final[ColumnElement[str]] = literal_column("'erased'")
_COUNTS: Final = tuple(
    func.coalesce(balance.c[name], _NOTHING)
    for name in ("balance", "held", "granted", "captured", "forfeited", "revoked")
)
_TIMES: Final = tuple(balance.c[name] for name in ("posted_at", "first_funded_at", "funded_at", "sent_at"))
_STANDINGS: Final = scoped(
    select(*(account.c[name] for name in AccountRow._fields), *_COUNTS, *_TIMES)
    .select_from(account.outerjoin(balance, balance.c.account_id == account.c.id))
    .where(account.c.state != _ERASED)
    .order_by(account.c.id),
    account.c.id,
)
_LOTS: Final = scoped(
    select(*(lot.c[name] for name in OldLot._fields))
    .where(
        lot.c.closed_at.is_(_NULL),
        lot.c.expires_at <= bindparam("at"),
        or_(lot.c.unspent > _NOTHING, lot.c.held > _NOTHING),
    )
    .order_by(lot.c.account_id, lot.c.expires_at, lot.c.id),
    lot.c.account_id,
)
_OLDEST: Final = scoped(
    select(lot.c.account_id, func.min(lot.c.opened_at))
    .where(lot.c.unspent > _NOTHING, lot.c.closed_at.is_(_NULL))
    .group_by(lot.c.account_id),
    lot.c.account_id,
)


def standings(tx: Tx, account_id: int | None = None) -> list[Standing]:
    """Return every account that is not erased with what it has, or one of them."""
    width = len(AccountRow._fields)
    return [
        Standing(AccountRow._make(row[:width]), Balance(*row[width:]))
        for row in _STANDINGS.rows(tx, account_id)
    ]


def old_lots(tx: Tx, at_us: int, account_id: int | None = None) -> list[OldLot]:
    """Return lots of which something is left, or held, and whose validity ends by then."""
    return [OldLot._make(row) for row in _LOTS.rows(tx, account_id, at=at_us)]


def oldest_credits(tx: Tx, account_id: int | None = None) -> dict[int, int]:
    """Return, by account, since when the oldest of the credits are there that can still be spent."""
    return {int(owner): int(opened) for owner, opened in _OLDEST.rows(tx, account_id)}
