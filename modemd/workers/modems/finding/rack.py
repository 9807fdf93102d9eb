"""Which modem is on which port now: what the scout found, and which entry of the configuration it is for."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from modemd.gsm.identities import same_iccid, same_imei
from modemd.model import ModemIdentity

if TYPE_CHECKING:
    from collections.abc import Callable

    from modemd.config.modems import ModemConfig
    from modemd.modem.discovery.ports import PortSeen

_MISPLACED_S: Final = 30.0
"""So long a port that had another modem than the configured one is not opened again."""


@dataclass(frozen=True, slots=True)
class Stick:
    """A modem that answered on a port; ``siblings`` are its other ports, which are left alone."""

    port: PortSeen
    imei: str | None = None
    iccid: str | None = None
    says: str = ""
    siblings: tuple[str, ...] = ()


class Rack:
    """Told by the scout what is there, asked by modems' workers where theirs is. It is in memory only."""

    def __init__(self) -> None:
        self.look: Callable[[], None] = lambda: None
        """Called when a port was given back, so that it is looked at anew; the scout's."""
        self._entries: dict[str, ModemConfig] = {}
        self._wakers: dict[str, Callable[[], None]] = {}
        self._sticks: dict[str, Stick] = {}
        self._mute: dict[str, Stick] = {}
        self._homes: dict[str, str | None] = {}
        self._taken: dict[str, str] = {}
        self._misplaced: dict[str, float] = {}
        self._open: set[str] = set()
        self._who: dict[str, ModemIdentity] = {}
        self._doomed: set[str] = set()

    def watch(self, config: ModemConfig, wake: Callable[[], None]) -> None:
        """An entry wants its modem; ``wake`` is called when sticks come, go, or turn out to be others."""
        self._entries[config.name] = config
        self._wakers[config.name] = wake

    def leave(self, name: str) -> None:
        """An entry is no more, and gives back what it had."""
        self.closed(name)
        for kept in (self._entries, self._wakers, self._taken, self._misplaced, self._homes, self._who):
            kept.pop(name, None)

    def port_for(self, config: ModemConfig) -> str | None:
        """Where an entry's modem is now; ``None``: it is not there.

        A configured port comes first, whatever is on it, until something else turned out to be. The last is
        that of a stick that is mute, in the USB socket that the modem was last in: it may hang.
        """
        if self._by_port(config):
            return config.port
        assigned = self._assigned()
        found = next((path for path, name in assigned.items() if name == config.name), None)
        return found or self._mute_port(config, assigned)

    def lives_in(self, name: str, usb_path: str | None) -> None:
        """In which USB socket an entry's modem was seen last; ``None``: in none."""
        self._homes[name] = usb_path

    def mute(self, sticks: dict[str, Stick]) -> None:
        """All sticks of which every port was asked time and again, and none answers; by their USB sockets."""
        if sticks != self._mute:
            self._mute = dict(sticks)
            self._wake_all()

    def dwellers(self, usb_path: str) -> list[str]:
        """The entries bound to a USB socket, those last seen in it, and those that use its mute stick."""
        mute = self._mute.get(usb_path)
        ports = () if mute is None else (mute.port.path, *mute.siblings)
        real = {os.path.realpath(path) for path in ports}
        return [
            name
            for name, entry in self._entries.items()
            if usb_path == (entry.usb or self._homes.get(name))
            or any(port and os.path.realpath(port) in real for port in (entry.port, self._taken.get(name)))
        ]

    def took(self, name: str, port: str) -> None:
        """An entry's worker opens this port: nobody else does."""
        self._taken[name] = port

    def gave(self, name: str, port: str) -> None:
        """It is not interested in the port any more."""
        if self._taken.get(name) == port:
            del self._taken[name]
            self._wake_all()
            self.look()

    def wrong(self, name: str, port: str, imei: str | None, iccid: str | None) -> None:
        """Another modem or SIM is behind the port than the entry is bound to; it may be another entry's."""
        known = self._sticks.get(port)
        if known is not None:
            self._sticks[port] = replace(known, imei=imei or known.imei, iccid=iccid)
        self._misplaced[name] = time.monotonic() + _MISPLACED_S
        self.gave(name, port)

    def user_of(self, port: str, name: str) -> str | None:
        """Which other entry's worker has a port, by whatever name."""
        real = os.path.realpath(port)
        users = (user for user, taken in self._taken.items() if user != name and taken[:1] == port[:1] == "/")
        return next((user for user in users if os.path.realpath(self._taken[user]) == real), None)

    def namesake_of(self, config: ModemConfig) -> str | None:
        """Which other entry's worker has the very modem, or SIM, that an entry wants."""
        for name, who in self._who.items():
            if name != config.name and name in self._taken:
                if same_imei(config.imei, who.imei) and config.iccid is None and config.usb is None:
                    return name
                if config.iccid is not None and same_iccid(config.iccid, who.iccid):
                    return name
        return None

    def is_who(self, name: str, identity: ModemIdentity) -> None:
        """Who an entry's modem turned out to be."""
        self._who[name] = identity

    def opened(self, port: PortSeen, imei: str | None, iccid: str | None) -> None:
        """Who a modem is that was opened: a SIM can be known only when its PIN was given."""
        known = self._sticks.get(port.path) or self._woken(port, imei, iccid)
        if known is not None:
            imei, iccid = imei or known.imei, iccid or known.iccid
            self._sticks[port.path] = replace(known, port=port, imei=imei, iccid=iccid)
            self._open.add(port.path)
            self._doomed.discard(port.path)

    def closed(self, name: str) -> None:
        """An entry's worker has its port open no more: what the scout saw go meanwhile is gone."""
        port = self._taken.get(name)
        if port is not None:
            self._open.discard(port)
            if port in self._doomed:
                self.gone(port)
            if port not in self._sticks:
                del self._taken[name]

    def found(self, stick: Stick) -> None:
        """A modem answered on a port."""
        self._sticks[stick.port.path] = stick
        self._wake_all()

    def gone(self, path: str) -> Stick | None:
        """A port is gone, or is another's now; return what was on it.

        A worker that has it open hears of that by itself, or had found the new one before the scout did.
        """
        if path in self._open:
            self._doomed.add(path)
            return None
        self._doomed.discard(path)
        stick = self._sticks.pop(path, None)
        if stick is not None:
            self._wake_all()
        return stick

    @property
    def sticks(self) -> list[Stick]:
        """All modems that answered, in the order of their ports."""
        return [self._sticks[path] for path in sorted(self._sticks)]

    def seen(self, port: str | None) -> Stick | None:
        """What was found on a port; another value each time that it was asked."""
        return None if port is None else self._sticks.get(port)

    def unclaimed(self) -> list[Stick]:
        """Those that no entry is bound to."""
        assigned = self._assigned()
        return [stick for stick in self.sticks if stick.port.path not in assigned]

    def wanting(self) -> list[ModemConfig]:
        """The entries that look for their modem, and have none."""
        placed = set(self._assigned().values())
        return [
            entry for name, entry in self._entries.items() if name not in placed and not self._by_port(entry)
        ]

    def holder_of(self, stick: Stick) -> str | None:
        """The name of the entry that a modem is for."""
        return self._assigned().get(stick.port.path)

    def has_other(self, usb_path: str | None, name: str) -> bool:
        """Whether a modem answered in a USB socket that is not the entry's: no step may hit that one."""
        assigned = self._assigned()
        return any(
            usb_path == stick.port.usb_path is not None
            and assigned.get(path) != name
            and os.path.realpath(self._taken.get(name, "")) != stick.port.real
            for path, stick in self._sticks.items()
        )

    def is_for(self, entry: ModemConfig, name: str) -> bool:
        """Whether what the entry ``name`` has now is what another entry is bound to."""
        stick = self._sticks.get(self._taken.get(name, ""))
        if stick is None:
            return False
        by_port = entry.port is not None and os.path.realpath(entry.port) == stick.port.real
        return by_port or fits(entry, stick)

    def in_use(self) -> set[str]:
        """The devices that are opened by workers, or will be: those of the configuration, and those taken."""
        ports = {entry.port for entry in self._entries.values() if entry.port and self._by_port(entry)}
        return {os.path.realpath(port) for port in ports | set(self._taken.values()) if port[:1] == "/"}

    def _by_port(self, config: ModemConfig) -> bool:
        bound = config.imei or config.iccid or config.usb
        if config.port is None or not bound:
            return config.port is not None
        real = os.path.realpath(config.port)
        known = next((stick for stick in self._sticks.values() if stick.port.real == real), None)
        if known is not None:
            return fits(config, known)
        return self._misplaced.get(config.name, 0.0) < time.monotonic()

    def _mute_port(self, config: ModemConfig, assigned: dict[str, str]) -> str | None:
        """The likeliest port of a mute stick that is nobody else's; who it is shows when it answers."""
        socket = config.usb or self._homes.get(config.name)
        stick = None if socket is None else self._mute.get(socket)
        if socket is None or stick is None or self.dwellers(socket) != [config.name]:
            return None
        return None if stick.port.path in assigned else stick.port.path

    def _woken(self, port: PortSeen, imei: str | None, iccid: str | None) -> Stick | None:
        """What was mute until its entry's worker opened it, if it is what that one is bound to."""
        name = next((name for name, path in self._taken.items() if path == port.path), "")
        entry, stick = self._entries.get(name), Stick(port, imei, iccid)
        return stick if entry is not None and not self._by_port(entry) and fits(entry, stick) else None

    def _assigned(self) -> dict[str, str]:
        """Each port's entry: what it has keeps it; then those first that say most of what they want."""
        assigned = {
            port: name
            for name, port in self._taken.items()
            if port in self._sticks and fits(self._entries.get(name), self._sticks[port])
        }
        placed = set(assigned.values())
        seekers = [each for each in self._entries.values() if each.name not in placed]
        for entry in sorted(seekers, key=_vagueness):
            free = (path for path in sorted(self._sticks) if path not in assigned)
            fitting = next((path for path in free if fits(entry, self._sticks[path])), None)
            if fitting is not None and not self._by_port(entry):
                assigned[fitting] = entry.name
        return assigned

    def _wake_all(self) -> None:
        for wake in self._wakers.values():
            wake()


def fits(entry: ModemConfig | None, stick: Stick) -> bool:
    """Tell whether a stick is what an entry is bound to, in everything that it names but the port."""
    if entry is None:
        return False
    wanted = [
        entry.imei is None or same_imei(entry.imei, stick.imei),
        entry.iccid is None or same_iccid(entry.iccid, stick.iccid),
        entry.usb is None or entry.usb == stick.port.usb_path,
    ]
    return all(wanted) and any((entry.imei, entry.iccid, entry.usb))


def _vagueness(entry: ModemConfig) -> int:
    return -sum(bound is not None for bound in (entry.imei, entry.iccid, entry.usb))
