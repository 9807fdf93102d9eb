"""``modemd terms announce`` and ``withdraw``: changes of terms that are planned (L §17.3, 21.2)."""

from __future__ import annotations

from datetime import datetime, tzinfo
from pathlib import Path

import click

from modemd.cli.amounts import last_day, local
from modemd.cli.books import open_books, takes_by, takes_json
from modemd.cli.config_option import takes_config
from modemd.cli.output import show_json
from modemd.cli.row_key import ROW_KEY
from modemd.formats.events import iso
from modemd.formats.moments import parse_moment
from modemd.service.terms import announcements as verbs


@click.command(short_help="Announce changed terms.")
@takes_config
@takes_by
@takes_json
@click.option(
    "--from", "starts", metavar="TIME", help="Effective from then on  [default: as soon as allowed]"
)
@click.option("--account", "names", multiple=True, metavar="A",
              help="To this one, even under other terms; more than once: each.")  # fmt: skip
@click.argument("name", metavar="TERMS")
@click.pass_obj
def announce(
    path: Path, name: str, names: tuple[str, ...], starts: str | None, by: str, *, as_json: bool
) -> None:
    """Announce terms, as the configuration has them now, to the accounts that accepted another version.

    Each keeps the version that it accepted until then; the notice is a calendar month at least (L §17.3),
    and each is told by an event, and by e-mail where it asked for that.

    \b
    Example: modemd terms announce mine --from 2027-03-01
    """  # noqa: D301
    with open_books(path) as books:
        effective_at = None if starts is None else _moment(starts, books.zone)
        made = books.write(
            lambda tx, rules, now: verbs.announce_terms(
                tx, rules, name, effective_at, names=names, by=by, now=now
            )
        )
        if as_json:
            moments = ("effective_at", "objection_until")
            show_json([each._asdict() | {key: iso(getattr(each, key)) for key in moments} for each in made])
            return
        for each in made:
            click.echo(
                f"change {each.id}: account {each.account} lives under {each.terms}, version {each.version},"
                f" from {local(each.effective_at, books.zone)}\n"
                f"    objections until {last_day(each.objection_until, books.zone)}"
            )


@click.command(short_help="Take an announced change back.")
@takes_config
@takes_json
@click.argument("account", metavar="ACCOUNT")
@click.argument("change", metavar="CHANGE", type=ROW_KEY)
@click.pass_obj
def withdraw(path: Path, account: str, change: int, *, as_json: bool) -> None:
    """Take back a change of an account's terms that is not in force yet.

    \b
    Example: modemd terms withdraw clinic 4
    """  # noqa: D301
    with open_books(path) as books:
        books.write(lambda tx, _rules, _now: verbs.withdraw(tx, account, change))
    if as_json:
        show_json({"account": account, "change": change, "state": "withdrawn"})
    else:
        click.echo(f"change {change} of account {account}'s terms is withdrawn")


def _moment(text: str, zone: tzinfo) -> datetime:
    try:
        return parse_moment(text, zone)
    except ValueError as wrong:
        raise click.BadParameter(str(wrong), param_hint="--from") from wrong
