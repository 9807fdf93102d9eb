"""``modemd consent``: who may be sent to by an account, since when, how and by whose word."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from modemd.cli.amounts import local
from modemd.cli.books import account_row, open_books, takes_by, takes_json
from modemd.cli.config_option import takes_config
from modemd.cli.output import Column, printable, show_json, show_table
from modemd.formats.events import iso
from modemd.service.admission import consent as verbs
from modemd.store import consents
from modemd.store.times import from_us

if TYPE_CHECKING:
    from datetime import tzinfo

    from modemd.store.consents import ConsentRow

_CONSENTS: Final = (Column("RECIPIENT"), Column("CONSENT"), Column("SINCE"), Column("HOW"), Column("BY"))


@click.group()
def consent() -> None:
    """List, grant or revoke recipients' consents.

    A recipient who says STOP revokes his own, and gives it back by START; what stands here is what counts
    where an account's consent: is opt-out or required (S §5.4).
    """


@consent.command("list", short_help="List who may be sent to, or not.")
@takes_config
@takes_json
@click.option("--history", is_flag=True, help="Everything that was ever written down, in order.")
@click.argument("account", metavar="ACCOUNT")
@click.pass_obj
def list_consents(path: Path, account: str, *, history: bool, as_json: bool) -> None:
    """List the numbers of which an account knows whether they may be sent to.

    \b
    Example: modemd consent list clinic --history
    """  # noqa: D301
    look = consents.history if history else consents.of_account
    with open_books(path) as books:
        found = books.read(lambda tx, _rules: look(tx, account_row(tx, account).id))
        if as_json:
            show_json([_object(each) for each in found])
        else:
            show_table(_CONSENTS, [_row(each, books.zone) for each in found], none="no consents")


@consent.command(short_help="Write down that a number may be sent to.")
@takes_config
@takes_by
@takes_json
@click.argument("account", metavar="ACCOUNT")
@click.argument("phone", metavar="NUMBER")
@click.pass_obj
def grant(path: Path, account: str, phone: str, by: str, *, as_json: bool) -> None:
    """Write down that a number may be sent to by an account, such as when its owner signed for it.

    \b
    Example: modemd consent grant clinic 0475123456
    """  # noqa: D301
    with open_books(path) as books:
        kept = books.write(lambda tx, rules, now: verbs.grant(tx, rules, account, phone, by=by, now=now))
    _tell(account, kept, "granted", as_json=as_json)


@consent.command(short_help="Write down that it may not be sent to.")
@takes_config
@takes_by
@takes_json
@click.argument("account", metavar="ACCOUNT")
@click.argument("phone", metavar="NUMBER")
@click.pass_obj
def revoke(path: Path, account: str, phone: str, by: str, *, as_json: bool) -> None:
    """Write down that a number may not be sent to by an account, and cancel what waits for it.

    \b
    Example: modemd consent revoke clinic +32475123456
    """  # noqa: D301
    with open_books(path) as books:
        kept = books.write(lambda tx, rules, now: verbs.revoke(tx, rules, account, phone, by=by, now=now))
    _tell(account, kept, "revoked", as_json=as_json)


def _tell(account: str, recipient: str, state: str, *, as_json: bool) -> None:
    if as_json:
        show_json({"account": account, "recipient": recipient, "state": state})
    else:
        may = "may be sent to" if state == "granted" else "is not sent to any more"
        click.echo(f"{recipient} {may} by account {account}")


def _row(view: ConsentRow, zone: tzinfo) -> list[str]:
    return [view.recipient, view.state, local(from_us(view.at), zone), view.how, printable(view.by)]


def _object(view: ConsentRow) -> dict[str, Any]:
    return view._asdict() | {"at": iso(from_us(view.at))}
