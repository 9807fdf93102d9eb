"""What was done about one modem: read from the store once, written there before it is done."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from modemd.service.modems import ladder as rules
from modemd.service.modems.ladder import RUNGS, Done, Rung
from modemd.store import recovery
from modemd.store.times import from_us, to_us

if TYPE_CHECKING:
    from datetime import datetime

    from modemd.store.transaction import Tx
    from modemd.workers.modems.station import Station

_KEPT: Final = timedelta(days=4)
_WORDS: Final = frozenset(rung.value for rung in Rung)


class LadderBook:
    """The history of one modem's recovery; ``usb_path`` is the socket that it was last seen in."""

    def __init__(self, station: Station) -> None:
        self.usb_path: str | None = None
        self._station = station
        self._floor = station.floor
        self._history: list[Done] | None = None
        self._shown_today: int | None = None

    @property
    def history(self) -> list[Done]:
        """What was done, oldest first; what lies ahead, since the clock was set back, was done just now."""
        now = self._floor.now()
        if any(done.at > now for done in self._history or ()):
            self._history = [rules.not_ahead(done, now) for done in self._history or ()]
        return self._history or []

    @property
    def row(self) -> list[Done]:
        """What was done since the modem last worked well."""
        return rules.current_row(self.history, self._floor.now())

    async def begin(self) -> bool:
        """Read what was done before this start; tell whether it is the first time that this was called.

        Raises:
            StoreError: it cannot be read.
        """
        if self._history is not None:
            return False
        modem_id = self._station.modem_id
        rows, self.usb_path = await self._floor.store.run(
            lambda tx: (recovery.history(tx, modem_id), recovery.socket(tx, modem_id))
        )
        self._history = [Done(Rung(rung), from_us(at)) for rung, at in rows if rung in _WORDS]
        return True

    async def write(self, rung: Rung, why: str | None, now: datetime, usb_path: str | None = None) -> None:
        """Write down that a step is taken, or that the modem is well again.

        Raises:
            StoreError: it is not written down, and must not be taken.
        """
        modem_id = self._station.modem_id

        def job(tx: Tx) -> None:
            recovery.add(tx, modem_id, rung, why, to_us(now))
            recovery.forget(tx, modem_id, to_us(now - _KEPT))
            if usb_path is not None:
                recovery.keep_socket(tx, modem_id, usb_path)

        await self._floor.store.run(job)
        self._history = [done for done in self.history if now - done.at < _KEPT] + [Done(rung, now)]
        await self._show(now)
        if rung is not Rung.WELL:
            self._floor.tally.rungs[self._station.name, rung.value] += 1

    async def keep_shown(self) -> None:
        """Bring what people see up to date: a day passes by itself.

        Raises:
            StoreError: it is not.
        """
        now = self._floor.now()
        if self._shown_today != rules.rungs_today(self.history, now):
            await self._show(now)

    async def _show(self, now: datetime) -> None:
        """Write into the modem's row which step it is at, and how many there were in 24 hours."""
        modem_id, row = self._station.modem_id, self.row
        rung, at_us = (row[-1].rung.value, to_us(row[-1].at)) if row else (None, None)
        today = rules.rungs_today(self.history, now)
        await self._floor.store.run(lambda tx: recovery.show(tx, modem_id, rung, at_us, today))
        self._shown_today = today
        self._floor.states.ring()

    def tried(self) -> str:
        """What was done since it last worked well, in words."""
        words = [RUNGS[rung].words for rung in RUNGS if any(done.rung is rung for done in self.row)]
        return f"{', '.join(words)} did not help" if words else "no step of recovery is possible here"
