"""Orders with their invoices and payments, and objections, as people are shown them.

Credits are whole numbers, money is ``Decimal`` in the order's currency, times are aware.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from modemd.errors import Rejected
from modemd.service.money.invoice_parties import holder_read, seller_read
from modemd.service.money.money import euros
from modemd.store import credit_views as store
from modemd.store.times import from_us

if TYPE_CHECKING:
    from datetime import datetime

    from modemd.formats.invoice_seller import Seller
    from modemd.store.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentView:
    """Money that came in for an order, and whether it went again."""

    id: int
    order: int
    amount: Decimal
    ref: str
    at: datetime
    by: str
    charged_back_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderView:
    """An order of credits and its invoice; ``net`` is without VAT, ``vat_rate`` in per cent.

    ``holder``, what stands below it (``holder_lines``) and ``seller`` are those of the day of the invoice.
    """

    id: int
    account: str
    client_id: str | None
    credits: int
    bundle: str | None
    unit_price: Decimal
    currency: str
    net: Decimal
    vat_rate: Decimal | None
    vat: Decimal
    total: Decimal
    paid: Decimal
    early: bool
    state: str
    ordered_at: datetime
    ordered_by: str
    due_at: datetime | None
    paid_at: datetime | None
    lot: int | None
    invoice: str | None
    holder: str | None
    holder_lines: tuple[str, ...]
    seller: Seller | None
    issued_at: datetime | None

    @property
    def open(self) -> Decimal:
        """What is still to be paid; of an order that was cancelled nothing is."""
        return Decimal("0.00") if self.state == "cancelled" else self.total - self.paid


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectionView:
    """What an account objected to, and what was decided."""

    id: int
    account: str
    kind: str
    target: str | None
    text: str
    at: datetime
    by: str
    decided_at: datetime | None
    verdict: str | None
    decided_by: str | None
    entry: int | None


def orders(tx: Tx, account_id: int | None = None) -> list[OrderView]:
    """Return the orders of an account, or of all, the oldest first."""
    return [_order(row) for row in store.orders(tx, account_id)]


def find_order(tx: Tx, order_id: int) -> OrderView:
    """Return one order.

    Raises:
        Rejected: ``bad_request``, there is none.
    """
    row = store.find_order(tx, order_id)
    if row is None:
        raise Rejected("bad_request", f"there is no order {order_id}")
    return _order(row)


def order_of_invoice(tx: Tx, invoice_no: str) -> OrderView:
    """Return the order that an invoice is for.

    Raises:
        Rejected: ``bad_request``, there is no such invoice.
    """
    row = store.order_of_invoice(tx, invoice_no)
    if row is None:
        raise Rejected("bad_request", f"there is no invoice {invoice_no}")
    return _order(row)


def _order(row: store.OrderRow) -> OrderView:
    return OrderView(
        id=row.id,
        account=row.account,
        client_id=row.client_id,
        credits=row.credits,
        bundle=row.bundle,
        unit_price=Decimal(row.unit_price),
        currency=row.currency,
        net=euros(row.net_cents),
        vat_rate=None if row.vat_rate is None else Decimal(row.vat_rate),
        vat=euros(row.vat_cents),
        total=euros(row.gross_cents),
        paid=euros(row.paid_cents),
        early=bool(row.early),
        state=row.state,
        ordered_at=from_us(row.ordered_at),
        ordered_by=row.ordered_by,
        due_at=from_us(row.due_at),
        paid_at=from_us(row.paid_at),
        lot=row.lot_id,
        invoice=row.invoice,
        holder=row.holder,
        holder_lines=holder_read(row.holder_lines),
        seller=seller_read(row.seller),
        issued_at=from_us(row.issued_at),
    )


def payments(tx: Tx, order_id: int) -> list[PaymentView]:
    """Return what was paid for an order, the oldest first."""
    return [
        PaymentView(
            id=row.id,
            order=row.order_id,
            amount=euros(row.cents),
            ref=row.ref,
            at=from_us(row.at),
            by=row.by,
            charged_back_at=from_us(row.charged_back_at),
        )
        for row in store.payments(tx, order_id)
    ]


def objections(tx: Tx, account_id: int) -> list[ObjectionView]:
    """Return an account's objections, the oldest first."""
    return [_objection(row) for row in store.objections(tx, account_id)]


def find_objection(tx: Tx, objection_id: int) -> ObjectionView:
    """Return one objection.

    Raises:
        Rejected: ``bad_request``, there is none.
    """
    row = store.find_objection(tx, objection_id)
    if row is None:
        raise Rejected("bad_request", f"there is no objection {objection_id}")
    return _objection(row)


def _objection(row: store.ObjectionRow) -> ObjectionView:
    return ObjectionView(
        id=row.id,
        account=row.account,
        kind=row.kind,
        target=row.target,
        text=row.text,
        at=from_us(row.at),
        by=row.by,
        decided_at=from_us(row.decided_at),
        verdict=row.verdict,
        decided_by=row.decided_by,
        entry=row.entry_id,
    )
