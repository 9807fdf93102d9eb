"""Claiming the next part, with a thousand and with a million queued; without the commit, on a warm cache."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from modemd.config import load
from modemd.service import dispatch, routing
from modemd.service.outcomes import Seat
from modemd.service.rules import Rules
from modemd.store import modems, outbound
from modemd.store.database import Database
from modemd.store.transaction import Tx
from tests.bench.measures import Figures, Measure, Options, Row
from tests.bench.rig import folder

_FEW = 1000
_WARM = 100
_CLAIMS = 250
_ROUTES = ("any", "prefix:+32", "prefix:+33", "modem:gsm1", "modem:gsm2")
"""Three of five parts wait for ``gsm2``, which is not there; they are older and of higher priority."""
_CONFIG = """
store: {url: 'sqlite:///%s/modemd.db'}
modems:
  discover: false
  list: [{name: gsm1, port: /dev/gsm1}, {name: gsm2, port: /dev/gsm2}]
routes: [{prefix: "+32", modems: [gsm1]}, {prefix: "+33", modems: [gsm2]}]
"""


def _rows(count: int, routes: dict[str, int]) -> Iterator[tuple[dict[str, object], dict[str, object]]]:
    absent = [routes["prefix:+33"], routes["modem:gsm2"]]
    present = [routes["any"], routes["prefix:+32"], routes["modem:gsm1"]]
    for place in range(1, count + 1):
        waits = place <= count * 0.6
        route = absent[place % 2] if waits else present[place % 3]
        priority = 0 if waits else (10, 20, 30)[place % 3]
        message: dict[str, object] = dict.fromkeys(outbound.MESSAGE_COLUMNS)
        message |= {
            "id": place, "account": "default", "source": "spool", "destination": "+32475000000",
            "text": "x" * 117, "coding": "gsm7", "state": "queued", "priority": priority, "route_id": route,
            "report": 0, "part_count": 1, "retries": 5, "credits": 0, "accepted_at": place,
            "deadline_at": 2_000_000_000_000_000 + place,
        }  # fmt: skip
        part: dict[str, object] = dict.fromkeys(outbound.PART_COLUMNS)
        part |= {
            "message_id": place, "part_no": 1, "part_count": 1, "state": 0, "route_id": route,
            "priority": priority, "pdu": "0" * 230, "tpdu_length": 114, "recipient": "75000000",
        }  # fmt: skip
        yield message, part


def _fill(tx: Tx, count: int) -> None:
    routes = {key: modems.find_route(tx, key) or 0 for key in _ROUTES}
    rows = _rows(count, routes)
    while batch := [row for row, _ in zip(rows, range(10_000), strict=False)]:
        tx.many(outbound.INSERT_MESSAGE, [message for message, _ in batch])
        tx.many(outbound.INSERT_PART, [part for _, part in batch])


class _Queue:
    """A store with so many parts queued, and a modem that claims."""

    def __init__(self, place: Path, count: int) -> None:
        (place / "config.yaml").write_text(_CONFIG % place)
        config = load(place / "config.yaml")
        self._rules = Rules.of(config)
        self._database = Database(config.store.url)
        ids = self._database.transact(lambda tx: routing.sync(tx, self._rules))
        self._database.transact(lambda tx: _fill(tx, count))
        self._seat = Seat(ids["gsm1"], "gsm1", "8932")
        self._tx = Tx(self._database.connection, "sqlite")
        self._tx.text("BEGIN IMMEDIATE")

    def claim_us(self) -> float:
        now = datetime.now(UTC)
        began = time.perf_counter()
        claimed = dispatch.next_part(self._tx, self._rules, self._seat, now)
        took_s = time.perf_counter() - began
        assert claimed is not None, "there is nothing to claim"
        return took_s * 1e6

    def close(self) -> None:
        self._tx.text("ROLLBACK")
        self._database.close()


def _run(options: Options) -> Figures:
    with folder() as few, folder() as many:
        queues = [_Queue(few, _FEW), _Queue(many, options.queued)]
        took = [[queue.claim_us() for queue in queues] for _ in range(_WARM + _CLAIMS)]
        for queue in queues:
            queue.close()
    short, long = (statistics.median(column) for column in zip(*took[_WARM:], strict=True))
    return {"few": short, "many": long, "ratio": long / short}


ROWS = (
    Row(
        "claim",
        (
            Measure("few", "claim of the next part, 1,000 queued", "µs", digits=1),
            Measure("many", "claim of the next part, 1,000,000 queued", "µs", digits=1),
            Measure("ratio", "the second by the first", "×", 1.5, most=True, digits=2),
        ),
        _run,
    ),
)
