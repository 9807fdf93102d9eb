"""Which ports there are, who holds them, and who is behind them: on a tree as the kernel shows it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from modemd.errors import PortLost
from modemd.gsm.identities import same_iccid, same_imei
from modemd.modem.discovery.asking import Answered, Found, ask
from modemd.modem.discovery.asleep import list_asleep
from modemd.modem.discovery.holders import Holder, holders_of, how_to_stop
from modemd.modem.discovery.ports import Machine, PortSeen, list_ports, ports_stamp
from modemd.modem.discovery.usb_known import Use, no_modem, use_of
from modemd.modem.port import Port
from modemd.simulator.simulation import ModemSpec, Simulation
from modemd.simulator.usb import UsbTree, link, write
from tests.modem.times import QUICK

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


def machine_of(folder: Path) -> Machine:
    return Machine(folder / "sys", folder / "dev", folder / "proc")


def on_hub(folder: Path, test: Callable[[Simulation], Awaitable[None]], *specs: ModemSpec) -> None:
    async def whole() -> None:
        async with Simulation(folder / "dev", specs, usb=folder / "sys") as sim:
            await test(sim)

    asyncio.run(whole())


# -- ports ---------------------------------------------------------------------------------------------------


def test_the_ports_of_a_stick_are_told_with_what_usb_says_of_them(tmp_path: Path) -> None:
    async def test(_sim: Simulation) -> None:
        first, *_, last = list_ports(machine_of(tmp_path))
        assert (first.usb_path, first.interface, first.vid, first.pid) == ("1-1.1", 0, "2c7c", "0125")
        assert first.product == "EC25-AF"
        assert first.path == str(tmp_path / "dev/ttyUSB0")
        assert first.real.startswith("/dev/pts/")
        assert (last.usb_path, last.stick) == ("1-1.2", last.real)  # a plain adapter: a line each
        uses = [port.use for port in list_ports(machine_of(tmp_path)) if port.stick == "usb:1-1.1"]
        assert uses == [Use.OTHER, Use.OTHER, Use.AT, Use.DIAL]

    on_hub(tmp_path, test, ModemSpec(dialect="quectel", stick=True), ModemSpec())


def test_patterns_choose_ports_and_what_is_to_be_ignored_is_so_by_each_of_its_names(tmp_path: Path) -> None:
    async def test(sim: Simulation) -> None:
        machine, dev = machine_of(tmp_path), tmp_path / "dev"
        assert [port.path for port in list_ports(machine, [f"{dev}/gsm*"])] == [f"{dev}/gsm1", f"{dev}/gsm2"]
        both = list_ports(machine, [f"{dev}/gsm2", f"{dev}/tty*"])
        assert [port.path for port in both] == [f"{dev}/gsm2", f"{dev}/ttyUSB0"]
        assert [port.path for port in list_ports(machine, (), [sim["gsm1"].path])] == [f"{dev}/ttyUSB1"]
        assert list_ports(machine, (), [f"{dev}/ttyUSB*"]) == []
        (dev / "mine").symlink_to("ttyUSB1")
        assert [port.usb_path for port in list_ports(machine, [f"{dev}/mine"])] == ["1-1.2"]

    on_hub(tmp_path, test, ModemSpec(), ModemSpec())


def test_a_link_elsewhere_leads_to_what_usb_says(tmp_path: Path) -> None:
    async def test(_sim: Simulation) -> None:
        by_id = tmp_path / "dev/serial/by-id"
        by_id.mkdir(parents=True)
        (by_id / "usb-maker").symlink_to("../../ttyUSB0")
        (seen,) = list_ports(machine_of(tmp_path), [f"{by_id}/*"])
        assert (seen.path, seen.usb_path) == (str(by_id / "usb-maker"), "1-1.1")

    on_hub(tmp_path, test, ModemSpec())


def test_uarts_that_are_there_are_ports_but_the_console_is_not(tmp_path: Path) -> None:
    dev, tty = tmp_path / "dev", tmp_path / "sys/class/tty"
    for name, kind in (("ttyS0", "4"), ("ttyS1", "4"), ("ttyS2", "0")):
        (tty / name).mkdir(parents=True)
        write(tty / name / "type", kind)
        dev.mkdir(exist_ok=True)
        (dev / name).touch()
    (tty / "console").mkdir()
    write(tty / "console/active", "tty0 ttyS0")
    (tty / "tty1").mkdir()
    (dev / "tty1").touch()
    assert [port.path for port in list_ports(machine_of(tmp_path))] == [str(dev / "ttyS1")]
    assert list_ports(machine_of(tmp_path))[0].stick == str(dev / "ttyS1")


def test_where_sysfs_is_not_shown_usb_ports_are_known_by_their_names(tmp_path: Path) -> None:
    (tmp_path / "dev").mkdir()
    for name in ("ttyUSB0", "ttyACM1", "ttyS0", "tty1"):
        (tmp_path / "dev" / name).touch()
    found = [Path(port.path).name for port in list_ports(machine_of(tmp_path))]
    assert found == ["ttyACM1", "ttyUSB0"]


def test_a_plug_that_was_pulled_and_put_in_again_shows(tmp_path: Path) -> None:
    async def test(sim: Simulation) -> None:
        machine = machine_of(tmp_path)
        before = ports_stamp(machine)
        assert {path for path, _ in before} == {str(tmp_path / "dev/ttyUSB0")}
        assert ports_stamp(machine) == before
        sim["gsm1"].unplug_for()
        assert ports_stamp(machine) == frozenset()
        sim["gsm1"].plug()
        assert ports_stamp(machine) != before

    on_hub(tmp_path, test, ModemSpec())


def test_a_port_that_is_there_before_it_may_be_opened_shows_when_it_may(tmp_path: Path) -> None:
    (tmp_path / "dev").mkdir()
    node = tmp_path / "dev/ttyUSB0"
    node.touch(mode=0o600)
    before = ports_stamp(machine_of(tmp_path))
    node.chmod(0o660)
    assert {path for path, _ in before ^ ports_stamp(machine_of(tmp_path))} == {str(node)}


def test_a_modem_that_is_still_a_disk_is_told(tmp_path: Path) -> None:
    tree = UsbTree(tmp_path / "sys", tmp_path / "dev")
    device = tree.hub / "1-1.3"
    device.mkdir()
    write(device / "idVendor", "12d1")
    write(device / "idProduct", "1f01")
    link(tmp_path / "sys/bus/usb/devices/1-1.3", device)
    (found,) = list_asleep(machine_of(tmp_path))
    assert (found.usb_path, found.vid, found.pid) == ("1-1.3", "12d1", "1f01")
    assert "usb-modeswitch" in found.sentence
    assert list_asleep(Machine(tmp_path / "nowhere")) == []


@pytest.mark.parametrize(
    ("identity", "kind", "driver", "said"),
    [
        ("2c7c:0125", "ff", None, "modprobe option"),
        ("2c7c:0125", "ff", None, "echo 2c7c 0125 |"),
        ("12d1:14db", "02", "cdc_ether", "set up as a network card"),
        ("1199:9071", "02", "cdc_mbim", "(cdc_mbim) and has no port for messages: switch it"),
        ("1199:9071", "02", "cdc_mbim", "(AT!USBCOMP)"),
        ("10c4:ea60", "ff", "usbfs", "apt remove brltty"),
        ("10c4:ea60", "ff", None, None),
        ("046d:c52b", "03", "usbhid", None),
    ],
)
def test_why_a_modem_has_no_port_is_told(
    tmp_path: Path, identity: str, kind: str, driver: str | None, said: str | None
) -> None:
    tree = UsbTree(tmp_path / "sys", tmp_path / "dev")
    interface = tree.hub / "1-1.3/1-1.3:1.0"
    interface.mkdir(parents=True)
    for name, value in zip(("idVendor", "idProduct"), identity.split(":"), strict=True):
        write(interface.parent / name, value)
    write(interface / "bInterfaceClass", kind)
    if driver is not None:
        (tmp_path / driver).mkdir()
        link(interface / "driver", tmp_path / driver)
    link(tmp_path / "sys/bus/usb/devices/1-1.3", interface.parent)
    found = list_asleep(machine_of(tmp_path))
    assert [each.usb_path for each in found] == ["1-1.3"] * (said is not None)
    assert all(said in each.sentence for each in found if said is not None)
    (interface / "ttyUSB0").mkdir()
    assert list_asleep(machine_of(tmp_path)) == []


@pytest.mark.parametrize(
    ("vid", "pid", "interface", "kind", "use"),
    [
        ("12d1", "1506", 0, "ff0201", Use.DIAL),
        ("12d1", "1506", 1, "ff0212", Use.AT),
        ("12d1", "1506", 2, "ff0213", Use.OTHER),
        ("12d1", "1506", 3, "ff0379", Use.UNKNOWN),
        ("12d1", "1506", 0, "020201", Use.UNKNOWN),
        ("1199", "9071", 3, "ffffff", Use.AT),
        ("1199", "9071", 5, "ffffff", Use.UNKNOWN),
        ("dead", "beef", 0, "ffffff", Use.UNKNOWN),
    ],
)
def test_what_a_port_is_for(vid: str, pid: str, interface: int, kind: str, use: Use) -> None:
    assert use_of(vid, pid, interface, kind) is use


def test_radios_and_boards_are_no_modems() -> None:
    assert no_modem("2341", "0043") == "a microcontroller board, which restarts when its port is opened"
    assert no_modem("0658", "0200") == "a Z-Wave radio"
    assert no_modem("12d1", "1506") is None
    assert no_modem(None, None) is None


def test_each_port_of_a_serial_adapter_may_have_a_modem_of_its_own() -> None:
    ports = [PortSeen(f"/dev/ttyUSB{n}", f"/dev/ttyUSB{n}", "1-1", n, driver="ftdi_sio") for n in (0, 1)]
    assert [port.stick for port in ports] == ["/dev/ttyUSB0", "/dev/ttyUSB1"]
    assert replace(ports[0], driver="option").stick == "usb:1-1"


# -- who holds them ------------------------------------------------------------------------------------------


def test_who_has_a_port_open_is_named_and_its_maker_is_not() -> None:
    master, slave = os.openpty()
    path = os.ttyname(slave)
    assert holders_of(Machine(), [path])[path] == []
    script = (
        "import os, sys; os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY); print(flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as held:
        assert held.stdout is not None
        held.stdout.readline()
        (found,) = holders_of(Machine(), [path])[path]
        assert found.pid == held.pid
        assert path in found.command
        held.communicate()
    assert holders_of(Machine(), [path])[path] == []
    os.close(slave)
    os.close(master)


def test_the_command_that_stops_a_holder_is_told() -> None:
    assert how_to_stop([Holder(7, "/usr/sbin/smsd -p7")]).endswith("(systemctl disable --now smstools)")
    assert "--now ModemManager" in how_to_stop([])
    assert how_to_stop([Holder(7, "minicom -D /dev/ttyUSB0")]) == "Stop that program"


def test_processes_that_end_or_are_not_ours_are_passed_over(tmp_path: Path) -> None:
    process = tmp_path / "proc/77/fd"
    process.mkdir(parents=True)
    (process / "3").symlink_to("/dev/ttyUSB7")
    (process / "4").write_text("no link")
    (tmp_path / "proc/88").mkdir()
    (tmp_path / "proc/self").mkdir()
    assert holders_of(machine_of(tmp_path), ["/dev/ttyUSB7"])["/dev/ttyUSB7"] == [Holder(77, "?")]
    (tmp_path / "proc/77/cmdline").write_bytes(b"ModemManager\0--debug\0")
    found = holders_of(machine_of(tmp_path), ["/dev/ttyUSB7", "/dev/ttyUSB8"])
    assert found == {"/dev/ttyUSB7": [Holder(77, "ModemManager --debug")], "/dev/ttyUSB8": []}
    assert holders_of(Machine(proc=tmp_path / "none"), ["/dev/ttyUSB7"])["/dev/ttyUSB7"] == []


# -- asking --------------------------------------------------------------------------------------------------


def asked(folder: Path, spec: ModemSpec) -> tuple[Answered, Simulation]:
    async def whole() -> tuple[Answered, Simulation]:
        async with Simulation(folder, [spec]) as sim:
            return await ask(sim.modems[0].path, timing=QUICK), sim

    return asyncio.run(whole())


def test_a_modem_says_who_it_is_and_is_left_as_it_was(tmp_path: Path) -> None:
    answer, sim = asked(tmp_path, ModemSpec(dialect="huawei"))
    assert answer.is_modem
    assert (answer.identity.manufacturer, answer.identity.imei) == ("huawei", sim.modems[0].me.imei)
    assert sim.modems[0].me.card is not None
    assert answer.identity.iccid == sim.modems[0].me.card.iccid
    assert (answer.sim_state, answer.messages) == ("READY", True)
    assert "huawei" in answer.sentence
    settings = sim.modems[0].me.settings
    assert (settings.cmee, settings.echo, settings.cmgf) == (0, True, 0)


@pytest.mark.parametrize(
    ("spec", "state"), [(ModemSpec(sim=False), "absent"), (ModemSpec(pin="1234"), "SIM PIN")]
)
def test_the_state_of_its_sim_is_known_without_a_pin(tmp_path: Path, spec: ModemSpec, state: str) -> None:
    answer, sim = asked(tmp_path, spec)
    assert (answer.found, answer.sim_state) == (Found.MODEM, state)
    assert answer.identity.imei == sim.modems[0].me.imei
    assert not any("+CPIN=" in line for line in sim.modems[0].log)


def test_a_mute_port_is_left_after_a_moment(tmp_path: Path) -> None:
    answer, _ = asked(tmp_path, ModemSpec(dead=True))
    assert (answer.found, answer.is_modem) == (Found.MUTE, False)


def test_a_port_that_knows_nothing_but_at_is_no_modem(tmp_path: Path) -> None:
    async def test(sim: Simulation) -> None:
        diag, nmea, _at, ppp = sim["gsm1"].nodes
        found = [(await ask(path, timing=QUICK)).found for path in (diag, nmea, ppp)]
        assert found == [Found.MUTE, Found.REFUSES, Found.REFUSES]

    on_hub(tmp_path, test, ModemSpec(dialect="quectel", stick=True))


def test_a_port_that_is_not_there_or_in_use_says_so(tmp_path: Path) -> None:
    async def whole() -> None:
        async with Simulation(tmp_path) as sim:
            path, lost = sim.modems[0].path, list[PortLost]()
            port = await Port.open(path, on_octets=lambda _: None, on_lost=lost.append)
            assert (await ask(path, timing=QUICK)).found is Found.HELD
            port.close()
            assert (await ask(path, timing=QUICK)).found is Found.MODEM
            gone = await ask(f"{path}x", timing=QUICK)
            assert gone.found is Found.GONE
            assert "no such device" in gone.sentence

    asyncio.run(whole())


@pytest.mark.skipif(not os.geteuid(), reason="root may open everything")
def test_a_port_that_may_not_be_opened_says_so(tmp_path: Path) -> None:
    (tmp_path / "port").touch(mode=0)
    answer = asyncio.run(ask(str(tmp_path / "port"), timing=QUICK))
    assert answer.found is Found.FORBIDDEN


# -- identities ----------------------------------------------------------------------------------------------


def test_an_imei_is_the_same_with_another_software_version() -> None:
    assert same_imei("861234560000001", "861234560000001")
    assert same_imei("861234560000001", "8612345600000042")
    assert same_imei("86123456000000", "861234560000001")
    assert not same_imei("861234560000001", "861234560000002")
    assert not same_imei(None, None)


def test_an_iccid_is_the_same_without_its_check_digit() -> None:
    assert same_iccid("8932000000000000001", "8932000000000000001F")
    assert same_iccid("8932000000000000001", "893200000000000000")
    assert not same_iccid("8932000000000000001", "8932000000000000002")
    assert not same_iccid("8932000000000000001", None)
