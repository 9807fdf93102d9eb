"""What can be done about a modem from outside: its USB device, the hub's port, the operator's program."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from modemd.modem import usb_power
from modemd.modem.discovery.ports import list_ports
from modemd.modem.discovery.usb_known import ADAPTERS
from modemd.service.modems.ladder import Rung
from modemd.workers.program import run_program

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from modemd.modem.discovery.ports import PortSeen
    from modemd.modem.timing import Timing
    from modemd.workers.modems.station import Station

log = logging.getLogger(__name__)

_LIMIT_S: Final = 60.0
_RESET_PART: Final = 0.2


class Switches:
    """The switches of one modem; what cannot be used is said once."""

    def __init__(self, station: Station, timing: Timing, pause: Callable[[float], Awaitable[object]]) -> None:
        self._station = station
        self._floor = station.floor
        self._off_s = timing.power_off_s
        self._pause = pause
        self.usb_path: str | None = station.config.usb
        """The USB socket that it was last seen in."""
        self._shared = False
        self._said: set[str] = set()

    async def able(self) -> set[Rung]:
        """Which of the three steps are possible now."""
        able: set[Rung] = set()
        policy = self._floor.recovery
        if policy.power is not None:
            able.add(Rung.POWER_HOOK)
        await asyncio.to_thread(self._look, self._floor.rack.in_use())
        if policy.usb_reset and self.usb_path is not None and not self._shared:
            switches = {
                Rung.USB_RESET: usb_power.device_switch(self._floor.machine, self.usb_path),
                Rung.PORT_POWER: usb_power.port_switch(self._floor.machine, self.usb_path),
            }
            able |= {rung for rung, switch in switches.items() if self._usable(rung, switch)}
        return able

    async def take(self, rung: Rung) -> None:
        """Take one of the three steps; what goes wrong is logged. Others do nothing."""
        try:
            await self._take(rung)
        except OSError as error:
            log.warning("modem %s: %s failed: %s", self._station.name, rung.value, error)

    async def _take(self, rung: Rung) -> None:
        usb_path, machine = self.usb_path, self._floor.machine
        if rung is Rung.USB_RESET and usb_path is not None:
            await usb_power.reset_device(machine, usb_path, self._off_s * _RESET_PART, self._pause)
        elif rung is Rung.PORT_POWER and usb_path is not None:
            await usb_power.switch_port(machine, usb_path, self._off_s, self._pause)
        elif rung is Rung.POWER_HOOK:
            await self._call(self._floor.recovery.power or ())

    async def _call(self, program: tuple[str, ...]) -> None:
        station = self._station
        words = [station.name, self._port or "", self.usb_path or ""]
        facts = dict(zip(("MODEM", "PORT", "USB"), words, strict=True))
        facts |= {"IMEI": station.record.identity.imei or ""}
        extra = {f"MODEMD_{name}": value for name, value in facts.items()}
        ended = await run_program(program, words, limit_s=_LIMIT_S, extra=extra, purpose="power hook")
        log.info("modem %s: the power hook ended: %s", station.name, ended.said)

    def put_on(self, usb_path: str | None) -> None:
        """Put on what a gateway that was killed had switched off; ``usb_path`` is where that was."""
        self.usb_path = self.usb_path or usb_path
        if self.usb_path is None:
            return
        try:
            found = usb_power.put_on(self._floor.machine, self.usb_path)
        except OSError as error:
            log.warning("modem %s: its USB port stays switched off: %s", self._station.name, error)
            return
        if found:
            log.warning("modem %s: its USB port was left switched off, and is on again", self._station.name)

    @property
    def _port(self) -> str | None:
        return self._station.record.port or self._station.config.port

    def _look(self, in_use: set[str]) -> None:
        """Learn which socket it is in, while it is; in one that it has left there may be another's by now."""
        port = self._port
        if port is None or not port.startswith("/"):
            return
        found = list_ports(self._floor.machine, (port,))
        for seen in found:
            self.usb_path = seen.usb_path or self.usb_path
            self._shared = seen.driver in ADAPTERS and self._has_other_lines(seen)
        if not found and self.usb_path is not None:
            here = [each for each in list_ports(self._floor.machine) if each.usb_path == self.usb_path]
            self._shared = any(each.real in in_use and each.path != port for each in here)

    def _has_other_lines(self, seen: PortSeen) -> bool:
        """Whether an adapter has more lines than this one: others' modems are not to be taken off with it."""
        lines = [each for each in list_ports(self._floor.machine) if each.usb_path == seen.usb_path]
        if len(lines) > 1 and "shared" not in self._said:
            self._said.add("shared")
            log.info("modem %s: its USB adapter is not reset: it has other lines as well", self._station.name)
        return len(lines) > 1

    def _usable(self, rung: Rung, switch: Path) -> bool:
        why = usb_power.why_not(switch)
        if why is not None and why not in self._said:
            self._said.add(why)
            log.info("modem %s: %s is left out: %s", self._station.name, rung.value, why)
        return why is None
