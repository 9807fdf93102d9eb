"""How much of the time modems are on the air, when each message is there for two seconds."""

from __future__ import annotations

import time

from tests.bench.measures import Figures, Measure, Options, Row
from tests.bench.rig import drop, rig, write_files

_MODEMS = 8
_AIRTIME_S = 2.0
_EACH = 15


def _run(_options: Options) -> Figures:
    count = _MODEMS * _EACH
    with rig(_MODEMS, airtime_s=_AIRTIME_S) as place:
        files = write_files(place.folder / "staging", count)
        time.sleep(1.0)
        drop(files, place.spool)
        place.wait_for_results(count, 60 + _EACH * _AIRTIME_S * 2)
        place.check_once([path.name for path in files])
        taken = place.modems.accepted()
    shares = []
    for name in sorted({one["modem"] for one in taken}):
        own = [one for one in taken if one["modem"] == name]
        shares.append(len(own) * _AIRTIME_S / (own[-1]["at"] - own[0]["asked_at"]))
    return {"share": 100 * sum(shares) / len(shares), "least": 100 * min(shares)}


ROWS = (
    Row(
        "airtime",
        (
            Measure("share", "8 modems, 2 s of airtime: on the air", "%", 99.5, digits=2),
            Measure("least", "the same: the least busy of them", "%", digits=2),
        ),
        _run,
    ),
)
