"""USB modems are taken off their bus and put back on; what cannot be done is said."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

import pytest

from modemd.modem.discovery.machine import Machine
from modemd.modem.usb_power import (
    device_switch,
    port_switch,
    put_on,
    reset_device,
    switch_port,
    why_not,
)
from modemd.simulator.usb import UsbDevice, UsbPlace, UsbTree

if TYPE_CHECKING:
    from pathlib import Path

STICK = UsbDevice("12d1", "1001", "HUAWEI", "E169")


@pytest.fixture
def plugged(tmp_path: Path) -> tuple[Machine, UsbPlace]:
    tree = UsbTree(tmp_path / "sys", tmp_path / "dev")
    place = UsbPlace(tree, 2)
    place.connect(STICK)
    place.names(STICK)
    place.configure(STICK)
    return Machine(tmp_path / "sys", tmp_path / "dev"), place


class Watch:
    """A pause that looks at the switches instead of waiting."""

    def __init__(self, place: UsbPlace, failure: BaseException | None = None) -> None:
        self.seen: list[tuple[float, bool, bool]] = []
        self._place = place
        self._failure = failure

    async def pause(self, seconds: float) -> None:
        self.seen.append((seconds, self._place.authorized, self._place.powered))
        if self._failure is not None:
            raise self._failure


def test_a_device_goes_off_its_bus_and_comes_back(plugged: tuple[Machine, UsbPlace]) -> None:
    machine, place = plugged
    watch = Watch(place)
    assert why_not(device_switch(machine, "1-1.2")) is None
    asyncio.run(reset_device(machine, "1-1.2", pause=watch.pause))
    assert (watch.seen, place.authorized) == ([(1.0, False, True)], True)


def test_a_port_of_the_hub_goes_off_and_on(plugged: tuple[Machine, UsbPlace]) -> None:
    machine, place = plugged
    watch = Watch(place)
    asyncio.run(switch_port(machine, "1-1.2", 3.0, watch.pause))
    assert (watch.seen, place.powered) == ([(3.0, True, False)], True)


def test_what_is_off_is_put_on_again_also_where_the_gateway_stops(plugged: tuple[Machine, UsbPlace]) -> None:
    machine, place = plugged
    watch = Watch(place, KeyError("a failure meanwhile"))
    with pytest.raises(KeyError):
        asyncio.run(reset_device(machine, "1-1.2", pause=watch.pause))
    assert (watch.seen, place.authorized) == ([(1.0, False, True)], True)


def test_what_a_killed_process_left_off_is_put_on(plugged: tuple[Machine, UsbPlace]) -> None:
    machine, place = plugged
    assert not put_on(machine, "1-1.2")
    device_switch(machine, "1-1.2").write_text("0\n")
    port_switch(machine, "1-1.2").write_text("1\n")
    assert put_on(machine, "1-1.2")
    assert (place.authorized, place.powered) == (True, True)
    assert not put_on(machine, "1-9")


def test_the_port_of_a_root_hub_is_found(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    assert port_switch(machine, "2-4") == tmp_path / "bus/usb/devices/2-0:1.0/usb2-port4/disable"
    assert port_switch(machine, "1-1.4.3") == tmp_path / "bus/usb/devices/1-1.4:1.0/1-1.4-port3/disable"
    assert why_not(port_switch(machine, "2-4")) == f"there is no {port_switch(machine, '2-4')}"


def test_a_file_that_may_not_be_written_is_told_of(tmp_path: Path) -> None:
    switch = tmp_path / "authorized"
    switch.write_text("1")
    switch.chmod(0o444)
    if os.geteuid() != 0:
        assert why_not(switch) == f"{switch} may not be written by this user"


def test_a_switch_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        asyncio.run(reset_device(Machine(tmp_path), "1-1.2"))
    assert list(tmp_path.iterdir()) == []
