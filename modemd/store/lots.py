"""Lots: credits that came together, and end together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import bindparam, insert, literal_column, select, update

from modemd.store.schema_credit import lot
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from modemd.store.transaction import Tx


class Lot(NamedTuple):
    """A lot with what is left of it; times are microseconds since 1970.

    ``closed_as`` is ``forfeit``, ``revoke`` or ``transfer``.
    """

    id: int
    account_id: int
    source: str
    order_id: int | None
    unspent: int
    held: int
    granted: int
    opened_at: int
    expires_at: int | None
    closed_at: int | None
    closed_as: str | None


_COLUMNS = tuple(lot.c[name] for name in Lot._fields)
_OPENED: Final = ("account_id", "source", "order_id", "unspent", "granted", "opened_at", "expires_at")
_OPEN: Final = Statement(insert(lot).returning(lot.c.id), _OPENED)
_FIND: Final = Statement(select(*_COLUMNS).where(lot.c.id == bindparam("lot")))
_UNSPENT = (lot.c.unspent > literal_column("0")) & lot.c.closed_at.is_(None)
_SPENDABLE: Final = Statement(
    select(lot.c.id, lot.c.unspent, lot.c.expires_at)
    .where(lot.c.account_id == bindparam("owner"), _UNSPENT)
    .order_by(lot.c.expires_at, lot.c.id)
)
_UNCLOSED: Final = Statement(
    select(lot.c.id)
    .where(lot.c.account_id == bindparam("owner"), lot.c.closed_at.is_(None))
    .order_by(lot.c.id)
)
_CLOSE: Final = Statement(
    update(lot)
    .where(lot.c.id == bindparam("lot"))
    .values(closed_at=bindparam("at"), closed_as=bindparam("how"))
)


def open_lot(
    tx: Tx, account_id: int, *, source: str, order_id: int | None, at_us: int, expires_us: int | None
) -> int:
    """Make a lot that is empty yet; return its id."""
    return int(
        tx.scalar(
            _OPEN, account_id=account_id, source=source, order_id=order_id, unspent=0, granted=0,
            opened_at=at_us, expires_at=expires_us,
        )
    )  # fmt: skip


def find_lot(tx: Tx, lot_id: int) -> Lot | None:
    """Return one lot."""
    row = tx.one(_FIND, lot=lot_id)
    return None if row is None else Lot._make(row)


def spendable(tx: Tx, account_id: int) -> list[tuple[int, int]]:
    """Return ``(lot, unspent)`` of what an account can spend, in the order of spending.

    Earliest-expiring first, those that never expire last, then the oldest.
    """
    found = tx.all(_SPENDABLE, owner=account_id)
    found.sort(key=lambda row: row[2] is None)  # the databases differ in where they put them; else it is so
    return [(int(lot_id), int(unspent)) for lot_id, unspent, _ in found]


def unclosed(tx: Tx, account_id: int) -> list[int]:
    """Return an account's lots that are not closed, with or without credits left in them."""
    return [int(row[0]) for row in tx.all(_UNCLOSED, owner=account_id)]


def close_lot(tx: Tx, lot_id: int, at_us: int, how: str) -> None:
    """Say that nothing more of a lot can be spent, and how that came about."""
    tx.run(_CLOSE, lot=lot_id, at=at_us, how=how)
