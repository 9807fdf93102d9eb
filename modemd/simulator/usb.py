"""A hub's ports as Linux shows them below ``/sys``, made of plain files in a folder.

As the kernel has it: a device is ``devices/.../1-1/1-1.2`` with its interfaces below; ``bus/usb/devices``
links to both, ``class/tty`` to the serial ports. Who wants a device off and on again writes to its
``authorized``, who wants its supply cut to ``1-1:1.0/1-1-port2/disable`` (Linux, Documentation/ABI:
sysfs-bus-usb).
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

HUB: Final = "devices/pci0000:00/0000:00:14.0/usb1/1-1"
_HUB_ATTRIBUTES: Final = {"idVendor": "05e3", "idProduct": "0608", "product": "USB2.0 Hub", "authorized": "1"}


@dataclass(frozen=True, slots=True)
class UsbDevice:
    """What a device says of itself; ``roles`` are its interfaces, ``driver`` has its serial ports."""

    vid: str
    pid: str
    manufacturer: str
    product: str
    serial: str = ""
    roles: tuple[str, ...] = ("at",)
    driver: str = "option1"

    @property
    def tty(self) -> str:
        """What its ports are called."""
        return "ttyACM" if self.driver == "cdc_acm" else "ttyUSB"

    def serial_ports(self) -> tuple[int, ...]:
        """The interfaces that are serial ports, by their number."""
        return tuple(place for place, role in enumerate(self.roles) if role != "net")


class UsbTree:
    """One hub with as many ports as are asked for; ``sysfs`` and ``dev`` are made if they are not there."""

    def __init__(self, sysfs: Path, dev: Path) -> None:
        self.sysfs = sysfs
        self.dev = dev
        self.hub = sysfs / HUB
        for folder in (sysfs / "bus/usb/devices", sysfs / "class/tty", self.hub / "1-1:1.0", dev):
            folder.mkdir(parents=True, exist_ok=True)
        for name, value in _HUB_ATTRIBUTES.items():
            write(self.hub / name, value)
        for folder in (self.hub, self.hub / "1-1:1.0"):
            link(sysfs / "bus/usb/devices" / folder.name, folder)

    def free_ttys(self, kind: str, count: int) -> list[str]:
        """The lowest names that are free, as the kernel gives them."""
        taken = {one.name for one in (self.sysfs / "class/tty").iterdir()}
        names = (f"{kind}{place}" for place in range(len(taken) + count))
        return [name for name in names if name not in taken][:count]


class UsbPlace:
    """One port of the hub, and what is plugged into it."""

    def __init__(self, tree: UsbTree, port: int) -> None:
        self.name = f"1-1.{port}"
        self._tree = tree
        self._folder = tree.hub / self.name
        self._power = tree.hub / "1-1:1.0" / f"1-1-port{port}"
        self._seen: dict[Path, int] = {}
        self._ttys: list[str] = []
        self._power.mkdir(parents=True, exist_ok=True)
        self._set(self._power / "disable", "0")

    @property
    def powered(self) -> bool:
        """Whether the port's supply is on."""
        return (self._power / "disable").read_text().strip() != "1"

    @property
    def authorized(self) -> bool:
        """Whether the device may be used; True while there is none."""
        path = self._folder / "authorized"
        return not path.exists() or path.read_text().strip() != "0"

    def connect(self, device: UsbDevice) -> None:
        """The device is seen; it has no interfaces yet."""
        self._folder.mkdir(exist_ok=True)
        told = {
            "idVendor": device.vid,
            "idProduct": device.pid,
            "manufacturer": device.manufacturer,
            "product": device.product,
            "serial": device.serial,
            "bNumInterfaces": f" {len(device.roles)}",
            "devpath": self.name.partition("-")[2],
            "busnum": "1",
        }
        for name, value in told.items():
            if value:
                write(self._folder / name, value)
        self._set(self._folder / "authorized", "1")
        link(self._folder / "port", self._power)
        link(self._tree.sysfs / "bus/usb/devices" / self.name, self._folder)

    def names(self, device: UsbDevice) -> list[Path]:
        """What its serial ports will be called, in the interfaces' order."""
        self._ttys = self._tree.free_ttys(device.tty, len(device.serial_ports()))
        return [self._tree.dev / name for name in self._ttys]

    def configure(self, device: UsbDevice) -> None:
        """The interfaces are there, and their serial ports under the names given."""
        names = iter(self._ttys)
        for place in range(len(device.roles)):
            folder = self._folder / f"{self.name}:1.{place}"
            folder.mkdir(exist_ok=True)
            write(folder / "bInterfaceNumber", f"{place:02x}")
            communications = device.driver == "cdc_acm"
            write(folder / "bInterfaceClass", "02" if communications else "ff")
            write(folder / "bInterfaceSubClass", "02" if communications else "ff")
            write(folder / "bInterfaceProtocol", "01" if communications else "ff")
            link(self._tree.sysfs / "bus/usb/devices" / folder.name, folder)
            if place in device.serial_ports():
                self._add_tty(folder, next(names), device.driver)

    def deconfigure(self) -> None:
        """The interfaces are gone; the device is still seen."""
        for name in self._ttys:
            (self._tree.sysfs / "class/tty" / name).unlink(missing_ok=True)
        for folder in self._folder.glob(f"{self.name}:*"):
            (self._tree.sysfs / "bus/usb/devices" / folder.name).unlink(missing_ok=True)
            shutil.rmtree(folder)
        self._ttys = []

    def disconnect(self) -> None:
        """The device is gone."""
        self.deconfigure()
        (self._tree.sysfs / "bus/usb/devices" / self.name).unlink(missing_ok=True)
        shutil.rmtree(self._folder, ignore_errors=True)

    def written(self) -> bool:
        """Whether somebody wrote to ``authorized`` or ``disable`` since it was last asked."""
        found = False
        for path in (self._folder / "authorized", self._power / "disable"):
            try:
                changed = path.stat().st_mtime_ns
            except OSError:
                continue
            found = found or changed != self._seen.get(path, changed)
            self._seen[path] = changed
        return found

    def _add_tty(self, interface: Path, name: str, driver: str) -> None:
        """usb-serial has a device of its own between the interface and the port, cdc-acm has none."""
        direct = driver == "cdc_acm"
        device = interface if direct else interface / name
        folder = device / "tty" / name
        folder.mkdir(parents=True)
        drivers = self._tree.sysfs / "bus" / ("usb" if direct else "usb-serial") / "drivers" / driver
        drivers.mkdir(parents=True, exist_ok=True)
        link(device / "driver", drivers)
        if not direct:  # the interface has a driver as well, of the same name
            of_usb = self._tree.sysfs / "bus/usb/drivers" / driver
            of_usb.mkdir(parents=True, exist_ok=True)
            link(interface / "driver", of_usb)
        link(folder / "device", device)
        link(self._tree.sysfs / "class/tty" / name, folder)

    def _set(self, path: Path, value: str) -> None:
        write(path, value)
        self._seen[path] = path.stat().st_mtime_ns


def write(path: Path, value: str) -> None:
    """An attribute as sysfs has it: a line."""
    path.write_text(value + "\n")


def link(path: Path, target: Path) -> None:
    """A relative link, as in sysfs; one that is there is left."""
    if not path.is_symlink():
        path.symlink_to(os.path.relpath(target, path.parent))
