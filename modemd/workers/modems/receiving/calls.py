"""The calls that ring at a modem: each is told once, and ended where that is wanted."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from modemd.model import Call
from modemd.modem.notes import CallEnded, Clip, Ring
from modemd.service.modems import calls as service

if TYPE_CHECKING:
    from datetime import datetime

    from modemd.config.modems import ModemConfig
    from modemd.model import CallKind
    from modemd.modem.modem import Modem
    from modemd.service.outcomes import Seat
    from modemd.workers.floor import Floor

log = logging.getLogger(__name__)

CallNote = Ring | Clip | CallEnded
CALL_NOTES: Final = (Ring, Clip, CallEnded)
_RINGS_APART_S: Final = 12.0
"""A call rings every five seconds or so; what rings after a longer silence is another."""
_ENOUGH_RINGS: Final = 2
"""Who calls is told with the first ring, or not at all."""


class Calls:
    """The call that rings now, and those that are not told yet."""

    def __init__(self, floor: Floor, config: ModemConfig) -> None:
        self._floor = floor
        self._config = config
        self._rings = 0
        self._rang_at = 0.0
        self._began_at: datetime | None = None
        self._is_told = False
        self._caller: Clip | None = None
        self._untold: list[Call] = []

    @property
    def pending(self) -> bool:
        """Whether something is to be done: a call to be ended, or told of."""
        return bool(self._untold) or self._is_to_end

    @property
    def _is_to_end(self) -> bool:
        if not self._config.hang_up or self._is_told or self._began_at is None:
            return False
        return self._caller is not None or self._rings >= _ENOUGH_RINGS

    def hear(self, note: CallNote, now: float) -> None:
        """Take a note; ``now`` is the monotonic time. Who calls is known with it, or not before the end.

        Some modems never say that a call ended: then a silence does.
        """
        if self._began_at is not None and now - self._rang_at > _RINGS_APART_S:
            self._over()
        if isinstance(note, CallEnded):
            self._over()
            return
        self._rang_at = now
        self._began_at = self._began_at or self._floor.now()
        if isinstance(note, Ring):
            self._rings += 1
        elif self._caller is None:
            self._caller = note
            if not self._config.hang_up:
                self._tell("missed")

    async def turn(self, modem: Modem, seat: Seat) -> None:
        """End the call that rings, where that is wanted; tell of what is not told.

        Raises:
            NoReply: the modem has to be brought back into step; the call is told of later.
            PortLost: it is gone; likewise.
            StoreError: it is not told yet.
        """
        if self._is_to_end:
            await self._end(modem)
        await self.put_away(seat)

    async def put_away(self, seat: Seat) -> None:
        """Tell of what is not told.

        Raises:
            StoreError: it is still not told.
        """
        if self._untold:
            rules, told = self._floor.rules, list(self._untold)
            await self._floor.store.run(lambda tx: service.take(tx, rules, seat, told))
            del self._untold[: len(told)]
            self._floor.ring_tellers()

    async def _end(self, modem: Modem) -> None:
        self._tell("missed")  # so it is told whatever the modem does
        if await modem.hang_up():
            if self._config.receive:
                self._untold[-1] = self._call("rejected")
            self._forget()  # what rings from now on is another call
        else:
            log.warning("modem %s does not end a call that rings", self._config.name)

    def _over(self) -> None:
        """It rings no more."""
        if self._began_at is not None and not self._is_told:
            self._tell("missed")
        self._forget()

    def _forget(self) -> None:
        self._rings, self._began_at, self._is_told, self._caller = 0, None, False, None

    def _tell(self, kind: CallKind) -> None:
        self._is_told = True
        if self._config.receive:
            self._untold.append(self._call(kind))

    def _call(self, kind: CallKind) -> Call:
        caller = self._caller or Clip(None)
        assert self._began_at is not None, "it rings"
        return Call(
            originator=caller.originator, originator_toa=caller.originator_toa, at=self._began_at,
            modem=self._config.name, kind=kind,
        )  # fmt: skip
