"""Whether a modem may begin a part now: its pace, and what its SIM has left of the day and the month."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Literal

from modemd.service.modems import traffic
from modemd.service.modems.modem_events import tell
from modemd.store import queue
from modemd.workers.modems.sending.pace import Pace
from modemd.workers.modems.sending.quota import Quota

if TYPE_CHECKING:
    from datetime import datetime
    from random import Random

    from modemd.store.queue import ClaimedPart
    from modemd.store.transaction import Tx
    from modemd.workers.modems.station import Station


class Throttle:
    """Asked before each claim: what waits for its turn stays in the queue, where others can take it."""

    def __init__(self, station: Station, chance: Random) -> None:
        self._station = station
        self._pace = Pace(station.config, chance)
        self._quota = Quota(station)
        self._resumed = not self._pace.binds
        self._free = not self._pace.binds and not self._quota.binds
        """There is nothing to keep to: this is asked for each part."""
        self._told: str | None = None

    @property
    def holds(self) -> bool:
        """Whether nothing may begin yet, as far as is known without asking the store."""
        return not self._free and (self._waits or self._quota.is_over)

    @property
    def wakes_at(self) -> float:
        """When, on the monotonic clock, it may be otherwise; far away where nothing is held."""
        paced = self._pace.free_at() if self._waits else float("inf")
        return min(paced, self._quota.wakes_at)

    @property
    def _waits(self) -> bool:
        return self._pace.binds and time.monotonic() < self._pace.free_at()

    def took(self, claimed: ClaimedPart, *, went: bool) -> None:
        """Count a part that was handed over; ``went``: the network took it, or may have."""
        if self._free:
            return
        if self._pace.binds:
            self._pace.took(time.monotonic(), more=claimed.part_no < claimed.part_count)
        if self._quota.binds and went:
            self._quota.took()

    def fits(self, tx: Tx, now: datetime) -> int | None:
        """Return how many parts a message that is begun now may have; ``None``: as many as it likes."""
        if self._free:
            return None
        if not self._resumed:
            self._pace.resume(traffic.ages(tx, self._station.seat, now), time.monotonic())
            self._resumed = True
        if self._waits:
            return 0
        return self._quota.fits(tx, now) if self._quota.binds else None

    def claimed(self, tx: Tx, claimed: ClaimedPart | None, fits: int | None, now: datetime) -> None:
        """Hear what was claimed where only ``fits`` parts were left: what is too long waits visibly."""
        if claimed is not None or not fits:
            return
        if queue.waits(tx, self._station.modem_id):
            self._quota.misfit(now)
        else:
            self._quota.free()

    async def tell(self) -> None:
        """Write down that the limit is reached, or is no more, where that is new.

        Raises:
            StoreError: it is not written; it is told with the next turn.
        """
        station = self._station
        why = station.limited
        if why == self._told:
            return
        if (why is None) != (self._told is None):
            await self._announce("unlimited" if why is None else "limited", why)
        if why is not None:
            await station.record.write("limited", why)
            await station.release()
        else:
            station.health_at = 0.0  # the next look says how it is instead
        self._told = why

    async def _announce(self, event: Literal["limited", "unlimited"], why: str | None) -> None:
        floor, name, now = self._station.floor, self._station.name, self._station.floor.now()
        facts = {"reason": why, "until": self._quota.ends_at if why else None}
        await floor.store.run(lambda tx: tell(tx, floor.rules, name, event, facts, now))
        floor.mqtt.ring()
