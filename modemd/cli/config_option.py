"""The option ``-c FILE``, which may stand before the name of the command or behind it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

import click

Decorated = TypeVar("Decorated", bound=Callable[..., object])

CONFIG_FILE: Final = click.Path(path_type=Path, readable=False)
"""Whether it can be read is told where it is read, with the exit status of a wrong configuration."""


def takes_config(command: Decorated) -> Decorated:
    """Give a command ``-c FILE`` too; it wins over the one before the command's name."""
    option = click.option(
        "-c", "--config", metavar="FILE", expose_value=False, type=CONFIG_FILE, callback=_take,
        help="The configuration (also before the command, or MODEMD_CONFIG).",
    )  # fmt: skip
    return option(command)


def _take(ctx: click.Context, _parameter: click.Parameter, value: Path | None) -> None:
    if value is not None:
        ctx.obj = value
