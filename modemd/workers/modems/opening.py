"""Getting to an open modem: its port, its preparation, and the pauses while there is none."""

from __future__ import annotations

import logging
import math
import time
from functools import partial
from typing import TYPE_CHECKING, Final

from modemd.errors import ModemdError, NoReply, NotReady, PortLost, StoreError, WrongModem
from modemd.formats.modem_states import meaning_of
from modemd.gsm.makers import family_of
from modemd.modem.modem import Modem
from modemd.modem.timing import Timing
from modemd.service.outcomes import Seat
from modemd.workers.modems.finding.berth import Berth
from modemd.workers.modems.patience import Patience
from modemd.workers.modems.pin_book import PinBook, read_pin, without_pin
from modemd.workers.modems.sending.voice import learn_voice
from modemd.workers.modems.steadiness import Steadiness

if TYPE_CHECKING:
    from modemd.workers.modems.helping.ladder import Ladder
    from modemd.workers.modems.orders import Orders
    from modemd.workers.modems.receiving.inbox import Inbox
    from modemd.workers.modems.station import Station
    from modemd.workers.supervisor import Worker

log = logging.getLogger(__name__)

_REOPEN_S: Final = (1.0, 2.0, 5.0, 10.0, 30.0)
_PLUG_S: Final = 1.0
_LEAST_S: Final = 0.05


class Opener:
    """Opens and prepares the modem of a station; waits longer from failure to failure."""

    def __init__(
        self,
        worker: Worker,
        station: Station,
        inbox: Inbox,
        orders: Orders,
        ladder: Ladder,
        timing: Timing | None,
    ) -> None:
        self._worker = worker
        self._station = station
        self._inbox = inbox
        self._orders = orders
        self._ladder = ladder
        self._timing = timing
        self._berth = Berth(worker, station, timing or Timing())
        self._failures = 0
        self._patience = Patience()
        self.steadiness = Steadiness(station)

    async def open(self) -> None:
        """Try once; where it fails, say why and wait before the next try. What comes and goes is let alone.

        Raises:
            StoreError: how it stands could not be written.
        """
        now = time.monotonic()
        await self.steadiness.mind(now)
        wait_s = self.steadiness.wait_s(now)
        if not wait_s:
            await self._try()
            return
        await self._tell(None, "lost", f"{self.steadiness.words()}: it is left alone for a moment")
        await self._back_off(wait_s, least_s=wait_s)

    async def _try(self) -> None:
        modem: Modem | None = None
        station = self._station
        try:
            modem = await Modem.open(
                station.name, await self._berth.find(), baudrate=station.config.baudrate,
                on_urc=station.bell.ring, timing=self._timing, pins=PinBook(station.floor),
                trace=station.trace,
            )  # fmt: skip
            await self.prepare(modem)
        except NotReady as wanting:
            if modem is not None:
                station.record.identity = modem.identity
            await self._not_opened(modem, *self._patience.told(wanting.state, wanting.advice))
        except StoreError:  # a PIN is entered only where that can be written down before
            if modem is not None:
                await modem.close()
            raise
        except WrongModem as wrong:
            await self._not_opened(modem, "absent", self._berth.wrong(wrong))
        except ModemdError as error:
            await self._help(modem, error)
        except BaseException:
            if modem is not None:
                await modem.close()  # else the next try finds the port in use: by us
            raise
        else:
            station.modem, self._failures = modem, 0
            self._ladder.opened()
            self._patience.ended()
            self.steadiness.came(time.monotonic())
            await self._orders.look()
            await learn_voice(station, modem)

    async def prepare(self, modem: Modem) -> None:
        """Set the modem up, and learn whose SIM is in it.

        Raises:
            NotReady: its SIM cannot be used.
            NoReply, PortLost: it does not answer.
        """
        station = self._station
        config = station.config
        pin, unread = read_pin(config)
        try:
            identity = await modem.prepare(
                pin=pin, smsc=config.smsc, domain=config.sms_domain, slot=config.sim_slot,
                binding=self._berth.binding,
            )  # fmt: skip
        except NotReady as wanting:
            raise wanting if unread is None else without_pin(wanting, unread) from None
        await self._berth.arrived(identity)
        sim = identity.sim or f"modem:{station.name}"
        family = family_of(identity.manufacturer, identity.model)
        station.seat = Seat(station.modem_id, station.name, sim, family, identity.model or "")
        station.fresh = True
        self._inbox.opened()
        station.record.identity = identity
        station.floor.tally.opened[station.name,] += 1

    async def _help(self, modem: Modem | None, error: ModemdError) -> None:
        """It could not be opened: help it, where anything may help; one that is unplugged is waited for."""
        if modem is not None and isinstance(error, PortLost):
            self.steadiness.went(time.monotonic())
        beside = await self._berth.find_beside() if isinstance(error, NoReply) and modem is not None else None
        if modem is not None and beside is not None:
            log.warning("modem %s: %s", self._station.name, beside)
            await modem.close()
            return
        ailment = None if self._orders.paused else self._ladder.ailment_of(error)
        if ailment is None:
            state = "silent" if isinstance(error, NoReply) else "absent"
            await self._not_opened(modem, state, self._berth.why(error))
            return
        try:
            climbed = await self._ladder.climb(
                ailment, str(error), modem, partial(self._tell, modem), resynced=True
            )
        finally:
            if modem is not None:
                await modem.close()
        await self._back_off(climbed.wait_s)

    async def _not_opened(self, modem: Modem | None, state: str, reason: str) -> None:
        await self._tell(modem, state, reason)
        await self._ladder.begin()  # what was left switched off by a gateway that was killed is put on
        await self._back_off()

    async def _tell(self, modem: Modem | None, state: str, reason: str) -> None:
        if modem is not None:
            await modem.close()
        station = self._station
        station.floor.looked_through(station.name)
        was = station.record.state
        told = await self._berth.missed()
        await station.record.write(state, reason, told=told)
        if meaning_of(state).concern == "critical" and state != was:
            await station.trouble.write(f"{state}: {reason}")
        await self._station.release()

    async def _back_off(self, at_most_s: float = math.inf, *, least_s: float = 0.0) -> None:
        """Wait before the next try; a plug that is put in meanwhile is noticed within a second.

        ``least_s``: so long whatever is plugged in.

        Not the queue's bell: each message that is dropped would open the port anew.
        """
        failures = 0 if self._patience.asked else self._failures  # one that starts is ready in a moment
        least_at = time.monotonic() + least_s
        ends_at = max(least_at, time.monotonic() + _REOPEN_S[min(failures, len(_REOPEN_S) - 1)])
        ends_at = min(ends_at, time.monotonic() + max(at_most_s, _LEAST_S))
        ends_at = min(ends_at, self._orders.until)  # who waits for it is told in time
        self._failures += 1
        while not self._worker.stopping and (left_s := ends_at - time.monotonic()) > 0:
            await self._worker.pause(min(left_s, _PLUG_S))
            if self._berth.moved() and time.monotonic() >= least_at:
                self._failures = 0
                return
