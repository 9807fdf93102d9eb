"""Copies of sent messages that some modems keep: evidence for what nobody answered for."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from modemd.service import evidence

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from modemd.modem.storage import Stored
    from modemd.service.outcomes import Seat
    from modemd.workers.floor import Floor

log = logging.getLogger(__name__)

_SENT: Final = 3
"""``stat`` of a stored message that was sent (27.005, 3.1)."""


_MOST: Final = 5000


class Copies:
    """Knows what was seen of this SIM and modem, so that a copy of long ago settles nothing.

    What was there once is not new when it is there again: a storage may have been unreadable meanwhile.
    """

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._known: set[Stored] = set()
        self._at: datetime | None = None
        self._sim = ""

    async def compare(self, seat: Seat, stored: Iterable[Stored]) -> None:
        """Look whether a copy has come of a part in doubt; ``stored`` is all that the modem holds.

        Raises:
            StoreError: what was found could not be written; the next sweep looks again.
        """
        kept = {item for item in stored if item.stat == _SENT}
        if seat.sim != self._sim:
            self._sim, self._known, self._at = seat.sim, set(), None
        since, now = self._at, self._floor.now()
        fresh = [item.pdu for item in kept - self._known]
        if since is not None and fresh:
            rules = self._floor.rules
            settled = await self._floor.store.run(
                lambda tx: evidence.by_copies(tx, rules, seat, fresh, since, now)
            )
            if settled:
                log.info("%s: the modem keeps %d parts in doubt as sent", seat.name, settled)
                self._floor.ring_tellers()
                self._floor.clock.ring()
        self._known = kept if len(self._known) > _MOST else self._known | kept
        self._at = now
