"""What a refusal means for the SIM and its modem: a pause, an alarm, a sweep, help."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from modemd.gsm.cause_texts import trouble_words
from modemd.gsm.causes import Verb
from modemd.service.modems import refusals
from modemd.workers.modems.sending.streak import Streak
from modemd.workers.modems.trouble_log import pdu_facts

if TYPE_CHECKING:
    from collections.abc import Callable

    from modemd.service.trouble import Decision
    from modemd.store.queue import ClaimedPart
    from modemd.workers.modems.station import Station

log = logging.getLogger(__name__)

FIRST_MENDED: Final = frozenset({Verb.RESET, Verb.PREPARE})
"""After these the modem is set up anew before it submits anything else."""


class Consequences:
    """Acts on what was decided; ``sweep`` is called where the storages have to be emptied first."""

    def __init__(self, station: Station, sweep: Callable[[], None]) -> None:
        self._station = station
        self._floor = station.floor
        self._sweep = sweep
        self._streak = Streak()
        self._sick = ("", "")
        self._warned = True
        """Whether an alarm may be open: also one of before the start."""

    @property
    def sick(self) -> str:
        """The code that several messages in a row were refused for by this SIM, and none taken since."""
        sim, code = self._sick
        return code if sim == self._station.seat.sim else ""

    async def taken(self) -> None:
        """The network took a part: all is well with the SIM.

        Raises:
            StoreError: its alarms stay open until the next one.
        """
        self._streak.ended()
        self._sick = ("", "")
        if self._warned:
            await self._all_clear()

    async def act(self, claimed: ClaimedPart, decision: Decision) -> Decision | None:
        """Do what goes with a decision; return it where the modem has to be mended before it submits again.

        Raises:
            StoreError: how the modem is now could not be written.
        """
        station = self._station
        log.warning(
            "modem %s: part %d of message %d: %s",
            station.name, claimed.part_no, claimed.message_id, trouble_words(decision.code, decision.reason),
        )  # fmt: skip
        self._floor.clock.ring()
        self._floor.ring_queue()
        if decision.bug:
            await station.trouble.write(trouble_words(decision.code, decision.reason), pdu_facts(claimed.pdu))
        met = self._streak.met(station.seat.sim, claimed.message_id, decision)
        if not met.enough(decision):
            return self._alone(decision)
        if decision.advice and met.lasting_s >= decision.human_after_s:
            await self._warn(decision)
        if decision.pause_s is None:
            return self._alone(decision)
        self._sick = (station.seat.sim, decision.code)
        station.balance_wanted |= decision.ask_balance
        station.pause(decision.pause_s, decision.reason)
        await station.record.write("paused", decision.reason)
        await station.release()
        return decision if decision.ladder else None

    def _alone(self, decision: Decision) -> Decision | None:
        """What is to be done however often it was met."""
        if decision.verb is Verb.DRAIN:
            self._sweep()
        return decision if decision.verb in FIRST_MENDED else None

    async def _warn(self, decision: Decision) -> None:
        self._warned = True
        rules, seat, now = self._floor.rules, self._station.seat, self._floor.now()
        if await self._floor.store.run(lambda tx: refusals.warn(tx, rules, seat, decision, now)):
            self._floor.ring_alarms()
            await self._station.trouble.write(trouble_words(decision.code, decision.reason))

    async def _all_clear(self) -> None:
        rules, seat, now = self._floor.rules, self._station.seat, self._floor.now()
        if await self._floor.store.run(lambda tx: refusals.settled(tx, rules, seat, now)):
            self._floor.ring_alarms()
        self._warned = False
