"""``modemd send``: a message by hand, straight into the store; a running daemon notices by itself."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, Final, TypedDict, Unpack

import click

from modemd.cli.amounts import counted
from modemd.cli.books import known_rules
from modemd.cli.config_option import takes_config
from modemd.cli.exits import EXIT_FAILED
from modemd.cli.output import show_json
from modemd.cli.presence import open_store, utc_now
from modemd.cli.send_wait import Waiting
from modemd.config import Config, load
from modemd.errors import Rejected, StoreError
from modemd.formats.sendjson import read_send
from modemd.model import Priority
from modemd.service import intake, views
from modemd.service.accounts import accounts
from modemd.service.credits import credit
from modemd.service.modems import adoption
from modemd.service.reminders import appointments
from modemd.service.rules import Rules
from modemd.store import accounts as rows

if TYPE_CHECKING:
    from modemd.service.intake import Accepted, Prepared
    from modemd.store.database import Database
    from modemd.store.transaction import Tx


_OPTIONAL: Final = ("appointment", "remind", "channel")


class Options(TypedDict):
    """What the command line asks for."""

    to: tuple[str, ...]
    account: str | None
    client_id: str | None
    priority: str
    at: str | None
    appointment: str | None
    remind: str | None
    validity: str | None
    report: bool | None
    flash: bool
    modem: str | None
    channel: str | None
    wait: bool
    quote: bool
    mqtt: bool
    as_json: bool


@click.command()
@takes_config
@click.option(
    "--to",
    required=True,
    multiple=True,
    metavar="NUMBER",
    help="Whom to, or a contact; more than once: each.",
)
@click.option("--account", metavar="A", help="Whose message it is  [default: default]")
@click.option("--wait", is_flag=True, help="Show each state until the message has ended.")
@click.option("--quote", is_flag=True, help="Say parts, coding and credits; send nothing.")
@click.option("--mqtt", is_flag=True, help="By the broker of the configuration, not by the store.")
@click.option(
    "--priority",
    type=click.Choice([priority.name.lower() for priority in Priority]),
    default="normal",
    show_default=True,
)
@click.option("--at", metavar="TIME", help="Not before: 2026-11-22 14:30, in the gateway's time zone.")
@click.option(
    "--appointment",
    metavar="TIME",
    help="Remind of it: {date} and {time} in TEXT are its own; the same --id moves it.",
)
@click.option("--remind", metavar="TIMES", help="How long before it: 24h, or 2d,2h  [default: the account's]")
@click.option("--validity", metavar="TIME", help="How long it may take to arrive: 30min, 24h, 2d.")
@click.option(
    "--report/--no-report", default=None, help="Ask for a status report  [default: sending.reports]"
)
@click.option("--flash", is_flag=True, help="Shown at once, not kept (class 0).")
@click.option("--id", "client_id", metavar="ID", help="Your name for it: the same one is never sent twice.")
@click.option("--modem", metavar="NAME", help="By this modem and no other.")
@click.option("--channel", metavar="C", help="voice: say TEXT in a phone call; or one of mqtt.channels.")
@click.option("--json", "as_json", is_flag=True, help="A line of JSON for each state.")
@click.argument("text", required=False)
@click.pass_context
def send(ctx: click.Context, text: str | None, **options: Unpack[Options]) -> None:
    """Send TEXT; without it, or with `-`, what comes on standard input.

    It is taken into the store, and goes out as soon as a gateway runs on it. With --mqtt it is
    published to the broker instead, from whatever machine: the configuration needs no more than `mqtt:`.

    \b
    Exit status: 0 taken (with --wait: sent, and delivered where a report was asked for),
    1 refused or failed, 75 no store (with --mqtt: no broker, or no gateway that answers within 10 s),
    or with --wait no running gateway, 78 the configuration is wrong, or the broker refuses us.
    """  # noqa: D301 - click wants the backspace itself
    config = load(ctx.obj)
    try:
        payload = _payload(options, _text(text))
        if options["mqtt"]:
            ctx.exit(_by_broker(config, payload, options))
        rules, available = _known(config, payload["account"] or accounts.DEFAULT)
        prepared = _prepared(payload, rules, config)
        if options["quote"]:
            _quote(prepared, available, as_json=options["as_json"])
            return
        with open_store(config.store.url, home=config.gateway.name) as store:
            accepted = store.transact(lambda tx: _accept(tx, prepared, config))
            ctx.exit(_tell(store, accepted, config, options))
    except Rejected as refused:
        if not options["as_json"]:
            raise
        told = {"code": refused.code, "reason": refused.reason, "retry": False}
        show_json({"event": "rejected", "id": None, "client_id": options["client_id"], "error": told})
        ctx.exit(EXIT_FAILED)


def _text(given: str | None) -> str:
    if given is not None and given != "-":
        return given
    if sys.stdin.isatty():
        click.echo("Text, then Ctrl-D:", err=True)
    read = sys.stdin.buffer.read()
    try:
        return read.decode("utf-8").removesuffix("\n")
    except UnicodeDecodeError as wrong:
        raise Rejected("bad_request", f"the text is not UTF-8 (octet {wrong.start + 1})") from wrong


def _payload(options: Options, text: str) -> dict[str, Any]:
    """The options are the fields of a JSON message, and mean and allow the same."""
    payload: dict[str, Any] = {"to": list(options["to"]), "text": text, "id": options["client_id"]}
    payload |= {name: options[name] for name in ("account", "priority", "at", "validity", "report")}
    payload |= {name: options[name] for name in _OPTIONAL if options[name] is not None}
    return payload | {"flash": options["flash"] or None, "modem": options["modem"]}


def _by_broker(config: Config, payload: dict[str, Any], options: Options) -> int:
    from modemd.cli.send_mqtt import send_by_broker  # noqa: PLC0415 - paho and asyncio take their time

    how = {"wait": options["wait"], "quote": options["quote"], "as_json": options["as_json"]}
    return send_by_broker(config, payload, **how)


def _known(config: Config, account: str) -> tuple[Rules, int | None]:
    """The rules with the store's accounts, and what this one has; a quote is made without a store as well."""
    declared = Rules.of(config)

    def look(tx: Tx) -> tuple[Rules, int | None]:
        rules, row = adoption.known(tx, accounts.merged(tx, declared)), rows.find(tx, account)
        charged = row is not None and rules.terms_of(account).charged
        return rules, credit.balances(tx, row.id).available if row and charged else None

    try:
        with open_store(config.store.url) as store:
            return store.read(look)
    except StoreError:
        return declared, None


def _prepared(payload: dict[str, Any], rules: Rules, config: Config) -> list[Prepared]:
    """Every message, checked.

    Raises:
        Rejected: one of the messages cannot be accepted; then none is.
    """
    requests = read_send(json.dumps(payload).encode(), config.gateway.zone, config.contacts).requests
    return [intake.prepare(request, rules, utc_now()) for request in requests]


def _quote(prepared: list[Prepared], available: int | None, *, as_json: bool) -> None:
    for each in prepared:
        quote = intake.quote(each)
        if as_json:
            told = {"to": each.outgoing.destination, "parts": quote.parts, "coding": quote.coding}
            known = {} if available is None else {"available": available}
            show_json(told | {"credits": quote.credits} | known)
            continue
        parts = "1 part" if quote.parts == 1 else f"{quote.parts} parts"
        left = "" if available is None else f" of {available} available"
        click.echo(f"{each.outgoing.destination}: {parts}, {quote.coding}, {counted(quote.credits)}{left}")


def _accept(tx: Tx, prepared: list[Prepared], config: Config) -> list[Accepted]:
    """All of them, or none: what is raised undoes the transaction."""
    accepted, now = [], utc_now()
    rules = known_rules(tx, Rules.of(config), now)
    for answer in appointments.accept(tx, prepared, rules, now, source="cli"):
        if isinstance(answer, Rejected):
            raise answer
        accepted.append(answer)
    return accepted


def _tell(store: Database, accepted: list[Accepted], config: Config, options: Options) -> int:
    found = store.read(lambda tx: [views.find_outbound(tx, each.id) for each in accepted])
    waiting = Waiting(store, [view for view in found if view is not None], config.gateway.zone)
    waiting.as_json = options["as_json"]
    waiting.tell_beginning({each.id for each in accepted if each.known})
    return waiting.to_the_end() if options["wait"] else 0
