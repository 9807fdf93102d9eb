"""The books as people are shown them: statements, orders with their invoices, how accounts stand.

Credits are whole numbers, money is ``Decimal`` in the order's currency, times are aware.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from modemd.errors import Rejected
from modemd.store import credit_views as store
from modemd.store.times import from_us

if TYPE_CHECKING:
    from datetime import datetime

    from modemd.service.rules import Rules
    from modemd.store.transaction import Tx

_BEYOND_ALL: Final = 2**62
"""Above every id."""
_ALL: Final = 2**62


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    """A line of the ledger; ``credits`` and ``held`` is what it did, ``balance`` what could be spent then."""

    id: int
    at: datetime
    kind: str
    credits: int
    held: int
    balance: int
    message: int | None
    part: int | None
    lot: int
    order: int | None
    payment: int | None
    by: str | None
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LotView:
    """Credits that came together; ``unspent`` of them can be spent while it is not closed."""

    id: int
    source: str
    order: int | None
    granted: int
    unspent: int
    held: int
    captured: int
    forfeited: int
    revoked: int
    opened_at: datetime
    expires_at: datetime | None
    closed_at: datetime | None
    closed_as: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """An account's credits: ``balance = granted - captured - held - forfeited - revoked``."""

    balance: int
    held: int
    granted: int
    captured: int
    forfeited: int
    revoked: int

    @property
    def available(self) -> int:
        """What can still be spent: the balance, of which nothing is held."""
        return self.balance


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """An account's books at one moment; ``entries`` are the newest ones, the oldest of them first.

    ``more`` tells that there are older entries.
    """

    account: str
    sums: Sums
    lots: tuple[LotView, ...]
    entries: tuple[EntryView, ...]
    more: bool


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
    """An order of credits and its invoice; ``net`` is without VAT, ``vat_rate`` in per cent."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How an account stands; ``waiting`` messages want ``waiting_credits`` that are not there.

    ``low``: its credits are at the threshold that its ``low_credit`` sets, or under it, or used up.
    """

    account: str
    state: str
    state_code: str | None
    state_reason: str | None
    terms: str
    balance: int
    held: int
    waiting: int
    waiting_credits: int
    low: bool = False


def statement(tx: Tx, account_id: int, name: str, *, most: int | None) -> Statement:
    """Return an account's books with its ``most`` newest entries (``None``: all of them)."""
    rows = store.newest_entries(tx, account_id, before=_BEYOND_ALL, most=_ALL if most is None else most + 1)
    sums = Sums(**store.sums(tx, account_id)._asdict())
    more = most is not None and len(rows) > most
    return Statement(
        account=name,
        sums=sums,
        lots=tuple(map(_lot, store.lots(tx, account_id))),
        entries=_entries(rows[:most], sums.balance),
        more=more,
    )


def _entries(rows: list[store.EntryRow], balance: int) -> tuple[EntryView, ...]:
    """Count the balance back from what it is now, so that a few lines need no look at the others."""
    views = []
    for row in rows:
        views.append(_entry(row, balance))
        balance -= row.credits
    return tuple(reversed(views))


def _entry(row: store.EntryRow, balance: int) -> EntryView:
    return EntryView(
        id=row.id,
        at=from_us(row.at),
        kind=row.kind,
        credits=row.credits,
        held=row.held,
        balance=balance,
        message=row.message_id,
        part=row.part_no,
        lot=row.lot_id,
        order=row.order_id,
        payment=row.payment_id,
        by=row.by,
        reason=row.reason,
    )


def _lot(row: store.LotRow) -> LotView:
    return LotView(
        id=row.id,
        source=row.source,
        order=row.order_id,
        granted=row.granted,
        unspent=row.unspent,
        held=row.held,
        captured=row.captured,
        forfeited=row.forfeited,
        revoked=row.revoked,
        opened_at=from_us(row.opened_at),
        expires_at=from_us(row.expires_at),
        closed_at=from_us(row.closed_at),
        closed_as=row.closed_as,
    )


def of_message(tx: Tx, message_id: int) -> dict[int, tuple[int, int]]:
    """Return ``(held, captured)`` credits of each part of a message, by the part's place from 1."""
    return {row.part_no: (row.held, row.captured) for row in store.of_message(tx, message_id)}


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
        net=_money(row.net_cents),
        vat_rate=None if row.vat_rate is None else Decimal(row.vat_rate),
        vat=_money(row.vat_cents),
        total=_money(row.gross_cents),
        paid=_money(row.paid_cents),
        early=bool(row.early),
        state=row.state,
        ordered_at=from_us(row.ordered_at),
        ordered_by=row.ordered_by,
        due_at=from_us(row.due_at),
        paid_at=from_us(row.paid_at),
        lot=row.lot_id,
        invoice=row.invoice,
        holder=row.holder,
        issued_at=from_us(row.issued_at),
    )


def _money(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def payments(tx: Tx, order_id: int) -> list[PaymentView]:
    """Return what was paid for an order, the oldest first."""
    return [
        PaymentView(
            id=row.id,
            order=row.order_id,
            amount=_money(row.cents),
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


def standings(tx: Tx, rules: Rules | None = None) -> list[Standing]:
    """Return how each account stands, by name; whether its credits are low only where ``rules`` are given."""
    found = [Standing(**row._asdict()) for row in store.standings(tx)]
    if rules is None:
        return found
    return [replace(each, low=_is_low(each, rules)) for each in found]


def _is_low(standing: Standing, rules: Rules) -> bool:
    if standing.state not in {"active", "suspended"} or not rules.terms_of(standing.account).charged:
        return False
    config = rules.accounts.get(standing.account)
    return standing.balance <= ((config.low_credit if config else None) or 0)


def wanting(tx: Tx, rules: Rules) -> list[Standing]:
    """Return the open accounts that an operator should look at: low, suspended, or waiting for credits."""
    return [each for each in standings(tx, rules) if each.low or each.waiting or each.state == "suspended"]
