"""What it costs to claim the next part with much and with very much waiting."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from modemd.store import modems, outbound, queue
from modemd.store.database import Database
from modemd.store.transaction import Tx
from tests.bench.rig import folder
from tests.bench.table import Row, median

_BATCH = 20_000
_CLAIMS = 400


def claims(few: int, many: int) -> Iterator[Row]:
    """Median of one claim, without its commit, at both depths; 60 % waits for an absent modem."""
    figures = []
    for depth in (few, many):
        with folder() as place:
            figures.append(_claim_us(place, depth))
            yield Row(f"claim with {depth:,} queued, median", figures[-1], "us")
    yield Row("claim: the deep queue to the shallow one", figures[1] / figures[0], "times", 1.5, least=False)


def _claim_us(place: Path, depth: int) -> float:
    database = Database(f"sqlite:///{place}/store.db")
    here, away = database.transact(_routes)
    for begin in range(0, depth, _BATCH):
        database.transact(
            partial(_fill, begin=begin, end=min(begin + _BATCH, depth), here=here[1], away=away[1])
        )
    database.transact(lambda tx: [_claim(tx, here[0]) for _ in range(50)])  # the cache is warm
    return 1e6 * median(
        database.transact(lambda tx: [_claim(tx, here[0]) for _ in range(min(_CLAIMS, depth // 4))])
    )


def _routes(tx: Tx) -> tuple[tuple[int, int], tuple[int, int]]:
    """Two modems, each with a route of its own and one that both are in: ``(modem, route)`` of each."""
    pairs = []
    for name in ("here", "away"):
        modem, route = modems.ensure_modem(tx, "bench", name), modems.add_route(tx, f"modem:{name}")
        modems.set_members(tx, route, [modem])
        pairs.append((modem, route))
    modems.set_members(tx, modems.add_route(tx, "any"), [pair[0] for pair in pairs])
    return pairs[0], pairs[1]


def _fill(tx: Tx, *, begin: int, end: int, here: int, away: int) -> None:
    """Messages ``begin`` to ``end``: six of ten for the absent modem, older and more urgent than the rest."""
    ids = range(begin + 1, end + 1)
    waits = [each % 10 < 6 for each in ids]
    tx.many(
        outbound.INSERT_MESSAGE,
        [
            dict.fromkeys(outbound.MESSAGE_COLUMNS)
            | {
                "id": each, "account": "default", "source": "spool", "destination": "+32475000001",
                "text": "Bench", "coding": "gsm7", "state": "queued", "priority": 0 if waiting else 10,
                "route_id": away if waiting else here, "report": 0, "part_count": 1, "retries": 5,
                "credits": 0, "accepted_at": each,
            }
            for each, waiting in zip(ids, waits, strict=True)
        ],
    )  # fmt: skip
    tx.many(
        outbound.INSERT_PART,
        [
            dict.fromkeys(outbound.PART_COLUMNS)
            | {
                "message_id": each, "part_no": 1, "part_count": 1, "state": 0, "pdu": "00" * 120,
                "route_id": away if waiting else here, "priority": 0 if waiting else 10, "tpdu_length": 119,
                "recipient": "75000001",
            }
            for each, waiting in zip(ids, waits, strict=True)
        ],
    )  # fmt: skip


def _claim(tx: Tx, modem: int) -> float:
    began = time.perf_counter()
    taken = queue.claim(tx, modem, "here", "sim", 1)
    took_s = time.perf_counter() - began
    assert taken is not None
    return took_s
