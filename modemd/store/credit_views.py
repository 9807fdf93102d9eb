"""What people who look into the books are shown: entries, lots, orders, payments, objections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import bindparam, case, func, literal_column, select

from modemd.store.schema import part
from modemd.store.schema_accounts import account
from modemd.store.schema_credit import (
    balance,
    credit_order,
    credit_wait,
    invoice,
    ledger,
    ledger_note,
    lot,
    objection,
    payment,
)
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from sqlalchemy.sql.elements import ColumnElement

    from modemd.store.transaction import Tx

_NOTHING: Final[ColumnElement[int]] = literal_column("0")


class EntryRow(NamedTuple):
    """One line of the ledger with the note that a person made; ``at`` is microseconds since 1970."""

    id: int
    at: int
    kind: str
    credits: int
    held: int
    message_id: int | None
    part_no: int | None
    lot_id: int
    order_id: int | None
    payment_id: int | None
    by: str | None
    reason: str | None


_ENTRY = tuple(
    ledger_note.c[name] if name in {"by", "reason"} else ledger.c[name] for name in EntryRow._fields
)
_NEWEST: Final = Statement(
    select(*_ENTRY)
    .select_from(ledger.outerjoin(ledger_note, ledger_note.c.entry_id == ledger.c.id))
    .where(ledger.c.account_id == bindparam("account_id"), ledger.c.id < bindparam("before"))
    .order_by(ledger.c.id.desc())
    .limit(bindparam("most"))
    .offset(_NOTHING)
)


def newest_entries(tx: Tx, account_id: int, *, before: int, most: int) -> list[EntryRow]:
    """Return an account's lines, the newest first, those below the id ``before``."""
    rows = tx.all(_NEWEST, account_id=account_id, before=before, most=most)
    return [EntryRow._make(row) for row in rows]


_NEXT: Final = Statement(
    select(*_ENTRY)
    .select_from(ledger.outerjoin(ledger_note, ledger_note.c.entry_id == ledger.c.id))
    .where(ledger.c.account_id == bindparam("account_id"), ledger.c.id > bindparam("after"))
    .order_by(ledger.c.id)
    .limit(bindparam("most"))
    .offset(_NOTHING)
)


def next_entries(tx: Tx, account_id: int, *, after: int, most: int) -> list[EntryRow]:
    """Return an account's lines in order, those above the id ``after``."""
    rows = tx.all(_NEXT, account_id=account_id, after=after, most=most)
    return [EntryRow._make(row) for row in rows]


class LotRow(NamedTuple):
    """Credits that came together."""

    id: int
    source: str
    order_id: int | None
    unspent: int
    held: int
    granted: int
    captured: int
    forfeited: int
    revoked: int
    opened_at: int
    expires_at: int | None
    closed_at: int | None
    closed_as: str | None


_LOTS: Final = Statement(
    select(*(lot.c[name] for name in LotRow._fields))
    .where(lot.c.account_id == bindparam("account_id"))
    .order_by(lot.c.id)
)


def lots(tx: Tx, account_id: int) -> list[LotRow]:
    """Return an account's lots in the order in which they were opened."""
    return [LotRow._make(row) for row in tx.all(_LOTS, account_id=account_id)]


class SumsRow(NamedTuple):
    """The running sums of an account."""

    balance: int
    held: int
    granted: int
    captured: int
    forfeited: int
    revoked: int


_SUMS: Final = Statement(
    select(*(balance.c[name] for name in SumsRow._fields)).where(
        balance.c.account_id == bindparam("account_id")
    )
)


def sums(tx: Tx, account_id: int) -> SumsRow:
    """Return an account's sums; all are 0 where it never had a credit."""
    row = tx.one(_SUMS, account_id=account_id)
    return SumsRow(0, 0, 0, 0, 0, 0) if row is None else SumsRow._make(row)


class PartSumRow(NamedTuple):
    """What is held for one part of a message, and what it has cost."""

    part_no: int
    held: int
    captured: int


_CAPTURED: Final[ColumnElement[str]] = literal_column("'capture'")
_OF_PARTS: Final = Statement(
    select(
        ledger.c.part_no,
        func.sum(ledger.c.held),
        func.sum(case((ledger.c.kind == _CAPTURED, -ledger.c.held), else_=_NOTHING)),
    )
    .where(ledger.c.part_id.in_(select(part.c.id).where(part.c.message_id == bindparam("message_id"))))
    .group_by(ledger.c.part_no)
    .order_by(ledger.c.part_no)
)


def of_message(tx: Tx, message_id: int) -> list[PartSumRow]:
    """Return what each part of a message holds and has cost, whatever the ledger's length."""
    rows = tx.all(_OF_PARTS, message_id=message_id)
    return [PartSumRow(int(part_no), int(held), int(captured)) for part_no, held, captured in rows]


class OrderRow(NamedTuple):
    """An order of credits with its invoice; money in cents."""

    id: int
    account: str
    client_id: str | None
    credits: int
    bundle: str | None
    tariff: str | None
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
    invoice: str | None
    holder: str | None
    holder_lines: str | None
    seller: str | None
    issued_at: int | None


_FROM_ELSEWHERE = {
    "account": account.c.name,
    "invoice": invoice.c.number,
    "holder": invoice.c.holder,
    "holder_lines": invoice.c.holder_lines,
    "seller": invoice.c.seller,
    "issued_at": invoice.c.issued_at,
}
_ORDERS = (
    select(*(_FROM_ELSEWHERE[each] if each in _FROM_ELSEWHERE else credit_order.c[each]
             for each in OrderRow._fields))
    .select_from(
        credit_order.join(account, account.c.id == credit_order.c.account_id)
        .outerjoin(invoice, invoice.c.order_id == credit_order.c.id)
    )
)  # fmt: skip
_ORDERS_OF: Final = Statement(
    _ORDERS.where(credit_order.c.account_id == bindparam("account_id")).order_by(credit_order.c.id)
)
_ALL_ORDERS: Final = Statement(_ORDERS.order_by(credit_order.c.id))
_ORDER: Final = Statement(_ORDERS.where(credit_order.c.id == bindparam("order_id")))
_BY_INVOICE: Final = Statement(_ORDERS.where(invoice.c.number == bindparam("number")))


def orders(tx: Tx, account_id: int | None) -> list[OrderRow]:
    """Return the orders of an account, or of all, the oldest first."""
    rows = tx.all(_ALL_ORDERS) if account_id is None else tx.all(_ORDERS_OF, account_id=account_id)
    return [OrderRow._make(row) for row in rows]


def find_order(tx: Tx, order_id: int) -> OrderRow | None:
    """Return one order."""
    row = tx.one(_ORDER, order_id=order_id)
    return None if row is None else OrderRow._make(row)


def order_of_invoice(tx: Tx, invoice_no: str) -> OrderRow | None:
    """Return the order that an invoice is for."""
    row = tx.one(_BY_INVOICE, number=invoice_no)
    return None if row is None else OrderRow._make(row)


class PaymentRow(NamedTuple):
    """Money that came in for an order; ``charged_back_at`` says that it went again."""

    id: int
    order_id: int
    cents: int
    ref: str
    at: int
    by: str
    charged_back_at: int | None


_PAYMENTS: Final = Statement(
    select(*(payment.c[name] for name in PaymentRow._fields))
    .where(payment.c.order_id == bindparam("order_id"))
    .order_by(payment.c.id)
)


def payments(tx: Tx, order_id: int) -> list[PaymentRow]:
    """Return what was paid for an order, the oldest first."""
    return [PaymentRow._make(row) for row in tx.all(_PAYMENTS, order_id=order_id)]


class ObjectionRow(NamedTuple):
    """What an account objected to."""

    id: int
    account: str
    kind: str
    target: str | None
    text: str
    at: int
    by: str
    decided_at: int | None
    verdict: str | None
    decided_by: str | None
    entry_id: int | None


_OBJECTIONS = select(
    *(account.c.name if name == "account" else objection.c[name] for name in ObjectionRow._fields)
).select_from(objection.join(account, account.c.id == objection.c.account_id))
_OBJECTIONS_OF: Final = Statement(
    _OBJECTIONS.where(objection.c.account_id == bindparam("account_id")).order_by(objection.c.id)
)


_OBJECTION: Final = Statement(_OBJECTIONS.where(objection.c.id == bindparam("objection_id")))


def find_objection(tx: Tx, objection_id: int) -> ObjectionRow | None:
    """Return one objection."""
    row = tx.one(_OBJECTION, objection_id=objection_id)
    return None if row is None else ObjectionRow._make(row)


def objections(tx: Tx, account_id: int) -> list[ObjectionRow]:
    """Return an account's objections, the oldest first."""
    return [ObjectionRow._make(row) for row in tx.all(_OBJECTIONS_OF, account_id=account_id)]


class StandingRow(NamedTuple):
    """How an account stands: its state, its sums, and what waits for credits."""

    account: str
    state: str
    state_code: str | None
    state_reason: str | None
    terms: str
    balance: int
    held: int
    waiting: int
    waiting_credits: int


_WAITS = (
    select(
        credit_wait.c.account_id,
        func.count().label("messages"),
        func.sum(credit_wait.c.credits).label("credits"),
    )
    .group_by(credit_wait.c.account_id)
    .subquery("waits")
)
_STANDING: Final = Statement(
    select(
        account.c.name, account.c.state, account.c.state_code, account.c.state_reason, account.c.terms,
        func.coalesce(balance.c.balance, _NOTHING), func.coalesce(balance.c.held, _NOTHING),
        func.coalesce(_WAITS.c.messages, _NOTHING), func.coalesce(_WAITS.c.credits, _NOTHING),
    )
    .select_from(
        account.outerjoin(balance, balance.c.account_id == account.c.id)
        .outerjoin(_WAITS, _WAITS.c.account_id == account.c.id)
    )
    .order_by(account.c.name)
)  # fmt: skip


def standings(tx: Tx) -> list[StandingRow]:
    """Return how each account stands, by name."""
    return [StandingRow(*row[:5], *(int(each) for each in row[5:])) for row in tx.all(_STANDING)]
