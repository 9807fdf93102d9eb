"""``modemd credit``: what accounts have, what is given to them, and whether the books add up."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from modemd.cli.amounts import counted, signed
from modemd.cli.books import account_row, open_books, takes_by, takes_json
from modemd.cli.config_option import takes_config
from modemd.cli.credit_money import MONEY
from modemd.cli.credit_objects import entry_object, statement_object
from modemd.cli.credit_tables import show_statement
from modemd.cli.exits import EXIT_FAILED
from modemd.cli.output import show_json
from modemd.service.credits import credit as verbs
from modemd.service.credits import credit_views as views
from modemd.service.credits.credit_verify import verify as differences_of
from modemd.service.money.grants import give

if TYPE_CHECKING:
    from modemd.store.transaction import Tx

_SIGNED: Final = {"ignore_unknown_options": True}
"""A negative count is not an option."""
_MOST_SHOWN: Final = 50


@click.group()
def credit() -> None:
    """Grant, order and pay credits; show and verify the books.

    Credits are whole numbers, money is EUR without VAT where it says nothing else. All commands work on
    the store, whether a daemon runs or not; one that runs notices within a second.
    """


for _command in MONEY:
    credit.add_command(_command)


@credit.command(context_settings=_SIGNED, short_help="Give an account credits.")
@takes_config
@takes_by
@takes_json
@click.option("--reason", required=True, metavar="R", help="Why; it stands in the books.")
@click.argument("account", metavar="ACCOUNT")
@click.argument("credits_", metavar="CREDITS", type=int)
@click.pass_obj
def grant(path: Path, account: str, credits_: int, reason: str, by: str, *, as_json: bool) -> None:
    """Give an account credits that nobody pays for, valid as long as its terms have it.

    \b
    Example: modemd credit grant clinic 100 --reason "first month free"
    """  # noqa: D301
    with open_books(path) as books:
        lot = books.write(
            lambda tx, rules, now: give(tx, rules, account, credits_, by=by, reason=reason, now=now)
        )
        left = books.read(lambda tx, _rules: verbs.balances(tx, account_row(tx, account).id)).balance
    if as_json:
        show_json({"account": account, "credits": credits_, "lot": lot, "balance": left})
    else:
        click.echo(f"account {account}: {counted(credits_)} granted as lot {lot}, the balance is {left}")


@credit.command(context_settings=_SIGNED, short_help="Correct an account's credits, up or down.")
@takes_config
@takes_by
@takes_json
@click.option("--reason", required=True, metavar="R", help="Why; it stands in the books.")
@click.argument("account", metavar="ACCOUNT")
@click.argument("credits_", metavar="CREDITS", type=int)
@click.pass_obj
def adjust(path: Path, account: str, credits_: int, reason: str, by: str, *, as_json: bool) -> None:
    """Correct an account's credits, up or (-5) down; never below what is left.

    \b
    Example: modemd credit adjust clinic -5 --reason "granted twice on Monday"
    """  # noqa: D301
    with open_books(path) as books:
        entry = books.write(
            lambda tx, _rules, now: verbs.adjust(
                tx, account_row(tx, account).id, credits_, by=by, reason=reason, now=now
            )
        )
        left = books.read(lambda tx, _rules: verbs.balances(tx, account_row(tx, account).id)).balance
    if as_json:
        show_json({"account": account, "credits": credits_, "entry": entry, "balance": left})
    else:
        click.echo(f"account {account}: {signed(credits_)} credits, the balance is {left}")


@credit.command(short_help="Show lots, and what moved the credits.")
@takes_config
@takes_json
@click.option("--limit", type=click.IntRange(min=1), help=f"The newest entries  [default: {_MOST_SHOWN}]")
@click.option("--all", "whole", is_flag=True, help="Every entry; what --json does by itself.")
@click.argument("account", metavar="ACCOUNT")
@click.pass_obj
def statement(path: Path, account: str, limit: int | None, *, whole: bool, as_json: bool) -> None:
    """Show what an account has, its lots, and what moved its credits.

    CREDITS is what an entry does to the balance, HELD what it does to the credits that are set aside for
    messages on their way.

    \b
    Example: modemd credit statement clinic
    """  # noqa: D301
    with open_books(path) as books:
        if as_json and limit is None:
            books.read(lambda tx, _rules: _print_whole(tx, account))
            return
        most = limit if limit or whole else _MOST_SHOWN
        found, rules = books.read(
            lambda tx, rules: (views.statement(tx, account_row(tx, account).id, account, most=most), rules)
        )
        if as_json:
            show_json(statement_object(found))
        else:
            show_statement(found, books.zone, charged=rules.terms_of(account).charged)


def _print_whole(tx: Tx, account: str) -> None:
    """The whole statement as one object, printed as it is read."""
    account_id = account_row(tx, account).id
    head = statement_object(views.statement(tx, account_id, account, most=0))
    head.pop("entries")
    write = sys.stdout.write  # there may be millions of entries
    write(json.dumps(head, ensure_ascii=False)[:-1] + ', "entries": [')
    for place, each in enumerate(views.every_entry(tx, account_id)):
        write((", " if place else "") + json.dumps(entry_object(each), ensure_ascii=False))
    write("]}\n")


@credit.command(short_help="Add up the ledger, and compare.")
@takes_config
@takes_json
@click.pass_context
def verify(ctx: click.Context, *, as_json: bool) -> None:
    """Add up the ledger and compare it with every balance; exit status 1 where they differ.

    \b
    Example: modemd credit verify
    """  # noqa: D301
    with open_books(ctx.obj, create=False) as books:  # no books are no books that add up
        differences = books.read(lambda tx, _rules: differences_of(tx))
    if as_json:
        show_json({"fine": not differences, "differences": differences})
    else:
        for each in differences:
            click.echo(each)
        if not differences:
            click.echo("the books add up: every balance, lot and hold is what its entries say")
    if differences:
        ctx.exit(EXIT_FAILED)
