"""``modemd modems --record``: a modem's answers, masked, as a file that others can look into."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import click

from modemd.cli.exits import EXIT_FAILED
from modemd.errors import ModemdError
from modemd.formats.trace import write_trace
from modemd.modem.recorder import record
from modemd.modem.timing import Timing

if TYPE_CHECKING:
    from pathlib import Path

_TIMING: Final = replace(Timing(), optional_s=1.5, slow_s=15.0)


def record_to(port: str, baudrate: int, output: Path | None) -> int:
    """Record the modem on a port, to a file or to standard output; return the exit status."""
    click.echo(f"modemd: {port} is asked; this takes some seconds", err=True)
    try:
        trace = asyncio.run(record(port, timing=_TIMING, baudrate=baudrate, source="modemd modems --record"))
    except ModemdError as error:
        why = str(error).removeprefix(f"{port} ")
        click.echo(f"modemd: {port} {why}. Nothing was recorded; a gateway must not have it.", err=True)
        return EXIT_FAILED
    text = write_trace(trace)
    if output is None:
        click.echo(text, nl=False)
        return 0
    try:
        output.write_text(text, "utf-8")
    except OSError as error:
        click.echo(f"modemd: {output} cannot be written: {error.strerror}", err=True)
        return EXIT_FAILED
    click.echo(f"modemd: {trace.modem}: {len(trace.responses)} answers are in {output}", err=True)
    return 0
