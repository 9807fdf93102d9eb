"""``modemd ussd``: one exchange with the network, by the task of the modem's own gateway."""

from __future__ import annotations

import json
import secrets
import time
from typing import TYPE_CHECKING, Any, Final

import click

from modemd.cli.config_option import takes_config
from modemd.cli.exits import EXIT_FAILED, EXIT_TRY_AGAIN
from modemd.cli.output import printable, show_json
from modemd.cli.presence import living, open_store, utc_now
from modemd.config import load
from modemd.formats.requestjson import RequestFields
from modemd.service import modem_orders, overview
from modemd.service.modem_orders import Asker
from modemd.service.modem_requests import order_ussd
from modemd.service.rules import Rules

if TYPE_CHECKING:
    from modemd.store.database import Database

_LOOK_S: Final = 0.05
_GRACE_S: Final = 10.0
"""Over the time that the network is given: the modem may have a part in hand, or end the dialogue."""


@click.command()
@takes_config
@click.argument("modem")
@click.argument("code", required=False)
@click.option("--timeout", metavar="TIME", help="How long the network is waited for  [default: 60s]")
@click.option("--cancel", is_flag=True, help="End the dialogue that waits for an answer; without CODE.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: text, and whether more is wanted.")
@click.pass_context
def ussd(
    ctx: click.Context, modem: str, code: str | None, *, timeout: str | None, cancel: bool, as_json: bool
) -> None:
    """Send CODE, such as *100#, by MODEM, and show what the network says.

    Where it asks something, the answer is the CODE of the next such command. The gateway must be
    running: MODEM sends no messages until the network has answered.

    \b
    Exit status: 0 answered, 1 refused or not answered, 75 no store, or no gateway is running on it.
    """  # noqa: D301 - click wants the backspace itself
    if bool(code) == cancel:
        raise click.UsageError("give either CODE or --cancel")
    config = load(ctx.obj)
    fields = {"modem": modem, "code": code, "cancel": cancel, "timeout": timeout}
    with open_store(config.store.url) as store:
        if not living(store.read(overview.gateways), utc_now(), here=store.on_this_machine):
            click.echo("modemd: no gateway is running on this store; start it with: modemd run", err=True)
            ctx.exit(EXIT_TRY_AGAIN)
        answer = _exchange(store, Rules.of(config), RequestFields(fields))
    if answer is None:
        click.echo(f"modemd: modem {modem} has not answered", err=True)
        ctx.exit(EXIT_FAILED)
    ctx.exit(_show(answer, as_json=as_json))


def _exchange(store: Database, rules: Rules, fields: RequestFields) -> dict[str, Any] | None:
    """Order it, and wait for the answer; ``None``: none came, though the gateway should have said why."""
    ticket = secrets.token_hex(8)
    _, within_s = store.transact(lambda tx: order_ussd(tx, rules, fields, Asker(ticket=ticket), utc_now()))
    until, seen = time.monotonic() + within_s + _GRACE_S, -1
    while time.monotonic() < until:
        now = store.changes()
        if now != seen:
            seen = now
            if (told := store.transact(lambda tx: modem_orders.take_answer(tx, ticket))) is not None:
                answer: dict[str, Any] = json.loads(told)
                return answer
        time.sleep(_LOOK_S)
    return None


def _show(answer: dict[str, Any], *, as_json: bool) -> int:
    error, said = answer["error"], answer["data"]
    if as_json:
        show_json(said if error is None else {"error": error})
    elif error is not None:
        click.echo(f"modemd: {error['reason']}", err=True)
    else:
        if said["text"]:  # where a dialogue was ended there is none
            click.echo("\n".join(printable(line) for line in said["text"].splitlines()))
        if said["more"]:
            click.echo("(the network waits for an answer: give it as the next CODE)", err=True)
    return 0 if error is None else EXIT_FAILED
