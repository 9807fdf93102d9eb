"""The machine that commands and the daemon look at: this one, or a folder that stands for it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from modemd.modem.discovery.machine import Machine

if TYPE_CHECKING:
    from collections.abc import Mapping

#: A folder with ``sys`` and ``dev`` in it, as ``modemd simulate --usb DIR/sys --dir DIR/dev`` makes them.
VARIABLE: Final = "MODEMD_MACHINE"


def this_machine(environment: Mapping[str, str] = os.environ) -> Machine:
    """Where modems are looked for; UsageError where the variable names no such folder."""
    named = environment.get(VARIABLE)
    if not named:
        return Machine()
    folder = Path(named)
    for each in ("sys", "dev"):
        if not (folder / each).is_dir():
            raise click.UsageError(f"{VARIABLE} names {folder}, and there is no folder {each} in it")
    return Machine(folder / "sys", folder / "dev")
