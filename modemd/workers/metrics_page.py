"""The figures as families of Prometheus' metrics; the names follow its conventions.

No phone number, no text and no SIM stands in a label: a label is kept for ever by whoever scrapes it.
"""

from __future__ import annotations

from itertools import accumulate
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

from modemd import __version__
from modemd.modem.registration import USABLE
from modemd.store.durations import BOUNDS_S

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from prometheus_client.core import Metric

    from modemd.service.figures import Figures
    from modemd.store.durations import Durations
    from modemd.workers.tally import Tally

_SEVERITIES: Final = ("info", "warning", "critical")
_COUNTERS: Final = (
    ("parts", "parts", "Parts handed to modems, by what came of it.", ("modem", "outcome")),
    ("refusals", "refusals", "Parts that a modem or the network refused, by error code.", ("modem", "code")),
    ("arrivals", "arrivals", "Received parts and status reports taken from modems.", ("modem",)),
    ("requests", "requests", "Dropped files and published messages, by door and answer.", ("door", "answer")),
    ("rungs", "recoveries", "What was done about modems that did not work.", ("modem", "rung")),
    ("opened", "modem_preparations", "How often modems were set up.", ("modem",)),
)

_COLUMNS: Final = (
    ("signal_dbm", "The signal's strength, in dBm."),
    ("rsrp_dbm", "LTE's reference signal received power, in dBm."),
    ("rsrq_db", "LTE's reference signal received quality, in dB."),
    ("storage_used", "Places for received messages that are taken."),
    ("storage_total", "All places for received messages."),
)
"""Columns of a modem's row that are figures as they stand."""


def page(figures: Figures | None, tally: Tally, commits: Durations, now: datetime) -> Iterator[Metric]:
    """Every family; without ``figures`` the store could not be read, and that is told. ``now`` is aware."""
    yield GaugeMetricFamily(
        "modemd_store_up", "Whether the store could be read just now.", float(figures is not None)
    )
    about = GaugeMetricFamily("modemd_build_info", "The program's version.", labels=("version",))
    about.add_metric((__version__,), 1)
    yield about
    for name, called, what, labels in _COUNTERS:
        yield _counter(f"modemd_{called}", what, labels, getattr(tally, name))
    yield _times("modemd_store_commit_seconds", "How long the store's commits took.", commits)
    if figures is not None:
        yield from _stored(figures)
        yield GaugeMetricFamily(
            "modemd_queue_stalled_seconds",
            "How long parts have waited while the network took none; 0 where none wait.",
            max(0.0, (now - (figures.stalled_since or now)).total_seconds()),
        )


def _counter(name: str, what: str, labels: tuple[str, ...], counts: Counter[tuple[str, ...]]) -> Metric:
    family = CounterMetricFamily(name, what, labels=labels)
    for key, count in sorted(counts.items()):
        family.add_metric(key, count)
    return family


def _times(name: str, what: str, times: Durations) -> Metric:
    counts, total_s = list(times.counts), times.total_s
    bounds = [*(str(bound) for bound in BOUNDS_S), "+Inf"]
    family = HistogramMetricFamily(name, what)
    family.add_metric((), list(zip(bounds, map(float, accumulate(counts)), strict=True)), total_s)
    return family


def _gauge(name: str, what: str, label: str, values: Mapping[str, float | None]) -> Metric:
    family = GaugeMetricFamily(f"modemd_{name}", what, labels=(label,))
    for key, value in sorted(values.items()):
        if value is not None:
            family.add_metric((key,), value)
    return family


def _stored(figures: Figures) -> Iterator[Metric]:
    yield from _modems(figures)
    yield _gauge("queue_parts", "Parts in the store that are not sent, by state.", "state", figures.parts)
    yield _gauge("outbox_events", "Events that are to be told, by who is told.", "consumer", figures.untold)
    alarms = {severity: figures.alarms.get(severity, 0) for severity in _SEVERITIES}
    yield _gauge("alarms", "Open alarms.", "severity", alarms)
    left = {name: each["available"] for name, each in figures.credits.items()}
    yield _gauge("credit_available", "Credits that an account can still spend.", "account", left)
    held = {name: each["held"] for name, each in figures.credits.items()}
    yield _gauge("credit_held", "Credits held for messages under way.", "account", held)


def _modems(figures: Figures) -> Iterator[Metric]:
    rows = figures.modems
    state = GaugeMetricFamily(
        "modemd_modem_state", "1 for the state that the modem is in.", labels=("modem", "state")
    )
    for name, row in sorted(rows.items()):
        state.add_metric((name, str(row["state"])), 1)
    yield state

    def gauge(name: str, what: str, value: Any) -> Metric:
        return _gauge(f"modem_{name}", what, "modem", {modem: value(row) for modem, row in rows.items()})

    yield gauge("ready", "Whether the modem sends and receives.", lambda row: float(row["state"] == "ready"))
    yield gauge(
        "registered", "Whether it is registered in a way that carries messages.",
        lambda row: float(row["registration"] in USABLE),
    )  # fmt: skip
    for column, what in _COLUMNS:
        yield gauge(column, what, itemgetter(column))
    yield gauge("helped", "Whether the ladder of recovery is at work.", lambda row: float(bool(row["rung"])))
    left = {name: float(amount) for name, amount in figures.balances.items()}
    yield _gauge("modem_balance", "What the prepaid SIM has left, in its own currency.", "modem", left)
    sent = figures.sent_today
    yield _gauge("modem_sent_today", "Parts that the network took since midnight.", "modem", sent)
