"""USB devices that are modems and have no serial port now: why that is, and what to do."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from modemd.modem.discovery.machine import Machine, word
from modemd.modem.discovery.usb_known import ASLEEP

if TYPE_CHECKING:
    from pathlib import Path

_MAKERS: Final = frozenset({"12d1", "19d2", "1199", "1e0e", "1bc7", "1e2d", "2c7c", "2cb7", "0af0", "1c9e"})
"""Huawei, ZTE, Sierra, SIMCom, Telit, Cinterion, Quectel, Fibocom, Option, Longcheer: they make modems."""
_ADAPTERS: Final = frozenset({"10c4:ea60", "1a86:7523", "1a86:5523", "0403:6001", "067b:2303"})
"""CP2102, CH340, CH341, FT232, PL2303."""
_NETWORK: Final = frozenset(
    {"cdc_ether", "cdc_ncm", "cdc_mbim", "qmi_wwan", "rndis_host", "huawei_cdc_ncm", "sierra_net", "hso"}
)
_MAKERS_OWN: Final = "ff"
_TAKEN: Final = (
    "another program has taken it from its driver, as brltty does with adapters that braille displays have "
    "as well: sudo apt remove brltty, and plug it in again"
)
_DRIVERLESS: Final = (
    "no driver has its ports: sudo modprobe option (on OpenWrt the package kmod-usb-serial-option), and "
    "where that changes nothing: echo {vid} {pid} | sudo tee /sys/bus/usb-serial/drivers/option1/new_id"
)
_CARD: Final = (
    "it is set up as a network card ({driver}) and has no port for messages: switch it to a mode with serial "
    "ports{how}"
)
_HOW: Final = {
    "12d1": " (AT^SETPORT; a HiLink stick needs its maker's stick firmware)",
    "1199": " (AT!USBCOMP)",
    "2cb7": " (AT+GTUSBMODE)",
    "2c7c": ' (AT+QCFG="usbcfg")',
    "1bc7": " (AT#USBCFG)",
}
"""Each maker's command for what a modem is on the USB."""


@dataclass(frozen=True, slots=True)
class Asleep:
    """A USB device that is a modem, but has no port for messages now; ``sentence`` says what to do."""

    usb_path: str
    vid: str
    pid: str
    sentence: str


def list_asleep(machine: Machine) -> list[Asleep]:
    """The modems that have no port: they are a disk or a network card as yet, or no driver has them."""
    found = []
    folder = machine.sysfs / "bus/usb/devices"
    for name in sorted(_names(folder)):
        if ":" in name:
            continue  # an interface of one
        vid, pid = word(folder / name / "idVendor"), word(folder / name / "idProduct")
        sentence = None if vid is None or pid is None else _why_asleep(folder / name, vid, pid)
        if vid is not None and pid is not None and sentence is not None:
            found.append(Asleep(name, vid, pid, sentence))
    return found


def _why_asleep(device: Path, vid: str, pid: str) -> str | None:
    known = ASLEEP.get(f"{vid}:{pid}")
    is_adapter = f"{vid}:{pid}" in _ADAPTERS
    if (known is None and vid not in _MAKERS and not is_adapter) or any(device.glob("*:*/tty*")):
        return None
    drivers = {_driver(each): word(each / "bInterfaceClass") for each in device.glob(f"{device.name}:*")}
    if "usbfs" in drivers:
        return _TAKEN
    if known is not None or is_adapter:
        return known
    card = next((driver for driver in drivers if driver in _NETWORK), None)
    if drivers.get(None) == _MAKERS_OWN:
        return _DRIVERLESS.format(vid=vid, pid=pid)
    return None if card is None else _CARD.format(driver=card, how=_HOW.get(vid, ""))


def _driver(interface: Path) -> str | None:
    link = interface / "driver"
    return link.readlink().name if link.is_symlink() else None


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208 - names are enough
    except OSError:
        return []
