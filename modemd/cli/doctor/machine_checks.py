"""The machine: its clock, the program's packages, the user, and the daemon as systemd sees it."""

from __future__ import annotations

import getpass
import os
import platform
import shutil
import subprocess
from collections.abc import Iterator
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from modemd import __version__
from modemd.cli.doctor.finding import Finding
from modemd.service.clock_set import EARLIEST

_FULL: Final = 0.95
_LEAST_BYTES: Final = 100_000_000
_SYSTEMD: Final = Path("/run/systemd/system")
_UNIT_S: Final = 5.0


def machine_findings(now: datetime) -> Iterator[Finding]:
    """Program, user and clock."""
    fast = all(find_spec(name) for name in ("uvloop", "orjson"))
    with_what = "" if fast else "; without uvloop and orjson, which make it a little faster"
    yield Finding(
        "ok",
        "program",
        f"modemd {__version__} on Python {platform.python_version()}, as {_user()}{with_what}",
    )
    if now < EARLIEST:
        yield Finding(
            "trouble", "clock", f"This machine says that it is {now:%Y-%m-%d %H:%M}.",
            "Set its clock (timedatectl): messages expire, and credits, by it.",
        )  # fmt: skip


def unit_findings() -> Iterator[Finding]:
    """The unit, where systemd runs and knows it."""
    if not _SYSTEMD.exists() or (systemctl := shutil.which("systemctl")) is None:
        return
    asked = "LoadState,ActiveState,SubState,NRestarts,UnitFileState"
    try:
        said = subprocess.run(  # noqa: S603 - systemd's own program, on the path of who asks
            [systemctl, "show", "modemd.service", "--property", asked],
            capture_output=True, text=True, timeout=_UNIT_S, check=True,
        ).stdout  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return
    yield from judge_unit(dict(line.split("=", 1) for line in said.splitlines() if "=" in line))


def judge_unit(said: dict[str, str]) -> Iterator[Finding]:
    """What systemd's properties of the unit mean."""
    about = "systemd"
    if said.get("LoadState") != "loaded":
        yield Finding(
            "note",
            about,
            "There is no unit modemd.service.",
            "make install puts one there, to start at boot.",
        )
        return
    state = f"{said.get('ActiveState')} ({said.get('SubState')})"
    if said.get("ActiveState") == "failed":
        yield Finding(
            "trouble", about, f"modemd.service is {state}.",
            "See why: journalctl -u modemd -n 50. Then: systemctl restart modemd",
        )  # fmt: skip
        return
    yield Finding("ok", about, f"modemd.service is {state}, restarted {said.get('NRestarts', '0')} times")
    if said.get("UnitFileState") == "disabled":
        yield Finding(
            "warning", about, "modemd.service is not started at boot.", "systemctl enable modemd makes it so."
        )


def disk_findings(about: str, folder: Path) -> Iterator[Finding]:
    """How much room there is where something is to be written."""
    try:
        room = shutil.disk_usage(folder)
    except OSError as error:
        yield Finding("warning", about, f"{folder} cannot be looked at: {error.strerror}.")
        return
    free = f"{room.free / 1e9:.1f} GB free"
    if room.free < _LEAST_BYTES or room.used / max(room.total, 1) > _FULL:
        level, sentence = "warning", f"The disk of {folder} is nearly full: {free}."
        if room.free < _LEAST_BYTES // 10:
            level = "trouble"
        advice = "Make room: a gateway that cannot write takes nothing and loses nothing, but stands still."
        yield Finding("trouble" if level == "trouble" else "warning", about, sentence, advice)
    else:
        yield Finding("ok", about, f"{folder}: {free}")


def may_write(folder: Path) -> bool:
    """Whether files can be made in a folder, or in the nearest one above it that is there."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return str(os.geteuid())
