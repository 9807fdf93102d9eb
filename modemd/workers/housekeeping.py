"""What the clock brings about: due messages, deadlines, doubts, retention; and news from other processes."""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from modemd.service import alarms, arrival, clock_set, routing, upkeep
from modemd.service.accounts import accounts
from modemd.service.credits import credit_wait, suspension
from modemd.service.modems import stickiness, traffic
from modemd.store import appointments, modems
from modemd.store import upkeep as forget
from modemd.store.times import to_us
from modemd.workers.supervisor import Worker

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from modemd.config.sections import RetentionConfig
    from modemd.store.transaction import Tx
    from modemd.workers.floor import Floor

log = logging.getLogger(__name__)

_SEEN_S: Final = 30.0
_SLOW_S: Final = 300.0
_LOOK_S: Final = 60.0
"""How often it is looked whether another gateway is gone, and what waits for its modems goes by others."""
_DAY_S: Final = 86400.0
_LISTEN_S: Final = 0.25
_ACCOUNTS_S: Final = 5.0
_UNSTEADY: Final = timedelta(seconds=5)


class Clock(Worker):
    """Promotes what is due, ends what is over; sleeps until the next such time."""

    name = "clock"

    def __init__(self, floor: Floor, retention: RetentionConfig, *, forget_in_s: float = _SLOW_S) -> None:
        super().__init__()
        self._floor = floor
        self._retention = retention
        self._slow_at = self._look_at = 0.0
        self._forget_at = time.monotonic() + forget_in_s

    def stop(self) -> None:
        """Ask for the turn in hand to be the last."""
        super().stop()
        self._floor.clock.ring()

    async def step(self) -> None:
        """Do what is due, then wait for the next due time."""
        await self._follow_clock()
        now = self._floor.now()
        due_at = await self._floor.store.run(lambda tx: self._tick(tx, now))
        self._floor.ring_queue()
        self._floor.ring_tellers()
        steady = self._floor.timepiece.steady
        if steady and time.monotonic() >= self._slow_at:
            self._slow_at = time.monotonic() + _SLOW_S
            if await self._floor.store.run(lambda tx: self._slow(tx, now)):
                self._floor.ring_alarms()
        if steady and time.monotonic() >= self._look_at:
            self._look_at = time.monotonic() + _LOOK_S
            await self._floor.store.run(lambda tx: self._release(tx, now))
        if steady and time.monotonic() >= self._forget_at:
            self._forget_at = time.monotonic() + _DAY_S
            await self._floor.store.run(lambda tx: self._forget(tx, now))
            await self._forget_untold(now)
        wait_s = _SEEN_S if due_at is None else (due_at - self._floor.now()).total_seconds()
        # While doubts are left alone the first of them would be due again and again.
        await self._floor.clock.wait(min(max(wait_s, 0.5 if self._floor.unread else 0.02), _SEEN_S))

    async def _follow_clock(self) -> None:
        """Where the clock was set, what was counted from it moves with it, before anything is due by it."""
        floor, jump = self._floor, self._floor.timepiece.jump()
        if jump is None:
            return
        rules, now = floor.rules, floor.now()
        await floor.store.run(lambda tx: clock_set.follow(tx, rules, jump, now))
        floor.timepiece.follow(jump)
        if jump.by:
            way = "ahead" if jump.by > timedelta() else "back"
            log.warning("the clock was set %s by %s: it is %s UTC", way, _whole(abs(jump.by)), f"{now:%F %T}")
        else:
            log.info("the machine slept for %s", _whole(jump.slept))

    def _tick(self, tx: Tx, now: datetime) -> datetime | None:
        rules = self._floor.rules
        modems.gateway_seen(tx, rules.gateway, to_us(now))
        if not self._floor.timepiece.steady:  # by it others would be gone, and their doubts over
            return now + _UNSTEADY
        doubts = 0 if self._floor.unread else upkeep.resolve_doubts(tx, rules, now)
        upkeep.promote(tx, rules, now)
        more = suspension.go_on(tx, rules, now)
        expired = upkeep.expire(tx, rules, now)
        more |= credit_wait.cover(tx, rules, now)
        cancelled = accounts.cancel_closed(tx, rules, now)
        if expired or doubts:
            log.warning("%d messages expired, %d parts in doubt were settled by policy", expired, doubts)
        more |= max(expired, cancelled) >= upkeep.AT_ONCE
        return now if more else upkeep.next_due(tx, now)

    def _release(self, tx: Tx, now: datetime) -> None:
        routing.release(tx, self._floor.rules)
        begun = routing.release_begun(tx, self._floor.rules, now)
        if begun:
            log.warning("%d parts go on by other SIMs: the one that began cannot send", begun)

    def _slow(self, tx: Tx, now: datetime) -> bool:
        """Tell whether an alarm is over."""
        upkeep.stop_waiting(tx, now)
        lost = upkeep.doubt_lost(tx, self._floor.rules, now)
        if lost:
            log.warning("%d parts were given to a modem long ago, and never answered for: in doubt", lost)
        incomplete = arrival.hand_out_incomplete(tx, self._floor.rules, now)
        if incomplete:
            log.warning("%d incoming messages were handed out with parts missing", incomplete)
        return alarms.end_news(tx, self._floor.rules, now)

    async def _forget_untold(self, now: datetime) -> None:
        """In pieces: a broker that was away leaves a long backlog, and modems wait for the store."""
        kept, count, last = timedelta(seconds=self._retention.text_s), 0, upkeep.AT_ONCE
        while last >= upkeep.AT_ONCE:
            last = await self._floor.store.run(lambda tx: upkeep.forget_untold(tx, now, kept))
            count += last
        if count:
            log.warning("%d events older than %s were forgotten: nobody took them", count, kept)

    def _forget(self, tx: Tx, now: datetime) -> None:
        forget.forget_texts(tx, to_us(now - timedelta(seconds=self._retention.text_s)))
        forget.forget_numbers(tx, to_us(now - timedelta(seconds=self._retention.number_s)))
        appointments.forget(tx, to_us(now - timedelta(seconds=self._retention.number_s)))
        traffic.forget(tx, self._floor.rules, now)
        stickiness.forget(tx, self._floor.rules, now, timedelta(seconds=self._retention.number_s))
        alarms.forget(tx, now)


def _whole(span: timedelta) -> timedelta:
    return timedelta(seconds=round(span.total_seconds()))


class Listener(Worker):
    """Notices that another process (a command) has written to the store, and wakes everybody.

    Accounts that were added, changed or closed there, or by this gateway's own verbs, are known from then on.
    """

    name = "listener"

    def __init__(self, floor: Floor, look: Callable[[], None] | None = None) -> None:
        """``look`` is called when the accounts have changed: another folder may be one's."""
        super().__init__()
        self._floor = floor
        self._look = look
        self._seen: int | None = None
        self._accounts_at = 0.0

    async def step(self) -> None:
        """Look once, then wait a quarter of a second."""
        if self._floor.timepiece.jump() is not None:
            self._floor.clock.ring()
        seen = await self._floor.store.changes()
        changed = self._seen is not None and seen != self._seen
        if changed or time.monotonic() >= self._accounts_at:
            changed |= await self._know_accounts()
        if changed:
            self._floor.ring_all()
        self._seen = seen
        await self._pause.wait(_LISTEN_S)

    async def _know_accounts(self) -> bool:
        """Bring the accounts in the rules up to date; tell whether they have changed."""
        self._accounts_at = time.monotonic() + _ACCOUNTS_S
        before = self._floor.rules
        after = await self._floor.store.run(lambda tx: accounts.merged(tx, before), again=True)
        if self._floor.rules is not before or after == before:
            return False  # a reload came between, and has done it
        self._floor.rules = after
        if self._look is not None:
            self._look()
        return True
