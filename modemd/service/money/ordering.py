"""Orders of credits: priced by the size of their bundle, invoiced at once, usable when they are paid.

An order keeps the price of its day (L §5.5). Its credits are a lot from full payment on (S §7.4, L §8.1);
those of the largest bundle from the order on, where the account has agreed to that (L §7.3, 8.1).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from modemd.errors import Rejected
from modemd.service.accounts.account_events import tell
from modemd.service.accounts.customers import by_id, check_clock, check_open, customer
from modemd.service.credits import credit
from modemd.service.money import debts
from modemd.service.money.invoice_parties import holder_written, seller_written
from modemd.service.money.money import euros, net_cents, vat_cents
from modemd.service.terms import calendar, versions
from modemd.store import credit_orders as store
from modemd.store import invoices
from modemd.store.times import from_us, to_us

if TYPE_CHECKING:
    from datetime import datetime

    from modemd.service.rules import Rules
    from modemd.service.terms.tariff import Bundle, Prices, Tariff
    from modemd.service.terms.terms import Terms
    from modemd.store.accounts import AccountRow
    from modemd.store.credit_orders import OrderRow
    from modemd.store.transaction import Tx

_LONGEST_ID: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """An order as it is told; money in ``currency``, ``net`` without VAT, ``total`` with it, times aware.

    ``due_at`` is the first moment after the last day to pay; ``None``: it is paid before use. ``early``: the
    credits can be used before that.
    """

    id: int
    account: str
    invoice: str
    credits: int
    bundle: str | None
    unit_price: Decimal
    currency: str
    net: Decimal
    vat_rate: Decimal | None
    vat: Decimal
    total: Decimal
    paid: Decimal
    state: str
    ordered_at: datetime
    due_at: datetime | None
    early: bool
    lot: int | None

    @property
    def open(self) -> Decimal:
        """What is still to be paid."""
        return self.total - self.paid if self.state in {"open", "in_default"} else Decimal(0)


class _Priced(NamedTuple):
    tariff: str
    prices: Prices
    bundle: Bundle
    net: int
    vat: int


def order(
    tx: Tx,
    rules: Rules,
    name: str,
    credits_: int,
    *,
    bundle: str | None = None,
    client_id: str | None = None,
    from_application: bool = False,
    by: str,
    now: datetime,
) -> Ordered:
    """Order credits for an account, and issue the invoice (L §5.2, 6.1, 7.1; S §7.3).

    Args:
        tx: the transaction.
        rules: the rules in force.
        name: the account.
        credits_: how many; 1 to a thousand million.
        bundle: the bundle's name, where the orderer says it: the credits must be of its size.
        client_id: the orderer's own id: the same one with the same contents is the same order.
        from_application: whether the customer's application orders, rather than the operator.
        by: who orders.
        now: when, aware.

    Raises:
        Rejected: ``bad_request``, ``account_unknown``, ``account_closed``, ``account_suspended``,
            ``not_allowed`` (its terms have no orders from applications), ``duplicate_id``.
    """
    _check_size(credits_)
    row = customer(tx, name)
    if client_id is not None and (known := _known(tx, row, credits_, bundle, client_id)) is not None:
        return known
    terms = versions.of_account(tx, rules, row)
    _check_may(row, terms, credits_, from_application=from_application)
    check_clock(tx, row.id, now)
    priced = _priced(_tariff(rules, row, terms), credits_, bundle, now)
    order_id = _write(tx, rules, row, terms, priced, credits_, client_id, by, now)
    made = _found(tx, order_id)
    invoice_no = _invoice(tx, rules, row, made, now)
    tell(tx, rules, row, "order", {**facts_of(made), "invoice": invoice_no, "by": by}, now)
    tell(
        tx,
        rules,
        row,
        "invoice",
        {**facts_of(made), "invoice": invoice_no, "due_at": from_us(made.due_at)},
        now,
    )
    if made.early:
        activate(tx, rules, row, made, by=by, now=now)
    elif not made.gross_cents:  # a gift has nothing to be paid
        settle(tx, rules, row, made, by=by, now=now)
    return ordered(tx, order_id)


def ordered(tx: Tx, order_id: int) -> Ordered:
    """Return an order as it is told; ``Rejected`` with ``bad_request`` where there is none."""
    row = _found(tx, order_id)
    owner = by_id(tx, row.account_id)
    issued = invoices.of_order(tx, order_id)
    return Ordered(
        id=row.id,
        account=owner.name,
        invoice="" if issued is None else issued.invoice_no,
        credits=row.credits,
        bundle=row.bundle,
        unit_price=Decimal(row.unit_price),
        currency=row.currency,
        net=euros(row.net_cents),
        vat_rate=None if row.vat_rate is None else Decimal(row.vat_rate),
        vat=euros(row.vat_cents),
        total=euros(row.gross_cents),
        paid=euros(row.paid_cents),
        state=row.state,
        ordered_at=from_us(row.ordered_at),
        due_at=from_us(row.due_at),
        early=bool(row.early),
        lot=row.lot_id,
    )


def cancel_order(tx: Tx, rules: Rules, order_id: int, *, by: str, now: datetime) -> Ordered:
    """Cancel an order of which nothing is paid or used; its invoice keeps its number, and says so.

    Raises:
        Rejected: ``bad_request``: it is not open, something of it is paid (there are no refunds: S §7.4,
            L §4.5), its credits can be used already, or the clock is set back; ``account_closed``.
    """
    row = _found(tx, order_id)
    owner = by_id(tx, row.account_id)
    check_open(owner)
    if row.state in {"cancelled", "in_default"}:
        raise Rejected("bad_request", f"order {order_id} is {row.state.replace('_', ' ')}")
    if row.paid_cents or row.state == "paid":
        raise Rejected(
            "bad_request", f"{euros(row.paid_cents)} EUR of order {order_id} is paid: there are no refunds"
        )
    if row.lot_id is not None:
        raise Rejected(
            "bad_request", f"the credits of order {order_id} can be used already: it is to be paid"
        )
    check_clock(tx, owner.id, now)
    store.set_paid(tx, order_id, 0, "cancelled", None)
    tell(tx, rules, owner, "order", {**facts_of(row), "state": "cancelled", "by": by}, now)
    debts.relieve(tx, rules, owner, by=by, now=now)
    return ordered(tx, order_id)


def activate(tx: Tx, rules: Rules, row: AccountRow, order_: OrderRow, *, by: str, now: datetime) -> None:
    """Open the lot of an order: from now on its credits can be spent (S §7.4, L §8.1)."""
    terms = versions.of_account(tx, rules, row)
    expires_at = expiry(rules, terms, now)
    lot_id = credit.grant(
        tx, row.id, order_.credits, source="order", kind="order", order_id=order_.id, expires_at=expires_at,
        by=by, reason=f"order {order_.id}", now=now,
    )  # fmt: skip
    store.set_lot(tx, order_.id, lot_id)
    facts = {"credits": order_.credits, "order": order_.id, "lot": lot_id, "expires_at": expires_at}
    tell(tx, rules, row, "credited", facts, now)


def settle(tx: Tx, rules: Rules, row: AccountRow, order_: OrderRow, *, by: str, now: datetime) -> None:
    """Take an order as paid in full: its credits can be used, and who was suspended for it goes on."""
    store.set_paid(tx, order_.id, order_.gross_cents, "paid", to_us(now))
    if order_.lot_id is None:
        activate(tx, rules, row, order_, by=by, now=now)
    debts.relieve(tx, rules, row, by=by, now=now)


def expiry(rules: Rules, terms: Terms, now: datetime) -> datetime | None:
    """Return when credits expire that are had from now on (L §6.2); ``None``: never (S §7.4)."""
    return None if terms.lot_months is None else calendar.lot_end(now, terms.lot_months, rules.zone)


def facts_of(row: OrderRow) -> dict[str, object]:
    """What the events of an order say of it; amounts are ``Decimal``."""
    return {
        "order": row.id,
        "credits": row.credits,
        "bundle": row.bundle,
        "amount": euros(row.net_cents),
        "vat": euros(row.vat_cents),
        "total": euros(row.gross_cents),
        "currency": row.currency,
    }


def _known(tx: Tx, row: AccountRow, credits_: int, bundle: str | None, client_id: str) -> Ordered | None:
    if not 1 <= len(client_id) <= _LONGEST_ID:
        raise Rejected("bad_request", f"an order's id has 1 to {_LONGEST_ID} characters")
    known = store.find_by_client(tx, row.id, client_id)
    if known is None:
        return None
    if known.credits != credits_ or (bundle is not None and bundle != known.bundle):
        raise Rejected(
            "duplicate_id",
            f"{client_id!r} is order {known.id} already, of {known.credits} credits in {known.bundle}",
        )
    return ordered(tx, known.id)


def _check_size(credits_: int) -> None:
    if not isinstance(credits_, int) or isinstance(credits_, bool) or not 1 <= credits_ <= credit.MOST:
        raise Rejected("bad_request", f"credits are whole numbers from 1 to {credit.MOST:,}, not {credits_}")


def _check_may(row: AccountRow, terms: Terms, credits_: int, *, from_application: bool) -> None:
    check_open(row)
    if not terms.charged:
        raise Rejected("bad_request", f"the terms {terms.name} charge nothing: there is nothing to order")
    if from_application and not terms.order_from_application:
        raise Rejected(
            "not_allowed",
            f"under the terms {terms.name} the operator takes orders, not the application (L §6.1)",
        )
    if from_application and row.state == "suspended":
        raise Rejected(
            "account_suspended", f"account {row.name!r} is suspended: {row.state_reason or 'ask why'}"
        )
    if credits_ < terms.minimum_topup:
        raise Rejected(
            "bad_request", f"an order has at least {terms.minimum_topup} credits (S §7.3), not {credits_}"
        )


def _tariff(rules: Rules, row: AccountRow, terms: Terms) -> Tariff:
    entry = rules.accounts.get(row.name)
    name = (None if entry is None else entry.tariff) or terms.tariff
    tariff = rules.tariffs.get(name)
    if tariff is None:
        raise Rejected(
            "bad_request", f"there is no tariff {name!r}: write its bundles and prices under tariffs: first"
        )
    return tariff.revised(terms.revision)


def _priced(tariff: Tariff, credits_: int, named: str | None, now: datetime) -> _Priced:
    """Price an order by the bundle of its size (L §5.2)."""
    prices = tariff.at(now)
    if prices is None:
        first = tariff.versions[-1].valid_from
        raise Rejected(
            "bad_request", f"the tariff {tariff.name} holds from {first} on: there is no price today"
        )
    bundle = prices.bundle_for(credits_)
    names = ", ".join(each.name for each in prices.bundles)
    if named is not None and named not in {each.name for each in prices.bundles}:
        raise Rejected("bad_request", f"there is no bundle {named!r} in the tariff {tariff.name}: {names}")
    if bundle is None:
        raise Rejected("bad_request", f"{credits_} credits are more than the largest bundle has: {names}")
    if named is not None and bundle.name != named:
        raise Rejected("bad_request", f"{credits_} credits are of the bundle {bundle.name}, not {named}")
    net = net_cents(credits_, bundle.price)
    if bundle.price and not net:
        raise Rejected("bad_request", f"an order of {credits_} costs less than a cent: order more at once")
    return _Priced(tariff.name, prices, bundle, net, vat_cents(net, prices.vat))


def _write(
    tx: Tx,
    rules: Rules,
    row: AccountRow,
    terms: Terms,
    priced: _Priced,
    credits_: int,
    client_id: str | None,
    by: str,
    now: datetime,
) -> int:
    entry = rules.accounts.get(row.name)
    agreed = terms.early_activation and entry is not None and entry.early_activation
    largest = priced.bundle == priced.prices.bundles[-1]
    gross = priced.net + priced.vat
    due_at = calendar.days_after(now, terms.due_days, rules.zone) if terms.due_days else None
    return store.add(
        tx,
        account_id=row.id,
        client_id=client_id,
        credits=credits_,
        bundle=priced.bundle.name,
        tariff=priced.tariff,
        tariff_from=priced.prices.valid_from.isoformat(),
        unit_price=str(priced.bundle.price),
        currency=priced.prices.currency,
        net_cents=priced.net,
        vat_rate=None if priced.prices.vat is None else str(priced.prices.vat),
        vat_cents=priced.vat,
        gross_cents=gross,
        early=int(agreed and largest and gross > 0 and due_at is not None and row.state == "active"),
        ordered_at=to_us(now),
        ordered_by=by,
        due_at=None if due_at is None else to_us(due_at),
    )


def _invoice(tx: Tx, rules: Rules, row: AccountRow, made: OrderRow, now: datetime) -> str:
    today = calendar.day_of(now, rules.zone)
    due_us = made.due_at if made.due_at is not None else to_us(calendar.end_of(today, rules.zone))
    invoice_no = invoices.next_of(tx, today.year)
    invoices.add(
        tx,
        invoice_no,
        order_id=made.id,
        account_id=row.id,
        holder=row.holder,
        holder_lines=holder_written(row),
        seller=seller_written(rules),
        issued_us=to_us(now),
        due_us=due_us,
    )
    return invoice_no


def _found(tx: Tx, order_id: int) -> OrderRow:
    row = store.find(tx, order_id)
    if row is None:
        raise Rejected("bad_request", f"there is no order {order_id}")
    return row
