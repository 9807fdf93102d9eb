"""``modemd pause``, ``resume`` and ``reset``: taking one modem out of use, back into it, and anew."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

import click

from modemd.cli.config_option import takes_config
from modemd.cli.exits import EXIT_FAILED
from modemd.cli.modem_order import exchange
from modemd.cli.output import show_json
from modemd.cli.presence import living, open_store, utc_now
from modemd.config import load
from modemd.formats.modem_states import meaning_of
from modemd.formats.requestjson import RequestFields
from modemd.service import overview
from modemd.service.modems import adoption
from modemd.service.modems.modem_requests import RESET_S, order_reset, pause_modem, resume_modem, state_of
from modemd.service.rules import Rules
from modemd.store import modems
from modemd.store.times import to_us

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from modemd.service.modems.modem_orders import Asker
    from modemd.store.database import Database
    from modemd.store.modems import ModemRow
    from modemd.store.transaction import Tx


_LOOK_S: Final = 0.05
_REST_S: Final = 15.0


@click.command()
@takes_config
@click.argument("modem")
@click.option("--reason", metavar="TEXT", help="Why: it is shown with the modem.")
@click.option("--gateway", metavar="NAME", help="Whose modem, where several gateways have one of that name.")
@click.option("--json", "as_json", is_flag=True, help="Print how the modem stands, as JSON.")
@click.pass_obj
def pause(config_path: str, modem: str, *, reason: str | None, gateway: str | None, as_json: bool) -> None:
    """Let MODEM send nothing until it is resumed.

    The part that it has in hand is finished, which is waited for, a quarter of a minute at most; it goes on
    receiving, and what waits for it goes by other modems at once where it may. It stays paused over restarts
    of the gateway.

    \b
    Exit status: 0 paused, 1 there is no such modem, 75 no store.
    """  # noqa: D301 - click wants the backspace itself
    fields = {"modem": modem, "reason": reason or "a command", "gateway": gateway}

    def verb(tx: Tx, rules: Rules, now: datetime) -> ModemRow:
        return pause_modem(tx, rules, RequestFields(fields), now, rules.zone)

    _do(config_path, verb, "is paused", as_json=as_json, rest=True)


@click.command()
@takes_config
@click.argument("modem")
@click.option("--gateway", metavar="NAME", help="Whose modem, where several gateways have one of that name.")
@click.option("--json", "as_json", is_flag=True, help="Print how the modem stands, as JSON.")
@click.pass_obj
def resume(config_path: str, modem: str, *, gateway: str | None, as_json: bool) -> None:
    """Let MODEM send again, whoever or whatever paused it.

    \b
    Exit status: 0 resumed, 1 there is no such modem, 75 no store.
    """  # noqa: D301 - click wants the backspace itself
    fields = {"modem": modem, "gateway": gateway}

    def verb(tx: Tx, rules: Rules, now: datetime) -> ModemRow:
        del now
        return resume_modem(tx, rules, RequestFields(fields))

    _do(config_path, verb, "goes on", as_json=as_json)


def _do(
    config_path: str,
    verb: Callable[[Tx, Rules, datetime], ModemRow],
    outcome: str,
    *,
    as_json: bool,
    rest: bool = False,
) -> None:
    """``rest``: wait until the modem has done what it has in hand."""
    config = load(config_path)
    rules, now = Rules.of(config), utc_now()

    def job(tx: Tx) -> tuple[ModemRow, object]:
        row = verb(tx, adoption.known(tx, rules), now)
        return row, state_of(tx, row.gateway, row.name, now, rules.zone)

    with open_store(config.store.url, home=rules.gateway) as store:
        row, state = store.transact(job)
        busy = rest and not _rests(store, row, now)
    if as_json:
        show_json(state)
    else:
        click.echo(f"modem {row.name} {outcome}")
    if busy:
        click.echo("(it has not finished yet what it has in hand)", err=True)


def _same(facts: Mapping[str, Any], row: ModemRow) -> bool:
    return (facts["gateway"], facts["name"]) == (row.gateway, row.name)


def _written(facts: Mapping[str, Any]) -> int:
    """When its gateway last wrote how it stands; 0: never."""
    return int(facts["seen_at"] or 0)


def _rests(store: Database, row: ModemRow, asked_at: datetime) -> bool:
    """Whether its gateway has seen that it is paused, which is after the part in hand; in time."""
    alive = living(store.read(overview.gateways), utc_now(), here=store.on_this_machine)
    if row.gateway not in alive or not meaning_of(row.state).sends:
        return True  # nobody is to see it, or it has nothing in hand
    until = time.monotonic() + _REST_S
    while time.monotonic() < until:
        seen = [each for each in store.read(modems.all_modems) if _same(each, row)]
        if all(each["state"] == "paused" and _written(each) >= to_us(asked_at) for each in seen):
            return True
        time.sleep(_LOOK_S)
    return False


@click.command()
@takes_config
@click.argument("modem")
@click.option("--gateway", metavar="NAME", help="Whose modem, where several gateways have one of that name.")
@click.option("--json", "as_json", is_flag=True, help="Print how the modem stands then, as JSON.")
@click.pass_context
def reset(ctx: click.Context, modem: str, *, gateway: str | None, as_json: bool) -> None:
    """Restart MODEM, and wait until it is ready again: three minutes at most.

    The gateway must be running; the part that the modem has in hand is finished first.

    \b
    Exit status: 0 ready again, 1 refused or not ready in time, 75 no store, or no gateway is running on it.
    """  # noqa: D301 - click wants the backspace itself
    config = load(ctx.obj)
    rules = Rules.of(config)

    def order(tx: Tx, asker: Asker) -> int:
        fields = RequestFields({"modem": modem, "gateway": gateway})
        order_reset(tx, adoption.known(tx, rules), fields, asker, utc_now())
        return RESET_S

    ctx.exit(_show(modem, exchange(ctx, config.store.url, modem, order), as_json=as_json))


def _show(modem: str, answer: dict[str, Any], *, as_json: bool) -> int:
    error, state = answer["error"], answer["data"]
    if as_json:
        show_json(state if error is None else {"error": error})
    elif error is not None:
        click.echo(f"modemd: {error['reason']}", err=True)
    else:
        click.echo(f"modem {modem} has restarted, and is {state['state']}")
    return 0 if error is None else EXIT_FAILED
