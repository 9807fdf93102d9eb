"""Which other programs have a port open: the superuser sees all of them, others see their own."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from modemd.modem.discovery.machine import Machine

_PSEUDO: Final = "/dev/pts/"
_MASTERS: Final = frozenset({"/dev/ptmx", "/dev/pts/ptmx"})


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that has the port open; ``command`` is what it was started as."""

    pid: int
    command: str


_SERVICES: Final = {
    "ModemManager": "ModemManager",
    "gammu-smsd": "gammu-smsd",
    "smsd": "smstools",
    "brltty": "brltty",
    "gpsd": "gpsd.socket gpsd",
}
"""What systemd calls the programs that mostly have modems' ports open (the names are Debian's)."""


def how_to_stop(holders: Iterable[Holder]) -> str:
    """The command that keeps these programs away for good; where they are not known, the likeliest."""
    programs = sorted({each.command.split()[0].rpartition("/")[2] for each in holders if each.command})
    services = [_SERVICES[program] for program in programs if program in _SERVICES]
    if programs and not services:
        return "Stop that program"
    return f"Stop that program (systemctl disable --now {' '.join(services) or 'ModemManager'})"


def holders_of(machine: Machine, paths: Iterable[str]) -> dict[str, list[Holder]]:
    """The other processes that have each of these ports open.

    Who has made a pseudo-terminal keeps it open, and is its far end; that is no holder.
    """
    found: dict[str, list[Holder]] = {path: [] for path in paths}
    by_real: dict[str, list[str]] = {}
    for path in found:
        by_real.setdefault(os.path.realpath(path), []).append(path)
    for pid in _others(machine):
        targets = frozenset(_open_files(machine.proc / str(pid)))
        for real in targets & by_real.keys():
            if not (real.startswith(_PSEUDO) and targets & _MASTERS):
                held = Holder(pid, _command(machine.proc / str(pid)))
                for path in by_real[real]:
                    found[path].append(held)
    return found


def _others(machine: Machine) -> list[int]:
    try:
        names = os.listdir(machine.proc)  # noqa: PTH208 - names alone, for hundreds of processes
    except OSError:
        return []
    return sorted(int(name) for name in names if name.isdigit() and int(name) != os.getpid())


def _open_files(process: Path) -> Iterator[str]:
    try:
        names = os.listdir(process / "fd")  # noqa: PTH208
    except OSError:
        return  # it has ended, or is not ours to look into
    for name in names:
        try:
            yield os.readlink(f"{process}/fd/{name}")  # noqa: PTH115 - tens of thousands of them
        except OSError:
            continue


def _command(process: Path) -> str:
    try:
        words = (process / "cmdline").read_bytes().rstrip(b"\0").replace(b"\0", b" ")
    except OSError:
        return "?"
    return words.decode("utf-8", "replace") or "?"
