"""How soon an idle gateway has a dropped file on the air: the first octet of AT+CMGS is at the modem."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Iterable
from functools import partial

from tests.bench.measures import Figures, Measure, Options, Row
from tests.bench.rig import rig, write_files

_BETWEEN_S = (0.05, 0.15)


def _run(options: Options, modems: int) -> Figures:
    rests = random.Random(1)
    with rig(modems) as place:
        files = write_files(place.folder / "staging", options.samples)
        time.sleep(1.0)
        dropped = {}
        for path in files:
            time.sleep(rests.uniform(*_BETWEEN_S))
            dropped[path.name] = time.time()
            path.rename(place.spool / "outgoing" / path.name)
        place.wait_for_results(len(files), 30)
        place.check_once([path.name for path in files])
        asked = {f"m{one['text'].split()[1][:-1]}": one["asked_at"] for one in place.modems.accepted()}
    return percentiles((asked[name] - at) * 1000 for name, at in dropped.items())


def percentiles(waits_ms: Iterable[float]) -> Figures:
    """The median and the 99th percentile."""
    ordered = sorted(waits_ms)
    return {"median": statistics.median(ordered), "p99": ordered[int((len(ordered) - 1) * 0.99)]}


def _row(modems: int) -> Row:
    who = "1 modem" if modems == 1 else f"{modems} modems"
    return Row(
        f"latency-{modems}",
        (
            Measure(
                "median", f"{who}, idle: drop → first octet of AT+CMGS, median", "ms", 5, most=True, digits=2
            ),
            Measure("p99", f"{who}, idle: the same, 99th percentile", "ms", 20, most=True, digits=2),
        ),
        partial(_run, modems=modems),
    )


ROWS = (_row(1), _row(8))
