"""How much one SIM sends: so many parts a day and a month of the gateway's zone, in whichever modem it is."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, Literal

from modemd.service.admission.pace import day_number
from modemd.service.modems import traffic
from modemd.service.modems.traffic import Used

if TYPE_CHECKING:
    from datetime import datetime

    from modemd.store.transaction import Tx
    from modemd.workers.modems.station import Station

_LOOK_S: Final = 60.0
"""The store knows what late answers made of parts in doubt; between two looks it is counted here."""
_EARLY_S: Final = 0.01
MANY: Final = 255
"""No message has more parts: where as many are left, each fits."""


class Quota:
    """What is left of a SIM's day and month; ``station.limited`` says so where nothing is."""

    def __init__(self, station: Station) -> None:
        self.ends_at: datetime | None = None
        """When the limit that was last reached is over."""
        self._station = station
        self._per_day = station.config.per_day
        self._per_month = station.config.per_month
        self._used = Used(0, 0)
        self._sim = ""
        self._day = -1
        self._look_at = 0.0
        self._over: Literal["", "all", "misfit"] = ""

    @property
    def binds(self) -> bool:
        """Whether there is a limit."""
        return self._per_day is not None or self._per_month is not None

    @property
    def is_over(self) -> bool:
        """Whether nothing is left, as far as is known without asking the store."""
        station = self._station
        return (
            self._over == "all"
            and time.monotonic() < self._look_at
            and self._sim == station.seat.sim
            and self._day == day_number(station.floor.rules, station.floor.now())
        )

    @property
    def wakes_at(self) -> float:
        """When, on the monotonic clock, the store is to be asked again; far away where nothing is held."""
        return self._look_at if self._over else float("inf")

    def took(self) -> None:
        """Count a part that went, or may have."""
        self._used = Used(self._used.day + 1, self._used.month + 1)

    def fits(self, tx: Tx, now: datetime) -> int | None:
        """Return how many parts a message may have that is begun now; ``None``: as many as it likes."""
        station, rules = self._station, self._station.floor.rules
        if (
            time.monotonic() >= self._look_at
            or self._sim != station.seat.sim
            or self._day != day_number(rules, now)
        ):
            self._used = traffic.used(tx, rules, station.seat, now)
            self._sim, self._day = station.seat.sim, day_number(rules, now)
            self._look_at = time.monotonic() + _LOOK_S
        left = self._left()
        if left <= 0:
            self._over = "all"
            self._limit("", now)
        elif left >= MANY or self._over == "all":
            self.free()
        return max(left, 0) if left < MANY else None

    def misfit(self, now: datetime) -> None:
        """What waits is longer than what is left."""
        self._over = "misfit"
        self._limit("nearly ", now)

    def free(self) -> None:
        """Nothing waits for the end of a limit."""
        self._over = ""
        self._station.limited = None

    def _left(self) -> int:
        used, most = self._used, 1 << 30
        day = most if self._per_day is None else self._per_day - used.day
        month = most if self._per_month is None else self._per_month - used.month
        return min(day, month)

    def _limit(self, nearly: str, now: datetime) -> None:
        """Say until when nothing goes: the limit that lasts longer where both are reached."""
        station, left = self._station, self._left()
        rules = station.floor.rules
        if self._per_month is not None and self._per_month - self._used.month <= max(left, 0):
            most, span, ends_at = self._per_month, "month", traffic.month_ends(rules, now)
        else:
            most, span, ends_at = self._per_day or 0, "day", traffic.day_ends(rules, now)
        self.ends_at = ends_at
        what = ", and what waits has more parts than are left" if nearly else ""
        station.limited = (
            f"its SIM has sent {nearly}all {most} parts that it may send a {span}{what}:"
            f" it goes on at {ends_at:%Y-%m-%d %H:%M}"
        )
        until_s = (ends_at - now).total_seconds() + _EARLY_S
        self._look_at = min(self._look_at, time.monotonic() + until_s)
