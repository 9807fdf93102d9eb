"""Messages a second through the whole gateway, durable: from files dropped by rename to files in sent/."""

from __future__ import annotations

import time
from functools import partial

from tests.bench.measures import Figures, Measure, Options, Row
from tests.bench.processes import cpu_s, memory_mb
from tests.bench.rig import Rig, drop, rig, write_files

_PATIENCE_S = 75.0
_FLOOD_S = 150.0


def through(place: Rig, count: int, patience_s: float = _PATIENCE_S) -> Figures:
    """Drop ``count`` files, wait for all of them in ``sent/``, and see that each went out exactly once.

    Raises:
        TimeoutError: how many were sent, when that takes longer than ``patience_s``.
    """
    files = write_files(place.folder / "staging", count)
    time.sleep(1.0)  # what was written just now would be left to rest
    before = cpu_s(place.gateway.pid), cpu_s(place.modems.pid)
    idle = memory_mb(place.gateway.pid)
    began = drop(files, place.spool)
    place.wait_for_results(count, patience_s)
    gateway_s, simulator_s = cpu_s(place.gateway.pid) - before[0], cpu_s(place.modems.pid) - before[1]
    ended = max((place.spool / "sent" / path.name).stat().st_ctime for path in files)
    place.check_once([path.name for path in files])
    taken = place.modems.accepted()
    return {
        "rate": count / (ended - began),
        "air": count / (taken[-1]["at"] - taken[0]["asked_at"]),
        "gateway": gateway_s * 1e6 / count,
        "simulator": simulator_s * 1e6 / count,
        "peak": (peak := memory_mb(place.gateway.pid, "VmHWM")),
        "each": (peak - idle) * 1e6 / count,
    }


def _run(options: Options, modems: int, *, reports: bool = False) -> Figures:
    with rig(modems, reports=reports) as place:
        return through(place, options.files)


def _run_flood(options: Options) -> Figures:
    with rig(8) as place:
        return through(place, options.flood, _FLOOD_S)


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
            Measure("rate", "50,000 files at once, 8 modems: drop → sent/", "messages/s"),
            Measure("peak", "the same: memory at its most (RSS)", "MB"),
            Measure("each", "the same: memory beyond idle, for each file", "octets"),
        ),
        _run_flood,
        limit_s=240.0,
    ),
)
