"""Requests about credits: what is left, what a message would leave, and ordering more."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

from modemd.errors import Rejected
from modemd.formats.events import iso
from modemd.service.credits.credit_states import credit_of
from modemd.service.money.ordering import order as order_credits
from modemd.service.request import Asked, Told, Wake, account_meant

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from modemd.service.money.ordering import Ordered
    from modemd.service.rules import Rules
    from modemd.store.transaction import Tx

_MOST: Final = 1_000_000_000
_LONGEST_ID: Final = 100
"""Of a transaction, as the order's own id; a longer one is known by its digest."""


def balance(tx: Tx, asked: Asked, rules: Rules, _now: datetime) -> tuple[Told, Wake]:
    """Say what an account may still spend."""
    return credit_of(tx, rules, account_meant(asked, rules)), Wake()


def order(tx: Tx, asked: Asked, rules: Rules, now: datetime) -> tuple[Told, Wake]:
    """Order credits: for itself an account whose terms allow it (L §6.1), for all of them the operator.

    The same transaction with the same contents is the same order, however often it comes.
    """
    account = account_meant(asked, rules)
    credits_ = asked.fields.whole("credits", 1, _MOST)
    if credits_ is None:
        raise Rejected("bad_request", "credits: is missing")
    ordered = order_credits(
        tx, rules, account, credits_,
        bundle=asked.fields.text("bundle"),
        client_id=_client_id(asked.fields.transaction()),
        from_application=asked.account is not None,
        by="operator, by MQTT" if asked.account is None else "application",
        now=now,
    )  # fmt: skip
    return _told(ordered), Wake(results=True)


def covered(tx: Tx, rules: Rules, account: str, credits_: int) -> Mapping[str, Any]:
    """Return whether an account's credits cover so many; nothing where it is not limited by them."""
    available = credit_of(tx, rules, account)["available"]
    return {} if available is None else {"available": available, "covered": available >= credits_}


def _client_id(transaction: Any) -> str | None:
    if transaction is None:
        return None
    written = transaction if isinstance(transaction, str) else json.dumps(transaction, sort_keys=True)
    if len(written) <= _LONGEST_ID:
        return written
    return hashlib.blake2b(written.encode(), digest_size=16).hexdigest()


def _told(ordered: Ordered) -> dict[str, Any]:
    return {
        "order": ordered.id,
        "account": ordered.account,
        "invoice": ordered.invoice,
        "credits": ordered.credits,
        "bundle": ordered.bundle,
        "amount": str(ordered.net),
        "vat": str(ordered.vat),
        "total": str(ordered.total),
        "currency": ordered.currency,
        "due_at": None if ordered.due_at is None else iso(ordered.due_at),
        "state": ordered.state,
        "usable": ordered.lot is not None,
    }
