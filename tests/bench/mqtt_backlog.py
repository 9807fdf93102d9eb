"""What waits on either side: messages on the broker while the gateway is away, events while the broker is."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.measures import Figures, Measure, Options, Row
from tests.bench.mqtt_accept import EVENTS, SEND, await_gateway, broker
from tests.bench.processes import Gateway, Modems, memory_mb
from tests.bench.rig import configuration, drop, ready, write_files
from tests.bench.users import MOSQUITTO, User

_PATIENCE_S = 120.0
_CALM_S = 4.0
_AIRTIME_S = 2.0


@contextmanager
def _store(place: Path) -> Iterator[sqlite3.Connection]:
    store = sqlite3.connect(f"file:{place}/modemd.db?mode=ro", uri=True)
    try:
        yield store
    finally:
        store.close()


def _until(store: sqlite3.Connection, question: str, count: int, timeout_s: float) -> None:
    """Until a count in the store is ``count`` or more; it is asked seldom."""
    ends = time.monotonic() + timeout_s
    while (there := store.execute(question).fetchone()[0]) < count:
        if time.monotonic() > ends:
            raise TimeoutError(f"{there:,} of {count:,} after {timeout_s:g} s: {question}")
        time.sleep(0.1)


def _await_accepted(place: Path, count: int) -> None:
    with _store(place) as store:
        _until(store, "SELECT coalesce(max(id), 0) FROM message", count, _PATIENCE_S)


def _run_backlog(options: Options) -> Figures:
    if MOSQUITTO is None:
        return {}
    count = options.backlog
    with broker() as (place, one), Modems(place, 1) as modems:
        config = configuration(place, modems, broker_port=one.port)
        with Gateway(place, config) as first:
            ready(place, 1)
            await_gateway(one.port)
            time.sleep(_CALM_S)
            idle = memory_mb(first.pid)
        assert one.process is not None
        before = memory_mb(one.process.pid)
        with User(place, one.port, "publish", SEND, str(count)) as publisher:
            publisher.go()
            publisher.answer(_PATIENCE_S)
        waiting = (memory_mb(one.process.pid) - before) * 1e6 / count
        with Gateway(place, config) as again:
            began = time.monotonic()
            _await_accepted(place, count)
            rate = count / (time.monotonic() - began)
            time.sleep(_CALM_S)
            end, peak = memory_mb(again.pid), memory_mb(again.pid, "VmHWM")
    return {"rate": rate, "idle": idle, "growth": peak - idle, "end": end, "waiting": waiting}


def _run_drain(options: Options) -> Figures:
    if MOSQUITTO is None:
        return {}
    count = options.events // 2
    with broker() as (place, one), Modems(place, 1, airtime_s=_AIRTIME_S) as modems:
        one.stop()
        config = configuration(place, modems, broker_port=one.port)
        with Gateway(place, config):
            files = write_files(place / "staging", count)
            time.sleep(1.0)
            drop(files, place / "spool")
            _await_accepted(place, count)
        one.start()
        wanted = (f"accepted={count}", f"queued={count}")
        with User(place, one.port, "listen", EVENTS, *wanted) as listener, Gateway(place, config):
            ended = listener.answer(_PATIENCE_S)
    return {"rate": 2 * count / (max(ended["reached_at"].values()) - ended["first_at"])}


ROWS = (
    Row(
        "mqtt-backlog",
        (
            Measure("rate", "100,000 waiting on the broker, 1 modem sends: accepted", "messages/s"),
            Measure("growth", "the same: memory at its most, beyond idle", "MB", 20, most=True, digits=1),
            Measure("idle", "the same: idle, before", "MB", digits=1),
            Measure("end", "the same: once all is accepted", "MB", digits=1),
            Measure("waiting", "the same: memory of mosquitto for each that waits", "octets"),
        ),
        _run_backlog,
        limit_s=170.0,
    ),
    Row(
        "mqtt-drain",
        (Measure("rate", "20,000 events waiting for the broker: told", "events/s"),),
        _run_drain,
    ),
)
