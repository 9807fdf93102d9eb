"""A simulated modem with its ports, and with a place on a hub where that is simulated, too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from modemd.simulator.modem import Later, SimulatedModem
from modemd.simulator.pty import PtyPort
from modemd.simulator.stick import OtherPort

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from modemd.simulator.equipment import Equipment
    from modemd.simulator.usb import UsbDevice, UsbPlace

WATCH_S: Final = 0.05
"""How often the files of the hub are looked at."""


class PluggedModem(SimulatedModem):
    """A modem with its port: ``path`` is what a configuration names."""

    def __init__(self, me: Equipment, path: Path, later: Later) -> None:
        self._port = PtyPort(path, self.receive)
        self._others: Sequence[OtherPort] = ()
        self._place: UsbPlace | None = None
        self._device: UsbDevice | None = None
        self._inserted = False
        self._over = False
        self.boot_s = 0.0
        self.chatter_s = 0.0
        super().__init__(me, write=self._port.write, later=later)
        self.unplug = self.unplug_for

    @property
    def name(self) -> str:
        """The name it was given."""
        return self.me.name

    @property
    def path(self) -> str:
        """The port, while it is plugged in."""
        return str(self._port.path)

    @property
    def nodes(self) -> list[str]:
        """The device nodes of all its ports on a simulated hub, in the interfaces' order."""
        return [str(path) for port in self._ports for path in port.other_names]

    @property
    def usb_path(self) -> str:
        """Its place on a simulated hub, such as ``1-1.2``."""
        return self._place.name if self._place else ""

    @property
    def plugged(self) -> bool:
        """Whether there is a port."""
        return self._port.plugged

    @property
    def _ports(self) -> list[PtyPort]:
        roles = self._device.roles if self._device else ()
        others = {other.role: other.port for other in self._others}
        named = [self._port if role == "at" else others[role] for role in roles if role != "net"]
        return named or [self._port, *others.values()]

    def with_others(self, others: Sequence[OtherPort]) -> None:
        """Ports beside the one that answers; before :meth:`start`."""
        self._others = others

    def on_hub(self, place: UsbPlace, device: UsbDevice) -> None:
        """Its place on a hub, whose files are watched from then on; before :meth:`start`."""
        self._place, self._device = place, device
        self._later(WATCH_S, self._watch)

    @property
    def inserted_at(self) -> UsbPlace | None:
        """The port of the hub that its plug is in, whether that has power or not."""
        return self._place if self._inserted else None

    def move_to(self, place: UsbPlace) -> None:
        """The other port of the hub that it will be plugged into; it must be unplugged now."""
        self._place = place

    def unplug_for(self, seconds: float = 0.0) -> None:
        """Pull the plug; after so many seconds (if not 0) it is in again."""
        self._inserted = False
        self._vanish()
        if self._place:
            self._place.disconnect()
        if seconds:
            self._later(seconds, self.plug)

    def plug(self) -> None:
        """Put the plug in: the modem starts up behind the same name."""
        self._inserted = True
        if not self.plugged and self._appear():
            self.reboot(self.boot_s)

    def start(self) -> None:
        """The first time: no boot messages, ready at once."""
        self._inserted = True
        self._appear()

    def chatter(self) -> None:
        """What some makers' modems say all the time unless they are told not to (AT^CURC=0)."""
        if self.me.settings.plain.get("^CURC") != "0":
            for line in self.me.dialect.unsolicited:
                self.announce((line,))
        self._later(self.chatter_s, self.chatter)

    def stop(self) -> None:
        """The end."""
        self._over = True
        for port in self._ports:
            port.unplug()

    def _appear(self) -> bool:
        """The ports come up; whether they did: not without the hub's supply."""
        if self._place and self._device:
            if not self._place.powered:
                return False
            self._place.connect(self._device)
            self._configure(self._place, self._device)
        else:
            for port in self._ports:
                port.plug()
        return True

    def _configure(self, place: UsbPlace, device: UsbDevice) -> None:
        for port, node in zip(self._ports, place.names(device), strict=True):
            port.other_names = [node]
            port.plug()
        place.configure(device)

    def _vanish(self) -> None:
        self.power_down()
        if self._place:
            self._place.deconfigure()
        for port in self._ports:
            port.unplug()
            port.other_names = []

    def _watch(self) -> None:
        """Whether somebody wrote to ``authorized`` or ``disable``: off, on, or both since the last look."""
        place, device = self._place, self._device
        if self._over or place is None or device is None:
            return
        if self._inserted and place.written():
            self._vanish()
            if not place.powered:
                place.disconnect()
            elif place.authorized:
                place.connect(device)
                self._configure(place, device)
                self.reboot(self.boot_s)
        self._later(WATCH_S, self._watch)
