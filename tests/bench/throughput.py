"""Messages a second through the whole gateway, durable: from files dropped by rename to files in sent/."""

from __future__ import annotations

import time
from functools import partial

from tests.bench.measures import Figures, Measure, Options, Row
from tests.bench.processes import cpu_s, memory_mb
from tests.bench.rig import Rig, drop, rig, write_files

_SLOWEST_S = 0.02
"""A message that takes longer than this on the average: the run is given up."""


def through(place: Rig, count: int) -> Figures:
    """Drop ``count`` files, wait for all of them in ``sent/``, and see that each went out exactly once."""
    files = write_files(place.folder / "staging", count)
    time.sleep(1.0)  # what was written just now would be left to rest
    before = cpu_s(place.gateway.pid), cpu_s(place.modems.pid)
    began = drop(files, place.spool)
    place.wait_for_results(count, 30 + count * _SLOWEST_S)
    gateway_s, simulator_s = cpu_s(place.gateway.pid) - before[0], cpu_s(place.modems.pid) - before[1]
    ended = max((place.spool / "sent" / path.name).stat().st_ctime for path in files)
    place.check_once([path.name for path in files])
    taken = place.modems.accepted()
    return {
        "rate": count / (ended - began),
        "air": count / (taken[-1]["at"] - taken[0]["asked_at"]),
        "gateway": gateway_s * 1e6 / count,
        "simulator": simulator_s * 1e6 / count,
        "peak": memory_mb(place.gateway.pid, "VmHWM"),
    }


def _run(options: Options, modems: int, *, reports: bool = False, files: str = "files") -> Figures:
    with rig(modems, reports=reports) as place:
        return through(place, getattr(options, files))


def _row(modems: int, floor: float) -> Row:
    who = "1 modem" if modems == 1 else f"{modems} modems"
    return Row(
        f"throughput-{modems}",
        (
            Measure("rate", f"{who}: drop → sent/", "messages/s", floor),
            Measure("air", f"{who}: first AT+CMGS → last +CMGS", "messages/s"),
            Measure("gateway", f"{who}: CPU of the gateway", "µs/message"),
            Measure("simulator", f"{who}: CPU of the simulator", "µs/message"),
        ),
        partial(_run, modems=modems),
    )


ROWS = (
    _row(1, 1000),
    _row(8, 2500),
    Row(
        "reports-8",
        (
            Measure("rate", "8 modems, with a status report for each: drop → sent/", "messages/s"),
            Measure("gateway", "the same: CPU of the gateway", "µs/message"),
        ),
        partial(_run, modems=8, reports=True),
    ),
    Row(
        "flood",
        (
            Measure("peak", "memory at its most, 100,000 files at once", "MB"),
            Measure("rate", "the same: drop → sent/, 8 modems", "messages/s"),
        ),
        partial(_run, modems=8, files="flood"),
    ),
)
