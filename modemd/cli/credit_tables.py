"""The books in tables for people: statements, lots, orders, invoices."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import click

from modemd.cli.amounts import counted, day, last_day, local, money, price, signed
from modemd.cli.output import Column, cell, printable, show_facts, show_table
from modemd.formats import invoice as pages

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from modemd.service.credits.credit_views import EntryView, LotView, Statement
    from modemd.service.money.money_views import ObjectionView, OrderView, PaymentView

_INSTANT: Final = timedelta(microseconds=1)
_ENTRIES: Final = (
    Column("AT"), Column("KIND"), Column("CREDITS", right=True), Column("HELD", right=True),
    Column("BALANCE", right=True), Column("FOR"),
)  # fmt: skip
_LOTS: Final = (
    Column("LOT", right=True), Column("SOURCE"), Column("GRANTED", right=True), Column("UNSPENT", right=True),
    Column("HELD", right=True), Column("SPENT", right=True), Column("LOST", right=True), Column("EXPIRES"),
)  # fmt: skip
_ORDERS: Final = (
    Column("ORDER", right=True), Column("DAY"), Column("ACCOUNT"), Column("CREDITS", right=True),
    Column("TOTAL", right=True), Column("OPEN", right=True), Column("DUE"), Column("STATE"),
)  # fmt: skip


def show_statement(view: Statement, zone: tzinfo, *, charged: bool) -> None:
    """Print what an account has, its lots and entries; ``charged``: whether its terms charge anything."""
    sums = view.sums
    facts = [("account", view.account)]
    if charged:
        facts.append(("balance", f"{counted(sums.balance)} can be spent"))
        facts.append(("held", f"{counted(sums.held)} for messages on their way"))
    else:
        facts.append(("balance", "nothing is charged"))
    show_facts(facts)
    click.echo(
        f"{sums.granted} granted - {sums.captured} captured - {sums.held} held - {sums.forfeited} forfeited"
        f" - {sums.revoked} revoked = {sums.balance}"
    )
    click.echo()
    show_table(_LOTS, [_lot_row(each, zone) for each in view.lots], none="no lots")
    click.echo()
    if view.more:
        click.echo("(older entries are left out: --all)")
    show_table(_ENTRIES, [_entry_row(each, zone) for each in view.entries], none="no entries")


def _lot_row(view: LotView, zone: tzinfo) -> list[str]:
    source = view.source if view.order is None else f"order {view.order}"
    ends = last_day(view.expires_at, zone) if view.expires_at else "never"
    if view.closed_at is not None:
        ends = f"closed {day(view.closed_at, zone)}"
    return [
        str(view.id), printable(source), str(view.granted), str(view.unspent), str(view.held),
        str(view.captured), str(view.forfeited + view.revoked), ends,
    ]  # fmt: skip


def _entry_row(view: EntryView, zone: tzinfo) -> list[str]:
    return [
        local(view.at, zone), view.kind, signed(view.credits), signed(view.held), str(view.balance),
        printable(_what_for(view)),
    ]  # fmt: skip


def _what_for(view: EntryView) -> str:
    said = []
    if view.message is not None:
        said.append(f"message {view.message}, part {view.part}")
    elif view.order is not None:
        said.append(f"order {view.order}")
    else:
        said.append(f"lot {view.lot}")
    if view.reason and view.reason != said[0]:
        said.append(view.reason)
    return ": ".join(said) + (f" ({view.by})" if view.by else "")


def show_orders(found: Sequence[OrderView], zone: tzinfo) -> None:
    """Print orders, one a line."""
    show_table(_ORDERS, [_order_row(each, zone) for each in found], none="no orders")


def _order_row(view: OrderView, zone: tzinfo) -> list[str]:
    return [
        str(view.id), day(view.ordered_at, zone), view.account, str(view.credits),
        money(view.total, view.currency), money(view.open, view.currency), last_day(view.due_at, zone),
        view.state.replace("_", " "),
    ]  # fmt: skip


def tell_order(view: OrderView, zone: tzinfo) -> None:
    """Say in a few words what was ordered, for how much, and what is still to be paid."""
    bundle = f" of bundle {view.bundle}" if view.bundle else ""
    click.echo(f"order {view.id}: {counted(view.credits)}{bundle} for account {view.account}")
    vat = f" + {money(view.vat, view.currency)} VAT" if view.vat_rate is not None else ", without VAT"
    click.echo(
        f"{money(view.total, view.currency)} ({money(view.net, view.currency)}{vat}), invoice {view.invoice}"
    )
    if view.state != "open":
        click.echo(view.state.replace("_", " "))
    elif view.due_at is None:
        click.echo(f"{money(view.open, view.currency)} to be paid before use")
    else:
        early = ", usable already" if view.lot is not None else ""
        click.echo(f"{money(view.open, view.currency)} to be paid by {last_day(view.due_at, zone)}{early}")


def show_order(view: OrderView, payments: Sequence[PaymentView], zone: tzinfo) -> None:
    """Print all that is known of one order."""
    vat = None if view.vat_rate is None else f"{money(view.vat, view.currency)} ({view.vat_rate:f} %)"
    facts = {
        "order": view.id,
        "state": view.state.replace("_", " "),
        "account": view.account,
        "invoice": view.invoice,
        "credits": f"{view.credits} at {price(view.unit_price, view.currency)}",
        "bundle": view.bundle,
        "amount": f"{money(view.net, view.currency)} without VAT",
        "vat": vat,
        "total": money(view.total, view.currency),
        "still open": money(view.open, view.currency),
        "ordered": f"{local(view.ordered_at, zone)} by {printable(view.ordered_by)}",
        "due": last_day(view.due_at, zone),
        "paid": local(view.paid_at, zone),
        "lot": view.lot,
    }
    show_facts((name, cell(value)) for name, value in facts.items())
    for each in payments:
        gone = "" if each.charged_back_at is None else f", taken back {local(each.charged_back_at, zone)}"
        amount = money(each.amount, view.currency)
        said = f"{amount} on {local(each.at, zone)}, {printable(each.ref)}{gone}"
        click.echo(f"payment {each.id}: {said}")


def invoice_page(view: OrderView, payments: Sequence[PaymentView], zone: tzinfo) -> pages.Invoice:
    """What an order's invoice says; it has one."""
    assert view.invoice is not None
    issued = view.issued_at or view.ordered_at
    return pages.Invoice(
        invoice_no=view.invoice,
        issued=issued.astimezone(zone).date(),
        due=(view.due_at - _INSTANT if view.due_at else issued).astimezone(zone).date(),
        account=view.account,
        holder=view.holder,
        holder_lines=view.holder_lines,
        seller=view.seller,
        order=view.id,
        credits=view.credits,
        bundle=view.bundle,
        unit_price=view.unit_price,
        currency=view.currency,
        net=view.net,
        vat_rate=view.vat_rate,
        vat=view.vat,
        total=view.total,
        open=view.open,
        cancelled=view.state == "cancelled",
        payments=tuple(
            pages.Payment(
                on=each.at.astimezone(zone).date(),
                ref=each.ref,
                amount=each.amount,
                charged_back=each.charged_back_at and each.charged_back_at.astimezone(zone).date(),
            )
            for each in payments
        ),
    )


def show_objections(found: Sequence[ObjectionView], zone: tzinfo) -> None:
    """Print what an account objected to."""
    for each in found:
        verdict = f"{each.verdict} {local(each.decided_at, zone)}" if each.verdict else "not decided"
        about = f"{each.kind} {each.target}" if each.target else each.kind
        click.echo(f"objection {each.id}: {about}, {local(each.at, zone)}, {verdict}: {printable(each.text)}")
