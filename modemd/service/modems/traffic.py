"""What went by each SIM: counted by modem and day of the gateway's zone, and held against its limits."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from modemd.service.admission.pace import day_number
from modemd.store import sims
from modemd.store.times import to_us

if TYPE_CHECKING:
    from modemd.service.outcomes import Seat
    from modemd.service.rules import Rules
    from modemd.store.sims import Counted
    from modemd.store.transaction import Tx

KEPT_DAYS: Final = 400
"""What was counted is kept so long: a year, and the month that it is compared with."""
_MINUTE: Final = timedelta(minutes=1)
_FIRST_DAY: Final = date(1970, 1, 1)


class Used(NamedTuple):
    """Parts that went by a SIM today and this month; one that may have gone is counted as gone."""

    day: int
    month: int


def used(tx: Tx, rules: Rules, seat: Seat, now: datetime) -> Used:
    """Return what a SIM has sent, in whichever modem it was."""
    today = now.astimezone(rules.zone).date()
    first = today.replace(day=1)
    sent_today, sent_month = sims.used(tx, seat.sim, (today - _FIRST_DAY).days, (first - _FIRST_DAY).days)
    doubts = sims.doubts(tx, seat.modem_id, seat.sim)
    day_us, month_us = to_us(_midnight(rules, today)), to_us(_midnight(rules, first))
    return Used(
        sent_today + sum(at >= day_us for at in doubts), sent_month + sum(at >= month_us for at in doubts)
    )


def ages(tx: Tx, seat: Seat, now: datetime) -> list[float]:
    """Return how many seconds ago each part of the last minute went by a modem, the oldest first.

    Those count that may have gone. A time that lies ahead, since the clock was put back, is now.
    """
    now_us, since_us = to_us(now), to_us(now - _MINUTE)
    in_doubt = [at for at in sims.doubts(tx, seat.modem_id, seat.sim) if at >= since_us]
    times = sorted([*sims.recent(tx, seat.modem_id, since_us), *in_doubt])
    return [max(0.0, (now_us - at) / 1e6) for at in times]


def day_ends(rules: Rules, now: datetime) -> datetime:
    """Return the next midnight of the gateway's zone."""
    return _midnight(rules, now.astimezone(rules.zone).date() + timedelta(days=1))


def month_ends(rules: Rules, now: datetime) -> datetime:
    """Return the midnight of the gateway's zone with which the next month begins."""
    today = now.astimezone(rules.zone).date()
    return _midnight(rules, (today.replace(day=28) + timedelta(days=4)).replace(day=1))


def count(tx: Tx, rules: Rules, seat: Seat, what: Counted, now: datetime, many: int = 1) -> None:
    """Count what was refused to a SIM, or came in by it, today."""
    if many:
        sims.count(tx, seat.sim, seat.name, day_number(rules, now), what, many)


def forget(tx: Tx, rules: Rules, now: datetime) -> None:
    """Forget what was counted more than :data:`KEPT_DAYS` days ago."""
    sims.forget_days(tx, day_number(rules, now) - KEPT_DAYS)


def _midnight(rules: Rules, day: date) -> datetime:
    return datetime.combine(day, time(), rules.zone)
