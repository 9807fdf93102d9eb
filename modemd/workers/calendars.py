"""Looks through the calendars that are kept, once a day each: what recurs is planned as it comes nearer."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from modemd.errors import Rejected
from modemd.service.reminders import calendars
from modemd.workers.supervisor import Worker

if TYPE_CHECKING:
    from modemd.store.calendars import CalendarRow
    from modemd.workers.floor import Floor

log = logging.getLogger(__name__)

_AT_ONCE: Final = 20
_LOOK_S: Final = 600.0
_UNSTEADY_S: Final = 30.0


class Calendars(Worker):
    """Plans the appointments of the next 60 days."""

    name = "calendars"
    patience_s = 900.0

    def __init__(self, floor: Floor) -> None:
        super().__init__()
        self._floor = floor

    async def step(self) -> None:
        """Look through those that are due; wait where none is."""
        if not self._floor.timepiece.steady:
            await self._pause.wait(_UNSTEADY_S)
            return
        now = self._floor.now()
        rows = await self._floor.store.run(
            lambda tx: [(row, calendars.account_of(tx, row)) for row in calendars.due(tx, now, _AT_ONCE)]
        )
        for row, account in rows:
            if self.stopping:
                return
            await self._go_on(row, account)
        if rows:
            self._floor.clock.ring()
            self._floor.ring_queue()
            self._floor.mqtt.ring()
        if len(rows) < _AT_ONCE:
            await self._pause.wait(_LOOK_S)

    async def _go_on(self, row: CalendarRow, account: str | None) -> None:
        rules, now = self._floor.rules, self._floor.now()
        found = None
        try:
            if account is not None:
                found = await asyncio.to_thread(calendars.look_again, row, account, rules, now)
        except Rejected as refused:
            log.warning("a calendar of account %s is not reminded of today: %s", account, refused.code)
        refused_count = await self._floor.store.run(lambda tx: calendars.go_on(tx, rules, row, found, now))
        if refused_count:
            log.warning(
                "%d appointments of a calendar of account %s cannot be reminded of", refused_count, account
            )
