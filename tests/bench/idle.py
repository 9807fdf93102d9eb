"""What the gateway costs when there is nothing to do, and how soon it is there."""

from __future__ import annotations

import time

from tests.bench.measures import Figures, Measure, Options, Row
from tests.bench.processes import Gateway, Modems, cpu_s, memory_mb
from tests.bench.rig import configuration, folder, ready, rig

_MANY = 32
_CALM_S = 3.0


def _run_idle(options: Options) -> Figures:
    with rig(_MANY) as place:
        time.sleep(_CALM_S)
        pid = place.gateway.pid
        before, began = cpu_s(pid), time.monotonic()
        time.sleep(options.idle_s)
        share = (cpu_s(pid) - before) / (time.monotonic() - began)
        return {"cpu": 100 * share, "memory": memory_mb(pid)}


def _run_start(_options: Options) -> Figures:
    with folder() as place, Modems(place, 1) as modems:
        config = configuration(place, modems)
        with Gateway(place, config) as first:
            ready(place, 1)
        with Gateway(place, config) as again:
            ready(place, 1)
            ready_s = time.monotonic() - again.started_at
    return {"first": first.ready_s, "again": again.ready_s, "modem": ready_s}


ROWS = (
    Row(
        "idle",
        (
            Measure("cpu", "32 idle modems: CPU, of one core", "%", 0.5, most=True, digits=2),
            Measure("memory", "32 idle modems: memory (RSS)", "MB", 90, most=True, digits=1),
        ),
        _run_idle,
    ),
    Row(
        "start",
        (
            Measure("again", "start → READY=1", "s", 1, most=True, digits=2),
            Measure(
                "first", "start → READY=1, the very first time (makes the store)", "s", 1, most=True, digits=2
            ),
            Measure("modem", "start → the modem is ready too", "s", digits=2),
        ),
        _run_start,
    ),
)
