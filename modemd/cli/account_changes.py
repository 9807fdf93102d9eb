"""The commands of ``modemd account`` that change how an account stands."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from modemd.cli.account_tables import account_object
from modemd.cli.books import open_books, takes_by, takes_json
from modemd.cli.config_option import takes_config
from modemd.cli.output import printable, show_json
from modemd.service.accounts import accounts as verbs
from modemd.service.accounts import standing_views as views
from modemd.service.accounts.account_reasons import WRITTEN
from modemd.service.money import debts
from modemd.service.rules import Rules

if TYPE_CHECKING:
    from modemd.cli.books import Books
    from modemd.store.accounts import AccountRow
    from modemd.store.transaction import Tx

_REASONS: Final = ", ".join(WRITTEN)
_reason = click.option("--reason", required=True, metavar="R", help="Why; it stands in the books.")
_name = click.argument("name", metavar="ID")


def _keys(_ctx: click.Context, _parameter: click.Parameter, given: tuple[str, ...]) -> dict[str, Any]:
    """``KEY=VALUE`` of each; a value that is JSON (60, true, ["+32"]) is that, else it is text."""
    keys: dict[str, Any] = {}
    for each in given:
        key, equals, written = each.partition("=")
        if not equals:
            raise click.BadParameter(f"{each!r} is no KEY=VALUE, such as per_minute=60")
        try:
            keys[key] = json.loads(written)
        except ValueError:
            keys[key] = written
    return keys


@click.command(short_help="Open an account.")
@takes_config
@takes_by
@takes_json
@click.option("--terms", metavar="T", help="The terms that it signed  [default: unlimited]")
@click.option("--holder", metavar="H", help="The person or legal entity that it belongs to.")
@click.option(
    "--address", metavar="LINE", multiple=True, help="A line of its address, for invoices; once each."
)
@click.option("--vat-number", metavar="V", help="Its VAT number, for invoices.")
@click.option("--email", metavar="E", help="The holder's address.")
@click.option("--set", "keys", multiple=True, metavar="KEY=VALUE", callback=_keys,
              help="Any other key of accounts: in the configuration.")  # fmt: skip
@_name
@click.pass_obj
def add(
    path: Path,
    name: str,
    terms: str | None,
    holder: str | None,
    address: tuple[str, ...],
    vat_number: str | None,
    email: str | None,
    keys: dict[str, Any],
    by: str,
    *,
    as_json: bool,
) -> None:
    """Open an account; it may send as soon as it has credits, or at once where nothing is charged.

    \b
    Example: modemd account add clinic --terms sms4less --holder "Clinic Ltd" \\
                 --email office@clinic.example --set consent=opt-out --set 'allow=["+32"]'
    """  # noqa: D301
    known = {"terms": terms, "holder": holder, "vat_number": vat_number, "email": email}
    settings = keys | {key: value for key, value in known.items() if value is not None}
    if address:
        settings["address"] = address
    with open_books(path) as books:
        row = books.write(lambda tx, rules, now: verbs.add(tx, rules, name, settings, by=by, now=now))
        _tell(books, row, f"account {name} is open, under the terms {row.terms}", as_json=as_json)


@click.command(short_help="Change an account's keys.")
@takes_config
@takes_by
@takes_json
@_name
@click.argument("keys", metavar="KEY=VALUE...", nargs=-1, required=True, callback=_keys)
@click.pass_obj
def change(path: Path, name: str, keys: dict[str, Any], by: str, *, as_json: bool) -> None:
    """Change keys of an account that was added by command; a declared one is changed in the configuration.

    \b
    Example: modemd account change clinic per_minute=60 consent=required email=null
    """  # noqa: D301
    with open_books(path) as books:
        row = books.write(lambda tx, rules, now: verbs.change(tx, rules, name, keys, by=by, now=now))
        _tell(books, row, f"account {name} is changed", as_json=as_json)


@click.command(epilog=f"Reasons of L §19.1: {_REASONS}.", short_help="Stop an account before its next part.")
@takes_config
@takes_by
@takes_json
@_reason
@_name
@click.pass_obj
def suspend(path: Path, name: str, reason: str, by: str, *, as_json: bool) -> None:
    """Stop an account before its next part; what is queued stays queued (S §6.3, L §19.1).

    Terms like sms4less want one of the reasons below, alone or with words of yours behind a colon.

    \b
    Example: modemd account suspend clinic --reason "obligation_unmet: invoice 2026-0001"
    """  # noqa: D301
    _move(path, name, lambda tx, rules, now: verbs.suspend(tx, rules, name, reason=reason, by=by, now=now),
          as_json=as_json)  # fmt: skip


@click.command(short_help="Let a suspended account go on.")
@takes_config
@takes_by
@takes_json
@_name
@click.pass_obj
def resume(path: Path, name: str, by: str, *, as_json: bool) -> None:
    """Let a suspended account go on: what waited goes out. It stays suspended for what it owes.

    \b
    Example: modemd account resume clinic
    """  # noqa: D301
    _move(path, name, lambda tx, rules, now: debts.resume(tx, rules, name, by=by, now=now), as_json=as_json)


@click.command(
    epilog=f"Reasons of L §19.1: {_REASONS}. customer: the customer ended it (L §19.3).",
    short_help="End an account; its credits are lost.",
)
@takes_config
@takes_by
@takes_json
@click.option(
    "--reason", default="", metavar="R", help="Why; it stands in the books. Terms like sms4less want one."
)
@_name
@click.pass_obj
def close(path: Path, name: str, reason: str, by: str, *, as_json: bool) -> None:
    """End an account: what waits is cancelled, its credits are lost (S §7.7, L §4.5, 19.1, 19.3).

    \b
    Example: modemd account close clinic --reason "customer: letter of 3 March"
    """  # noqa: D301
    _move(path, name, lambda tx, rules, now: verbs.close(tx, rules, name, reason=reason, by=by, now=now),
          as_json=as_json)  # fmt: skip


def _move(path: Path, name: str, verb: Callable[[Tx, Rules, datetime], AccountRow], *, as_json: bool) -> None:
    with open_books(path) as books:
        row = books.write(verb)
        _tell(books, row, f"account {name} is {row.state} now", as_json=as_json)


def _tell(books: Books, row: AccountRow, sentence: str, *, as_json: bool) -> None:
    if not as_json:
        click.echo(printable(sentence))
        return
    standing, rules = books.read(
        lambda tx, rules: (next(each for each in views.standings(tx) if each.account == row.name), rules)
    )
    show_json(account_object(row, standing, rules))


CHANGES: Final = (add, change, suspend, resume, close)
