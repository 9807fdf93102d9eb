"""Where a modem's port is now, whether the right modem is behind it, and what is another than it was."""

from __future__ import annotations

import asyncio
import errno
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Final

from modemd.errors import PortLost
from modemd.gsm.identities import same_iccid, same_imei
from modemd.model import ModemIdentity
from modemd.modem.binding import Binding
from modemd.modem.discovery.ports import list_ports
from modemd.modem.usb_power import device_switch
from modemd.service import alarms
from modemd.service.modems import modem_events
from modemd.store import adopted, recovery
from modemd.workers.modems.finding.detour import Detour
from modemd.workers.modems.steadiness import stays

if TYPE_CHECKING:
    from modemd.errors import ModemdError, WrongModem
    from modemd.formats.payloads_modem import ModemEventName
    from modemd.modem.discovery.ports import PortSeen
    from modemd.modem.timing import Timing
    from modemd.store.transaction import Tx
    from modemd.workers.modems.finding.rack import Stick
    from modemd.workers.modems.station import Station
    from modemd.workers.supervisor import Worker

log = logging.getLogger(__name__)

_SWAPPED: Final = "sim_swapped"


class Berth:
    """One entry's way to its modem. It speaks with the rack, and tells of plugs and swaps."""

    def __init__(self, worker: Worker, station: Station, timing: Timing) -> None:
        config = station.config
        self.binding = Binding(config.imei, config.iccid)
        self._station = station
        self._floor = station.floor
        self._rack = station.floor.rack
        self._last: ModemIdentity | None = None
        self._seen: PortSeen | None = None
        self._usb_path: str | None = None
        self._tried: str | None = None
        self._sight: Stick | None = None
        self._detour = Detour(station.floor, config, timing)
        self._pulled = False
        self._said_same = False
        self._rack.watch(config, worker.wake)

    @property
    def here(self) -> str | None:
        """The port that the modem is on, if it is there to be opened; a network port always is."""
        port = self._rack.port_for(self._station.config)
        if port is None or not port.startswith("/"):
            return port
        return port if Path(port).exists() else None

    def moved(self) -> bool:
        """Whether it is worth while to try before the time: it is elsewhere now, or was seen anew.

        Asked while nothing is open: a port that is not this modem's any more is left to the scout.
        """
        here = self.here
        if here is None:
            self._rack.closed(self._station.name)
        return here is not None and (here != self._tried or self._rack.seen(here) is not self._sight)

    async def find(self) -> str:
        """Return the port to open, and keep it for this modem.

        Raises:
            PortLost: it is on none.
            StoreError: what the store knows of it cannot be read.
        """
        if self._last is None:
            await self._remember()
        self._tried = None
        self._rack.closed(self._station.name)
        port = self._rack.port_for(self._station.config)
        if port is None:
            raise PortLost(self._missing())
        port = await self._detour.instead_of(port)
        self._rack.took(self._station.name, port)
        self._tried, self._sight = self.here, self._rack.seen(port)
        self._station.record.port = port
        await self._see(port)
        return port

    def wrong(self, wrong: WrongModem) -> str:
        """Give back the port of another modem; return a sentence about it."""
        port = self._station.record.port or ""
        self._rack.wrong(self._station.name, port, wrong.imei, wrong.iccid)
        return f"on {port} {wrong}; {self._missing()}"

    def why(self, error: ModemdError) -> str:
        """Why it was not opened, where this gateway's own modems are in the way."""
        port, in_use = self._station.record.port or "", {errno.EAGAIN, errno.EBUSY}
        if isinstance(error, PortLost) and getattr(error.cause, "errno", None) in in_use:
            user = self._rack.user_of(port, self._station.name)
            if user is not None:
                return f"{port} is what modem {user} uses: two entries name one modem, take one away"
        return str(error)

    async def find_beside(self) -> str | None:
        """The configured port is mute: look at the others of its stick; return a sentence, if one is it."""
        port = self._station.record.port or ""
        found = await self._detour.look(port)
        if found is None:
            return None
        self._rack.gave(self._station.name, port)
        return (
            f"{port} does not answer, and {found} of the same stick does: that is used. Name it in port:, or "
            "bind the modem by imei: instead"
        )

    async def arrived(self, identity: ModemIdentity) -> None:
        """It was opened and prepared: tell of a plug, and of what is not as it was.

        Raises:
            StoreError: it is not told.
        """
        last = self._last or ModemIdentity()
        port = self._station.record.port or ""
        told: list[tuple[ModemEventName, dict[str, object]]] = []
        if self._pulled:
            told.append(("plugged", {}))
        if identity.imei and last.imei and not same_imei(identity.imei, last.imei):
            told.append(("modem_swapped", {"was": last.imei}))
        if identity.iccid and last.iccid and not same_iccid(identity.iccid, last.iccid):
            told.append((_SWAPPED, {"was": last.iccid}))
        facts = {"port": port, "usb": self._usb_path, "imei": identity.imei, "iccid": identity.iccid}
        await self._tell([(event, facts | more) for event, more in told])
        self._pulled = False
        self._last = ModemIdentity(imei=identity.imei or last.imei, iccid=identity.iccid or last.iccid)
        self._detour.answered(port)
        self._rack.is_who(self._station.name, identity)
        if self._seen is not None:
            self._rack.opened(self._seen, identity.imei, identity.iccid)

    async def missed(self) -> bool:
        """It was not opened: tell that it was pulled out, if that is so and was not told; return whether.

        Raises:
            StoreError: it is not told.
        """
        if self._pulled or self.here is not None or not self._said_same:
            return False
        await self._tell([("unplugged", {"port": self._station.record.port, "usb": self._usb_path})])
        self._pulled = True
        return True

    def _missing(self) -> str:
        config = self._station.config
        other = self._rack.namesake_of(config)
        if other is not None:
            return f"modem {other} has what it is bound to: two entries name one modem, take one away"
        bound = {"IMEI": config.imei, "a SIM of ICCID": config.iccid, "USB socket": config.usb}
        wanted = " and ".join(f"{what} {value}" for what, value in bound.items() if value)
        if config.usb and device_switch(self._floor.machine, config.usb).exists():
            return f"a device is in its USB socket, and no port of it answers as the modem with {wanted}"
        return f"no port has the modem with {wanted}" if wanted else f"there is no port {config.port}"

    async def _remember(self) -> None:
        """Who it was before the gateway started: nobody is to miss a SIM that was changed meanwhile."""
        station = self._station
        modem_id = station.modem_id
        known, socket = await self._floor.store.run(
            lambda tx: (adopted.last_identity(tx, modem_id), recovery.socket(tx, modem_id))
        )
        self._last = station.record.identity = ModemIdentity(**known)
        self._rack.lives_in(station.name, socket)

    async def _see(self, port: str) -> None:
        """What is plugged in there now: it may be another than a moment ago.

        Raises:
            PortLost: it is not in the socket that is configured.
        """
        seen = await asyncio.to_thread(list_ports, self._floor.machine, (port,)) if port[:1] == "/" else []
        self._seen = seen[0] if seen else None
        usb_path = None if self._seen is None else self._seen.usb_path
        wanted = self._station.config.usb
        if wanted is not None and usb_path != wanted:
            self._rack.gave(self._station.name, port)
            raise PortLost(self._missing())
        if self._seen is None:
            return  # it was pulled out just now, and was last seen where it was; or it is across a network
        self._rack.lives_in(self._station.name, usb_path)
        if usb_path != self._usb_path:
            self._usb_path = usb_path
            modem_id = self._station.modem_id
            await self._floor.store.run(lambda tx: adopted.write_place(tx, modem_id, usb_path))

    async def _tell(self, told: list[tuple[ModemEventName, dict[str, object]]]) -> None:
        name, rules, now = self._station.name, self._floor.rules, self._floor.now()
        texts = {event: _sentence(name, event, facts) for event, facts in told}
        settle, self._said_same = not self._said_same, True

        def write(tx: Tx) -> bool:
            changed = False
            if settle and _SWAPPED not in texts:  # it was so at the last start, and is known by now
                changed = alarms.clear_alarm(tx, rules, modem=name, code=_SWAPPED, now=now)
                changed |= stays(tx, rules, name, now)
            for event, facts in told:
                modem_events.tell(tx, rules, name, event, facts | {"text": texts[event]}, now)
            if _SWAPPED in texts:
                changed |= alarms.raise_alarm(
                    tx, rules, modem=name, code=_SWAPPED, text=texts[_SWAPPED], severity="info", now=now
                )
            return changed

        if told or settle:
            if await self._floor.store.run(write):
                self._floor.ring_alarms()
            self._floor.mqtt.ring()
        for event, text in texts.items():
            log.log(self._weight(event), "%s", text)

    def _weight(self, event: ModemEventName) -> int:
        """How much the log makes of an event: what comes and goes all the time is told once, by its alarm."""
        if event not in {"plugged", "unplugged"}:
            return logging.WARNING
        if self._station.record.unsteady:
            return logging.DEBUG
        return logging.INFO if event == "plugged" else logging.WARNING


def _sentence(name: str, event: str, facts: dict[str, object]) -> str:
    if event == _SWAPPED:
        return (
            f"Modem {name} has another SIM, {facts['iccid']}, and had {facts['was']}: its counts and limits "
            "are those of the new one now. If you did not change it, find out who did."
        )
    if event == "modem_swapped":
        return f"The modem {facts['imei']} stands in for {facts['was']} as {name}."
    if event == "plugged":
        return f"Modem {name} is plugged in again, on {facts['port']}."
    socket = f" in USB socket {facts['usb']}" if facts["usb"] else ""
    return f"Modem {name} was unplugged: {facts['port']}{socket} is gone."
