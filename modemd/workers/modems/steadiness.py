"""A modem that goes away again and again: it is taken more seldom, and a person is told once."""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING, Final

from modemd.service.alarms import clear_alarm, raise_alarm

if TYPE_CHECKING:
    from datetime import datetime

    from modemd.service.rules import Rules
    from modemd.store.transaction import Tx
    from modemd.workers.modems.station import Station

log = logging.getLogger(__name__)

_UNSTEADY: Final = "unsteady"
STAYS_S: Final = 600.0
"""A modem that stays so long, or stays away so long, does not come and go."""
_HOLDS_S: Final = (0.0, 0.0, 0.0, 0.0, 10.0, 20.0, 40.0, 60.0)
"""By how often it went, each time soon after it had come: how long it is left alone before the next try."""


def stays(tx: Tx, rules: Rules, modem: str, now: datetime) -> bool:
    """A modem does not come and go any more; return whether that is to be told. ``now`` is aware."""
    return clear_alarm(tx, rules, modem=modem, code=_UNSTEADY, now=now)


class Steadiness:
    """How steadily one modem is there. Times are those of ``time.monotonic``."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._losses = 0
        self._changed_at = -math.inf
        self._told = False

    def came(self, now: float) -> None:
        """It was opened and prepared."""
        self._count_anew(now)
        self._changed_at = now

    def went(self, now: float) -> None:
        """Its port failed while it was open, or it has started anew by itself."""
        self._count_anew(now)
        self._losses += 1
        self._changed_at = now

    @property
    def unsteady(self) -> bool:
        """Whether it came and went so often that it is left alone in between."""
        return self._hold_s > 0

    def wait_s(self, now: float) -> float:
        """For how long it is to be left alone yet."""
        return max(0.0, self._changed_at + self._hold_s - now)

    def words(self) -> str:
        """What is so."""
        return f"it went away or restarted {self._losses} times, each time soon after it had come"

    async def mind(self, now: float) -> None:
        """Tell a person that it comes and goes, or that this is over; does nothing where that was done.

        Raises:
            StoreError: it is not told.
        """
        self._count_anew(now)
        station, unsteady = self._station, self.unsteady
        station.record.unsteady = unsteady
        if unsteady == self._told:
            return
        rules, at, name = station.floor.rules, station.floor.now(), station.name
        text = (
            f"Modem {name}: {self.words()}. Change its cable, and give it a powered hub or a stronger "
            "supply: many modems restart for want of power when they send."
        )

        def change(tx: Tx) -> bool:
            if not unsteady:
                return stays(tx, rules, name, at)
            return raise_alarm(
                tx, rules, modem=name, code=_UNSTEADY, text=text, severity="warning", now=at
            )  # fmt: skip

        if await station.floor.store.run(change):
            station.floor.ring_alarms()
        self._told = unsteady
        log.warning("%s", text if unsteady else f"Modem {name} has stayed for ten minutes.")

    @property
    def _hold_s(self) -> float:
        return _HOLDS_S[min(self._losses, len(_HOLDS_S) - 1)]

    def _count_anew(self, now: float) -> None:
        if now - self._changed_at >= STAYS_S:
            self._losses = 0
