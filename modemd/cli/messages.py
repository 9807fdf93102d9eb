"""``modemd messages``: what is queued, sent and received, and what an operator can do about one message."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import click

from modemd.cli.config_option import takes_config
from modemd.cli.messages_show import show_inbound, show_outbound
from modemd.cli.output import Column, cell, printable, short_moment, shortened, show_json, show_table
from modemd.cli.output_objects import inbound_object, outbound_object
from modemd.cli.presence import living, open_store, utc_now
from modemd.cli.row_key import ROW_KEY
from modemd.config import load
from modemd.errors import Rejected
from modemd.gsm.cause_texts import trouble_words
from modemd.model import MessageState
from modemd.service import orders, overview, views
from modemd.service.accounts import accounts
from modemd.service.checks import DEFAULT_ACCOUNT
from modemd.service.credits import credit_views
from modemd.service.modems import adoption
from modemd.service.reminders import appointments
from modemd.service.rules import Rules
from modemd.service.waiting import wait_sentence, waits_of

if TYPE_CHECKING:
    from datetime import tzinfo

    from modemd.service.views import InboundView, OutboundView
    from modemd.store.outbound import MessageRow
    from modemd.store.transaction import Tx

_OUTBOUND: Final = (
    Column("ID", right=True), Column("ACCEPTED"), Column("ACCOUNT"), Column("TO"), Column("STATE"),
    Column("SENT", right=True), Column("MODEM"), Column("TEXT"),
)  # fmt: skip
_INBOUND: Final = (
    Column("ID", right=True), Column("RECEIVED"), Column("ACCOUNT"), Column("FROM"), Column("MODEM"),
    Column("PARTS", right=True), Column("TEXT"),
)  # fmt: skip
_TEXT_WIDTH: Final = 50
_STATES: Final = [state.value for state in MessageState if state is not MessageState.REJECTED]

_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_incoming = click.option("--incoming", is_flag=True, help="Of what was received.")


class ListsByDefault(click.Group):
    """A group that lists when no other command is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Options that stand alone are those of ``list``."""
        asks_for_help = bool(args) and args[0] in ctx.help_option_names
        if not args or (args[0].startswith("-") and not asks_for_help):
            args = ["list", *args]
        return super().parse_args(ctx, args)


@click.group(cls=ListsByDefault)
def messages() -> None:
    """List, show, cancel, retry or resolve messages; without a command, list the newest."""


@messages.command("list")
@takes_config
@click.option("--state", type=click.Choice(_STATES), help="Only messages in this state.")
@click.option("--account", metavar="A", help="Only this account's.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(min=1), help="At most so many.")
@_incoming
@_json
@click.pass_obj
def list_messages(
    path: Path, state: str | None, account: str | None, limit: int, *, incoming: bool, as_json: bool
) -> None:
    """List messages, the newest first."""
    if incoming and state is not None:
        raise click.UsageError("what was received has no states: --state or --incoming, not both")
    config = load(path)
    with open_store(config.store.url) as store:
        if incoming:
            received = store.read(lambda tx: views.received(tx, account=account, most=limit))
            _show_received(received, config.gateway.zone, as_json=as_json)
            return
        wanted = None if state is None else MessageState(state)
        found = store.read(lambda tx: views.outbound(tx, state=wanted, account=account, most=limit))
    if as_json:
        show_json([outbound_object(each) for each in found])
        return
    rows = [_outbound_row(each, config.gateway.zone) for each in found]
    show_table(_OUTBOUND, rows, none="no messages")


def _outbound_row(view: OutboundView, zone: tzinfo) -> list[str]:
    said = view.text or ""
    if view.error_code is not None:
        said = trouble_words(view.error_code, view.error_reason or "")
    return [
        str(view.id), short_moment(view.accepted_at, zone, utc_now()), view.account, cell(view.to),
        view.state.value, f"{view.parts_done}/{view.parts}", cell(view.modem),
        cell(shortened(said, _TEXT_WIDTH)),
    ]  # fmt: skip


def _said(view: InboundView) -> str:
    return view.text or view.error or ("a picture message (MMS)" if view.mms is not None else "")


def _show_received(received: list[InboundView], zone: tzinfo, *, as_json: bool) -> None:
    if as_json:
        show_json([inbound_object(each) for each in received])
        return
    rows = [
        [
            str(each.id), short_moment(each.received_at, zone, utc_now()), each.account,
            cell(shortened(each.originator or "", _TEXT_WIDTH)), each.modem, str(each.parts),
            cell(shortened(_said(each), _TEXT_WIDTH)),
        ]
        for each in received
    ]  # fmt: skip
    show_table(_INBOUND, rows, none="nothing was received")


@messages.command()
@takes_config
@click.argument("message_id", metavar="ID", type=ROW_KEY)
@_incoming
@_json
@click.pass_obj
def show(path: Path, message_id: int, *, incoming: bool, as_json: bool) -> None:
    """Show all that is known of one message."""
    config = load(path)
    with open_store(config.store.url) as store:
        if incoming:
            received = store.read(lambda tx: views.find_received(tx, message_id))
            if received is None:
                raise Rejected("bad_request", f"there is no received message {message_id}")
            show_inbound(received, config.gateway.zone, as_json=as_json)
            return
        found = store.read(lambda tx: _with_parts(tx, message_id))
        now, rules = utc_now(), Rules.of(config)
        waits = store.read(lambda tx: waits_of(tx, rules, found[1], now))
        alive = living(store.read(overview.gateways), now, here=store.on_this_machine)
    awaited = [wait_sentence(each, alive) for each in waits]
    show_outbound(*found, awaited, config.gateway.zone, as_json=as_json)


def _with_parts(
    tx: Tx, message_id: int
) -> tuple[OutboundView, list[views.PartView], dict[int, tuple[int, int]]]:
    found = views.find_outbound(tx, message_id)
    if found is None:
        raise Rejected("bad_request", f"there is no message {message_id}")
    return found, views.parts_of(tx, message_id), credit_views.of_message(tx, message_id)


@messages.command()
@takes_config
@click.argument("message_id", metavar="[ID]", type=ROW_KEY, required=False)
@click.option(
    "--name", metavar="NAME", help="Instead of ID: the sender's own id of a message or appointment."
)
@click.option(
    "--account", metavar="A", default=DEFAULT_ACCOUNT, help="Whose name that is.", show_default=True
)
@_json
@click.pass_obj
def cancel(path: Path, message_id: int | None, name: str | None, account: str, *, as_json: bool) -> None:
    """Cancel what no modem holds of a message, or all reminders of an appointment that wait."""
    if (message_id is None) == (name is None):
        raise click.UsageError("give either ID or --name")

    def order(tx: Tx, rules: Rules) -> MessageRow:
        if name is not None:
            return appointments.cancel_named(tx, rules, account, name, utc_now())
        assert message_id is not None, "one of both is given"
        return orders.cancel(tx, rules, message_id, utc_now())

    _order(path, order, as_json=as_json, name=name)


@messages.command()
@takes_config
@click.argument("message_id", metavar="ID", type=ROW_KEY)
@_json
@click.pass_obj
def retry(path: Path, message_id: int, *, as_json: bool) -> None:
    """Try again what failed, expired or was cancelled: at once, and only the parts that were not sent."""
    _order(path, lambda tx, rules: orders.retry(tx, rules, message_id, utc_now()), as_json=as_json)


@messages.command()
@takes_config
@click.argument("message_id", metavar="ID", type=ROW_KEY)
@click.argument("verdict", type=click.Choice(["sent", "failed"]))
@_json
@click.pass_obj
def resolve(path: Path, message_id: int, verdict: Literal["sent", "failed"], *, as_json: bool) -> None:
    """Say what became of a message that is uncertain: a modem may or may not have sent it."""
    _order(path, lambda tx, rules: orders.resolve(tx, rules, message_id, verdict, utc_now()), as_json=as_json)


def _order(
    path: Path, order: Callable[[Tx, Rules], MessageRow], *, as_json: bool, name: str | None = None
) -> None:
    config = load(path)
    rules = Rules.of(config)
    with open_store(config.store.url) as store:
        message = store.transact(lambda tx: order(tx, adoption.known(tx, accounts.merged(tx, rules))))
        if as_json:
            show_json(outbound_object(*store.read(lambda tx: _with_parts(tx, message.id))))
            return
    if name is not None and message.client_id != name:  # it is the last of an appointment's reminders
        click.echo(printable(f"appointment {name} is cancelled, with its reminders that waited"))
        return
    click.echo(f"message {message.id} is {message.state} now")
