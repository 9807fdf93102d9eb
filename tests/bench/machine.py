"""The machine that the figures are of: what it is, and three speeds of its own to hold them against."""

from __future__ import annotations

import os
import platform
import sqlite3
import statistics
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from tests.bench.rig import folder


def described() -> str:
    """One line: cores, system, Python, SQLite, the file system, the fast extras."""
    extras = [name for name in ("uvloop", "orjson") if find_spec(name)]
    with folder() as place:
        kind = _file_system(place)
    return (
        f"{os.cpu_count()} cores, Linux {platform.release()}, Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}, {kind}, with {' and '.join(extras) or 'no extras'}"
    )


def speeds() -> str:
    """A commit, a loop of Python, and the other load: rates mean little without them."""
    with folder() as place:
        commit_us = _commit_us(place)
    return (
        f"a commit of one row {commit_us:.0f} µs, a million additions {_additions_ms():.0f} ms, "
        f"load {os.getloadavg()[0]:.1f}"
    )


def _file_system(place: Path) -> str:
    device = place.stat().st_dev
    major_minor = f"{os.major(device)}:{os.minor(device)}"
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        fields, _, rest = line.partition(" - ")
        if fields.split()[2] == major_minor:
            return rest.split()[0]
    return "an unknown file system"


def _median_us(act: Callable[[], object], times: int) -> float:
    took = []
    for _ in range(times):
        began = time.perf_counter()
        act()
        took.append(time.perf_counter() - began)
    return statistics.median(took) * 1e6


def _commit_us(place: Path) -> float:
    store = sqlite3.connect(place / "one.db", isolation_level=None)
    store.execute("PRAGMA journal_mode=WAL")
    store.execute("PRAGMA synchronous=FULL")
    store.execute("CREATE TABLE one(id INTEGER PRIMARY KEY, text TEXT)")
    try:
        return _median_us(lambda: store.execute("INSERT INTO one(text) VALUES ('x')"), 500)
    finally:
        store.close()


def _additions_ms() -> float:
    def add() -> None:
        total = 0
        for each in range(1_000_000):
            total += each

    return _median_us(add, 5) / 1000
