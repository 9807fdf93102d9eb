"""``modemd simulate`` as a user runs it."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from modemd.cli.main import cli
from modemd.cli.simulate import simulate
from modemd.simulator.client import SimulatorClient
from modemd.simulator.faults import FaultKind, Place
from tests.workers.simulator_process import PATIENCE_S, ROOT, SimulatorProcess


def talk(fd: int, line: bytes, end: bytes = b"OK\r\n") -> bytes:
    os.write(fd, line)
    heard = b""
    while not heard.endswith(end):
        readable, _, _ = select.select([fd], [], [], PATIENCE_S)
        assert readable, heard
        heard += os.read(fd, 4096)
    return heard


def test_ports_answer_messages_are_taken_and_written_down(tmp_path: Path) -> None:
    log = tmp_path / "taken.jsonl"
    options = ("--modems", "2", "--log", str(log), "--fault", "gsm2/error:on=AT+CSQ,times=0,cme=14")
    with SimulatorProcess(tmp_path / "ports", *options) as simulator:
        assert list(simulator.ports) == ["gsm1", "gsm2"]
        first, second = (os.open(path, os.O_RDWR | os.O_NOCTTY) for path in simulator.ports.values())
        assert b"+CSQ: 20" in talk(first, b"AT+CSQ\r")
        assert b"ERROR" in talk(second, b"AT+CSQ\r", b"ERROR\r\n")
        talk(first, b"AT+CMGS=18\r", b"> ")
        talk(first, b"0001000B912374153254F6000005C8329BFD06\x1a")
        assert [one["destination"] for one in simulator.taken(1)] == ["+32475123456"]
        simulator.ask("incoming", modem="gsm2", text="Hi")
        assert b"+CMGL: 1,0" in talk(second, b"AT+CMGL=4\r")
        with pytest.raises(RuntimeError, match="dance"):
            simulator.ask("dance")
        os.close(first)
        os.close(second)
    assert json.loads(log.read_text())["text"] == "Hello"
    assert not any(path.is_symlink() for path in (tmp_path / "ports").iterdir())


def test_messages_come_of_themselves(tmp_path: Path) -> None:
    with SimulatorProcess(
        tmp_path, "--modems", "1", "--incoming", "0.1", "--incoming-text", "No {}"
    ) as simulator:
        fd = os.open(simulator.ports["gsm1"], os.O_RDWR | os.O_NOCTTY)
        talk(fd, b"AT+CNMI=2,2\r")
        heard = talk(fd, b"", b"\r\n")
        assert b"+CMT: ," in heard
        os.close(fd)


def test_it_prints_an_entry_for_the_configuration(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "modemd",
        "simulate",
        "--dir",
        str(tmp_path),
        "--modems",
        "3",
        "--pin",
        "0123",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, text=True) as process:
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if "Ctrl-C" in line:
                break
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 0
    modems = yaml.safe_load(said)["modems"]
    assert [modem["port"] for modem in modems["list"]] == [str(tmp_path / f"gsm{i}") for i in (1, 2, 3)]
    assert modems["list"][0]["pin"] == "0123"


def test_its_help_names_every_kind_of_fault_and_every_place() -> None:
    said = CliRunner().invoke(simulate, ["--help"]).output
    words = set(said.replace(",", " ").replace(":", " ").split())
    assert set(FaultKind) | set(Place) <= words


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--fault", "explode"], "explode"),
        (["--airtime", "soon"], "soon"),
        (["--modems", "0"], "0"),
        (["--dialect", "klingon"], "klingon"),
    ],
)
def test_wrong_usage_is_said(options: list[str], word: str) -> None:
    outcome = CliRunner().invoke(simulate, options)
    assert outcome.exit_code == 2
    assert word in outcome.output


def test_nobody_at_the_socket(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        SimulatorClient(tmp_path / "control")


def test_a_trace_is_a_modem_and_a_hub_has_it_in_a_port(tmp_path: Path) -> None:
    trace = Path(__file__).parents[1] / "modem/traces/telit.json"
    options = ("--modems", "1", "--trace", str(trace), "--stick", "--usb", str(tmp_path / "sys"))
    with SimulatorProcess(tmp_path / "dev", *options) as simulator:
        (modem,) = simulator.ask("modems")["modems"]
        assert (modem["usb_path"], modem["plugged"]) == ("1-1.1", True)
        assert modem["nodes"] == [str(tmp_path / "dev/ttyUSB0")]
        assert (tmp_path / "sys/bus/usb/devices/1-1.1/authorized").read_text() == "1\n"


def test_a_simulated_hub_stands_for_the_machine(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(f"store: {{url: 'sqlite:///{tmp_path}/modemd.db'}}\nspool: {{dir: {tmp_path}/spool}}\n")
    environment = {"MODEMD_MACHINE": str(tmp_path / "hub"), "MODEMD_CONFIG": str(config)}
    runner = CliRunner(env=environment)
    wrong = runner.invoke(cli, ["modems", "--json"])
    assert (wrong.exit_code, "there is no folder sys in it" in wrong.output) == (2, True)
    options = ("--modems", "1", "--dialect", "huawei", "--stick", "--usb", str(tmp_path / "hub/sys"))
    with SimulatorProcess(tmp_path / "hub/dev", *options) as simulator:
        (found,) = json.loads(runner.invoke(cli, ["modems", "--json"]).output)["modems"]
        assert (found["usb"], found["imei"]) == ("1-1.1", simulator.ask("modems")["modems"][0]["imei"])


def test_a_sim_is_taken_out_put_back_and_changed(tmp_path: Path) -> None:
    with SimulatorProcess(tmp_path, "--modems", "1") as simulator:
        fd = os.open(simulator.ports["gsm1"], os.O_RDWR | os.O_NOCTTY)
        talk(fd, b"AT+CMEE=1\r")
        simulator.ask("set", sim=False)
        assert b"+CME ERROR: 10" in talk(fd, b"AT+CPIN?\r", b"ERROR: 10\r\n")
        simulator.ask("set", sim=True, pin="1234", pin_tries=1, iccid="8932000000000000099")
        assert b"+CPIN: SIM PIN" in talk(fd, b"AT+CPIN?\r")
        (modem,) = simulator.ask("modems")["modems"]
        assert (modem["iccid"], modem["pin_tries"]) == ("8932000000000000099", 1)
        os.close(fd)
