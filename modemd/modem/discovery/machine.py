"""The machine that ports are looked for on: the roots of what its kernel shows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Machine:
    """Where the kernel shows devices, drivers and processes; tests give trees of their own."""

    sysfs: Path = Path("/sys")
    dev: Path = Path("/dev")
    proc: Path = Path("/proc")


def word(path: Path) -> str | None:
    """What one file of sysfs says; ``None`` where it is not there (any more) or says nothing."""
    try:
        return path.read_text("utf-8", "replace").strip() or None
    except OSError:
        return None
