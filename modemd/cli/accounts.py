"""``modemd account``: who may send, how they stand, and what an operator can do about it."""

from __future__ import annotations

from pathlib import Path

import click

from modemd.cli.account_changes import CHANGES
from modemd.cli.account_papers import PAPERS
from modemd.cli.account_privacy import PRIVACY
from modemd.cli.account_tables import ACCOUNTS, account_facts, account_line, account_object
from modemd.cli.books import account_row, open_books, takes_json
from modemd.cli.config_option import takes_config
from modemd.cli.credit_objects import objection_object
from modemd.cli.credit_tables import show_objections
from modemd.cli.output import show_facts, show_json, show_table
from modemd.cli.presence import utc_now
from modemd.service.accounts import standing_views
from modemd.service.money import money_views
from modemd.store.accounts import all_accounts


@click.group()
def account() -> None:
    """Add, show, suspend, close, export or erase accounts.

    An account is declared in the configuration, or added here; the books of both are in the store.
    """


for _command in (*CHANGES, *PAPERS, *PRIVACY):
    account.add_command(_command)


@account.command("list", short_help="List accounts with state, terms, credits.")
@takes_config
@takes_json
@click.option("--all", "closed_too", is_flag=True, help="Also those that are closed or erased.")
@click.pass_obj
def list_accounts(path: Path, *, closed_too: bool, as_json: bool) -> None:
    """List the accounts with their state, terms and credits.

    \b
    Example: modemd account list --all
    """  # noqa: D301
    with open_books(path) as books:
        rows, standings, rules = books.read(
            lambda tx, rules: (all_accounts(tx), standing_views.standings(tx), rules)
        )
    by_name = {each.account: each for each in standings}
    shown = [row for row in rows if closed_too or row.state in {"active", "suspended"}]
    if as_json:
        show_json([account_object(row, by_name[row.name], rules) for row in shown])
        return
    show_table(ACCOUNTS, [account_line(row, by_name[row.name], rules) for row in shown], none="no accounts")


@account.command(short_help="Show all about one account.")
@takes_config
@takes_json
@click.argument("name", metavar="ID")
@click.pass_obj
def show(path: Path, name: str, *, as_json: bool) -> None:
    """Show all about one account but its messages and entries.

    \b
    Example: modemd account show clinic
    """  # noqa: D301
    with open_books(path) as books:
        row = books.read(lambda tx, _rules: account_row(tx, name))
        standings, objected, sent, rules = books.read(
            lambda tx, rules: (
                standing_views.standings(tx),
                money_views.objections(tx, row.id),
                standing_views.sent(tx, rules, row.id, utc_now()),
                rules,
            )
        )
        standing = next(each for each in standings if each.account == name)
        if as_json:
            used = {name: getattr(sent, name)._asdict() for name in sent._fields}
            told = {"sent": used, "objections": [objection_object(each) for each in objected]}
            show_json(account_object(row, standing, rules) | told)
            return
        show_facts(account_facts(row, standing, sent, rules, books.zone))
        show_objections(objected, books.zone)
