"""The books as JSON: credits are whole numbers, money is text with two decimals, times are ISO 8601."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from modemd.formats.events import iso

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from modemd.service.accounts.standing_views import Standing
    from modemd.service.credits.credit_views import EntryView, LotView, Statement
    from modemd.service.money.money_views import ObjectionView, OrderView, PaymentView


def statement_object(view: Statement) -> dict[str, Any]:
    """The contract's statement."""
    return {
        "account": view.account,
        "balance": view.sums.balance,
        "held": view.sums.held,
        "available": view.sums.available,
        "granted": view.sums.granted,
        "captured": view.sums.captured,
        "forfeited": view.sums.forfeited,
        "revoked": view.sums.revoked,
        "lots": [lot_object(each) for each in view.lots],
        "entries": [entry_object(each) for each in view.entries],
    }


def lot_object(view: LotView) -> dict[str, Any]:
    """Credits that came together."""
    return {
        "id": view.id,
        "source": view.source,
        "order": view.order,
        "granted": view.granted,
        "unspent": view.unspent,
        "held": view.held,
        "captured": view.captured,
        "forfeited": view.forfeited,
        "revoked": view.revoked,
        "opened_at": iso(view.opened_at),
        "expires_at": _iso(view.expires_at),
        "closed_at": _iso(view.closed_at),
        "closed_as": view.closed_as,
    }


def entry_object(view: EntryView) -> dict[str, Any]:
    """A line of the ledger; ``message`` is text, as ids of messages are everywhere."""
    return {
        "id": view.id,
        "at": iso(view.at),
        "kind": view.kind,
        "credits": view.credits,
        "held": view.held,
        "message": None if view.message is None else str(view.message),
        "part": view.part,
        "lot": view.lot,
        "order": view.order,
        "payment": view.payment,
        "by": view.by,
        "reason": view.reason,
    }


def order_object(view: OrderView, payments: list[PaymentView] | None = None) -> dict[str, Any]:
    """An order with its invoice, and what was paid for it where that is given."""
    made: dict[str, Any] = {
        "id": view.id,
        "account": view.account,
        "client_id": view.client_id,
        "state": view.state,
        "credits": view.credits,
        "bundle": view.bundle,
        "unit_price": f"{view.unit_price:f}",
        "currency": view.currency,
        "amount": _money(view.net),
        "vat_rate": None if view.vat_rate is None else f"{view.vat_rate:f}",
        "vat": _money(view.vat),
        "total": _money(view.total),
        "paid": _money(view.paid),
        "open": _money(view.open),
        "ordered_at": iso(view.ordered_at),
        "ordered_by": view.ordered_by,
        "due_at": _iso(view.due_at),
        "paid_at": _iso(view.paid_at),
        "early": view.early,
        "lot": view.lot,
        "invoice": view.invoice,
        "holder": view.holder,
        "issued_at": _iso(view.issued_at),
    }
    if payments is not None:
        made["payments"] = [payment_object(each) for each in payments]
    return made


def parties_object(view: OrderView) -> dict[str, Any]:
    """Whom an invoice names: those of the day on which it was issued."""
    seller = None if view.seller is None else asdict(view.seller)
    return {"seller": seller, "holder_lines": list(view.holder_lines)}


def payment_object(view: PaymentView) -> dict[str, Any]:
    """Money that came in."""
    return {
        "id": view.id,
        "order": view.order,
        "amount": _money(view.amount),
        "ref": view.ref,
        "at": iso(view.at),
        "by": view.by,
        "charged_back_at": _iso(view.charged_back_at),
    }


def objection_object(view: ObjectionView) -> dict[str, Any]:
    """What an account objected to."""
    return {
        "id": view.id,
        "account": view.account,
        "kind": view.kind,
        "target": view.target,
        "text": view.text,
        "at": iso(view.at),
        "by": view.by,
        "decided_at": _iso(view.decided_at),
        "verdict": view.verdict,
        "decided_by": view.decided_by,
        "entry": view.entry,
    }


def standing_object(view: Standing) -> dict[str, Any]:
    """How an account stands."""
    return {
        "account": view.account,
        "state": view.state,
        "reason": view.state_reason,
        "balance": view.balance,
        "held": view.held,
        "waiting": view.waiting,
        "waiting_credits": view.waiting_credits,
    }


def _money(amount: Decimal) -> str:
    return f"{amount:.2f}"


def _iso(at: datetime | None) -> str | None:
    return None if at is None else iso(at)
