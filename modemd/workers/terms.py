"""Applies the accounts' terms once a day, at the beginning of the day in the gateway's zone."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Final

from modemd.errors import Rejected
from modemd.service.terms import daily, terms_warnings
from modemd.service.terms.calendar import day_of, end_of
from modemd.workers.spool_erase import sweep
from modemd.workers.supervisor import Worker

if TYPE_CHECKING:
    from datetime import date, datetime

    from modemd.service.accounts.erasure import Erased
    from modemd.service.terms.daily import Step
    from modemd.workers.floor import Floor

log = logging.getLogger(__name__)

_LOOK_S: Final = 30.0
"""The day is looked at this often: the clock may be set, a machine may have slept."""


class TermsWorker(Worker):
    """Looks whether a day has begun that the terms were not applied for; each step is a job of its own."""

    name = "terms"

    def __init__(self, floor: Floor, spool: str | None = None) -> None:
        """``spool`` is the spool's directory: the files of accounts that are erased leave it."""
        super().__init__()
        self._floor = floor
        self._spool = spool
        self._done: date | None = None

    async def step(self) -> None:
        """Apply the terms where that is due, then wait for the next day."""
        if not self._floor.timepiece.steady:
            await self._pause.wait(_LOOK_S)
            return
        now = self._floor.now()
        today = day_of(now, self._floor.rules.zone)
        if today != self._done:
            await self._apply(now)
            self._done = today
        left_s = (end_of(today, self._floor.rules.zone) - self._floor.now()).total_seconds()
        await self._pause.wait(min(max(left_s, 1.0), _LOOK_S))

    async def _apply(self, now: datetime) -> None:
        floor = self._floor
        try:
            await floor.store.run(lambda tx: daily.check_clock(tx, floor.rules, now))
            await floor.store.run(lambda tx: daily.check_leap(tx, floor.rules, now))
        except Rejected as refusal:
            log.warning("the terms are not applied: %s", refusal.reason)
            return
        if await floor.store.run(lambda tx: daily.is_done(tx, floor.rules, now)):
            return
        done = 0
        for _ in range(daily.ROUNDS):
            steps = await floor.store.run(lambda tx: daily.due(tx, floor.rules, now))
            carried = [await self._carry_out(step, now) for step in steps]
            if not any(carried):
                break
            done += sum(carried)
        await floor.store.run(lambda tx: terms_warnings.warn(tx, floor.rules, now))
        await floor.store.run(lambda tx: daily.note_day(tx, floor.rules, now))
        log.info("the terms of %s were applied: %d steps", day_of(now, floor.rules.zone), done)
        floor.ring_all()

    async def _carry_out(self, step: Step, now: datetime) -> bool:
        """One transaction; what the books refuse is said, and is due again tomorrow."""
        floor = self._floor
        self.beat_at = time.monotonic()
        try:
            carried = await floor.store.run(lambda tx: daily.carry_out(tx, floor.rules, step, now))
        except Rejected as refusal:
            log.warning("account %s: %s was refused: %s", step.account, step.sentence, refusal.reason)
            return False
        if carried is not None and carried.erased is not None:
            await self._sweep(carried.erased)
        return carried is not None

    async def _sweep(self, erased: Erased) -> None:
        if self._spool is None:
            return
        try:
            swept = await asyncio.to_thread(sweep, self._spool, erased, self._floor.rules)
        except OSError as error:
            log.warning("files of %s are left in the spool: %s", erased.renamed, error.strerror)
        else:
            log.info("%s: %d files left the spool", erased.renamed, sum(swept.removed.values()))
