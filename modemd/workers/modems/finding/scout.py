"""Looks which ports come and go, asks those that nobody uses who is there, and adopts what it finds."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from modemd.gsm.identities import same_imei
from modemd.modem.discovery.holders import holders_of
from modemd.modem.discovery.ports import list_ports, ports_stamp
from modemd.modem.discovery.usb_known import Use
from modemd.modem.timing import Timing
from modemd.service.modems.adoption import Adoptable
from modemd.store.adopted import all_adopted
from modemd.workers.bell import Bell
from modemd.workers.modems.finding.findings import Findings
from modemd.workers.modems.finding.probing import Probed, likeliest, probe
from modemd.workers.supervisor import Worker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modemd.config.modems import ModemsConfig
    from modemd.modem.discovery.holders import Holder
    from modemd.modem.discovery.ports import PortSeen
    from modemd.workers.floor import Floor
    from modemd.workers.modems.finding.crew import Crew
    from modemd.workers.modems.finding.rack import Stick

log = logging.getLogger(__name__)

_LOOK_S: Final = 1.0
"""How often it is looked whether a port came or went: a look costs some microseconds a port."""
_AGAIN_S: Final = (3.0, 6.0, 15.0, 30.0, 60.0, 300.0)
"""Pauses between the times that a mute port is asked: its modem may still be starting up."""
_MUTE_TRIES: Final = 3
"""A stick that was mute so often, with all its ports, hangs; one that only starts up has answered by then."""
_HELD_S: Final = 5.0
_SIM_TRIES: Final = 3
_GONE_S: Final = 600.0
"""After so long without its modem, the worker of an adopted one goes."""
_IDLE_S: Final = 30.0
_BAUDRATE: Final = 115200
_AT_ONCE: Final = 40
"""So many ports are asked at a time: each takes five descriptors, of which a process has 1024."""
_SETTLED: Final = 10
"""After so many looks what is in a port's way is a fault; before, a program may just see what was plugged in,
and udev may not have given its rights yet."""


@dataclass(slots=True)
class Look:
    """What is known of a stick's ports that were seen."""

    ports: list[PortSeen]
    due_at: float = 0.0
    tries: int = 0
    seen_at: float = field(default_factory=time.monotonic)
    hurry: bool = False
    """Whether a worker gave a port back meanwhile, so that it may be free now."""
    asking: asyncio.Task[Probed] | None = None
    probed: Probed | None = None
    found: list[Stick] = field(default_factory=list)

    @property
    def unsettled(self) -> bool:
        """Whether the SIM may tell its ICCID a moment later."""
        return self.probed is not None and not self.probed.sim_told and self.tries < _SIM_TRIES

    @property
    def hangs(self) -> bool:
        """Whether it was asked time and again, and is mute: it hangs, or is no modem."""
        if self.probed is None or self.asking is not None or self.tries < _MUTE_TRIES:
            return False
        return self.probed.hangs(self.ports)


class Scout(Worker):
    """Finds modems. It has nothing to do where each modem's port is configured and none is adopted."""

    name = "scout"

    def __init__(
        self,
        floor: Floor,
        settings: ModemsConfig,
        crew: Crew,
        timing: Timing | None,
        *,
        look_s: float = _LOOK_S,
        again_s: Sequence[float] = _AGAIN_S,
    ) -> None:
        super().__init__()
        self._look_s, self._again_s = look_s, again_s
        self._floor = floor
        self._rack = floor.rack
        self._settings = settings
        self._crew = crew
        self._timing = timing or Timing()
        self._bell = Bell()
        self._rack.look = self._look_anew
        self._findings = Findings(floor)
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._stamp: frozenset[tuple[str, tuple[int, ...]]] | None = None
        self._anew = False
        self._looks: dict[str, Look] = {}
        self._absent_since: dict[str, float] = {}
        self._mute: dict[str, Stick] = {}

    def stop(self) -> None:
        """Ask for the turn in hand to be the last."""
        super().stop()
        self._bell.ring()

    def take_over(self, settings: ModemsConfig) -> None:
        """Another configuration is in force: ports are listed by it, and what was mute is asked again."""
        self._settings, self._anew = settings, True
        self._bell.ring()

    async def step(self) -> None:
        """Look once; ask what is due; adopt what nobody claims; then wait a second."""
        seeks = self._settings.discover or bool(self._rack.wanting())
        if seeks or self._looks:
            await self._notice()
            if seeks:
                self._ask_due()
            self._hear()
            await self._adopt()
            await self._mind_mute()
        settled_at = time.monotonic() - _SETTLED * self._look_s
        settled = [look.probed for look in self._looks.values() if look.probed and look.seen_at <= settled_at]
        await self._findings.write(self._settings, settled)
        await self._bell.wait(self._look_s if seeks or self._looks else _IDLE_S)

    async def finish(self) -> None:
        """Leave no port open."""
        asking = [look.asking for look in self._looks.values() if look.asking is not None]
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
        self._rack.look = lambda: None

    def _look_anew(self) -> None:
        """A worker gave its port back: where that was in the way it is asked now."""
        used = self._rack.in_use()
        for look in self._looks.values():
            look.hurry = look.asking is not None
            if look.probed is not None and self._findings.is_held(look.probed):
                look.due_at = 0.0
            elif look.hangs and used.isdisjoint(port.real for port in look.ports):
                look.due_at, look.tries = 0.0, 0
        self._bell.ring()

    # -- ports that come and go ----------------------------------------------------------------------------

    async def _notice(self) -> None:
        machine, patterns = self._floor.machine, self._settings.ports
        stamp = ports_stamp(machine, patterns)
        if stamp == self._stamp and not self._anew:
            return
        running, before, self._stamp = self._stamp is not None, self._stamp or frozenset(), stamp
        anew, self._anew = self._anew, False
        used = self._rack.in_use()
        listed = await asyncio.to_thread(list_ports, machine, patterns, self._settings.ignore)
        changed = {path for path, _ in before ^ stamp}
        sticks: dict[str, list[PortSeen]] = {}
        for port in listed:
            sticks.setdefault(port.stick, []).append(port)
        for key, look in list(self._looks.items()):
            if sticks.get(key) != look.ports or any(port.path in changed for port in look.ports):
                self._forget(key, look)
            elif anew and not look.found and used.isdisjoint(port.real for port in look.ports):
                look.due_at, look.tries = 0.0, 0
        for key, ports in sticks.items():
            if key not in self._looks:
                # The ports of a stick come one after the other: the best may not be there yet.
                waits = running and key != ports[0].real and all(port.use is not Use.AT for port in ports)
                self._looks[key] = Look(ports, time.monotonic() + self._look_s if waits else 0.0)

    def _forget(self, key: str, look: Look) -> None:
        del self._looks[key]
        if look.asking is not None:
            look.asking.cancel()
        for port in look.ports:
            self._rack.gone(port.path)

    # -- asking --------------------------------------------------------------------------------------------

    def _ask_due(self) -> None:
        due = self._due()
        if not due:
            return
        paths = [port.real for _, look in due for port in look.ports]
        scan = asyncio.ensure_future(asyncio.to_thread(holders_of, self._floor.machine, paths))
        for key, look in sorted(due, key=_urgency):
            look.hurry = False
            look.asking = asyncio.create_task(self._probe(look, scan), name=f"ask {key}")
            look.asking.add_done_callback(lambda _task: self._bell.ring())

    def _due(self) -> list[tuple[str, Look]]:
        now, used = time.monotonic(), self._rack.in_use()
        own = {port.stick for look in self._looks.values() for port in look.ports if port.real in used}
        due = []
        for key, look in self._looks.items():
            if look.asking is not None or look.due_at > now or key in own:
                continue
            if look.ports[0].no_modem is not None:
                look.due_at = float("inf")
                log.info("%s is not asked: it is %s", look.ports[0].path, look.ports[0].no_modem)
                continue
            due.append((key, look))
        return due

    async def _probe(self, look: Look, scan: asyncio.Future[dict[str, list[Holder]]]) -> Probed:
        return await probe(
            look.ports,
            holders=await asyncio.shield(scan),  # all others wait for it as well
            turns=self._turns,
            timing=self._timing,
            baudrate=_BAUDRATE,
            every=look.tries > 1,
        )

    def _hear(self) -> None:
        for look in self._looks.values():
            if look.asking is not None and look.asking.done():
                task, look.asking = look.asking, None
                self._heard(look, task.result())

    def _heard(self, look: Look, probed: Probed) -> None:
        held = not probed.sticks and self._findings.is_held(probed)
        if held and (look.hurry or not self._rack.in_use().isdisjoint(port.real for port in look.ports)):
            return  # by a worker of ours, which goes on with it or gives it back
        look.probed, look.tries = probed, look.tries + 1
        pause_s = self._again_s[min(look.tries, len(self._again_s)) - 1]
        if probed.sticks:
            pause_s = self._again_s[0] if look.unsettled else float("inf")
        elif held:
            pause_s, look.tries = _HELD_S, 0
        look.due_at = time.monotonic() + pause_s
        look.found = list(probed.sticks)
        for stick in probed.sticks:
            self._rack.found(stick)

    # -- adopting ------------------------------------------------------------------------------------------

    async def _adopt(self) -> None:
        unsettled = {
            stick.port.path for look in self._looks.values() if look.unsettled for stick in look.found
        }
        wants_sim = any(entry.iccid for entry in self._rack.wanting())
        imeis = [stick.imei for stick in self._rack.sticks]
        for stick in self._rack.unclaimed() if self._settings.discover else ():
            if wants_sim and stick.port.path in unsettled:
                continue
            twin = stick.imei is not None and imeis.count(stick.imei) > 1 and self._has_twin_in_use(stick)
            port = stick.port
            await self._crew.adopt(
                Adoptable(
                    port=port.path, usb_path=port.usb_path, imei=stick.imei, iccid=stick.iccid,
                    says=stick.says, twin=twin,
                )
            )  # fmt: skip
        await self._let_go()

    def _has_twin_in_use(self, stick: Stick) -> bool:
        others = (each for each in self._rack.sticks if each.port.path != stick.port.path)
        return any(each.imei == stick.imei and self._rack.holder_of(each) is not None for each in others)

    # -- what hangs ----------------------------------------------------------------------------------------

    async def _mind_mute(self) -> None:
        """Tell the rack which USB sockets have a stick that hangs: its entry's worker helps it."""
        sockets = [look.ports[0].usb_path for look in self._looks.values()]
        mute = {
            socket: likeliest(look.ports)
            for socket, look in zip(sockets, self._looks.values(), strict=True)
            if socket is not None and look.hangs and sockets.count(socket) == 1
        }
        if mute == self._mute:
            return
        self._rack.mute(mute)
        for socket, stick in mute.items():
            if self._settings.discover and not self._rack.dwellers(socket):
                await self._adopt_mute(socket, stick)
        self._mute = mute

    async def _adopt_mute(self, socket: str, stick: Stick) -> None:
        """What was adopted in that socket before a restart is there again, if it is one modem, and hangs."""
        rules = self._floor.rules
        known = await self._floor.store.run(lambda tx: all_adopted(tx, rules.gateway))
        here = [each for each in known if each.usb_path == socket]
        if len(here) != 1 or here[0].name in {entry.name for entry in rules.modems}:
            return
        (last,) = here
        elsewhere = [*(entry.imei for entry in rules.modems), *(each.imei for each in self._rack.sticks)]
        if any(same_imei(last.imei, imei) for imei in elsewhere):
            return
        await self._crew.adopt(
            Adoptable(
                port=stick.port.path, usb_path=socket, imei=last.imei, iccid=last.iccid,
                says="it does not answer",
            )
        )  # fmt: skip

    async def _let_go(self) -> None:
        """Workers of adopted modems that have been away for long."""
        wanting = {entry.name for entry in self._rack.wanting()}
        for entry in self._crew.adopted:
            if entry.name not in wanting or self._rack.port_for(entry) is not None:
                self._absent_since.pop(entry.name, None)
            elif time.monotonic() - self._absent_since.setdefault(entry.name, time.monotonic()) > _GONE_S:
                del self._absent_since[entry.name]
                await self._crew.dismiss(entry.name)


def _urgency(due: tuple[str, Look]) -> tuple[int, bool, bool]:
    """What was not asked yet before what stayed mute; sticks that are known first, old serial lines last."""
    _, look = due
    return look.tries, all(port.use is not Use.AT for port in look.ports), look.ports[0].usb_path is None
