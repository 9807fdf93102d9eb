"""``modemd doctor``: looks at this machine, and says what to do about what it finds."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from modemd.cli.config_option import takes_config
from modemd.cli.doctor import gateway_checks, machine_checks
from modemd.cli.doctor.finding import LEVELS, Finding, needs_a_person
from modemd.cli.doctor.known import Known
from modemd.cli.doctor.port_checks import Surroundings, port_findings
from modemd.cli.exits import EXIT_FAILED
from modemd.cli.machine import this_machine
from modemd.cli.output import on_terminal, printable, show_json
from modemd.cli.presence import utc_now
from modemd.errors import ConfigError
from modemd.modem.timing import Timing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from modemd.cli.door_found import DoorFound
    from modemd.config import Config
    from modemd.modem.discovery.machine import Machine

_COLOURS: Final = {"ok": "green", "note": "cyan", "warning": "yellow", "trouble": "red"}
_TIMING: Final = Timing(command_s=4.0, optional_s=1.5, slow_s=10.0, grace_s=0.5)
"""A person waits: a modem that is slower than this is told of as it is."""


@click.command()
@takes_config
@click.option("--json", "as_json", is_flag=True, help="Print JSON: a list of findings.")
@click.option("--offline", is_flag=True, help="Do not try broker and mail server.")
@click.pass_context
def doctor(ctx: click.Context, *, as_json: bool, offline: bool) -> None:
    """Look at this machine: ports and who holds them, modems and their SIMs, store, spool, broker.

    Nothing is changed, and no PIN is entered. What a running gateway has in hand is told as it says; other
    modems are asked. As root, or as the daemon's user, more can be seen.

    \b
    Exit status: 0 all is well, 1 something needs a person.
    """  # noqa: D301 - click wants the backspace itself
    logging.getLogger("modemd").addHandler(logging.NullHandler())
    default = ctx.find_root().get_parameter_source("config_path") is click.core.ParameterSource.DEFAULT
    findings: list[Finding] = []
    for each in examined(ctx.obj, utc_now(), default=default, offline=offline, machine=this_machine()):
        findings.append(each)
        if not as_json:
            _show(each)
    if as_json:
        show_json({"findings": [each._asdict() for each in findings]})
    else:
        click.echo(_summary(findings))
    ctx.exit(EXIT_FAILED if needs_a_person(findings) else 0)


def examined(
    path: Path, now: datetime, *, default: bool, offline: bool, machine: Machine, timing: Timing = _TIMING
) -> Iterator[Finding]:
    """Everything, in the order in which it is best mended."""
    yield from machine_checks.machine_findings(now)
    config, findings = gateway_checks.configuration(path, default=default)
    yield from findings
    yield from machine_checks.unit_findings()
    yield from gateway_checks.store_findings(config, now)
    yield from gateway_checks.spool_findings(config)
    if not offline:
        yield from gateway_checks.door_findings("broker", _broker(config))
        yield from gateway_checks.door_findings("mail", _mail(config))
    known = Known.of(config.store.url, now)
    ports = asyncio.run(port_findings(Surroundings(config, machine, known, timing, now)))
    yield from ports
    yield from gateway_checks.alarm_findings(config, ports)


def _broker(config: Config) -> DoorFound:
    from modemd.cli.check_broker import try_broker  # noqa: PLC0415 - paho takes its time
    from modemd.cli.door_found import DoorFound  # noqa: PLC0415

    try:
        return try_broker(config)
    except ConfigError as error:
        return DoorFound(fault=error.faults[0])


def _mail(config: Config) -> DoorFound:
    from modemd.cli.door_found import DoorFound  # noqa: PLC0415

    if config.mail is None:
        return DoorFound()
    from modemd.cli.check_mail import try_mail  # noqa: PLC0415 - few need it

    try:
        return try_mail(config)
    except ConfigError as error:
        return DoorFound(fault=error.faults[0])


def _show(finding: Finding) -> None:
    mark = f"{finding.level:<8}"
    coloured = click.style(mark, fg=_COLOURS[finding.level]) if on_terminal() else mark
    click.echo(f"{coloured}{printable(finding.about)}: {printable(finding.sentence)}")
    if finding.advice:
        click.echo(f"        -> {printable(finding.advice)}")


def _summary(findings: list[Finding]) -> str:
    counts = {level: sum(each.level == level for each in findings) for level in reversed(LEVELS)}
    told = ", ".join(
        f"{count} {level}{'s' if count > 1 and level != 'ok' else ''}"
        for level, count in counts.items()
        if count
    )
    if needs_a_person(findings):
        return f"\nSomething needs a person: {told}."
    return f"\nNothing needs a person: {told}."
