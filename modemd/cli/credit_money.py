"""The commands of ``modemd credit`` that are about money: orders, payments, invoices."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from modemd.cli.amounts import money
from modemd.cli.books import Books, account_row, open_books, takes_by, takes_json
from modemd.cli.config_option import takes_config
from modemd.cli.credit_objects import order_object, parties_object
from modemd.cli.credit_tables import invoice_page, show_order, show_orders, tell_order
from modemd.cli.output import printable, show_json
from modemd.cli.row_key import ROW_KEY
from modemd.formats.invoice import as_html, as_text
from modemd.service.money import money_views as views
from modemd.service.money import ordering, payments


@click.command(short_help="Order credits; issue the invoice.")
@takes_config
@takes_by
@takes_json
@click.option("--credits", "credits_", type=int, required=True, metavar="N", help="How many.")
@click.option("--bundle", metavar="B", help="The bundle's name: refused if they are of another one's size.")
@click.option("--id", "client_id", metavar="ID", help="Your name for it: the same one is ordered once.")
@click.argument("account", metavar="ACCOUNT")
@click.pass_obj
def order(
    path: Path,
    account: str,
    credits_: int,
    bundle: str | None,
    client_id: str | None,
    by: str,
    *,
    as_json: bool,
) -> None:
    """Order credits for an account at the price of their bundle, and issue the invoice.

    They can be used when it is paid; the largest bundle before that, where it was agreed for the account.

    \b
    Example: modemd credit order clinic --credits 500
    """  # noqa: D301
    with open_books(path) as books:
        made = books.write(
            lambda tx, rules, now: ordering.order(
                tx, rules, account, credits_, bundle=bundle, client_id=client_id, by=by, now=now
            )
        )
        _tell(books, made.id, as_json=as_json)


@click.command(short_help="Book a payment, or a part of one.")
@takes_config
@takes_by
@takes_json
@click.option("--amount", required=True, metavar="EUR", help="What came in, VAT included, such as 57.48.")
@click.option("--ref", required=True, metavar="R", help="The payment's own mark, such as the bank's.")
@click.argument("order_id", metavar="ORDER", type=ROW_KEY)
@click.pass_obj
def pay(path: Path, order_id: int, amount: str, ref: str, by: str, *, as_json: bool) -> None:
    """Book a payment of an order, or a part of it; a payment is booked once under its --ref.

    \b
    Example: modemd credit pay 7 --amount 57.48 --ref "bank 2026-03-01/12"
    """  # noqa: D301
    with open_books(path) as books:
        paid = books.write(
            lambda tx, rules, now: payments.pay(tx, rules, order_id, amount, ref, by=by, now=now)
        )
        if not as_json:
            click.echo(f"payment {paid.id}: {money(paid.amount, paid.order.currency)}, {printable(paid.ref)}")
        _tell(books, order_id, as_json=as_json)


@click.command(short_help="Book that a payment was taken back.")
@takes_config
@takes_by
@takes_json
@click.argument("payment", metavar="PAYMENT")
@click.pass_obj
def chargeback(path: Path, payment: str, by: str, *, as_json: bool) -> None:
    """Book that a payment was taken back; PAYMENT is its --ref, or its id.

    Under terms like smstools the account is closed (S §7.5), under those like sms4less it is suspended
    until all is paid again (L §19.1).

    \b
    Example: modemd credit chargeback "bank 2026-03-01/12"
    """  # noqa: D301
    with open_books(path) as books:
        gone = books.write(lambda tx, rules, now: payments.chargeback(tx, rules, payment, by=by, now=now))
        if not as_json:
            amount = money(gone.amount, gone.order.currency)
            row = books.read(lambda tx, _rules: account_row(tx, gone.order.account))
            click.echo(f"payment {gone.id} of {amount} is taken back; account {row.name} is {row.state}")
        _tell(books, gone.order.id, as_json=as_json)


@click.command(short_help="Cancel an order that is not paid.")
@takes_config
@takes_by
@takes_json
@click.argument("order_id", metavar="ORDER", type=ROW_KEY)
@click.pass_obj
def cancel(path: Path, order_id: int, by: str, *, as_json: bool) -> None:
    """Cancel an order of which nothing is paid or used; its invoice's number is not used again.

    \b
    Example: modemd credit cancel 7
    """  # noqa: D301
    with open_books(path) as books:
        books.write(lambda tx, rules, now: ordering.cancel_order(tx, rules, order_id, by=by, now=now))
        _tell(books, order_id, as_json=as_json)


def _look(books: Books, order_id: int) -> tuple[views.OrderView, list[views.PaymentView]]:
    return books.read(lambda tx, _rules: (views.find_order(tx, order_id), views.payments(tx, order_id)))


def _tell(books: Books, order_id: int, *, as_json: bool) -> None:
    found, paid = books.read(
        lambda tx, _rules: (views.find_order(tx, order_id), views.payments(tx, order_id))
    )
    if as_json:
        show_json(order_object(found, paid))
    else:
        tell_order(found, books.zone)


@click.command(short_help="List orders.")
@takes_config
@takes_json
@click.option("--order", "order_id", type=ROW_KEY, metavar="ID", help="One order, with its payments.")
@click.option("--open", "unpaid", is_flag=True, help="Only what is still to be paid.")
@click.argument("account", metavar="[ACCOUNT]", required=False)
@click.pass_obj
def orders(path: Path, account: str | None, order_id: int | None, *, unpaid: bool, as_json: bool) -> None:
    """List the orders of an account, or of all.

    \b
    Examples: modemd credit orders --open
              modemd credit orders --order 7
    """  # noqa: D301
    with open_books(path) as books:
        if order_id is not None:
            found, paid = _look(books, order_id)
            if as_json:
                show_json(order_object(found, paid))
            else:
                show_order(found, paid, books.zone)
            return
        listed = books.read(
            lambda tx, _rules: views.orders(tx, None if account is None else account_row(tx, account).id)
        )
        listed = [each for each in listed if not unpaid or (each.open and each.state != "cancelled")]
        if as_json:
            show_json([order_object(each) for each in listed])
        else:
            show_orders(listed, books.zone)


@click.command(short_help="Print an invoice.")
@takes_config
@takes_json
@click.option("--html", "as_page", is_flag=True, help="Print a page of HTML.")
@click.argument("invoice_no", metavar="NUMBER")
@click.pass_obj
def invoice(path: Path, invoice_no: str, *, as_page: bool, as_json: bool) -> None:
    """Print an invoice as text, or as a page without scripts that any browser prints.

    \b
    Example: modemd credit invoice 2026-0001 --html > 2026-0001.html
    """  # noqa: D301
    with open_books(path) as books:
        found = books.read(lambda tx, _rules: views.order_of_invoice(tx, invoice_no))
        paid = books.read(lambda tx, _rules: views.payments(tx, found.id))
        if as_json:
            show_json(order_object(found, paid) | parties_object(found))
            return
        page = invoice_page(found, paid, books.zone)
    click.echo(as_html(page) if as_page else as_text(page), nl=not as_page)


MONEY: Final = (order, pay, chargeback, cancel, orders, invoice)
