"""``modemd modems``: which modems are on this machine, with an entry of the configuration for each."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from modemd.cli.config_option import takes_config
from modemd.cli.doctor.gateway_checks import configuration
from modemd.cli.doctor.known import Known
from modemd.cli.doctor.port_checks import Surroundings
from modemd.cli.exits import EXIT_FAILED
from modemd.cli.machine import this_machine
from modemd.cli.modems_found import FoundModem, entries, found_modems
from modemd.cli.output import Column, cell, on_terminal, plain_table, printable, rich_table, show_json
from modemd.cli.presence import open_store, utc_now
from modemd.modem.timing import Timing
from modemd.service.modems import pins

if TYPE_CHECKING:
    from modemd.config import Config

_TIMING: Final = Timing(command_s=4.0, optional_s=1.5, slow_s=10.0, grace_s=0.5)
_COLUMNS: Final = (
    Column("PORT"), Column("NAME"), Column("STATE"), Column("USB"), Column("IMEI"), Column("MODEM"),
)  # fmt: skip


@click.command()
@takes_config
@click.option("--json", "as_json", is_flag=True, help="Print JSON: a list of modems.")
@click.option("--record", "port", metavar="PORT", help="Write down what the modem on PORT answers.")
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="With --record: the file."
)
@click.option(
    "--baudrate", type=int, default=115200, show_default=True, help="With --record: of a serial line."
)
@click.option(
    "--counts", "days", type=click.IntRange(1, 400), metavar="DAYS", help="What went by each SIM each day."
)
@click.option("--forget-pin", "forget", metavar="NAME", help="Let the PIN of modem NAME be tried once more.")
@click.pass_context
def modems(
    ctx: click.Context,
    *,
    as_json: bool,
    port: str | None,
    output: Path | None,
    baudrate: int,
    days: int | None,
    forget: str | None,
) -> None:
    """List the modems on this machine, with a ready `modems:` entry for each.

    Ports that a running gateway has are told as it says, others are asked: nothing is changed in the modem.
    --counts shows how many parts each SIM sent, had refused and received in each modem, day by day; the
    counts are kept for 400 days.

    --record writes the modem's answers without identities, phone numbers and texts, so that they can be
    given away: `modemd simulate --trace FILE` is that modem. Stop the gateway first if it has the port.

    \b
    Exit status: 0 done; 1 there is no modem, or it cannot be recorded.
    """  # noqa: D301 - click wants the backspace itself
    logging.getLogger("modemd").addHandler(logging.NullHandler())
    default = ctx.find_root().get_parameter_source("config_path") is click.core.ParameterSource.DEFAULT
    config, _ = configuration(ctx.obj, default=default)
    if forget is not None:
        ctx.exit(_forget(config, forget))
    if days is not None:
        from modemd.cli.modems_counts import show_counts  # noqa: PLC0415 - few ask

        ctx.exit(show_counts(config, days, as_json=as_json))
    if port is not None:
        from modemd.cli.modems_record import record_to  # noqa: PLC0415 - few record

        ctx.exit(record_to(port, baudrate, output))
    now = utc_now()
    known = Known.of(config.store.url, now)
    found = asyncio.run(found_modems(Surroundings(config, this_machine(), known, _TIMING, now)))
    if as_json:
        show_json({"modems": [each._asdict() for each in found]})
    else:
        _show(found)
    ctx.exit(0 if found else EXIT_FAILED)


def _show(found: list[FoundModem]) -> None:
    if not found:
        click.echo("modemd: no modem was found; modemd doctor says why", err=True)
        return
    rows = [
        [
            each.port, cell(each.name), each.state, cell(each.usb), cell(each.imei),
            printable(" ".join(filter(None, (each.manufacturer, each.model)))),
        ]
        for each in found
    ]  # fmt: skip
    if on_terminal():
        from rich.console import Console  # noqa: PLC0415 - only where a person looks

        Console().print(rich_table(_COLUMNS, rows))
    else:
        click.echo(plain_table(_COLUMNS, rows))
    click.echo("\n# for the configuration:\nmodems:\n  list:")
    for line in entries(found):
        click.echo(line)


def _forget(config: Config, name: str) -> int:
    with open_store(config.store.url) as store:
        count = store.transact(lambda tx: pins.forget(tx, config.gateway.name, name))
    if not count:
        click.echo(f"modemd: no PIN of a modem {name!r} is remembered as refused", err=True)
        return EXIT_FAILED
    click.echo(f"The PIN of {name} is entered once more: a wrong one costs the SIM a try.")
    return 0
