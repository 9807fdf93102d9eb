"""The sending half of a modem's turn: claim, submit, write down, and act on what was decided."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from modemd.errors import NoReply, PortLost, Refused, StoreError
from modemd.service import dispatch
from modemd.service.outcomes import Denied, Heard, Outcome, Taken, Unanswered, Unreached
from modemd.workers.modems.sending.consequences import FIRST_MENDED, Consequences
from modemd.workers.modems.sending.count import Count
from modemd.workers.modems.sending.throttle import Throttle
from modemd.workers.modems.sending.voice import make_call

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from modemd.modem.modem import Modem
    from modemd.service.trouble import Decision
    from modemd.store.queue import ClaimedPart
    from modemd.store.transaction import Tx
    from modemd.workers.modems.station import Station
    from modemd.workers.supervisor import Worker

log = logging.getLogger(__name__)

_CALLED: Final = {
    Taken: "taken", Denied: "refused", Unanswered: "unanswered", Heard: "taken", Unreached: "unreached",
}  # fmt: skip


class Sender:
    """Has one part in hand at most: claimed, or submitted and not yet written down.

    ``mending`` is what was decided of the whole modem, for its task to do; ``sweep`` is called where its
    storages have to be emptied first.
    """

    def __init__(self, worker: Worker, station: Station, sweep: Callable[[], None], chance: Random) -> None:
        self.mending: Decision | None = None
        self.outcome: Outcome | None = None
        self.putting_aside = False
        """Whether very much waits of stopped accounts, and is put aside piece by piece."""
        self._worker = worker
        self._station = station
        self._floor = station.floor
        self._claimed: ClaimedPart | None = None
        self._begun = False
        self._bursting = False
        self._consequences = Consequences(station, sweep)
        self._silenced: ClaimedPart | None = None
        """What the modem stopped answering over, while no other message was answered for."""
        self.count = Count(station)
        """What the SIM's own count says of parts in doubt."""
        self.throttle = Throttle(station, chance)

    async def submit_if_any(self, modem: Modem, *, held: bool) -> bool:
        """Submit a part where there is one and it may be; tell whether there was. ``held``: not now.

        Raises:
            NoReply, PortLost: the modem did not answer; what became of the part is written down.
            StoreError: it is not written down yet: :meth:`write_down` first.
        """
        if held or not self._station.may_send:
            await self.give_back()
            return False
        if self._claimed is None:
            if not self.throttle.holds:
                self._claimed = await self._floor.store.run(self._claim, again=True)
                self._floor.mqtt.ring()  # it is being sent
            await self.throttle.tell()
        elif not self._bursting:
            self._bursting = True
            await modem.keep_link(True)
        if self._claimed is None:
            return False
        self._begun = True
        if self._claimed.tpdu_length:
            self.outcome = outcome = await self._submit(modem, self._claimed)
        else:
            self.outcome = outcome = await self._call(modem, self._claimed)
        self._begun = False
        if isinstance(outcome, Taken) or outcome.after_body:
            self.throttle.took(self._claimed, went=not isinstance(outcome, Denied | Unreached))
        await self.write_down()
        if isinstance(outcome, Unanswered):
            if outcome.after_body:
                await self._station.trouble.write(f"a part is in doubt: {outcome.reason}")
            raise modem.lost or NoReply("AT+CMGS", after_body=outcome.after_body)
        return True

    @staticmethod
    async def _submit(modem: Modem, claimed: ClaimedPart) -> Outcome:
        try:
            tp_mr = await modem.submit(claimed.pdu, claimed.tpdu_length)
        except Refused as refused:
            return Denied(refused.kind, refused.code, refused.text, refused.after_body)
        except (NoReply, PortLost) as silent:
            return Unanswered(str(silent), silent.after_body)
        return Taken(tp_mr)

    async def _call(self, modem: Modem, claimed: ClaimedPart) -> Outcome:
        self._station.calling = True
        try:
            return await make_call(modem, claimed, lambda: self._worker.stopping)
        finally:
            self._station.calling = False

    def _claim(self, tx: Tx) -> ClaimedPart | None:
        now = self._floor.now()
        fits = self.throttle.fits(tx, now)
        if fits == 0:
            return None
        claimed = dispatch.next_part(tx, self._floor.rules, self._station.seat, now, fits=fits)
        self.throttle.claimed(tx, claimed, fits, now)
        self.putting_aside = claimed is not None and claimed.stopped is not None
        return None if self.putting_aside else claimed

    async def write_down(self) -> None:
        """Record the part in hand and claim the next in the same commit.

        Raises:
            StoreError: nothing is written; nothing else may be submitted before it is.
        """
        claimed, outcome = self._claimed, self.outcome
        assert claimed is not None
        assert outcome is not None
        decision, self._claimed = await self._floor.store.run(
            lambda tx: self._record_and_claim(tx, claimed, outcome), again=True
        )
        self.outcome = None
        self._silenced = claimed if isinstance(outcome, Unanswered) else None
        if claimed.tpdu_length:
            self.count.met(claimed, outcome)
        self._floor.tally.parts[self._station.name, _CALLED[type(outcome)]] += 1
        self._floor.ring_tellers()
        if decision is None:
            await self._consequences.taken()
        else:
            self._floor.tally.refusals[self._station.name, decision.code] += 1
            self.mending = await self._consequences.act(claimed, decision)

    def _record_and_claim(
        self, tx: Tx, claimed: ClaimedPart, outcome: Outcome
    ) -> tuple[Decision | None, ClaimedPart | None]:
        seat = self._station.seat
        silenced, sick = self._silenced, self._consequences.sick
        if silenced and silenced.message_id != claimed.message_id and not isinstance(outcome, Unanswered):
            dispatch.blame(tx, silenced.id)
        decision = dispatch.record(
            tx, self._floor.rules, seat, claimed, outcome, self._floor.now(), sick=sick
        )  # fmt: skip
        troubled = decision is not None and (decision.pause_s is not None or decision.verb in FIRST_MENDED)
        if self._worker.stopping or troubled or isinstance(outcome, Unanswered):
            return decision, None
        return decision, self._claim(tx)

    async def give_back(self) -> None:
        """A part that was claimed and not submitted goes back to the queue."""
        claimed, self._claimed = self._claimed, None
        if claimed is None:
            return
        with self._worker.unbroken():
            try:
                await self._floor.store.run(
                    lambda tx: dispatch.give_back(tx, self._floor.rules, claimed, self._floor.now())
                )
            except BaseException:
                self._claimed = claimed
                raise
        self._floor.ring_queue()

    async def hand_back(self) -> None:
        """Give back what was claimed and not begun, while the modem's task is busy with something else.

        Raises:
            StoreError: it is still claimed.
        """
        if not self._begun and self.outcome is None:
            await self.give_back()

    async def rest(self, modem: Modem) -> None:
        """Nothing is to be sent: the radio link may go.

        Raises:
            NoReply, PortLost: the modem did not answer.
        """
        if self._bursting:
            self._bursting = False
            await modem.keep_link(False)

    def modem_gone(self) -> None:
        """What was set up on the modem went with it."""
        self._bursting = False
        self.count.modem_gone()

    async def finish(self) -> None:
        """Leave nothing claimed behind."""
        while self.outcome is not None:
            try:
                await self.write_down()
            except StoreError as error:
                log.error("modem %s: %s", self._station.name, error)  # noqa: TRY400 - in doubt at the next start
                return
        await self.give_back()
