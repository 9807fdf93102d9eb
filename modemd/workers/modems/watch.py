"""The health part of a modem's turn: how it stands with network, SIM and limits, and who is told."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from modemd.formats.modem_states import meaning_of
from modemd.modem.health import USABLE
from modemd.modem.readiness import domain_advice

if TYPE_CHECKING:
    from modemd.modem.health import Health
    from modemd.modem.modem import Modem
    from modemd.workers.modems.orders import Orders
    from modemd.workers.modems.station import Station

log = logging.getLogger(__name__)

_HEALTH_S: Final = 60.0
_SEARCHING_S: Final = 5.0
_LOOKS_APART_S: Final = 0.5


class Watch:
    """Looks how the modem is, and writes it down. Times are those of ``time.monotonic``."""

    def __init__(self, station: Station, orders: Orders) -> None:
        self._station = station
        self._orders = orders
        self._looked_at = 0.0
        self._advised: str | None = None

    async def look(self, modem: Modem, now: float) -> None:
        """Read how the modem is; where it cannot send, let others have what waits for it.

        Raises:
            NoReply, PortLost: it does not tell.
            NotReady: its SIM is gone, or was started anew.
            StoreError: it is not written down.
        """
        station, was = self._station, self._station.record.state
        health = await modem.health()
        station.record.identity, station.record.slot = modem.identity, modem.capabilities.slot
        station.fresh, station.usable, self._looked_at = False, health.usable, now
        station.health_at = now + (_HEALTH_S if health.usable else _SEARCHING_S)
        if station.refused_why is not None:
            # It is to be told, and others are to have its messages, to the end.
            station.health_at = min(station.health_at, station.paused_until)
        self._advise(domain_advice(modem.capabilities.domain, health))
        state, why = self.standing(health)
        await station.record.write(state, why, health)
        if not meaning_of(state).sends:
            await station.release()
        elif state != was:
            station.floor.ring_queue()  # what could not go by another waits for this one
        if health.usable:
            await self._orders.ready()

    def _advise(self, advice: str | None) -> None:
        if advice is not None and advice != self._advised:
            log.warning("modem %s: %s", self._station.name, advice)
        self._advised = advice

    def standing(self, health: Health) -> tuple[str, str | None]:
        """The state, and why it is so."""
        station = self._station
        paused = self._orders.paused or station.refused_why
        if paused is not None:
            return "paused", paused
        state = health.state
        if state == "ready" or (state == "no_smsc" and not station.config.send):
            limited = station.limited
            return ("limited", limited) if limited else ("ready", None)
        return state, meaning_of(state).wrong

    def heard(self, stat: int | None, now: float) -> None:
        """What the modem said of its registration unasked is looked into at once, twice a second at most."""
        if stat is not None and (stat not in USABLE or not self._station.usable):
            at = max(now, self._looked_at + _LOOKS_APART_S)
            self._station.health_at = min(self._station.health_at, at)
