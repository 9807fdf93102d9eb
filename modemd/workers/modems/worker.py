"""A modem's turn: open it, take what it holds, submit what waits, look after it."""

from __future__ import annotations

import math
import time
from random import Random, SystemRandom
from typing import TYPE_CHECKING

from modemd.errors import NoReply, NotReady, PortLost, Refused
from modemd.modem.sim import is_about_sim, not_ready
from modemd.workers.modems.balance import BalanceCheck
from modemd.workers.modems.helping.aid import Aid
from modemd.workers.modems.helping.ladder import Ladder
from modemd.workers.modems.opening import Opener
from modemd.workers.modems.orders import Orders
from modemd.workers.modems.receiving.inbox import Inbox
from modemd.workers.modems.sending.sender import Sender
from modemd.workers.modems.station import Station
from modemd.workers.modems.watch import Watch
from modemd.workers.supervisor import Worker

if TYPE_CHECKING:
    from modemd.config.modems import ModemConfig
    from modemd.modem.modem import Modem
    from modemd.modem.timing import Timing
    from modemd.workers.floor import Floor


class ModemWorker(Worker):
    """The task of one configured modem."""

    patience_s = 360.0  # setting up a modem that answers little may take minutes, and a reset follows

    def __init__(
        self,
        floor: Floor,
        config: ModemConfig,
        modem_id: int,
        *,
        timing: Timing | None = None,
        chance: Random | None = None,
    ) -> None:
        """``chance`` is what pauses are made longer by, and who asks for his balance when."""
        super().__init__()
        self.name = f"modem {config.name}"
        self.config = config
        self._floor = floor
        self._station = station = Station.of(floor, config, modem_id)
        floor.queue_bells[config.name] = station.bell
        floor.unread.add(config.name)
        self._inbox = Inbox(floor, config)
        self._orders = Orders(floor, config.name, modem_id)
        chance = chance or SystemRandom()
        self._sender = Sender(self, station, self._inbox.sweep_now, chance)
        self._balance = BalanceCheck(station, self._orders, chance)
        self._ladder = Ladder(self, station, timing)
        self._opener = Opener(self, station, self._inbox, self._orders, self._ladder, timing)
        self._aid = Aid(
            station, self._ladder, self._orders, self._opener.prepare, self._drop, self._sender.give_back
        )
        self._watch = Watch(station, self._orders)
        self._paused_by: str | None = None
        self.busy_since = math.inf
        """Since when it does what it does now, by ``time.monotonic``; never while it waits for work."""

    @property
    def calling(self) -> bool:
        """Whether it makes a phone call."""
        return self._station.calling

    @property
    def state(self) -> str:
        """How the modem is, as people see it."""
        return self._station.record.state

    def stop(self) -> None:
        """Ask for the part in hand to be the last."""
        super().stop()
        self._station.bell.ring()

    async def step(self) -> None:
        """One turn: always the first thing that applies."""
        self.busy_since = time.monotonic()
        if self._sender.outcome is not None:
            with self.unbroken():
                await self._sender.write_down()  # nothing else may be submitted before this is on disk
            return
        modem = self._station.modem
        if modem is None:
            await self._put_away()
            await self._opener.open()
            self._paused_by = self._orders.paused
            return
        try:
            await self._turn_or_see(modem)
        except PortLost as lost:
            self._opener.steadiness.went(time.monotonic())
            await self._drop(modem, "lost", str(lost))
        except NotReady as wanting:  # its SIM is gone, or has started anew
            await self._drop(modem, wanting.state, wanting.advice)
        except NoReply as silent:
            await self._aid.silent(modem, silent)
        except Refused as refused:
            await self._aid.unreadable(modem, refused, self._inbox.unreadable)
            await self._station.bell.wait(1.0)

    async def _turn_or_see(self, modem: Modem) -> None:
        try:
            await self._turn(modem)
        except Refused as refused:
            if is_about_sim(refused):
                await modem.check_sim()
            raise

    async def _turn(self, modem: Modem) -> None:
        if modem.lost is not None:
            raise modem.lost
        now = time.monotonic()
        if self._sender.mending is not None:
            decision, self._sender.mending = self._sender.mending, None
            await self._aid.mend(modem, decision)
        elif self._station.fresh:
            await self._look(modem, now)  # before a sweep, which may be long, and before it sends
        elif await self._inbox.turn(modem, self._station.seat, now):
            await self._mind_notes(modem, now)
        elif self._sender.count.in_doubt:
            await self._sender.count.settle(modem)
        elif await self._orders.turn(modem, now):
            await self._mind_orders(modem, now)
        elif now >= self._station.health_at:
            await self._look(modem, now)
        elif not await self._submit_if_any(modem) and not await self._balance.turn(modem, now):
            await self._idle(modem, now)

    async def _mind_notes(self, modem: Modem, now: float) -> None:
        """Do what follows from what the modem said unasked.

        Raises:
            NotReady: its SIM was taken out; there may be another in it by now.
        """
        if self._inbox.restarted:
            self._opener.steadiness.went(now)
            await self._drop(modem, "restarting", "the modem started anew by itself")
        elif self._inbox.sim_gone:
            raise not_ready("starting", "The SIM was taken out, or has started anew", human=False)
        else:
            self._watch.heard(self._inbox.take_network(), now)

    async def _look(self, modem: Modem, now: float) -> None:
        await self._watch.look(modem, now)
        await self._aid.looked(modem)
        await self._opener.steadiness.mind(now)

    async def _mind_orders(self, modem: Modem, now: float) -> None:
        """Do what was asked of the whole modem: to pause, to go on, to restart."""
        if self._orders.resumed:
            self._station.paused_until = 0.0
        if self._orders.paused != self._paused_by:
            self._paused_by = self._orders.paused
            self._station.health_at = now
        if self._orders.resetting:
            await self._station.record.write("restarting", "a restart was asked for")
            await modem.soft_reset()
            await self._drop(modem, "restarting", "a restart was asked for")

    async def _drop(self, modem: Modem, state: str, reason: str) -> None:
        self._station.modem = None
        self._sender.modem_gone()
        self._inbox.keep(modem)
        await modem.close()
        await self._put_away()
        await self._station.record.write(state, reason)
        await self._station.release()

    async def _put_away(self) -> None:
        """Bring what a modem that is gone left in hand into the store; a step begins with what failed."""
        await self._inbox.put_away(self._station.seat)
        await self._orders.put_away(f"modem {self.config.name} is gone")
        await self._sender.give_back()

    async def hangs(self, seconds: float) -> None:
        """It has been busy with one thing for so long: others take what waits for it; called by another task.

        Raises:
            StoreError: they do not, yet.
        """
        station = self._station
        station.health_at = 0.0  # as soon as it is free it is looked at, and may send again
        await station.record.write("silent", f"it has been busy with one thing for {seconds:.0f} s")
        await self._sender.hand_back()
        await station.release()

    async def _submit_if_any(self, modem: Modem) -> bool:
        self._firm += 1  # as ``unbroken()``, at a tenth of its price
        try:
            return await self._sender.submit_if_any(modem, held=self._orders.holds)
        finally:
            self._firm -= 1

    async def _idle(self, modem: Modem, now: float) -> None:
        await self._sender.rest(modem)
        await self._sender.count.look(modem)
        station = self._station
        until = min(station.health_at, self._inbox.sweep_at, self._orders.until)
        if station.paused_until > now:
            until = min(until, station.paused_until)
        if station.may_send and not self._orders.holds:
            until = min(until, self._sender.throttle.wakes_at)
        until = min(until, self._balance.wakes_at)
        # What waits of stopped accounts is put aside piece by piece, so that the store is free in between.
        self.busy_since = math.inf
        await station.bell.wait(0 if self._sender.putting_aside else until - now)

    async def finish(self) -> None:
        """Leave nothing claimed behind, and give the port back."""
        station = self._station
        modem = station.modem
        try:
            await self._sender.finish()
            if modem is not None:
                self._inbox.keep(modem)
            await self._inbox.put_away(station.seat)
            await self._orders.stop()
        finally:
            self._floor.queue_bells.pop(self.config.name, None)
            self._floor.rack.leave(self.config.name)
            self._floor.looked_through(self.config.name)
            if modem is not None:
                await modem.close()
        if modem is not None:
            await station.record.write("stopped", None)
