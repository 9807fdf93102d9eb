"""Helping a modem that does not work; what comes next :mod:`modemd.service.modems.ladder` decides.

A step is written down before it is taken, so that limits hold over restarts and crashes.
"""

from __future__ import annotations

import errno
import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from modemd.errors import ModemdError, NoReply, PortLost, StoreError
from modemd.modem.timing import Timing
from modemd.service.alarms import clear_alarm, raise_alarm
from modemd.service.modems import ladder as rules
from modemd.service.modems.ladder import RUNGS, Ailment, Rung
from modemd.workers.modems.helping.book import LadderBook
from modemd.workers.modems.helping.switches import Switches

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from modemd.modem.modem import Modem
    from modemd.service.modems.ladder import Next
    from modemd.workers.modems.station import Station
    from modemd.workers.supervisor import Worker

    LetGo = Callable[[str, str], Awaitable[None]]

log = logging.getLogger(__name__)

_DEAD_S: Final = 60.0
"""A modem that nothing helped is looked at this often: a person may have mended it."""
_IN_VAIN: Final = "not_helped"
_WITH_MODEM: Final = frozenset({Rung.REREGISTER, Rung.RADIO, Rung.SOFT_RESET})
_CUTS: Final = frozenset({Rung.USB_RESET, Rung.PORT_POWER, Rung.POWER_HOOK})
_NO_HELP: Final = frozenset(
    {
        errno.ENOENT,
        errno.ENXIO,
        errno.ENODEV,
        errno.EACCES,
        errno.EPERM,
        errno.EAGAIN,
        errno.EBUSY,
        errno.ENOTTY,
    }
)
"""Why a port is not opened where no step helps: it is not there, not allowed, or somebody else's."""
_NETWORK: Final = {
    "searching": Ailment.SEARCHING,
    "denied": Ailment.DENIED,
    "emergency_only": Ailment.DENIED,
}
_SAID: Final[dict[Ailment, str]] = {
    Ailment.SILENT: "it does not answer",
    Ailment.PORT: "its port cannot be opened",
    Ailment.FAILING: "it says that it failed",
    Ailment.REFUSING: "it refuses everything and does not say why",
    Ailment.STORAGE: "its storages cannot be read",
    Ailment.SEARCHING: "it finds no network",
    Ailment.DENIED: "the network does not take it",
}


@dataclass(frozen=True, slots=True)
class Climbed:
    """Which step was taken, if one was due, and for how many seconds nothing more is done."""

    rung: Rung | None
    wait_s: float


class Ladder:
    """What one modem's task does about its trouble. ``let_go`` closes the modem and writes how it is."""

    def __init__(self, worker: Worker, station: Station, timing: Timing | None) -> None:
        self._worker = worker
        self._station = station
        self._floor = station.floor
        self._timing = timing or Timing()
        self._switches = Switches(station, self._timing, worker.pause)
        self._book = LadderBook(station)
        self._said = ""
        self._cut = False
        self._vain = True
        """Whether an alarm may be open that nothing helped: also one of before the start."""
        self._good_since = time.monotonic()
        self._alone_since: float | None = None
        self._next_at = 0.0
        """Before this nothing more is done about a network that is not found."""

    def ailment_of(self, error: ModemdError) -> Ailment | None:
        """What is wrong with a modem that could not be opened; ``None``: nothing that can be helped."""
        if isinstance(error, NoReply):
            return Ailment.SILENT
        if not isinstance(error, PortLost):
            return None
        port = self._station.record.port or self._station.config.port or "/"
        if not port.startswith("/"):
            return None  # across a network: whatever it is, it is not this machine's
        code = getattr(error.cause, "errno", None)
        helpable = code is not None and code not in _NO_HELP
        away = self._cut and not self._floor.rack.has_other(self._switches.usb_path, self._station.name)
        return Ailment.PORT if helpable or away else None

    async def climb(
        self, ailment: Ailment, why: str, modem: Modem | None, let_go: LetGo, *, resynced: bool = False
    ) -> Climbed:
        """Take the next step, if it is due.

        Args:
            ailment: what is wrong.
            why: how that shows, as a sentence.
            modem: the open modem; ``None`` where there is none.
            let_go: closes the modem, gives back what it had in hand, and writes a state and its reason.
            resynced: whether getting into step has just been tried in vain.

        Raises:
            StoreError: the step was not written down, and not taken.
        """
        await self.begin()
        self._good_since = time.monotonic()
        now = self._floor.now()
        step = self._next(ailment, now, await self._able(modem, resynced=resynced))
        wait_s = (step.due_at - now).total_seconds()
        if wait_s > 0:
            if rules.is_dead(ailment):
                await let_go("helped", self._said or f"{_SAID[ailment]} ({why})")
            return Climbed(None, wait_s)
        if step.rung is Rung.DEAD:
            return Climbed(Rung.DEAD, await self._give_up(ailment, why, let_go))
        await self._book.write(step.rung, why, now, self._switches.usb_path)
        pause_s = rules.pause_after(self._book.history, now).total_seconds() * self._timing.climb
        self._said = f"{_SAID[ailment]} ({why}): {step.words}"
        given = f"; it is given {pause_s:.0f} s" if pause_s >= 1 else ""
        log.warning("modem %s is helped: %s%s", self._station.name, self._said, given)
        await self._take(step.rung, modem, let_go)
        return Climbed(step.rung, pause_s)

    async def _give_up(self, ailment: Ailment, why: str, let_go: LetGo) -> float:
        """Nothing is left to try."""
        name, done = self._station.name, self._book.tried()
        reason = f"{_SAID[ailment]} ({why}); {done}"
        if rules.is_dead(ailment):
            await let_go("dead", reason)
            return _DEAD_S * min(self._timing.climb, 1.0)
        if not self._vain or self._said != reason:
            self._said, self._vain = reason, True
            text = f"Modem {name}: {reason}. Look after the modem, its SIM and its antenna, or change it."
            await self._alarm(text)
        return _DEAD_S * min(self._timing.climb, 1.0)

    async def _alarm(self, text: str) -> None:
        now, name, told = self._floor.now(), self._station.name, self._floor.rules
        if await self._floor.store.run(
            lambda tx: raise_alarm(
                tx, told, modem=name, code=_IN_VAIN, text=text, severity="critical", now=now
            )
        ):
            log.error("%s", text)
            self._floor.ring_alarms()

    async def _take(self, rung: Rung, modem: Modem | None, let_go: LetGo) -> None:
        """Take a step; one that fails is as good as one that did not help."""
        if rung is Rung.RESYNC:
            return  # its caller does that: the modem is prepared anew with it
        if rung is not Rung.REOPEN:
            await self._station.trouble.write(self._said)
        if rung not in _WITH_MODEM or modem is None:
            await let_go("helped", self._said)
            self._cut |= rung in _CUTS
            await self._switches.take(rung)
            return
        await self._station.record.write("helped", self._said)
        await self._station.release()
        try:
            await self._ask(rung, modem)
        except StoreError:
            raise
        except ModemdError as error:
            log.warning("modem %s: %s: %s", self._station.name, RUNGS[rung].words, error)
        if rung is Rung.SOFT_RESET:
            await let_go("helped", self._said)
        else:
            self._station.health_at = 0.0

    @staticmethod
    async def _ask(rung: Rung, modem: Modem) -> None:
        if rung is Rung.REREGISTER:
            await modem.choose_network()
        elif rung is Rung.RADIO:
            await modem.switch_radio()
        else:
            await modem.soft_reset()

    async def without_network(self, state: str, modem: Modem, let_go: LetGo) -> None:
        """The modem is there and not registered; ``state`` says how. Where that lasts, it is helped.

        Raises:
            StoreError: what is to be done could not be written down.
        """
        now = time.monotonic()
        if state not in _NETWORK:
            self._alone_since = None
            return
        if self._alone_since is None:
            self._alone_since = now
        lasts_s = now - self._alone_since
        if lasts_s < self._floor.recovery.search_s * min(self._timing.climb, 1.0) or now < self._next_at:
            return
        climbed = await self.climb(_NETWORK[state], f"for {lasts_s / 60:.0f} min", modem, let_go)
        self._next_at = time.monotonic() + climbed.wait_s

    def opened(self) -> None:
        """The modem was opened and prepared."""
        self._cut = False
        self._good_since = time.monotonic()

    async def working(self) -> None:
        """The modem does all that it should; after an hour of that its trouble is forgotten.

        Raises:
            StoreError: it is not, yet.
        """
        self._alone_since = None
        if self._vain:
            await self._not_in_vain()
        await self.begin()
        await self._book.keep_shown()
        good_s = rules.GOOD_WORK.total_seconds() * min(self._timing.climb, 1.0)
        if time.monotonic() - self._good_since < good_s:
            return
        if any(done.rung in RUNGS for done in self._book.row):
            log.info("modem %s has worked well for an hour since it was helped", self._station.name)
            await self._book.write(Rung.WELL, None, self._floor.now())
        self._good_since = time.monotonic()

    async def _not_in_vain(self) -> None:
        now, name, told = self._floor.now(), self._station.name, self._floor.rules
        if await self._floor.store.run(lambda tx: clear_alarm(tx, told, modem=name, code=_IN_VAIN, now=now)):
            self._floor.ring_alarms()
        self._vain = False

    def _next(self, ailment: Ailment, now: datetime, able: set[Rung]) -> Next:
        return rules.next_rung(self._book.history, ailment, now, able, pace=self._timing.climb)

    async def _able(self, modem: Modem | None, *, resynced: bool) -> set[Rung]:
        able = {Rung.REOPEN} | await self._switches.able()
        if modem is not None and modem.lost is None:
            able |= _WITH_MODEM if resynced else _WITH_MODEM | {Rung.RESYNC}
        return able

    async def begin(self) -> None:
        """Read, once, what was done about it before this start, and put on what was left switched off.

        Raises:
            StoreError: it cannot be read.
        """
        if await self._book.begin() and self._book.history and self._book.history[-1].rung in _CUTS:
            self._switches.put_on(self._book.usb_path)
