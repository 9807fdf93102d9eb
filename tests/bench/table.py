"""A bench's rows: what was measured, what it must reach, and whether it did."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import statistics
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One figure; ``floor`` is the least (or, not ``least``, the most) that it may be; ``None``: no such."""

    what: str
    value: float
    unit: str
    floor: float | None = None
    least: bool = True
    note: str = ""

    @property
    def reached(self) -> bool | None:
        """Whether the floor was kept; ``None`` where there is none."""
        if self.floor is None:
            return None
        return self.value >= self.floor if self.least else self.value <= self.floor


def median(values: Sequence[float]) -> float:
    """The middle one."""
    return statistics.median(values)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that ``share`` of all do not exceed."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def machine() -> str:
    """What the figures were taken on."""
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}, load {load:.1f} at the start"
    )


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def tell(row: Row) -> None:
    """Print one row."""
    limit = "" if row.floor is None else f"{'≥' if row.least else '≤'} {row.floor:,g}"
    verdict = {True: "reached", False: "MISSED", None: ""}[row.reached]
    say(f"{row.what:<58}{row.value:>12,.4g} {row.unit:<8}{limit:>10}  {verdict:<8}{row.note}")


def as_json(rows: Sequence[Row]) -> str:
    """The rows as one JSON array."""
    return json.dumps([asdict(row) | {"reached": row.reached} for row in rows], indent=1)
