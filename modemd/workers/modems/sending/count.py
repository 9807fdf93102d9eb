"""The SIM's own count of what was handed to the network, as evidence for what nobody answered for.

It is asked when there is nothing else to do, and when a part is in doubt: never between parts that go out.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from modemd.model import Evidence
from modemd.service import evidence
from modemd.service.outcomes import Denied, Outcome, Taken, Unanswered

if TYPE_CHECKING:
    from modemd.modem.modem import Modem
    from modemd.store.queue import ClaimedPart
    from modemd.workers.modems.station import Station

log = logging.getLogger(__name__)

_NETWORKS: Final = 255
"""Up to this a cause is the network's answer (27.005, 3.2.5), so the network was given the message."""


class Count:
    """What is known of the count of the SIM that is in the modem.

    It is believed only after it agreed with two ``+CMGS`` answers that differ: some modems count for
    themselves and never write it down, and some go on telling what they have read once.

    That it has not moved is no evidence by itself: the SIM is told after the message was submitted (23.040,
    9.2.3.6), by many modems only when the network took it. It is believed where a refusal by the network is
    known to have moved it, and the modem has not started anew since: then it would have been written,
    whatever the network said. Of the time before the start nothing of that is known, and the message may
    still be on its way.
    """

    def __init__(self, station: Station) -> None:
        self._station = station
        self._floor = station.floor
        self._sim = ""
        self._forget()

    def _forget(self) -> None:
        self._last: int | None = None
        self._agreed: int | None = None
        self._agrees: bool | None = None
        self._counts_refused: bool | None = None
        self._look_for: Outcome | None = None
        self._doubt: tuple[int, int] | None = None
        self._restarted = False

    @property
    def in_doubt(self) -> bool:
        """Whether the SIM is to be asked before anything else is handed over."""
        return self._doubt is not None

    def met(self, claimed: ClaimedPart, outcome: Outcome) -> None:
        """Note what became of a part; it costs nothing."""
        sim = self._station.seat.sim
        if sim != self._sim:
            self._forget()
            self._sim = sim
        if isinstance(outcome, Taken):
            self._last = outcome.tp_mr
            self._look_for = None if self._agrees is not None else outcome
        elif not isinstance(outcome, Denied | Unanswered) or not outcome.after_body:
            return  # nothing was handed over
        elif isinstance(outcome, Denied):
            by_network = outcome.kind == "CMS" and outcome.code is not None and outcome.code <= _NETWORKS
            self._look_for = outcome if by_network and self._agrees and self._look_for is None else None
            self._last = self._last if self._look_for else None
        else:
            # Behind a refusal that was not looked at nobody knows where the count stood.
            known = self._last if self._agrees and self._look_for is None else None
            self._doubt = None if known is None else (claimed.id, known)
            self._restarted = False
            self._last = self._look_for = None

    def modem_gone(self) -> None:
        """The modem was closed, and may start anew: what it had not written on the SIM yet it never will."""
        self._restarted = True

    async def look(self, modem: Modem) -> None:
        """See whether the count is to be believed, where that is not known; there is nothing else to do.

        Raises:
            NoReply, PortLost: the modem did not answer.
        """
        wanted, self._look_for = self._look_for, None
        if wanted is None or self._last is None:
            return
        used = await modem.last_used_tp_mr()
        if isinstance(wanted, Taken):
            self._compare(used)
        elif used is not None:
            moved = used == (self._last + 1) % 256
            self._counts_refused = moved and self._counts_refused is not False
            self._last = used

    def _compare(self, used: int | None) -> None:
        """Compare it with what the answer said; one that agrees twice has moved as it should."""
        if used != self._last:
            self._agrees = False
        elif self._agreed is None:
            self._agreed = used
        elif used != self._agreed:
            self._agrees = True

    async def settle(self, modem: Modem) -> None:
        """Ask the SIM about the part in doubt.

        Raises:
            NoReply, PortLost: the modem did not answer: it is asked again later.
            StoreError: what it said could not be written.
        """
        assert self._doubt is not None
        seat, rules = self._station.seat, self._floor.rules
        part_id, before = self._doubt
        used = await modem.last_used_tp_mr() if seat.sim == self._sim else None
        silent = used == before and (self._restarted or modem.restarted or not self._counts_refused)
        found = None
        if used is not None and not silent:
            now, last_used = self._floor.now(), used
            found = await self._floor.store.run(
                lambda tx: evidence.by_count(tx, rules, seat, part_id, before, last_used, now)
            )
        self._doubt = None
        self._last = used
        self._tell(found)

    def _tell(self, found: Evidence | None) -> None:
        if found is not None:
            log.info("modem %s: the SIM's count says of the part in doubt: %s", self._station.name, found)
            self._floor.ring_tellers()
            self._floor.ring_queue()
            self._floor.clock.ring()
