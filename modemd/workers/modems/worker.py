"""A modem's turn: open it, take what it holds, submit what waits, look after it."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from modemd.errors import ModemdError, NoReply, NotReady, PortLost, Refused, StoreError
from modemd.gsm.causes import Verb
from modemd.modem.modem import Modem
from modemd.service import dispatch, routing
from modemd.service.outcomes import Denied, Outcome, Seat, Taken, Unanswered
from modemd.workers.bell import Bell
from modemd.workers.modems.inbox import Inbox
from modemd.workers.modems.orders import Orders
from modemd.workers.modems.record import ModemRecord
from modemd.workers.modems.streak import Streak
from modemd.workers.supervisor import Worker

if TYPE_CHECKING:
    from modemd.config.modems import ModemConfig
    from modemd.modem.timing import Timing
    from modemd.service.trouble import Decision
    from modemd.store.queue import ClaimedPart
    from modemd.store.transaction import Tx
    from modemd.workers.floor import Floor

log = logging.getLogger(__name__)

_REOPEN_S: Final = (1.0, 2.0, 5.0, 10.0, 30.0)
_PLUG_S: Final = 1.0
_HEALTH_S: Final = 60.0
_SEARCHING_S: Final = 5.0
_FIRST_MENDED: Final = frozenset({Verb.RESET, Verb.PREPARE})


class ModemWorker(Worker):
    """The task of one configured modem."""

    patience_s = 240.0  # a submit may wait a minute or more for the network, and a reset follows

    def __init__(
        self, floor: Floor, config: ModemConfig, modem_id: int, *, timing: Timing | None = None
    ) -> None:
        super().__init__()
        self.name = f"modem {config.name}"
        self.config = config
        self._floor = floor
        self._timing = timing
        self._bell = Bell()
        floor.queue_bells[config.name] = self._bell
        floor.unread.add(config.name)
        self._record = ModemRecord(floor, config, modem_id)
        self._inbox = Inbox(floor, config)
        self._orders = Orders(floor, config.name, modem_id)
        self._modem: Modem | None = None
        self._seat = Seat(modem_id, config.name, f"modem:{config.name}")
        self._claimed: ClaimedPart | None = None
        self._putting_aside = False
        self._outcome: Outcome | None = None
        self._failures = 0
        self._health_at = 0.0
        self._paused_until = 0.0
        self._paused_for = ""
        self._paused_by: str | None = None
        self._bursting = False
        self._usable = True
        self._streak = Streak()

    def stop(self) -> None:
        """Ask for the part in hand to be the last."""
        super().stop()
        self._bell.ring()

    async def step(self) -> None:
        """One turn: always the first thing that applies."""
        if self._outcome is not None:
            with self.unbroken():
                await self._write_down()  # nothing else may be submitted before this is on disk
            return
        if self._modem is None:
            await self._put_away()
            await self._open()
            return
        try:
            await self._turn(self._modem)
        except PortLost as lost:
            await self._drop(self._modem, "lost", str(lost))
        except NoReply as silent:
            await self._resync(self._modem, silent)
        except Refused as refused:
            log.warning("%s: %s", self.name, refused)
            await self._bell.wait(1.0)

    async def _turn(self, modem: Modem) -> None:
        if modem.lost is not None:
            raise modem.lost
        now = time.monotonic()
        if await self._inbox.turn(modem, self._seat, now):
            if self._inbox.restarted:
                await self._drop(modem, "restarting", "the modem started anew by itself")
            return
        if await self._orders.turn(modem, now):
            await self._mind_orders(modem, now)
        elif now >= self._health_at:
            await self._look_after(modem, now)
        elif not await self._submit_if_any(modem, now):
            await self._idle(modem, now)

    async def _mind_orders(self, modem: Modem, now: float) -> None:
        """Do what was asked of the whole modem: to pause, to go on, to restart."""
        if self._orders.resumed:
            self._paused_until = 0.0
        if self._orders.paused != self._paused_by:
            self._paused_by = self._orders.paused
            self._health_at = now
        if self._orders.resetting:
            await self._record.write("restarting", "a restart was asked for")
            await modem.soft_reset()
            await self._drop(modem, "restarting", "a restart was asked for")

    async def _open(self) -> None:
        modem: Modem | None = None
        try:
            modem = await Modem.open(
                self.config.name, self.config.port or "", baudrate=self.config.baudrate,
                on_urc=self._bell.ring, timing=self._timing,
            )  # fmt: skip
            await self._prepare(modem)
        except NotReady as wanting:
            await self._not_opened(modem, wanting.state, wanting.advice)
        except ModemdError as error:
            await self._not_opened(modem, "absent", str(error))
        except BaseException:
            if modem is not None:
                await modem.close()  # else the next try finds the port in use: by us
            raise
        else:
            self._modem, self._failures = modem, 0
            await self._orders.look()
            self._paused_by = self._orders.paused
            why = self._paused_by or (self._paused_for if time.monotonic() < self._paused_until else None)
            await self._record.write("paused" if why else "ready", why)

    async def _prepare(self, modem: Modem) -> None:
        """Set the modem up, and learn whose SIM is in it."""
        identity = await modem.prepare(pin=self.config.read_pin(), smsc=self.config.smsc)
        sim = identity.sim or f"modem:{self.config.name}"
        self._seat = Seat(self._seat.modem_id, self.config.name, sim)
        self._health_at = 0.0
        self._inbox.opened()
        self._record.identity = identity
        log.info("%s: ready (%s %s, SIM %s)", self.name, identity.manufacturer, identity.model, sim[-4:])

    async def _not_opened(self, modem: Modem | None, state: str, reason: str) -> None:
        if modem is not None:
            await modem.close()
        self._floor.looked_through(self.config.name)
        await self._record.write(state, reason)
        await self._release()
        await self._back_off()

    async def _back_off(self) -> None:
        """Wait before the next try; a plug that is put in meanwhile is noticed within a second.

        Not the queue's bell: each message that is dropped would open the port anew.
        """
        was_there = self._is_there()
        ends_at = time.monotonic() + _REOPEN_S[min(self._failures, len(_REOPEN_S) - 1)]
        ends_at = min(ends_at, self._orders.until)  # who waits for it is told in time
        self._failures += 1
        while not self.stopping and (left_s := ends_at - time.monotonic()) > 0:
            await self._pause.wait(min(left_s, _PLUG_S))
            if not was_there and self._is_there():
                self._failures = 0
                return

    def _is_there(self) -> bool:
        """Whether the port's file is; a network port always is."""
        port = self.config.port or ""
        return not port.startswith("/") or Path(port).exists()

    async def _drop(self, modem: Modem, state: str, reason: str) -> None:
        self._modem = None
        self._bursting = False
        self._inbox.keep(modem)
        await modem.close()
        await self._put_away()
        await self._record.write(state, reason)
        await self._release()

    async def _put_away(self) -> None:
        """Bring what a modem that is gone left in hand into the store; a step begins with what failed."""
        await self._inbox.put_away(self._seat)
        await self._orders.put_away(f"modem {self.config.name} is gone")
        await self._give_back()

    async def _release(self) -> None:
        """This modem cannot send: what waits for it, but may go by another, goes now."""
        rules = self._floor.rules
        if await self._floor.store.run(lambda tx: routing.release(tx, rules)):
            self._floor.ring_queue()

    async def _resync(self, modem: Modem, silent: NoReply) -> None:
        """Get into step again, and set the modem up anew: it may have restarted without a word."""
        log.warning("%s: %s", self.name, silent)
        try:
            await modem.resync()
            await self._prepare(modem)
        except NotReady as wanting:
            await self._drop(modem, wanting.state, wanting.advice)
        except ModemdError as error:
            await self._drop(modem, "silent", str(error))

    async def _look_after(self, modem: Modem, now: float) -> None:
        health = await modem.health()
        self._usable = health.usable
        self._health_at = now + (_HEALTH_S if health.usable else _SEARCHING_S)
        if self._orders.paused is not None:
            await self._record.write("paused", self._orders.paused, health)
            await self._release()
        elif now < self._paused_until:  # it is to be told, and others are to have its messages, to the end
            self._health_at = min(self._health_at, self._paused_until)
            await self._record.write("paused", self._paused_for, health)
        else:
            await self._record.write("ready" if health.usable else "searching", None, health)
            if not health.usable:
                await self._release()
        if health.usable:
            await self._orders.ready()

    async def _submit_if_any(self, modem: Modem, now: float) -> bool:
        self._firm += 1  # as ``unbroken()``, at a tenth of its price
        try:
            return await self._submit_next(modem, now)
        finally:
            self._firm -= 1

    async def _submit_next(self, modem: Modem, now: float) -> bool:
        """Submit a part; tell whether there was one."""
        if not self.config.send or not self._usable or now < self._paused_until or self._orders.holds:
            await self._give_back()
            return False
        if self._claimed is None:
            self._claimed = await self._floor.store.run(self._claim, again=True)
            self._floor.mqtt.ring()  # it is being sent
        elif not self._bursting:
            self._bursting = True
            await modem.keep_link(True)
        if self._claimed is None:
            return False
        self._outcome = outcome = await self._submit(modem, self._claimed)
        await self._write_down()
        if isinstance(outcome, Unanswered):
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

    def _claim(self, tx: Tx) -> ClaimedPart | None:
        claimed = dispatch.next_part(tx, self._floor.rules, self._seat, self._floor.now())
        self._putting_aside = claimed is not None and claimed.stopped is not None
        return None if self._putting_aside else claimed

    async def _write_down(self) -> None:
        """Record the part in hand and claim the next in the same commit."""
        claimed, outcome = self._claimed, self._outcome
        assert claimed is not None
        assert outcome is not None
        decision, self._claimed = await self._floor.store.run(
            lambda tx: self._record_and_claim(tx, claimed, outcome), again=True
        )
        self._outcome = None
        self._floor.ring_tellers()
        if decision is None:
            self._streak.ended()
        else:
            await self._act(claimed, decision)

    def _record_and_claim(
        self, tx: Tx, claimed: ClaimedPart, outcome: Outcome
    ) -> tuple[Decision | None, ClaimedPart | None]:
        decision = dispatch.record(tx, self._floor.rules, self._seat, claimed, outcome, self._floor.now())
        troubled = decision is not None and (decision.pause_s is not None or decision.verb in _FIRST_MENDED)
        if self.stopping or troubled or isinstance(outcome, Unanswered):
            return decision, None
        return decision, self._claim(tx)

    async def _act(self, claimed: ClaimedPart, decision: Decision) -> None:
        log.warning(
            "%s: part %d of message %d: %s: %s",
            self.name, claimed.part_no, claimed.message_id, decision.code, decision.reason,
        )  # fmt: skip
        met = self._streak.met(decision.code, claimed.message_id)
        if decision.pause_s is not None and met >= decision.pause_after:
            self._paused_until = time.monotonic() + decision.pause_s
            self._paused_for = decision.reason
            self._health_at = min(self._health_at, self._paused_until)
            await self._record.write("paused", decision.reason)
            await self._release()
        elif decision.verb is Verb.DRAIN:
            self._inbox.sweep_now()
        elif decision.verb in _FIRST_MENDED and self._modem is not None:
            if decision.verb is Verb.RESET:
                await self._modem.soft_reset()
            await self._drop(self._modem, "restarting", decision.reason)
        self._floor.clock.ring()
        self._floor.ring_queue()

    async def _give_back(self) -> None:
        """A part that was claimed and not submitted goes back to the queue."""
        if self._claimed is not None:
            claimed = self._claimed
            with self.unbroken():
                await self._floor.store.run(
                    lambda tx: dispatch.give_back(tx, self._floor.rules, claimed, self._floor.now())
                )
                self._claimed = None
            self._floor.ring_queue()

    async def _idle(self, modem: Modem, now: float) -> None:
        if self._bursting:
            self._bursting = False
            await modem.keep_link(False)
        until = min(self._health_at, self._inbox.sweep_at, self._orders.until)
        if self._paused_until > now:
            until = min(until, self._paused_until)
        # What waits of stopped accounts is put aside piece by piece, so that the store is free in between.
        await self._bell.wait(0 if self._putting_aside else until - now)

    async def finish(self) -> None:
        """Leave nothing claimed behind, and give the port back."""
        while self._outcome is not None:
            try:
                await self._write_down()
            except StoreError as error:
                log.error("%s: %s", self.name, error)  # noqa: TRY400 - at the next start the part is in doubt
                break
        try:
            if self._modem is not None:
                self._inbox.keep(self._modem)
            await self._inbox.put_away(self._seat)
            await self._give_back()
            await self._orders.stop()
        finally:
            self._floor.queue_bells.pop(self.config.name, None)
            self._floor.looked_through(self.config.name)
            if self._modem is not None:
                await self._modem.close()
        if self._modem is not None:
            await self._record.write("stopped", None)
