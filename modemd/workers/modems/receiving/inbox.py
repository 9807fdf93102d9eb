"""What a modem holds or announces, taken into the store; only then is the modem told to forget it."""

from __future__ import annotations

import logging
import time
from functools import partial
from typing import TYPE_CHECKING, Final

from modemd.errors import PduError, Refused, StoreError
from modemd.gsm.incoming import StatusReport, decode_any, whole
from modemd.modem.notes import (
    DirectDeliver,
    DirectReport,
    LateRefusal,
    LateSubmit,
    MessagesReady,
    NewStored,
    Note,
    Registration,
    Restarted,
    SimGone,
    StorageFull,
)
from modemd.service import arrival, dispatch
from modemd.service.outcomes import Denied, Taken
from modemd.workers.modems.receiving.calls import CALL_NOTES, Calls
from modemd.workers.modems.receiving.copies import Copies
from modemd.workers.modems.receiving.lumber import Lumber

if TYPE_CHECKING:
    from collections.abc import Collection

    from modemd.config.modems import ModemConfig
    from modemd.modem.modem import Modem
    from modemd.modem.storage import Stored
    from modemd.service.outcomes import Seat
    from modemd.workers.floor import Floor

log = logging.getLogger(__name__)

SWEEP_S: Final = 60.0
"""Every storage is looked through this often, whatever was announced: announcements get lost."""
_STATIC: Final = frozenset({2, 3})
"""``stat`` of what was stored here and did not come in (27.005, 3.1): nothing to take."""

_HINTS: Final = (NewStored, StorageFull, MessagesReady, Restarted, SimGone, Registration)
"""Notes that mean nothing once the modem is opened anew."""


class Inbox:
    """The receiving half of a modem's turn."""

    def __init__(self, floor: Floor, config: ModemConfig) -> None:
        self.sweep_at = 0.0
        self._floor = floor
        self._config = config
        self._copies = Copies(floor)
        self._lumber = Lumber(floor, config.name)
        self._calls = Calls(floor, config)
        self._notes: list[Note] = []
        self._places: set[str] = set()
        """Storages that something was announced in."""
        self.unreadable = 0
        """How many sweeps in a row did not come to their end."""
        self.restarted = False
        """The modem started anew by itself, and has to be prepared again."""
        self.sim_gone = False
        """The SIM was taken out: the modem has to be prepared again, for whoever is in it then."""
        self._network: int | None = None

    def opened(self) -> None:
        """The modem was prepared: whatever came meanwhile is in its storage."""
        self.sweep_at = 0.0
        self.restarted = self.sim_gone = False
        self._network = None

    def take_network(self) -> int | None:
        """The registration (27.007, 7.2) that the modem told of unasked since the last call."""
        stat, self._network = self._network, None
        return stat

    def sweep_now(self) -> None:
        """Look through the storages in the next turn."""
        self.sweep_at = 0.0

    async def turn(self, modem: Modem, seat: Seat, now: float) -> bool:
        """Do what is due; tell whether there was anything.

        Raises:
            PortLost: the modem is gone.
            NoReply: it has to be brought back into step.
            Refused: it let nothing be read.
            StoreError: nothing was taken, and nothing was deleted.
        """
        self._notes += modem.take_urcs()
        if self._notes or self._calls.pending:
            if await self._take_direct(seat):
                await modem.acknowledge()
            await self._take_notes(seat)
            await self._calls.turn(modem, seat)
            return True
        places, self._places = self._places, set()
        if now < self.sweep_at:
            if places:
                await self._sweep(modem, seat, places)
            return bool(places)
        self.sweep_at = now + SWEEP_S
        self.unreadable += 1
        try:
            await self._sweep(modem, seat)
            self.unreadable = 0
        finally:
            self._floor.looked_through(self._config.name)
        return True

    def keep(self, modem: Modem) -> None:
        """Keep what a modem told before it went: evidence, and messages that are nowhere else."""
        self._notes += [note for note in modem.take_urcs() if not isinstance(note, _HINTS)]

    async def put_away(self, seat: Seat) -> None:
        """Store what was kept, for a modem that is gone.

        Raises:
            StoreError: it is still kept.
        """
        await self._take_direct(seat)
        await self._take_notes(seat)
        await self._calls.put_away(seat)

    async def _take_direct(self, seat: Seat) -> bool:
        """Store the messages and reports that the modem handed over instead of storing them, if any."""
        direct = [note for note in self._notes if isinstance(note, DirectDeliver | DirectReport)]
        if direct:
            await self._take(seat, [whole(note.pdu, note.tpdu_length) for note in direct])
            # Only now: they are in here alone.
            self._notes = [note for note in self._notes if not isinstance(note, DirectDeliver | DirectReport)]
        return bool(direct)

    async def _take_notes(self, seat: Seat) -> None:
        while self._notes:
            await self._note(seat, self._notes[0])
            del self._notes[0]  # each once, whatever becomes of those behind it

    async def _note(self, seat: Seat, note: Note) -> None:
        if isinstance(note, NewStored):
            self._places.add(note.storage)
        elif isinstance(note, StorageFull | MessagesReady):
            self.sweep_now()
        elif isinstance(note, LateSubmit | LateRefusal):
            await self._settle(seat, note)
        elif isinstance(note, CALL_NOTES):
            self._calls.hear(note, time.monotonic())
        elif isinstance(note, Restarted):
            self.restarted = True
        elif isinstance(note, SimGone):
            self.sim_gone = True
        elif isinstance(note, Registration):
            log.debug("modem %s: %s", seat.name, note)
            self._network = note.stat

    async def _sweep(self, modem: Modem, seat: Seat, places: Collection[str] = ()) -> None:
        stored = await modem.list_stored(places)
        if not places:
            await self._copies.compare(seat, stored)
        found = [item for item in stored if self._is_ours(item)]
        if found:
            await self._take_or_come_again(seat, found)
        gone = [item for item in found if await self._delete(modem, item)]
        if not places and self._config.receive:
            left = set(stored).difference(gone)
            await self._lumber.clear(modem.storage_totals, left, partial(self._delete, modem))

    def _is_ours(self, item: Stored) -> bool:
        """What others are to receive stays; status reports are ours wherever we send."""
        if self._config.receive:
            return item.stat not in _STATIC
        try:
            return isinstance(decode_any(item.pdu), StatusReport)
        except PduError:
            return False

    async def _take_or_come_again(self, seat: Seat, found: list[Stored]) -> None:
        try:
            await self._take(seat, [whole(item.pdu, item.tpdu_length) for item in found])
        except StoreError:
            self.sweep_now()
            raise

    async def _delete(self, modem: Modem, item: Stored) -> bool:
        try:
            await modem.delete_stored(item)
        except Refused as refused:
            log.warning("modem %s does not delete %s %d: %s", modem.name, item.storage, item.index, refused)
            return False
        return True

    async def _take(self, seat: Seat, pdus: list[str]) -> None:
        rules, account, now = self._floor.rules, self._config.account, self._floor.now()
        await self._floor.store.run(lambda tx: arrival.take(tx, rules, seat, account, pdus, now))
        self._floor.tally.arrivals[self._config.name,] += len(pdus)
        self._floor.ring_tellers()

    async def _settle(self, seat: Seat, note: LateSubmit | LateRefusal) -> None:
        rules, now = self._floor.rules, self._floor.now()
        if isinstance(note, LateSubmit):
            outcome: Taken | Denied = Taken(note.tp_mr)
        else:
            outcome = Denied(note.refused.kind, note.refused.code, note.refused.text)
        settled = await self._floor.store.run(
            lambda tx: dispatch.late(tx, rules, seat, outcome, note.pdu, now)
        )
        log.info(
            "%s: a late answer %s: %s", seat.name, "settles a part" if settled else "fits no part", outcome
        )
        self._floor.ring_tellers()
        self._floor.clock.ring()
