"""Which serial ports this machine has, and what their USB descriptors say of them (Linux' sysfs)."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from fnmatch import fnmatch
from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING, Final

from modemd.modem.discovery.machine import Machine, word
from modemd.modem.discovery.usb_known import ADAPTERS, Use, no_modem, use_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Machine", "PortSeen", "list_ports", "ports_stamp"]

_USB_NAMES: Final = ("ttyUSB", "ttyACM")
_SCREEN: Final = re.compile(r"tty\d*|console|ptmx")
"""What a person sits at (and what stands for it): never a port."""
_LINKS: Final = 10


@dataclass(frozen=True, slots=True)
class PortSeen:
    """A serial port that is there now, asked or not.

    ``path`` is what opens it, ``real`` the device behind all links. What USB tells is ``None`` elsewhere:
    ``usb_path`` names the socket (``1-1.2``), ``interface`` the port within the stick, ``kind`` its class,
    subclass and protocol as six hexadecimal digits; ``vid`` and ``pid`` are four each.
    """

    path: str
    real: str
    usb_path: str | None = None
    interface: int | None = None
    vid: str | None = None
    pid: str | None = None
    product: str | None = None
    serial: str | None = None
    driver: str | None = None
    kind: str = ""

    @property
    def stick(self) -> str:
        """What is one modem with all its ports: the USB device, but for adapters of several lines."""
        return self.real if self.has_speed else f"usb:{self.usb_path}"

    @property
    def has_speed(self) -> bool:
        """Whether it is a line with a speed that both ends must agree on; a stick's ports have none."""
        return self.usb_path is None or self.driver in ADAPTERS

    @property
    def use(self) -> Use:
        """What the port is for, as far as its USB descriptors tell."""
        return use_of(self.vid, self.pid, self.interface, self.kind)

    @property
    def no_modem(self) -> str | None:
        """What its device is instead of a modem; ``None`` where nothing speaks against a modem."""
        return no_modem(self.vid, self.pid)


def list_ports(machine: Machine, patterns: Iterable[str] = (), ignore: Iterable[str] = ()) -> list[PortSeen]:
    """The ports that fit one of ``patterns`` (none: every USB port, and every UART) and none of ``ignore``.

    The console of the kernel is never among them, nor is one port twice.
    """
    unwanted, found = _Unwanted(machine, tuple(ignore)), dict[str, PortSeen]()
    for path in _paths(machine, tuple(patterns)):
        real = os.path.realpath(path)
        if real not in found and not unwanted.has(path, real):
            found[real] = _look_at(machine, path, real)
    return sorted(found.values(), key=lambda port: (port.usb_path or "", port.interface or 0, port.path))


def ports_stamp(machine: Machine, patterns: Iterable[str] = ()) -> frozenset[tuple[str, tuple[int, ...]]]:
    """What changes when a port comes or goes, at the price of a look at each.

    A port that was pulled and put in again in between is another, and so is one that udev has given to
    another group or made open to it meanwhile: it may be there before that.
    """
    stamp = []
    for path in _candidates(machine, tuple(patterns)):
        try:
            node, device = os.lstat(path), os.stat(path)  # noqa: PTH116 - each second, for hundreds of them
        except OSError:
            continue
        made = node.st_ctime_ns if stat.S_ISLNK(node.st_mode) else node.st_rdev
        stamp.append((path, (node.st_ino, made, device.st_mode, device.st_uid, device.st_gid)))
    return frozenset(stamp)


class _Unwanted:
    """The console, and what is to be ignored by one of its names."""

    def __init__(self, machine: Machine, ignore: tuple[str, ...]) -> None:
        consoles = word(machine.sysfs / "class/tty/console/active") or ""
        self._consoles = {str(machine.dev / name) for name in consoles.split()}
        self._ignore = ignore
        self._ignored = {os.path.realpath(path) for pattern in ignore for path in glob(pattern)}  # noqa: PTH207

    def has(self, path: str, real: str) -> bool:
        if path in self._consoles or real in self._consoles or real in self._ignored:
            return True
        return any(fnmatch(path, pattern) or fnmatch(real, pattern) for pattern in self._ignore)


def _paths(machine: Machine, patterns: tuple[str, ...]) -> Iterator[str]:
    if patterns:
        for pattern in patterns:
            yield from sorted(glob(pattern))  # noqa: PTH207 - patterns are absolute, and may name any folder
        return
    known = {entry.name for entry in _children(machine.sysfs / "class/tty") if _is_line(entry)}
    known |= {name for name in _names(machine.dev) if name.startswith(_USB_NAMES)}
    yield from (str(machine.dev / name) for name in sorted(known) if (machine.dev / name).exists())


def _candidates(machine: Machine, patterns: tuple[str, ...]) -> Iterable[str]:
    """What may be a port, by its name alone; whether it is one costs more to know, and does not change."""
    if patterns:
        return _paths(machine, patterns)
    names = {name for name in _names(machine.sysfs / "class/tty") if _SCREEN.fullmatch(name) is None}
    names |= {name for name in _names(machine.dev) if name.startswith(_USB_NAMES)}
    return [f"{machine.dev}/{name}" for name in names]


def _is_line(entry: Path) -> bool:
    """A USB port has a device behind it; a UART that is really there has a type (serial_core: 0 is none)."""
    uart = word(entry / "type")
    if uart is not None:
        return uart != "0"
    return (entry / "device").exists() and _usb_interface(entry) is not None


def _look_at(machine: Machine, path: str, real: str) -> PortSeen:
    entry = machine.sysfs / "class/tty" / _name_in(machine, path)
    interface = _usb_interface(entry)
    if interface is None:
        return PortSeen(path, real)
    device = interface.parent
    descriptors = ("bInterfaceClass", "bInterfaceSubClass", "bInterfaceProtocol")
    place = word(interface / "bInterfaceNumber")
    return PortSeen(
        path,
        real,
        usb_path=device.name,
        interface=None if place is None else int(place, 16),
        vid=word(device / "idVendor"),
        pid=word(device / "idProduct"),
        product=word(device / "product"),
        serial=word(device / "serial"),
        driver=_driver(interface),
        kind="".join(word(interface / name) or "" for name in descriptors),
    )


def _name_in(machine: Machine, path: str) -> str:
    """The kernel's name of a port: the first that it knows on the way that its links lead."""
    at = Path(path)
    for _ in range(_LINKS):
        known = at.parent == machine.dev and (machine.sysfs / "class/tty" / at.name).exists()
        if known or not at.is_symlink():
            break
        at = Path(os.path.normpath(at.parent / at.readlink()))
    return at.name


def _usb_interface(entry: Path) -> Path | None:
    """The folder of the USB interface that a port belongs to; ``None`` where it is no USB port."""
    if not (entry / "device").exists():
        return None
    at = (entry / "device").resolve()
    for folder in (at, *at.parents):
        if (folder / "bInterfaceNumber").exists():
            return folder
    return None


def _driver(interface: Path) -> str | None:
    link = interface / "driver"
    return link.readlink().name if link.is_symlink() else None


def _children(folder: Path) -> list[Path]:
    return [folder / name for name in _names(folder)]


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208 - names are enough
    except OSError:
        return []
