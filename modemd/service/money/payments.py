"""Payments of orders, in as many parts as they come, and payments that are taken back.

A payment has a mark of its own (the bank's, or the operator's): under one mark it is booked once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from modemd.errors import Rejected
from modemd.service.accounts import accounts
from modemd.service.accounts.account_events import tell
from modemd.service.accounts.customers import by_id, check_clock, check_open
from modemd.service.credits import credit
from modemd.service.money import debts, ordering
from modemd.service.money.money import cents_of, euros
from modemd.service.terms import versions
from modemd.store import credit_orders, lots
from modemd.store import payments as store
from modemd.store.times import from_us, to_us

if TYPE_CHECKING:
    from datetime import datetime

    from modemd.service.money.ordering import Ordered
    from modemd.service.rules import Rules
    from modemd.store.accounts import AccountRow
    from modemd.store.credit_orders import OrderRow
    from modemd.store.payments import PaymentRow
    from modemd.store.transaction import Tx

IN_DEFAULT: Final = "in_default"
_LONGEST_REF: Final = 200
_ERASED: Final = re.compile(r"erased-\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """A payment that was booked, and how its order stands now."""

    id: int
    ref: str
    amount: Decimal
    order: Ordered


def pay(
    tx: Tx, rules: Rules, order_id: int, amount: Decimal | str, ref: str, *, by: str, now: datetime
) -> Paid:
    """Book a payment; with the last of them the order's credits can be used (S §7.4, L §8.1).

    An account that is suspended for what it owes goes on when nothing is owed any more (L §7.3).

    Args:
        tx: the transaction.
        rules: the rules in force.
        order_id: the order.
        amount: what came in, VAT included, in the order's currency.
        ref: the payment's own mark.
        by: who books it.
        now: when, aware.

    Raises:
        Rejected: ``bad_request``: no such order, it is not open, no amount, more than is open, or the clock
            is set back; ``duplicate_id``: booked already; ``account_closed``.
    """
    cents, mark = cents_of(amount), _checked_ref(ref)
    order_ = credit_orders.find(tx, order_id)
    if order_ is None:
        raise Rejected("bad_request", f"there is no order {order_id}")
    _check_new(tx, rules, mark)
    owner = by_id(tx, order_.account_id)
    check_open(owner)
    _check_fits(order_, cents)
    check_clock(tx, owner.id, now)
    payment_id = store.add(
        tx, order_id=order_.id, account_id=owner.id, cents=cents, ref=mark, at_us=to_us(now), by=by
    )
    paid = order_.paid_cents + cents
    tell(tx, rules, owner, "payment", _facts(order_, cents, mark, paid), now)
    if paid == order_.gross_cents:
        ordering.settle(tx, rules, owner, order_, by=by, now=now)
    else:
        credit_orders.set_paid(tx, order_.id, paid, "open", None)
    return Paid(id=payment_id, ref=mark, amount=euros(cents), order=ordering.ordered(tx, order_.id))


def chargeback(tx: Tx, rules: Rules, payment: int | str, *, by: str, now: datetime) -> Paid:
    """Book that a payment was taken back: its amount is open again.

    Under S §7.5 the account is in default and closed: what is unspent of the order is revoked, the rest
    forfeited. Under L §19.1 it is suspended until all is paid again; its credits stay.

    Args:
        tx: the transaction.
        rules: the rules in force.
        payment: the payment's id, or its mark.
        by: who books it.
        now: when, aware.

    Raises:
        Rejected: ``bad_request``: no such payment, or two that it can mean, it was taken back already, or the
            clock is set back; ``account_closed``: the account is erased.
    """
    taken = _payment(tx, payment)
    if taken.charged_back_at is not None:
        when = from_us(taken.charged_back_at).astimezone(rules.zone)
        raise Rejected("bad_request", f"payment {taken.ref!r} was taken back on {when:%Y-%m-%d} already")
    owner = by_id(tx, taken.account_id)
    if owner.state == "erased":
        check_open(owner)
    check_clock(tx, owner.id, now)
    order_ = credit_orders.find(tx, taken.order_id)
    assert order_ is not None, "a payment is for an order"
    store.charge_back(tx, taken.id, to_us(now), by)
    left = order_.paid_cents - taken.cents
    closes = versions.of_account(tx, rules, owner).chargeback == "close"
    credit_orders.set_paid(tx, order_.id, left, "in_default" if closes else "open", None)
    tell(tx, rules, owner, "payment", _facts(order_, -taken.cents, taken.ref, left), now)
    if owner.state != "closed":
        _punish(tx, rules, owner, order_, taken, closes=closes, by=by, now=now)
    return Paid(id=taken.id, ref=taken.ref, amount=euros(taken.cents), order=ordering.ordered(tx, order_.id))


def _punish(
    tx: Tx,
    rules: Rules,
    owner: AccountRow,
    order_: OrderRow,
    taken: PaymentRow,
    *,
    closes: bool,
    by: str,
    now: datetime,
) -> None:
    if not closes:
        reason = f"payment {taken.ref} of order {order_.id} was taken back (L §19.1)"
        accounts.suspend(tx, rules, owner.name, code=debts.CHARGEBACK, reason=reason, by=by, now=now)
        return
    reason = f"payment {taken.ref} of order {order_.id} was taken back (S §7.5)"
    if order_.lot_id is not None:
        _revoke(tx, rules, owner, order_.lot_id, reason, by=by, now=now)
    if owner.name == accounts.DEFAULT:  # it always exists
        for lot_id in lots.unclosed(tx, owner.id):
            credit.take_away(tx, owner.id, lot_id, "forfeit", by=by, reason=reason, now=now)
        if owner.state_code in debts.FOR_DEBT:  # which a payment lifts, and this it does not
            accounts.resume(tx, rules, owner.name, by=by, now=now)
        accounts.suspend(tx, rules, owner.name, code=IN_DEFAULT, reason=reason, by=by, now=now)
    else:
        accounts.close(tx, rules, owner.name, code=IN_DEFAULT, reason=reason, by=by, now=now)


def _revoke(
    tx: Tx, rules: Rules, owner: AccountRow, lot_id: int, reason: str, *, by: str, now: datetime
) -> None:
    revoked = credit.take_away(tx, owner.id, lot_id, "revoke", by=by, reason=reason, now=now)
    if revoked:
        facts = {"credits": revoked, "lot": lot_id, "reason": reason}
        tell(tx, rules, owner, "credit_revoked", facts, now)


def _payment(tx: Tx, payment: int | str) -> PaymentRow:
    """Find a payment by its mark, else by its id."""
    text = str(payment).strip()
    found = store.find_by_ref(tx, text) if isinstance(payment, str) else None
    is_key = text.isascii() and text.isdigit() and len(text) < 19
    of_key = store.find(tx, int(text)) if is_key else None
    if found is not None and of_key is not None and of_key.id != found.id:
        raise Rejected(  # an account may be closed for it: nobody shall guess which
            "bad_request",
            f"{text} is the mark of payment {found.id} and the id of payment {of_key.ref!r}: say which",
        )
    found = found or of_key
    if found is None:
        raise Rejected("bad_request", f"there is no payment {text[:_LONGEST_REF]!r}")
    return found


def _checked_ref(ref: str) -> str:
    mark = ref.strip()
    if not 1 <= len(mark) <= _LONGEST_REF or not mark.isprintable():
        raise Rejected("bad_request", f"a payment has a mark of 1 to {_LONGEST_REF} characters")
    if _ERASED.fullmatch(mark):
        raise Rejected("bad_request", f"{mark!r} is kept for payments of erased accounts")
    return mark


def _check_new(tx: Tx, rules: Rules, mark: str) -> None:
    booked = store.find_by_ref(tx, mark)
    if booked is not None:
        raise Rejected(
            "duplicate_id",
            f"payment {mark!r} is booked already: {euros(booked.cents)} EUR for order {booked.order_id}"
            f" on {from_us(booked.at).astimezone(rules.zone):%Y-%m-%d}; nothing was changed",
        )


def _check_fits(order_: OrderRow, cents: int) -> None:
    if order_.state != "open":
        why = "paid in full" if order_.state == "paid" else order_.state.replace("_", " ")
        raise Rejected("bad_request", f"order {order_.id} is {why}: nothing is open of it")
    left = order_.gross_cents - order_.paid_cents
    if cents > left:
        raise Rejected(
            "bad_request",
            f"{euros(cents)} is more than what is open of order {order_.id}: {euros(left)} of"
            f" {euros(order_.gross_cents)} {order_.currency}",
        )


def _facts(order_: OrderRow, cents: int, mark: str, paid: int) -> dict[str, object]:
    return {
        "order": order_.id,
        "ref": mark,
        "amount": euros(cents),
        "paid": euros(paid),
        "open": euros(order_.gross_cents - paid),
        "currency": order_.currency,
        "charged_back": True if cents < 0 else None,
    }
