"""Payments: money that came in for an order, each under a mark of its own, and what was taken back of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import bindparam, func, insert, select, update

from modemd.store.schema_credit import credit_order, payment
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from modemd.store.transaction import Tx


class PaymentRow(NamedTuple):
    """One payment in whole cents; ``ref`` is the bank's or the operator's own mark for it."""

    id: int
    order_id: int
    account_id: int
    cents: int
    ref: str
    at: int
    by: str
    charged_back_at: int | None
    charged_back_by: str | None


_COLUMNS: Final = tuple(payment.c[name] for name in PaymentRow._fields)
_ADD: Final = Statement(
    insert(payment).returning(payment.c.id), ("order_id", "account_id", "cents", "ref", "at", "by")
)
_FIND: Final = Statement(select(*_COLUMNS).where(payment.c.id == bindparam("payment_id")))
_BY_REF: Final = Statement(select(*_COLUMNS).where(payment.c.ref == bindparam("marked")))
_NEWEST_AT: Final = Statement(
    select(func.max(payment.c.at)).where(
        payment.c.order_id.in_(
            select(credit_order.c.id).where(credit_order.c.account_id == bindparam("owner"))
        )
    )
)
_CHARGE_BACK: Final = Statement(
    update(payment)
    .where(payment.c.id == bindparam("payment_id"))
    .values(charged_back_at=bindparam("at_us"), charged_back_by=bindparam("who"))
)


def add(tx: Tx, *, order_id: int, account_id: int, cents: int, ref: str, at_us: int, by: str) -> int:
    """Write down a payment; return its id."""
    added = tx.scalar(_ADD, order_id=order_id, account_id=account_id, cents=cents, ref=ref, at=at_us, by=by)
    return int(added)


def find(tx: Tx, payment_id: int) -> PaymentRow | None:
    """Return one payment."""
    row = tx.one(_FIND, payment_id=payment_id)
    return None if row is None else PaymentRow._make(row)


def find_by_ref(tx: Tx, ref: str) -> PaymentRow | None:
    """Return the payment that was booked under a mark."""
    row = tx.one(_BY_REF, marked=ref)
    return None if row is None else PaymentRow._make(row)


def newest_at(tx: Tx, account_id: int) -> int | None:
    """Return when an account paid last."""
    found = tx.scalar(_NEWEST_AT, owner=account_id)
    return None if found is None else int(found)


def charge_back(tx: Tx, payment_id: int, at_us: int, by: str) -> None:
    """Write down that a payment was taken back."""
    tx.run(_CHARGE_BACK, payment_id=payment_id, at_us=at_us, who=by)
