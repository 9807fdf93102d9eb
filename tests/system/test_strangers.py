"""Programs that know nothing of us take the simulated modem for a modem: they send and receive with it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.workers.simulator_process import PATIENCE_S, SimulatorProcess, eventually

GAMMU = shutil.which("gammu")
SMSD = shutil.which("smsd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[SimulatorProcess]:
    with SimulatorProcess(tmp_path / "ports", "--modems", "1") as process:
        yield process


def gammu(folder: Path, port: str, *words: str) -> str:
    assert GAMMU is not None
    rc = folder / "gammurc"
    rc.write_text(f"[gammu]\nport = {port}\nconnection = at\n")
    done = subprocess.run(
        [GAMMU, "-c", str(rc), *words],
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE_S,
        check=False,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.skipif(GAMMU is None, reason="gammu is not installed")
def test_gammu_identifies_sends_and_reads(simulator: SimulatorProcess, tmp_path: Path) -> None:
    port = simulator.ports["gsm1"]
    assert "861234560000001" in gammu(tmp_path, port, "identify")
    text = "Grüße von gammu, 5 €, and enough of it to make two parts: " + "x" * 150
    assert "OK" in gammu(tmp_path, port, "sendsms", "TEXT", "+32475123456", "-autolen", "300", "-text", text)
    taken = simulator.taken(2)
    assert "".join(one["text"] for one in taken) == text
    assert [one["concat"]["seq"] for one in taken] == [1, 2]
    simulator.ask("incoming", text="Één bericht", **{"from": "+32475999999"})
    read = gammu(tmp_path, port, "getallsms")
    assert "Één bericht" in read
    assert '"+32475999999"' in read


def smsd_folders(folder: Path, port: str) -> Path:
    names = ("outgoing", "checked", "sent", "failed", "incoming", "report")
    for name in names:
        (folder / name).mkdir()
    lines = [
        "devices = GSM1",
        *(f"{name} = {folder / name}" for name in names),
        f"logfile = {folder / 'log'}",
        f"infofile = {folder / 'info'}",
        f"pidfile = {folder / 'pid'}",
        "loglevel = 7",
        "delaytime = 1",
        "[GSM1]",
        f"device = {port}",
        "incoming = yes",
        "report = yes",
        "init = AT+CNMI=2,0,0,0",
        "baudrate = 115200",
    ]
    configuration = folder / "smsd.conf"
    configuration.write_text("\n".join(lines) + "\n")
    return configuration


@pytest.mark.skipif(SMSD is None, reason="smstools is not installed")
def test_smstools_sends_a_file_and_receives_one(simulator: SimulatorProcess, tmp_path: Path) -> None:
    assert SMSD is not None
    configuration = smsd_folders(tmp_path, simulator.ports["gsm1"])
    (tmp_path / "outgoing" / "first").write_text("To: 32475123456\nReport: yes\n\nHello from smsd")
    simulator.ask("incoming", text="Hello smsd", **{"from": "+32475999999"})
    with subprocess.Popen(
        [SMSD, f"-c{configuration}", "-t"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as smsd:
        try:
            eventually((tmp_path / "sent" / "first").exists, "sent/first")
            eventually(lambda: any((tmp_path / "incoming").iterdir()), "a file in incoming/")
        finally:
            smsd.send_signal(signal.SIGTERM)
            smsd.wait(PATIENCE_S)
    assert [(one["destination"], one["text"]) for one in simulator.taken(1)] == [
        ("+32475123456", "Hello from smsd")
    ]
    assert "Message_id: 0\n" in (tmp_path / "sent" / "first").read_text()
    received = next((tmp_path / "incoming").iterdir()).read_text()
    assert "From: 32475999999\n" in received
    assert received.endswith("\n\nHello smsd")


LIBRARY = """
import json, sys, threading
from gsmmodem.modem import GsmModem
came = threading.Event()
received = []
def take(message):
    received.append([message.number, message.text])
    came.set()
modem = GsmModem(sys.argv[1], 115200, smsReceivedCallbackFunc=take)
modem.connect()
sent = modem.sendSms(sys.argv[2], "Hello from the library", waitForDeliveryReport=True, deliveryTimeout=10)
said = {"imei": modem.imei, "mr": sent.reference, "delivered": sent.report.deliveryStatus}
print(json.dumps(said), flush=True)
came.wait(20)
print(json.dumps({"received": received, "ussd": modem.sendUssd("*100#").message}), flush=True)
modem.close()
"""


def test_python_gsmmodem_sends_is_told_of_delivery_and_receives(simulator: SimulatorProcess) -> None:
    command = [sys.executable, "-W", "ignore", "-c", LIBRARY, simulator.ports["gsm1"], "+32475123456"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as library:
        assert library.stdout is not None
        said = json.loads(library.stdout.readline())
        assert said == {"imei": "861234560000001", "mr": 0, "delivered": 0}
        simulator.ask("incoming", text="Grüße €", **{"from": "+32475999999"})
        said = json.loads(library.stdout.readline())
        assert said == {"received": [["+32475999999", "Grüße €"]], "ussd": "Your balance is 12.34 EUR."}
        assert library.wait(PATIENCE_S) == 0
    assert [one["text"] for one in simulator.taken(1)] == ["Hello from the library"]
