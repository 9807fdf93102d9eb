"""The ladder that a modem in trouble is helped up: which step comes next, as a pure decision over a table.

Each step (rung) has a limit in a row and a limit a day, and a pause behind it that grows. What was done is in
the store, so a gateway that is restarted again and again does not begin from the bottom each time. Where no
step is left a person is needed; after an hour of good work the next trouble begins at the bottom.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

GOOD_WORK: Final = timedelta(hours=1)
"""After so long without trouble the ladder is climbed from its bottom again."""
MEMORY: Final = timedelta(hours=48)
"""What was done earlier is not counted: a modem that nothing helped is tried again every other day."""
_DAY: Final = timedelta(hours=24)


class Rung(StrEnum):
    """A step of the ladder, or one of the two ends."""

    RESYNC = "resync"
    """Probe, ESC, and set up anew."""
    REREGISTER = "reregister"
    """Choose the network anew (``AT+COPS=0``; 27.007, 7.3)."""
    RADIO = "radio"
    """Radio off and on (``AT+CFUN``; 27.007, 8.2)."""
    SOFT_RESET = "soft_reset"
    """Restart the modem by its own command."""
    REOPEN = "reopen"
    """Close the port and open it again."""
    USB_RESET = "usb_reset"
    """Take it off the USB and put it back on (sysfs ``authorized``)."""
    PORT_POWER = "port_power"
    """Switch its port of the hub off and on (sysfs ``disable``)."""
    POWER_HOOK = "power_hook"
    """The operator's program cuts its power."""
    DEAD = "dead"
    """Nothing is left to try; a person is told."""
    WELL = "well"
    """It has worked for an hour since."""


class Ailment(StrEnum):
    """What is wrong with a modem."""

    SILENT = "silent"
    """It does not answer."""
    PORT = "port"
    """Its port is there and cannot be opened."""
    FAILING = "failing"
    """It says itself that it has failed, or wants a restart (``+CMS ERROR: 300``)."""
    REFUSING = "refusing"
    """It refuses everything, and does not say why (``+CMS ERROR: 500``)."""
    STORAGE = "storage"
    """It does not let its storages be read."""
    SEARCHING = "searching"
    """It finds no network."""
    DENIED = "denied"
    """The network denies the registration, or allows emergency calls only."""


@dataclass(frozen=True, slots=True)
class Limits:
    """``pauses_s``: seconds before what follows the first, second, ... time; the last holds from then on.

    ``forgiven``: it is no longer counted in the row after so long; ``None``: only good work ends the row.
    ``words``: what it is, for people.
    """

    words: str
    in_a_row: int
    per_day: int
    pauses_s: tuple[float, ...]
    forgiven: timedelta | None = None


RUNGS: Final[dict[Rung, Limits]] = {
    Rung.RESYNC: Limits("getting into step again", 3, 200, (0,), timedelta(minutes=10)),
    Rung.REREGISTER: Limits("choosing the network anew", 2, 12, (60, 120)),
    Rung.RADIO: Limits("radio off and on", 2, 8, (90, 180)),
    Rung.SOFT_RESET: Limits("a restart by its own command", 2, 12, (15, 60)),
    Rung.REOPEN: Limits("closing and opening its port", 3, 48, (2, 5, 15)),
    Rung.USB_RESET: Limits("a reset of its USB port", 2, 6, (20, 60)),
    Rung.PORT_POWER: Limits("switching its port of the hub off and on", 2, 4, (30, 120)),
    Rung.POWER_HOOK: Limits("the operator's program that cuts its power", 2, 4, (60, 300)),
}
"""From the bottom to the top."""


def words_of(rung: str) -> str:
    """What a step is, for people; a word of another version stays as it is."""
    return next((limits.words for known, limits in RUNGS.items() if known == rung), rung)


_POWER: Final = (Rung.USB_RESET, Rung.PORT_POWER, Rung.POWER_HOOK)
CLIMBS: Final[dict[Ailment, tuple[Rung, ...]]] = {
    Ailment.SILENT: (Rung.RESYNC, Rung.SOFT_RESET, Rung.REOPEN, *_POWER),
    Ailment.PORT: (Rung.REOPEN, *_POWER),
    Ailment.FAILING: (Rung.SOFT_RESET, *_POWER),
    Ailment.REFUSING: (Rung.SOFT_RESET, *_POWER),
    Ailment.STORAGE: (Rung.SOFT_RESET, *_POWER),
    Ailment.SEARCHING: (Rung.REREGISTER, Rung.RADIO, Rung.SOFT_RESET, *_POWER),
    Ailment.DENIED: (Rung.REREGISTER, Rung.RADIO),
}
"""Which steps may help against what, in their order."""

_GONE: Final = frozenset({Ailment.SILENT, Ailment.PORT})


def is_dead(ailment: Ailment) -> bool:
    """Whether a modem that nothing helped against this is of no use at all, and not only for sending."""
    return ailment in _GONE


@dataclass(frozen=True, slots=True)
class Done:
    """A step that was taken; ``at`` is aware."""

    rung: Rung
    at: datetime


@dataclass(frozen=True, slots=True)
class Next:
    """The step that comes next: the ``attempt``-th of ``most`` in a row, not before ``due_at`` (aware)."""

    rung: Rung
    attempt: int
    most: int
    due_at: datetime

    @property
    def words(self) -> str:
        """What it is, for people: ``a reset of its USB port (1 of 2)``."""
        limits = RUNGS.get(self.rung)
        return (
            "nothing is left to try" if limits is None else f"{limits.words} ({self.attempt} of {self.most})"
        )


def next_rung(
    history: Sequence[Done],
    ailment: Ailment,
    now: datetime,
    able: Collection[Rung] = tuple(RUNGS),
    *,
    pace: float = 1.0,
) -> Next:
    """Decide what is done next about a modem.

    Args:
        history: what was done in the last days, oldest first.
        ailment: what is wrong with it.
        now: the time, aware.
        able: the steps that are possible here and now; others are passed over.
        pace: what the pauses are multiplied by.
    """
    row = current_row(history, now)
    due_at = max(now, _free_at(row, now, pace))
    for rung in CLIMBS[ailment]:
        limits = RUNGS[rung]
        attempts = _attempts(row, rung, limits, now)
        today = sum(done.rung is rung and _within_a_day(done, now) for done in history)
        if rung in able and attempts < limits.in_a_row and today < limits.per_day:
            return Next(rung, attempts + 1, limits.in_a_row, due_at)
    return Next(Rung.DEAD, 1, 1, due_at)


def current_row(history: Sequence[Done], now: datetime) -> list[Done]:
    """What was done since the modem last worked well."""
    row: list[Done] = []
    for done in history:
        if done.rung is Rung.WELL:
            row = []
        elif -_DAY < now - done.at < MEMORY:  # a clock that was set back must not set the limits free
            row.append(done)
    return row


def pause_after(history: Sequence[Done], now: datetime) -> timedelta:
    """How long the last step is given to help, counted from when it was taken."""
    row = [done for done in current_row(history, now) if done.rung in RUNGS]
    if not row:
        return timedelta()
    limits = RUNGS[row[-1].rung]
    times = _attempts(row, row[-1].rung, limits, now)
    return timedelta(seconds=limits.pauses_s[min(max(times, 1), len(limits.pauses_s)) - 1])


def _free_at(row: Sequence[Done], now: datetime, pace: float) -> datetime:
    taken = [done for done in row if done.rung in RUNGS]
    return min(taken[-1].at, now) + pause_after(taken, now) * pace if taken else now


def _attempts(row: Sequence[Done], rung: Rung, limits: Limits, now: datetime) -> int:
    forgiven = limits.forgiven
    return sum(done.rung is rung and (forgiven is None or now - done.at < forgiven) for done in row)


def rungs_today(history: Sequence[Done], now: datetime) -> int:
    """How many steps were taken in the last 24 hours."""
    return sum(done.rung in RUNGS and _within_a_day(done, now) for done in history)


def not_ahead(done: Done, now: datetime) -> Done:
    """Return a step as it is, or as taken now where it lies ahead: so that its pause ends."""
    return Done(done.rung, now) if now < done.at < now + _DAY else done


def _within_a_day(done: Done, now: datetime) -> bool:
    """Also where the clock was set back since; what lies years ahead was written by one that was wrong."""
    return -_DAY < now - done.at < _DAY
