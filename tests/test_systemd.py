"""The unit and its rules are what systemd 252 takes, hardened, with serial ports still open."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from modemd.modem.discovery.machine import Machine
from modemd.modem.usb_power import device_switch, port_switch
from tests.house import ROOT

UNIT = ROOT / "systemd" / "modemd.service"
needs_analyze = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not here")


def settings(key: str) -> list[str]:
    return re.findall(rf"^{key}=(.*)$", UNIT.read_text("utf-8"), re.MULTILINE)


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, check=False, timeout=60
    )


@needs_analyze
def test_the_unit_is_exposed_to_2_0_at_most() -> None:
    # The threshold is in tenths.
    done = run("systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", UNIT)
    assert done.returncode == 0, done.stdout[-300:] + done.stderr


@needs_analyze
def test_systemd_finds_no_fault_in_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / "modemd.service"
    unit.write_text(UNIT.read_text("utf-8").replace("/opt/modemd/bin/modemd", "/bin/true"))
    done = run("systemd-analyze", "verify", "--man=no", unit)
    told = [line for line in (done.stdout + done.stderr).splitlines() if "modemd" in line]
    assert (done.returncode, told) == (0, [])


def test_the_unit_notifies_reloads_and_is_watched() -> None:
    assert settings("Type") == ["notify"]
    assert settings("NotifyAccess") == ["main"]
    assert settings("ExecReload") == ["/bin/kill -HUP $MAINPID"]
    assert settings("WatchdogSec") == ["30"]
    assert settings("Restart") == ["always"]
    assert settings("RestartPreventExitStatus") == ["78"]


def test_serial_ports_stay_open() -> None:
    assert settings("PrivateDevices") == ["no"]
    assert settings("DevicePolicy") == ["closed"]
    assert settings("DeviceAllow") == [f"char-tty{kind} rw" for kind in ("USB", "ACM", "S", "AMA")]
    assert settings("SupplementaryGroups") == ["dialout"]


def test_drivers_of_sticks_are_loaded_first_for_the_unit_allows_only_those_that_are_there() -> None:
    drivers = "modprobe@usbserial.service modprobe@cdc_acm.service"
    assert settings("Wants") == [drivers]
    assert drivers in settings("After")


@pytest.mark.skipif(not shutil.which("systemd-sysusers"), reason="systemd-sysusers is not here")
@pytest.mark.skipif(os.geteuid() != 0, reason="owners are given by root only, even below another root")
def test_the_user_and_the_spool_are_made(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "group").write_text("root:x:0:\ndialout:x:20:\n")
    (tmp_path / "etc" / "passwd").write_text("root:x:0:0::/:/bin/sh\n")
    done = run("systemd-sysusers", f"--root={tmp_path}", ROOT / "systemd" / "sysusers.conf")
    assert done.returncode == 0, done.stderr
    assert "dialout:x:20:modemd" in (tmp_path / "etc" / "group").read_text()
    tmpfiles = ROOT / "systemd" / "tmpfiles.conf"
    done = run("systemd-tmpfiles", f"--root={tmp_path}", "--create", tmpfiles)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "var/spool/modemd/outgoing").stat().st_mode & 0o7777 == 0o3770


def test_the_udev_rules_can_be_read() -> None:
    text = (ROOT / "systemd" / "70-modemd.rules").read_text("utf-8")
    rules = [line for line in text.splitlines() if line and not line.startswith("#")]
    part = r'[A-Z]+(\{[A-Za-z_]+\})?(==|!=|\+=|=)"[^"]*"'
    assert [rule for rule in rules if not re.fullmatch(rf"{part}(, {part})*", rule)] == []
    jumps, labels = re.findall(r'GOTO="(\w+)"', text), re.findall(r'LABEL="(\w+)"', text)
    assert set(jumps) == set(labels)
    assert text.count('ENV{ID_MM_DEVICE_IGNORE}="1"') > 10
    assert 'KERNEL=="ttyUSB*|ttyACM*", ENV{ID_MM_PORT_IGNORE}="1"' in text


def test_make_lays_everything_under_destdir(tmp_path: Path) -> None:
    done = run("make", "-C", ROOT, "install-files", f"DESTDIR={tmp_path}", "OPT=/srv/modemd")
    assert done.returncode == 0, done.stderr
    laid = sorted(str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*") if file.is_file())
    assert laid == [
        "etc/modemd/config.yaml",
        "etc/systemd/system/modemd.service",
        "etc/sysusers.d/modemd.conf",
        "etc/tmpfiles.d/modemd.conf",
        "etc/udev/rules.d/70-modemd.rules",
    ]
    unit = (tmp_path / "etc/systemd/system/modemd.service").read_text("utf-8")
    assert "ExecStart=/srv/modemd/bin/modemd run" in unit
    (tmp_path / "etc/modemd/config.yaml").write_text("# mine\n")
    assert run("make", "-C", ROOT, "install-files", f"DESTDIR={tmp_path}").returncode == 0
    assert (tmp_path / "etc/modemd/config.yaml").read_text("utf-8") == "# mine\n"


def blocks(page: str) -> list[str]:
    """What stands between fences on a page."""
    return re.findall(
        r"^```\w*\n(.*?)^```$", (ROOT / "docs" / page).read_text("utf-8"), re.MULTILINE | re.DOTALL
    )


def test_the_rules_for_usb_power_can_be_read_and_are_about_the_switches_that_are_used() -> None:
    (text,) = (block for block in blocks("troubleshooting.md") if "/authorized" in block and "RUN" in block)
    rules = text.replace("\\\n", "").splitlines()
    part = r'[A-Z]+(\{[A-Za-z_]+\})?(==|!=|\+=|=)"[^"]*"'
    assert [rule for rule in rules if not re.fullmatch(rf"{part}(,\s+{part})*", rule)] == []
    machine = Machine()
    assert device_switch(machine, "1-1.2").name == "authorized"
    assert re.search(r"/sys%p/\*port\*/disable", text)
    assert port_switch(machine, "1-1.2").match("*port*/disable")


@needs_analyze
def test_the_drop_in_for_usb_power_opens_sysfs_and_no_more(tmp_path: Path) -> None:
    (drop_in,) = (block for block in blocks("troubleshooting.md") if "ReadWritePaths=/sys" in block)
    opened = [line.partition("=")[2] for line in drop_in.splitlines() if line.startswith("ReadWritePaths=")]
    assert opened == ["/sys/devices"]
    unit = tmp_path / "modemd.service"
    unit.write_text(UNIT.read_text("utf-8").replace("/opt/modemd/bin/modemd", "/bin/true"))
    folder = tmp_path / "modemd.service.d"
    folder.mkdir()
    (folder / "usb.conf").write_text(
        drop_in + "DeviceAllow=char-usb_device rw\nDeviceAllow=char-gpiochip rw\n"
    )
    done = run("systemd-analyze", "verify", "--man=no", unit)
    told = [
        line for line in (done.stdout + done.stderr).splitlines() if "modemd" in line or "usb.conf" in line
    ]
    assert (done.returncode, told) == (0, [])
    assert "char-usb_device" in (ROOT / "docs/troubleshooting.md").read_text("utf-8")
