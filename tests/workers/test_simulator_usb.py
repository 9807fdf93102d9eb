"""The simulated hub: a tree as in /sys, whose files take a modem away and bring it back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest

from modemd.simulator import ModemSpec, Simulation
from modemd.simulator.control import Control
from tests.workers.test_simulator_ports import Line

PATIENCE_S = 5.0
DEVICES = Path("bus/usb/devices")


def run(test: Callable[[], Coroutine[None, None, None]]) -> None:
    asyncio.run(test())


async def until(reached: Callable[[], bool]) -> None:
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(PATIENCE_S):
        while not reached():
            turn = loop.create_future()
            loop.call_later(0.005, turn.set_result, None)
            await turn


async def hello(path: str) -> str:
    line = Line(path)
    try:
        return await line.tell("ATE0\r")
    finally:
        line.close()


def hub(folder: Path, *specs: ModemSpec) -> Simulation:
    return Simulation(folder / "dev", modems=specs, usb=folder / "sys")


def test_a_stick_is_as_linux_shows_it(tmp_path: Path) -> None:
    async def whole() -> None:
        async with hub(tmp_path, ModemSpec(dialect="quectel", stick=True)) as sim:
            device = tmp_path / "sys" / DEVICES / "1-1.1"
            assert (device / "idVendor").read_text() == "2c7c\n"
            assert (device / "authorized").read_text() == "1\n"
            ttys = {one.name: one.resolve() for one in (tmp_path / "sys/class/tty").iterdir()}
            assert sorted(ttys) == ["ttyUSB0", "ttyUSB1", "ttyUSB2", "ttyUSB3"]
            interface = (ttys["ttyUSB2"] / "device").resolve().parent
            assert interface.name == "1-1.1:1.2"
            assert (interface / "bInterfaceNumber").read_text() == "02\n"
            assert interface.parent == device.resolve()
            assert sim.modems[0].nodes[2] == str(tmp_path / "dev/ttyUSB2")
            assert "OK" in await hello(str(tmp_path / "dev/ttyUSB2"))
            other = Line(str(tmp_path / "dev/ttyUSB3"))
            assert await other.tell("AT\r") == "\r\nOK\r\n"
            assert await other.tell("AT+CGSN\r", b"ERROR\r\n") == "\r\nERROR\r\n"
            other.close()

    run(whole)


def test_a_modem_behind_a_serial_adapter_has_one_port_and_one_behind_cdc_acm_as_many(tmp_path: Path) -> None:
    async def whole() -> None:
        async with hub(tmp_path, ModemSpec(dialect="wavecom", stick=True)):
            assert [one.name for one in (tmp_path / "sys/class/tty").iterdir()] == ["ttyUSB0"]

    run(whole)


def test_not_authorized_is_gone_and_authorized_is_back_restarted(tmp_path: Path) -> None:
    async def whole() -> None:
        async with hub(tmp_path, ModemSpec(dead=True), ModemSpec()) as sim:
            device = tmp_path / "sys" / DEVICES / "1-1.1"
            (device / "authorized").write_text("0")
            await until(lambda: not sim["gsm1"].plugged)
            assert not (tmp_path / "dev/ttyUSB0").is_symlink()
            assert sorted(one.name for one in (tmp_path / "sys/class/tty").iterdir()) == ["ttyUSB1"]
            assert device.exists()
            (device / "authorized").write_text("1")
            await until(lambda: sim["gsm1"].plugged)
            assert "OK" in await hello(str(tmp_path / "dev/ttyUSB0"))

    run(whole)


def test_off_and_on_between_two_looks_is_seen(tmp_path: Path) -> None:
    async def whole() -> None:
        async with hub(tmp_path, ModemSpec(dead=True)) as sim:
            line = Line(sim["gsm1"].path)
            for value in ("0", "1"):
                (tmp_path / "sys" / DEVICES / "1-1.1/authorized").write_text(value)
            await line.until(lambda: line.lost)
            line.close()
            await until(lambda: sim["gsm1"].plugged)
            assert "OK" in await hello(sim["gsm1"].path)

    run(whole)


def test_a_port_without_supply_has_no_device(tmp_path: Path) -> None:
    async def whole() -> None:
        async with hub(tmp_path, ModemSpec()) as sim:
            power = tmp_path / "sys" / DEVICES / "1-1:1.0/1-1-port1/disable"
            assert (tmp_path / "sys" / DEVICES / "1-1.1/port").resolve() == power.parent.resolve()
            power.write_text("1")
            await until(lambda: not sim["gsm1"].plugged)
            assert not (tmp_path / "sys" / DEVICES / "1-1.1").exists()
            power.write_text("0")
            await until(lambda: sim["gsm1"].plugged)
            assert (tmp_path / "sys" / DEVICES / "1-1.1/authorized").read_text() == "1\n"

    run(whole)


def test_two_sticks_that_swap_their_ports_swap_their_nodes(tmp_path: Path) -> None:
    async def whole() -> None:
        async with hub(tmp_path, ModemSpec(), ModemSpec()) as sim:
            control = Control(sim, tmp_path / "control")
            for name in ("gsm1", "gsm2"):
                await control.do({"do": "unplug", "modem": name})
            assert list((tmp_path / "sys/class/tty").iterdir()) == []
            await control.do({"do": "plug", "modem": "gsm2", "port": 1})
            await control.do({"do": "plug", "modem": "gsm1", "port": 2})
            assert [sim[name].usb_path for name in ("gsm1", "gsm2")] == ["1-1.2", "1-1.1"]
            assert sim["gsm2"].nodes == [str(tmp_path / "dev/ttyUSB0")]
            line = Line(str(tmp_path / "dev/ttyUSB0"))
            assert sim["gsm2"].me.imei in await line.tell("AT+CGSN\r")
            line.close()

    run(whole)


def test_a_stick_goes_into_no_socket_that_another_is_in(tmp_path: Path) -> None:
    async def whole() -> None:
        async with hub(tmp_path, ModemSpec(), ModemSpec()) as sim:
            control = Control(sim, tmp_path / "control")
            with pytest.raises(ValueError, match="gsm1 is plugged in: unplug it first"):
                await control.do({"do": "plug", "modem": "gsm1", "port": 3})
            await control.do({"do": "unplug", "modem": "gsm1"})
            with pytest.raises(ValueError, match="gsm2 is plugged in: unplug it first"):
                await control.do({"do": "plug", "modem": "gsm1", "port": 2})
            with pytest.raises(ValueError, match="no port 0 of a hub; it has 3"):
                await control.do({"do": "plug", "modem": "gsm1", "port": 0})
            await control.do({"do": "plug", "modem": "gsm1", "port": 3})
            assert sim["gsm1"].usb_path == "1-1.3"

    run(whole)


def test_the_diagnostic_port_says_nothing(tmp_path: Path) -> None:
    async def whole() -> None:
        async with hub(tmp_path, ModemSpec(dialect="huawei", stick=True)) as sim:
            assert [Path(node).name for node in sim.modems[0].nodes] == ["ttyUSB0", "ttyUSB1", "ttyUSB2"]
            mute = Line(str(tmp_path / "dev/ttyUSB1"))
            working = Line(str(tmp_path / "dev/ttyUSB2"))
            mute_says = asyncio.ensure_future(mute.tell("AT\r"))
            await working.tell("AT\r")
            assert not mute_says.done()
            assert mute.heard == b""
            mute_says.cancel()
            mute.close()
            working.close()

    run(whole)
