"""The commands of ``modemd credit`` that are about money: orders, payments, invoices."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from modemd.cli.books import account_row, open_books, takes_json
from modemd.cli.config_option import takes_config
from modemd.cli.credit_objects import order_object
from modemd.cli.credit_tables import invoice_page, show_order, show_orders
from modemd.cli.output import show_json
from modemd.formats.invoice import as_html, as_text
from modemd.service import credit_views as views


@click.command()
@takes_config
@takes_json
@click.option("--order", "order_id", type=int, metavar="ID", help="One order, with its payments.")
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
            found, paid = books.read(
                lambda tx, _rules: (views.find_order(tx, order_id), views.payments(tx, order_id))
            )
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


@click.command()
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
            show_json(order_object(found, paid))
            return
        page = invoice_page(found, paid, books.zone)
    click.echo(as_html(page) if as_page else as_text(page), nl=not as_page)


MONEY: Final = (orders, invoice)
