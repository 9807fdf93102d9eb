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


class Copies:
    """Knows what was there at the last sweep, so that a copy of long ago settles nothing."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._known: set[Stored] = set()
        self._at: datetime | None = None

    async def compare(self, seat: Seat, stored: Iterable[Stored]) -> None:
        """Look whether a copy has come of a part in doubt; ``stored`` is all that the modem holds.

        Raises:
            StoreError: what was found could not be written; the next sweep looks again.
        """
        kept = {item for item in stored if item.stat == _SENT}
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
        self._known, self._at = kept, now
