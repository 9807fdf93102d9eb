"""A clock that was set while the gateway ran, or while it did not: what was counted from it stays as long.

A machine without a battery for its clock starts with the time of its last stop, or in 1970, until the network
tells it. What was put off by seconds, or promised for hours, keeps its seconds and hours; what somebody named
by day and hour (a time to send at, an appointment, quiet hours) goes by the clock as it is.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from modemd.store import clock_set as store
from modemd.store.times import to_us

if TYPE_CHECKING:
    from modemd.service.rules import Rules
    from modemd.store.transaction import Tx

EARLIEST: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""No clock that is right tells an earlier time."""
_LONGEST_PAUSE: Final = timedelta(hours=1)
"""No part waits longer for its next try, and no modem's order to be begun."""
_NEWS: Final = timedelta(seconds=5)
"""So long, at most, modems' tasks and others have written by a new clock before it is followed."""
_US: Final = timedelta(microseconds=1)


class Jump(NamedTuple):
    """A clock was set ahead by so much, or back (negative); and the machine slept for so long, if it did.

    ``since`` and ``until``, aware, are the machine's start and now by the clock as it was.
    """

    by: timedelta
    slept: timedelta
    since: datetime
    until: datetime


def follow(tx: Tx, rules: Rules, jump: Jump, now: datetime) -> None:
    """Move what this gateway has counted from the clock as it was.

    While the machine slept no evidence could come: doubts last longer by as much. What was accepted before
    the machine started was so by another clock, and expires by that.
    """
    gateway, by_us = rules.gateway, jump.by // _US
    new_us = (to_us(now - _NEWS), to_us(now))
    store.move_doubts(tx, gateway, by_us, jump.slept // _US, but_us=new_us)
    if not by_us:
        return
    if by_us < 0:  # set ahead, the next try is only earlier
        store.move_retries(tx, gateway, by_us, to_us(now))
    store.move_open(
        tx, gateway, by_us, between=(to_us(jump.since), to_us(jump.until)),
        but_us=new_us, earliest_us=to_us(EARLIEST),
    )  # fmt: skip


def disbelieve(tx: Tx, rules: Rules, now: datetime) -> int:
    """At a start: let nothing wait that a clock which was ahead has put far off; return how many parts."""
    doubts = timedelta(seconds=rules.sending.uncertain_after_s)
    return store.hurry(
        tx, rules.gateway, to_us(now), pauses_us=_LONGEST_PAUSE // _US, doubts_us=doubts // _US
    )
