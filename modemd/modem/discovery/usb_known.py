"""What is known of USB devices before they are asked: which are no modems, which port of a stick is which.

Keys are ``vid:pid``, or ``vid:`` for all of a maker's. Sources: the kernel's ``option`` and ``qcserial``
drivers, usb_modeswitch's device list, and the makers' port descriptions.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Use(StrEnum):
    """What a port of a stick is for."""

    AT = "at"
    """Commands, and the modem's own notices: the maker's "PC UI" or second AT port."""
    DIAL = "dial"
    """Commands too, but made for dialling up: some modems give no notices on it."""
    OTHER = "other"
    """Diagnosis, positions, sound: it is never opened."""
    UNKNOWN = "unknown"


_ZIGBEE: Final = "a Zigbee or Thread radio"
_BOARD: Final = "a microcontroller board, which restarts when its port is opened"
_GPS: Final = "a GPS receiver"
NO_MODEMS: Final = {
    "0658:0200": "a Z-Wave radio",
    "0451:16a8": _ZIGBEE,
    "1cf1:0030": _ZIGBEE,
    "1915:521a": _ZIGBEE,
    "10c4:8a2a": "a Zigbee and Z-Wave radio",
    "10c4:8b34": "a Bluetooth radio",
    "303a:1001": _BOARD,
    "303a:4001": _ZIGBEE,
    "2341:": _BOARD,
    "2a03:": _BOARD,
    "1b4f:": _BOARD,
    "239a:": _BOARD,
    "2e8a:": _BOARD,
    "16c0:0483": _BOARD,
    "16c0:0487": _BOARD,
    "1366:": "a debug probe",
    "0483:374b": "a debug probe",
    "0483:3748": "a debug probe",
    "0483:5740": "a microcontroller's own port",
    "1d50:6018": "a debug probe",
    "1546:01a5": _GPS,
    "1546:01a6": _GPS,
    "1546:01a7": _GPS,
    "1546:01a8": _GPS,
    "1546:01a9": _GPS,
    "091e:0003": _GPS,
    "0e8d:3329": _GPS,
    "067b:23d3": _GPS,
    "0403:8a28": "a Zigbee radio",
    "051d:": "an uninterruptible power supply",
    "0463:": "an uninterruptible power supply",
}
"""Devices with a serial port that are something else: asking them would disturb them."""

_SWITCH: Final = "it is still a disk with its own drivers on it: install usb-modeswitch, and plug it in again"
_NETWORK: Final = "it is set up as a network card and has no port for messages: switch it to its serial mode"
ASLEEP: Final = {
    "12d1:1f01": _SWITCH,
    "12d1:1446": _SWITCH,
    "12d1:14fe": _SWITCH,
    "12d1:1505": _SWITCH,
    "12d1:1520": _SWITCH,
    "12d1:1521": _SWITCH,
    "12d1:1030": _SWITCH,
    "12d1:1031": _SWITCH,
    "12d1:1414": _SWITCH,
    "12d1:151a": _SWITCH,
    "12d1:1582": _SWITCH,
    "12d1:155b": _SWITCH,
    "12d1:157d": _SWITCH,
    "12d1:380b": _SWITCH,
    "12d1:14db": _NETWORK,
    "12d1:14dc": _NETWORK,
    "19d2:2000": _SWITCH,
    "19d2:0083": _SWITCH,
    "19d2:0101": _SWITCH,
    "19d2:0149": _SWITCH,
    "19d2:0154": _SWITCH,
    "19d2:0166": _SWITCH,
    "19d2:1201": _SWITCH,
    "19d2:1224": _SWITCH,
    "19d2:1225": _SWITCH,
    "19d2:1227": _SWITCH,
    "19d2:1405": _NETWORK,
    "1bbb:f000": _SWITCH,
    "1bbb:f017": _SWITCH,
    "1199:0fff": _SWITCH,
    "0af0:6971": _SWITCH,
    "05c6:1000": _SWITCH,
    "05c6:f000": _SWITCH,
    "0ace:2011": _SWITCH,
    "1c9e:f000": _SWITCH,
    "2001:a80b": _SWITCH,
    "2357:0200": _SWITCH,
    "1e0e:f000": _SWITCH,
}
"""Modems that have no port for messages as they are now, and what to do about it."""

ADAPTERS: Final = frozenset(
    {"ftdi_sio", "pl2303", "ch341", "ch343", "ch348", "cp210x", "mos7720", "mos7840", "mxuport", "xr_serial"}
    | {"ti_usb_3410_5052", "io_ti", "io_edgeport", "ark3116", "f81232", "f81534", "quatech2", "mct_u232"}
)
"""Drivers of plain serial adapters: each of their ports may have another modem behind it."""

_PLACES: Final = {
    "2c7c:": {0: Use.OTHER, 1: Use.OTHER, 2: Use.AT, 3: Use.DIAL},
    "05c6:9215": {0: Use.OTHER, 1: Use.OTHER, 2: Use.AT, 3: Use.DIAL},
    "05c6:9090": {0: Use.OTHER, 1: Use.OTHER, 2: Use.AT, 3: Use.DIAL},
    "1e0e:9001": {0: Use.OTHER, 1: Use.OTHER, 2: Use.AT, 3: Use.DIAL, 4: Use.OTHER},
    "1e0e:9011": {2: Use.AT, 3: Use.OTHER, 4: Use.DIAL},
    "1199:68c0": {0: Use.OTHER, 2: Use.OTHER, 3: Use.AT},
    "1199:9071": {0: Use.OTHER, 2: Use.OTHER, 3: Use.AT},
    "1199:9091": {0: Use.OTHER, 2: Use.OTHER, 3: Use.AT},
    "12d1:1001": {0: Use.DIAL, 1: Use.OTHER, 2: Use.AT},
    "12d1:1003": {0: Use.DIAL, 1: Use.AT},
    "12d1:1436": {0: Use.DIAL, 3: Use.AT, 4: Use.OTHER},
    "19d2:0031": {0: Use.OTHER, 1: Use.AT, 3: Use.DIAL},
    "19d2:0117": {0: Use.OTHER, 1: Use.AT, 2: Use.DIAL},
}
"""Which interface of a stick is for what."""
_HUAWEI: Final = {1: Use.DIAL, 2: Use.AT, 3: Use.OTHER, 4: Use.OTHER}
"""By the last digit of ``bInterfaceProtocol``, where the class is the maker's own."""


def no_modem(vid: str | None, pid: str | None) -> str | None:
    """What a USB device is instead of a modem; ``None`` where nothing speaks against a modem."""
    return NO_MODEMS.get(f"{vid}:{pid}") or NO_MODEMS.get(f"{vid}:")


def use_of(vid: str | None, pid: str | None, interface: int | None, kind: str) -> Use:
    """What a port is for; ``kind`` is its class, subclass and protocol, six hexadecimal digits."""
    places = _PLACES.get(f"{vid}:{pid}") or _PLACES.get(f"{vid}:")
    if places is not None and interface is not None:
        return places.get(interface, Use.UNKNOWN)
    if vid == "12d1" and kind[:4] in {"ff01", "ff02", "ff03", "ff06"}:
        return _HUAWEI.get(int(kind[4:6] or "0", 16) % 16, Use.UNKNOWN)
    return Use.UNKNOWN
