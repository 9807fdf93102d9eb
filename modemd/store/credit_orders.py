"""Orders of credits: what was ordered, at which price, and what of it is paid. Money in whole cents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import and_, bindparam, exists, func, insert, literal_column, or_, select, update

from modemd.store.schema_credit import credit_order, payment
from modemd.store.scope import scoped
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from sqlalchemy.sql.elements import ColumnElement

    from modemd.store.transaction import Tx


class OrderRow(NamedTuple):
    """One order; times are microseconds since 1970, prices and rates decimal text.

    ``due_at`` is ``None`` where it is paid before use. ``early``: its credits could be used before that.
    ``lot_id``: its credits, from when they could be used. ``state``: ``open``, ``paid``, ``cancelled``, or
    ``in_default`` (a payment was taken back, and its terms end the account for that).
    """

    id: int
    account_id: int
    client_id: str | None
    credits: int
    bundle: str | None
    tariff: str | None
    tariff_from: str | None
    unit_price: str
    currency: str
    net_cents: int
    vat_rate: str | None
    vat_cents: int
    gross_cents: int
    paid_cents: int
    early: int
    state: str
    ordered_at: int
    ordered_by: str
    due_at: int | None
    paid_at: int | None
    lot_id: int | None


_COLUMNS: Final = tuple(credit_order.c[name] for name in OrderRow._fields)
_NEW: Final = tuple(
    name for name in OrderRow._fields if name not in {"id", "paid_cents", "state", "paid_at", "lot_id"}
)
_OPEN: Final[ColumnElement[str]] = literal_column("'open'")
_ADD: Final = Statement(insert(credit_order).returning(credit_order.c.id), _NEW)
_FIND: Final = Statement(select(*_COLUMNS).where(credit_order.c.id == bindparam("order_id")))
_BY_CLIENT: Final = Statement(
    select(*_COLUMNS).where(
        credit_order.c.account_id == bindparam("owner"), credit_order.c.client_id == bindparam("client")
    )
)
_NEWEST_AT: Final = Statement(
    select(func.max(credit_order.c.ordered_at)).where(credit_order.c.account_id == bindparam("owner"))
)
_UNPAID: Final = Statement(
    select(*_COLUMNS)
    .where(credit_order.c.account_id == bindparam("owner"), credit_order.c.state == _OPEN)
    .order_by(credit_order.c.id)
)
_TAKEN_BACK = exists().where(
    payment.c.order_id == credit_order.c.id, payment.c.charged_back_at.is_not(literal_column("NULL"))
)
_OVERDUE = and_(
    credit_order.c.lot_id.is_not(literal_column("NULL")), credit_order.c.due_at <= bindparam("at")
)
_OWED: Final = scoped(
    select(*_COLUMNS)
    .where(credit_order.c.state == _OPEN, or_(_OVERDUE, _TAKEN_BACK))
    .order_by(credit_order.c.id),
    credit_order.c.account_id,
)
_PAID: Final = Statement(
    update(credit_order)
    .where(credit_order.c.id == bindparam("order_id"))
    .values(paid_cents=bindparam("cents"), state=bindparam("new_state"), paid_at=bindparam("at"))
)
_LOT: Final = Statement(
    update(credit_order).where(credit_order.c.id == bindparam("order_id")).values(lot_id=bindparam("lot"))
)


def add(tx: Tx, **values: object) -> int:
    """Write down an order, of which nothing is paid; return its id."""
    return int(tx.scalar(_ADD, **values))


def find(tx: Tx, order_id: int) -> OrderRow | None:
    """Return one order."""
    row = tx.one(_FIND, order_id=order_id)
    return None if row is None else OrderRow._make(row)


def find_by_client(tx: Tx, account_id: int, client_id: str) -> OrderRow | None:
    """Return the order that an account gave this id of its own."""
    row = tx.one(_BY_CLIENT, owner=account_id, client=client_id)
    return None if row is None else OrderRow._make(row)


def newest_at(tx: Tx, account_id: int) -> int | None:
    """Return when an account ordered last."""
    found = tx.scalar(_NEWEST_AT, owner=account_id)
    return None if found is None else int(found)


def unpaid(tx: Tx, account_id: int) -> list[OrderRow]:
    """Return an account's open orders, the oldest first."""
    return [OrderRow._make(row) for row in tx.all(_UNPAID, owner=account_id)]


def owed(tx: Tx, at_us: int, account_id: int | None = None) -> list[OrderRow]:
    """Return what is owed, of one account or of all.

    These are open orders that are overdue and whose credits could be used before they were paid, and those of
    which a payment was taken back.
    """
    return [OrderRow._make(row) for row in _OWED.rows(tx, account_id, at=at_us)]


def set_paid(tx: Tx, order_id: int, cents: int, state: str, at_us: int | None) -> None:
    """Write down how much of an order is paid, and how it stands for that."""
    tx.run(_PAID, order_id=order_id, cents=cents, new_state=state, at=at_us)


def set_lot(tx: Tx, order_id: int, lot_id: int) -> None:
    """Write down which credits came of an order."""
    tx.run(_LOT, order_id=order_id, lot=lot_id)
