"""What is wrong, so that a person is needed: raised once, counted while it lasts, cleared when it is right.

New alarms and cleared ones are told to the broker and to the program of ``hooks.alarm``; one that is found
again is only counted, unless it has become more severe. Who raises or clears rings ``floor.ring_alarms()``
after the commit.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from modemd.formats.events import compact_json, iso
from modemd.formats.payloads_alarm import AlarmBody, Severity
from modemd.service.outbox import MQTT, notice
from modemd.store import alarms, outbox
from modemd.store.times import to_us

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Literal

    from modemd.service.rules import Rules
    from modemd.store.alarms import AlarmRow
    from modemd.store.transaction import Tx

__all__ = [
    "HOOK", "Severity", "clear_alarm", "clear_alarms", "end_news", "forget", "open_alarms", "raise_alarm",
]  # fmt: skip

HOOK: Final = "alarm"
"""The consumer that calls the operator's program."""
_KEPT: Final = timedelta(days=90)
_UNTOLD: Final = timedelta(days=2)
_AT_ONCE: Final = 1000
_NEWS: Final = frozenset({"sim_swapped"})
"""What has happened, and does not go on: there is nothing to mend, and nothing that would end it."""
_NEWS_LASTS: Final = timedelta(days=1)
_RANK: Final[dict[str, int]] = {"info": 0, "warning": 1, "critical": 2}


def raise_alarm(
    tx: Tx, rules: Rules, *, modem: str | None, code: str, text: str, severity: Severity, now: datetime
) -> bool:
    """Say that something is wrong; return whether that is new, or worse than it was.

    Args:
        tx: the transaction that it is found in.
        rules: the rules in force; they say who is told.
        modem: which modem it is about; ``None``: the gateway itself.
        code: what it is, as a word; an open alarm of this modem and code is counted, and its text renewed.
        text: a sentence or two: what is wrong with which modem, and what to do about it.
        severity: how much a person is needed.
        now: when, aware.
    """
    at_us = to_us(now)
    known = alarms.find(tx, rules.gateway, modem or "", code)
    if known is None:
        alarms.add(tx, rules.gateway, modem or "", code, severity, text, at_us)
    else:
        alarms.again(tx, known.id, severity, text, at_us)
        if _RANK[severity] <= _RANK[known.severity]:
            return False
    count = 1 if known is None else known.count + 1
    _tell(tx, rules, _body(rules, "raised", severity, modem or "", code, text, count, now), now)
    return True


def clear_alarm(tx: Tx, rules: Rules, *, modem: str | None, code: str, now: datetime) -> bool:
    """Say that something is right again; return whether it was wrong. ``now`` is aware."""
    known = alarms.find(tx, rules.gateway, modem or "", code)
    if known is not None:
        _clear(tx, rules, known, now)
    return known is not None


def clear_alarms(
    tx: Tx, rules: Rules, *, modem: str | None, now: datetime, but: frozenset[str] = frozenset()
) -> bool:
    """Say that all is right with a modem, but for the codes ``but``; return whether anything was wrong."""
    wrong = [
        each for each in alarms.open_alarms(tx, rules.gateway, modem or "") if each.code not in but
    ]  # fmt: skip
    for each in wrong:
        _clear(tx, rules, each, now)
    return bool(wrong)


def end_news(tx: Tx, rules: Rules, now: datetime) -> bool:
    """End the alarms that tell no more than what happened, a day after it; return whether there were any."""
    before_us = to_us(now - _NEWS_LASTS)
    old = [
        each
        for each in alarms.open_alarms(tx, rules.gateway)
        if each.code in _NEWS and each.raised_at <= before_us
    ]
    for each in old:
        _clear(tx, rules, each, now)
    return bool(old)


def open_alarms(tx: Tx, gateway: str | None = None) -> list[AlarmRow]:
    """Return what is wrong now, oldest first, with one gateway or with all that share the store."""
    return alarms.open_alarms(tx, gateway)


def forget(tx: Tx, now: datetime) -> None:
    """Forget alarms that were over long ago, and what a program was to be told that is there no more."""
    alarms.forget(tx, to_us(now - _KEPT))
    outbox.forget(tx, HOOK, to_us(now - _UNTOLD), _AT_ONCE)


def _clear(tx: Tx, rules: Rules, known: AlarmRow, now: datetime) -> None:
    alarms.clear(tx, known.id, to_us(now))
    severity: Severity = known.severity  # type: ignore[assignment]  # written from the same literal
    body = _body(rules, "cleared", severity, known.modem, known.code, known.text, known.count, now)
    _tell(tx, rules, body, now)


def _body(
    rules: Rules, state: Literal["raised", "cleared"], severity: Severity, modem: str, code: str, text: str,
    count: int, now: datetime,
) -> AlarmBody:  # fmt: skip
    return {
        "event": "alarm",
        "state": state,
        "severity": severity,
        "gateway": rules.gateway,
        "modem": modem or None,
        "code": code,
        "text": text,
        "at": iso(now),
        "count": count,
    }


def _tell(tx: Tx, rules: Rules, body: AlarmBody, now: datetime) -> None:
    topic, told = f"gateway/{rules.gateway}/alarm", compact_json(body).decode()
    tellers = [each for each in (MQTT, HOOK) if each in rules.consumers]
    outbox.broadcast(tx, [notice("alarm", topic, told, to_us(now), consumer=each) for each in tellers])
