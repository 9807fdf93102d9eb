"""The process itself, under the names that Prometheus' libraries have for it.

Read from the process's own folder in /proc: the unit shows it nothing else there (``ProcSubset=pid``), and
the library's own collector says nothing where it cannot read ``/proc/stat``.
"""

from __future__ import annotations

import os
import resource
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client.core import Metric

_OWN: Final = Path("/proc/self")
_STARTED, _SIZE, _RESIDENT = 19, 20, 21
"""Fields of ``stat`` behind the program's name (proc(5) counts from 1, and from the first)."""


class ProcessFigures:
    """A collector for a registry; ``own`` is the process's folder."""

    def __init__(self, own: Path = _OWN) -> None:
        self._own = own
        self._booted_at = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
        """Once: a clock that is set right later does not start the process anew."""

    def collect(self) -> Iterator[Metric]:
        """Return what can be read; nothing where there is no /proc."""
        with suppress(OSError):
            yield from self._read()

    def _read(self) -> Iterator[Metric]:
        fields = (self._own / "stat").read_bytes().rpartition(b")")[2].split()
        started_s = int(fields[_STARTED]) / os.sysconf("SC_CLK_TCK")
        resident = int(fields[_RESIDENT]) * os.sysconf("SC_PAGE_SIZE")
        opened = len(os.listdir(self._own / "fd"))  # noqa: PTH208 - names alone
        gauges = {
            "virtual_memory_bytes": ("Virtual memory size in bytes.", float(fields[_SIZE])),
            "resident_memory_bytes": ("Resident memory size in bytes.", resident),
            "start_time_seconds": ("Start time since the epoch in seconds.", self._booted_at + started_s),
            "open_fds": ("Number of open file descriptors.", opened),
            "max_fds": ("Most file descriptors.", resource.getrlimit(resource.RLIMIT_NOFILE)[0]),
        }
        for name, (what, value) in gauges.items():
            yield GaugeMetricFamily(f"process_{name}", what, value)
        yield CounterMetricFamily(
            "process_cpu_seconds", "Total user and system CPU time in seconds.", time.process_time()
        )
