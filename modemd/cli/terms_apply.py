"""``modemd terms apply``: what the accounts' terms bring about today, rehearsed or done."""

from __future__ import annotations

import textwrap
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from modemd.cli.account_privacy import sweep_spool
from modemd.cli.amounts import counted, local
from modemd.cli.books import open_books, takes_json
from modemd.cli.config_option import takes_config
from modemd.cli.exits import EXIT_FAILED
from modemd.cli.output import printable, show_json
from modemd.cli.presence import utc_now
from modemd.errors import Rejected
from modemd.formats.events import iso
from modemd.service.rules import Rules
from modemd.service.terms import daily, terms_warnings

if TYPE_CHECKING:
    from datetime import tzinfo

    from modemd.cli.books import Books
    from modemd.service.terms.daily import Step
    from modemd.store.transaction import Tx

_WIDTH: Final = 78
_DOES: Final = {
    "terms": "its announced terms take effect",
    "expire": "a lot's unused credits are cancelled",
    "suspend": "it is suspended",
    "forfeit": "its balance is forfeited",
    "close": "it is closed",
    "erase": "its personal data is erased",
}


@click.command(short_help="Apply the rules now, or rehearse it.")
@takes_config
@takes_json
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.pass_context
def apply(ctx: click.Context, *, dry_run: bool, as_json: bool) -> None:
    """Apply the rules of the accounts' terms now: expiry, overdue payments, closing; each says its clause.

    A running daemon does this once a day. What is done is one transaction for each step; done again it does
    nothing. Exit status 1: the books refused a step.

    \b
    Example: modemd terms apply --dry-run
    """  # noqa: D301
    path: Path = ctx.obj
    with open_books(path) as books:
        refused: list[str] = []
        steps = _due(books) if dry_run else _carry_out(books, refused)
        if as_json:
            show_json([_object(each) for each in steps])
        else:
            for step in steps:
                _show(step, books.zone)
            would = "would be done" if dry_run else "done"
            count = "1 step" if len(steps) == 1 else f"{len(steps)} steps"
            click.echo(f"{count} {would}" if steps else "nothing is due")
    for sentence in refused:
        click.echo(sentence, err=True)
    if refused:
        ctx.exit(EXIT_FAILED)


def _due(books: Books) -> list[Step]:
    def look(tx: Tx, rules: Rules) -> list[Step]:
        now = utc_now()
        daily.check_clock(tx, rules, now)
        return daily.due(tx, rules, now)

    return books.read(look)


def _carry_out(books: Books, refused: list[str]) -> list[Step]:
    """Do what is due, each step in its own transaction; what that brings about as well."""
    done: list[Step] = []
    books.write(daily.check_clock)
    for _ in range(daily.ROUNDS):
        before = len(done)
        for step in _due(books):
            try:
                carried = books.write(partial(_one, step))
            except Rejected as refusal:
                sentence = f"account {step.account}: {step.sentence} was refused: {refusal}"
                refused += [sentence] if sentence not in refused else []
                continue
            if carried is not None:
                done.append(step)
                if carried.erased is not None:
                    refused += sweep_spool(books, carried.erased).left
        if len(done) == before:
            break
    books.write(terms_warnings.warn)
    books.write(daily.note_day)
    return done


def _one(step: Step, tx: Tx, rules: Rules, now: datetime) -> daily.Carried | None:
    return daily.carry_out(tx, rules, step, now)


def _show(step: Step, zone: tzinfo) -> None:
    lost = f", {counted(step.credits)} lost" if step.credits else ""
    head = f"account {step.account}: {_DOES[step.kind]}{lost}"
    click.echo(f"{head}{step.clause:>{max(_WIDTH - len(head), len(step.clause) + 1)}}")
    said = f"{printable(step.sentence)} (due {local(step.due_at, zone)})"
    click.echo(textwrap.fill(said, _WIDTH, initial_indent="    ", subsequent_indent="    "))


def _object(step: Step) -> dict[str, Any]:
    return step._asdict() | {"due_at": iso(step.due_at)}
