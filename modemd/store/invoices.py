"""Invoices: one for each order, numbered without gaps within a year."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import bindparam, insert, literal_column, select

from modemd.store.schema_credit import invoice
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from modemd.store.transaction import Tx


class InvoiceRow(NamedTuple):
    """One invoice; ``invoice_no`` is such as ``2026-0001``, times are microseconds since 1970.

    ``holder_lines`` (a list) and ``seller`` (an object) are JSON, of the day on which it was issued.
    """

    id: int
    invoice_no: str
    order_id: int
    account_id: int
    holder: str | None
    holder_lines: str | None
    seller: str | None
    issued_at: int
    due_at: int


_COLUMNS: Final = tuple(
    invoice.c.number if name == "invoice_no" else invoice.c[name] for name in InvoiceRow._fields
)
_ADD: Final = Statement(
    insert(invoice),
    ("number", "order_id", "account_id", "holder", "holder_lines", "seller", "issued_at", "due_at"),
)
_LAST: Final = Statement(
    select(invoice.c.number)
    .where(invoice.c.number.like(bindparam("pattern")))
    .order_by(invoice.c.id.desc())
    .limit(literal_column("1"))
    .offset(literal_column("0"))
)
_OF_ORDER: Final = Statement(select(*_COLUMNS).where(invoice.c.order_id == bindparam("of_order")))
_BY_NUMBER: Final = Statement(select(*_COLUMNS).where(invoice.c.number == bindparam("numbered")))


def next_of(tx: Tx, year: int) -> str:
    """Return the number that follows the year's last; there is one writer at a time, so that it is free."""
    last = tx.scalar(_LAST, pattern=f"{year:04d}-%")
    count = 0 if last is None else int(str(last).partition("-")[2])
    return f"{year:04d}-{count + 1:04d}"


def add(
    tx: Tx,
    invoice_no: str,
    *,
    order_id: int,
    account_id: int,
    holder: str | None,
    holder_lines: str | None = None,
    seller: str | None = None,
    issued_us: int,
    due_us: int,
) -> None:
    """Write down an invoice."""
    tx.run(
        _ADD, number=invoice_no, order_id=order_id, account_id=account_id, holder=holder,
        holder_lines=holder_lines, seller=seller, issued_at=issued_us, due_at=due_us,
    )  # fmt: skip


def of_order(tx: Tx, order_id: int) -> InvoiceRow | None:
    """Return the invoice for an order."""
    row = tx.one(_OF_ORDER, of_order=order_id)
    return None if row is None else InvoiceRow._make(row)


def find(tx: Tx, invoice_no: str) -> InvoiceRow | None:
    """Return an invoice by its number."""
    row = tx.one(_BY_NUMBER, numbered=invoice_no)
    return None if row is None else InvoiceRow._make(row)
