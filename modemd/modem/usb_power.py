"""Taking a USB modem off its bus and putting it back on, and switching its port of the hub off and on.

Linux only (Documentation/ABI/testing/sysfs-bus-usb): ``authorized`` of the device, where 0 takes its drivers
away and 1 brings them back; ``disable`` of the hub's port, which cuts the power where the hub can (kernel 6.0
and later). Both are root's: who runs as another user needs a udev rule (docs/troubleshooting.md).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

from modemd.modem.discovery.machine import Machine, word


def device_switch(machine: Machine, usb_path: str) -> Path:
    """The file that takes the device in a socket (``1-1.2``) off its bus; it may not be there."""
    return machine.sysfs / "bus/usb/devices" / usb_path / "authorized"


def port_switch(machine: Machine, usb_path: str) -> Path:
    """The file that disables the hub's port that is a socket; it may not be there."""
    bus, _, way = usb_path.partition("-")
    hub, dot, port = way.rpartition(".")
    interface = f"{bus}-{hub}:1.0" if dot else f"{bus}-0:1.0"
    name = f"{bus}-{hub}-port{port}" if dot else f"usb{bus}-port{port}"
    return machine.sysfs / "bus/usb/devices" / interface / name / "disable"


def why_not(switch: Path) -> str | None:
    """Why a switch cannot be used, as a clause; ``None`` where it can."""
    if not switch.exists():
        return f"there is no {switch}"
    if not os.access(switch, os.W_OK):
        return f"{switch} may not be written by this user"
    return None


Pause = Callable[[float], Awaitable[object]]


async def reset_device(
    machine: Machine, usb_path: str, off_s: float = 1.0, pause: Pause = asyncio.sleep
) -> None:
    """Take the device off its bus for ``off_s`` seconds: its drivers begin anew, mostly not its firmware.

    Raises:
        OSError: it cannot be done here.
    """
    await _off_and_on(device_switch(machine, usb_path), "0", "1", off_s, pause)


async def switch_port(
    machine: Machine, usb_path: str, off_s: float = 5.0, pause: Pause = asyncio.sleep
) -> None:
    """Disable the hub's port for ``off_s`` seconds: the modem is without power, where the hub can do that.

    Raises:
        OSError: it cannot be done here.
    """
    await _off_and_on(port_switch(machine, usb_path), "1", "0", off_s, pause)


async def _off_and_on(switch: Path, off: str, on: str, off_s: float, pause: Pause) -> None:
    """What is off goes on again whatever happens in between; only a kill of the process leaves it off."""
    await asyncio.to_thread(_set, switch, off)  # a driver that lets go may take its time
    try:
        await pause(off_s)
    finally:
        _set(switch, on)  # in no thread: a task that is cancelled could not wait for it


def put_on(machine: Machine, usb_path: str) -> bool:
    """Put on what a process that was killed had left off; tell whether there was anything.

    Raises:
        OSError: it cannot be done here.
    """
    found = False
    for switch, off, on in (
        (port_switch(machine, usb_path), "1", "0"),
        (device_switch(machine, usb_path), "0", "1"),
    ):
        if word(switch) == off:
            _set(switch, on)
            found = True
    return found


def _set(switch: Path, value: str) -> None:
    """Write one word; a file that is not there is not made.

    Raises:
        OSError: it is not there, or may not be written.
    """
    with switch.open("r+") as attribute:
        attribute.write(value)
