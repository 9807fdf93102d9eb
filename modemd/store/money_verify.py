"""Looks for money that does not add up; none of them grows with the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, bindparam, case, func, literal_column, or_, select

from modemd.store.schema_credit import credit_order, invoice, lot, payment
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from sqlalchemy.sql.elements import ColumnElement

    from modemd.store.transaction import Row, Tx

_NONE: Final[ColumnElement[int]] = literal_column("0")
_NULL: Final[ColumnElement[int]] = literal_column("NULL")
_CAME_IN: Final = func.sum(case((payment.c.charged_back_at.is_(_NULL), payment.c.cents), else_=_NONE))
_BOOKED = select(payment.c.order_id, _CAME_IN.label("cents")).group_by(payment.c.order_id).subquery("booked")
_BOOKED_CENTS = func.coalesce(_BOOKED.c.cents, _NONE)
_PAID: Final = Statement(
    select(credit_order.c.id, credit_order.c.paid_cents, _BOOKED_CENTS)
    .select_from(credit_order.outerjoin(_BOOKED, _BOOKED.c.order_id == credit_order.c.id))
    .where(credit_order.c.paid_cents != _BOOKED_CENTS)
    .order_by(credit_order.c.id)
    .limit(bindparam("most"))
    .offset(_NONE)
)
_IS_PAID = credit_order.c.state == literal_column("'paid'")
_IS_OPEN = credit_order.c.state == literal_column("'open'")
_IN_FULL = credit_order.c.paid_cents == credit_order.c.gross_cents
_STATES: Final = Statement(
    select(credit_order.c.id, credit_order.c.state, credit_order.c.paid_cents, credit_order.c.gross_cents)
    .where(or_(and_(_IS_PAID, ~_IN_FULL), and_(_IS_OPEN, _IN_FULL)))
    .order_by(credit_order.c.id)
    .limit(bindparam("most"))
    .offset(_NONE)
)
_LOTS: Final = Statement(
    select(credit_order.c.id)
    .select_from(
        credit_order.outerjoin(
            lot,
            and_(
                lot.c.id == credit_order.c.lot_id,
                lot.c.order_id == credit_order.c.id,
                lot.c.account_id == credit_order.c.account_id,
            ),
        )
    )
    .where(or_(_IS_PAID, credit_order.c.lot_id.is_not(_NULL)), lot.c.id.is_(_NULL))
    .order_by(credit_order.c.id)
    .limit(bindparam("most"))
    .offset(_NONE)
)
_INVOICES: Final = Statement(
    select(credit_order.c.id, invoice.c.number)
    .select_from(credit_order.outerjoin(invoice, invoice.c.order_id == credit_order.c.id))
    .order_by(invoice.c.id, credit_order.c.id)
)


def misbooked(tx: Tx, most: int) -> list[Row]:
    """Return ``(order, cents kept as paid, cents of its payments)`` where these differ."""
    return tx.all(_PAID, most=most)


def misjudged(tx: Tx, most: int) -> list[Row]:
    """Return ``(order, state, paid, gross)`` of orders whose state is not what their payments make it."""
    return tx.all(_STATES, most=most)


def without_lot(tx: Tx, most: int) -> list[int]:
    """Return orders that are paid, or in use, and have no lot of their own."""
    return [int(row[0]) for row in tx.all(_LOTS, most=most)]


def numbered(tx: Tx) -> list[tuple[int, str | None]]:
    """Return every order with its invoice's number, in the order of their issue."""
    return [(int(order_id), None if found is None else str(found)) for order_id, found in tx.all(_INVOICES)]
