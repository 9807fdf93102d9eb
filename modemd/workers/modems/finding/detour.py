"""A port that was configured and is the wrong one of its stick: the right one is found, and used."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Final

from modemd.gsm.identities import same_imei
from modemd.modem.discovery.holders import holders_of
from modemd.modem.discovery.ports import list_ports
from modemd.workers.modems.finding.probing import probe

if TYPE_CHECKING:
    from modemd.config.modems import ModemConfig
    from modemd.modem.discovery.ports import PortSeen
    from modemd.modem.timing import Timing
    from modemd.workers.floor import Floor

_AT_ONCE: Final = 4


class Detour:
    """One entry's. It is for a port that never answered: a modem that worked by it, and hangs, is helped."""

    def __init__(self, floor: Floor, config: ModemConfig, timing: Timing) -> None:
        self._floor = floor
        self._timing = timing
        self._config = config
        self._stick = ""
        self._found: str | None = None
        self._looked = False

    async def instead_of(self, port: str) -> str:
        """The port to open: another of the same stick, where that was found to be the one."""
        if self._found is None or port != self._config.port:
            return port
        own, beside = await self._ports(port)
        if own is None:
            return port
        if own.stick == self._stick and any(each.path == self._found for each in beside):
            return self._found
        self._found, self._looked = None, False  # its ports have other names now
        return port

    def answered(self, port: str) -> None:
        """The port that was opened is a modem's."""
        self._looked |= port == self._config.port

    async def look(self, port: str) -> str | None:
        """Ask the other ports of a mute one's stick, once; return the one to use, if any.

        Not where it has answered before: it hangs.
        """
        if self._looked or port != self._config.port or not port.startswith("/"):
            return None
        own, beside = await self._ports(port)
        if own is None:
            return None
        self._looked, used = True, self._floor.rack.in_use()
        free = [each for each in beside if each.real not in used]
        probed = await probe(
            free,
            holders=await asyncio.to_thread(holders_of, self._floor.machine, [each.real for each in free]),
            turns=asyncio.Semaphore(_AT_ONCE),
            timing=self._timing,
            baudrate=self._config.baudrate,
            every=True,
        )
        wanted = self._config.imei
        fitting = (each for each in probed.sticks if wanted is None or same_imei(wanted, each.imei))
        self._found, self._stick = next((each.port.path for each in fitting), None), own.stick
        return self._found

    async def _ports(self, port: str) -> tuple[PortSeen | None, list[PortSeen]]:
        """What a port is, and the others of its stick that may be opened."""
        listed = await asyncio.to_thread(list_ports, self._floor.machine)
        allowed = await asyncio.to_thread(list_ports, self._floor.machine, (), self._floor.ignore)
        real = await asyncio.to_thread(os.path.realpath, port)
        own = next((each for each in listed if each.real == real), None)
        beside = [each for each in allowed if own is not None and each.stick == own.stick and each != own]
        return own, beside
