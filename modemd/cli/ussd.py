"""``modemd ussd``: one exchange with the network, by the task of the modem's own gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from modemd.cli.config_option import takes_config
from modemd.cli.exits import EXIT_FAILED
from modemd.cli.modem_order import exchange
from modemd.cli.output import printable, show_json
from modemd.cli.presence import utc_now
from modemd.config import load
from modemd.formats.requestjson import RequestFields
from modemd.service.modems import adoption
from modemd.service.modems.modem_requests import order_ussd
from modemd.service.rules import Rules

if TYPE_CHECKING:
    from modemd.service.modems.modem_orders import Asker
    from modemd.store.transaction import Tx


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
    rules = Rules.of(config)

    def order(tx: Tx, asker: Asker) -> int:
        return order_ussd(tx, adoption.known(tx, rules), RequestFields(fields), asker, utc_now())[1]

    answer = exchange(ctx, config.store.url, modem, order)
    ctx.exit(_show(answer, as_json=as_json))


def _show(answer: dict[str, Any], *, as_json: bool) -> int:
    error, said = answer["error"], answer["data"]
    if as_json:
        show_json(said if error is None else {"error": error})
    elif error is not None:
        click.echo(f"modemd: {error['reason']}", err=True)
    else:
        if said["text"]:
            click.echo("\n".join(printable(line) for line in said["text"].splitlines()))
        else:
            click.echo("(the network says nothing; no dialogue is open)", err=True)
        if said["more"]:
            click.echo("(the network waits for an answer: give it as the next CODE)", err=True)
    return 0 if error is None else EXIT_FAILED
