"""The same files through modemd, smstools3 and gammu-smsd, in turn on the same simulated modem."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.measures import Figures, Measure, Options, Row
from tests.bench.processes import Gateway, Modems
from tests.bench.rig import TEXT, Rig, configuration, folder, names_in, ready
from tests.bench.throughput import through

_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin"
_SMSD = shutil.which("smsd", path=_PATH)
_GAMMU = shutil.which("gammu-smsd", path=_PATH)
_PATIENCE_S = 600.0


@contextmanager
def _running(command: list[str]) -> Iterator[None]:
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()


def _rate(modems: Modems, files: list[Path], outgoing: Path, sent: Path) -> float:
    """Drop, wait for the results, and see that each was sent exactly once."""
    known = len(modems.accepted())
    time.sleep(1.0)
    began = time.time()
    for path in files:
        path.rename(outgoing / path.name)
    while len(names_in(sent)) < len(files):
        if time.time() > began + _PATIENCE_S:
            raise TimeoutError(f"{len(names_in(sent))} of {len(files)} were sent")
        time.sleep(0.05)
    ended = max(path.stat().st_ctime for path in sent.iterdir())
    texts = [one["text"].rstrip("\n") for one in modems.accepted()[known:]]
    assert sorted(texts) == sorted(TEXT.format(place) for place in range(len(files))), "not exactly once"
    return len(files) / (ended - began)


def _smstools(place: Path, modems: Modems, count: int) -> float:
    assert _SMSD is not None
    names = ("outgoing", "checked", "sent", "failed", "incoming", "staging")
    for name in names:
        (place / name).mkdir(parents=True)
    lines = [
        "devices = GSM1", *(f"{name} = {place / name}" for name in names[:5]), f"logfile = {place / 'log'}",
        f"infofile = {place / 'info'}", f"pidfile = {place / 'pid'}", "loglevel = 4", "delaytime = 1",
        "delaytime_mainprocess = 1", "[GSM1]", f"device = {modems.all[0]['path']}", "incoming = no",
        "report = no", "init = AT", "baudrate = 115200",
    ]  # fmt: skip
    (place / "smsd.conf").write_text("\n".join(lines) + "\n")
    files = []
    for number in range(count):
        files.append(place / "staging" / f"m{number:07d}")
        files[-1].write_text(f"To: 32475{number:06d}\n\n{TEXT.format(number)}\n")
    with _running([_SMSD, f"-c{place / 'smsd.conf'}", "-t"]):
        return _rate(modems, files, place / "outgoing", place / "sent")


def _gammu(place: Path, modems: Modems, count: int) -> float:
    assert _GAMMU is not None
    for name in ("inbox", "outbox", "sent", "error", "staging"):
        (place / name).mkdir(parents=True)
    lines = [
        "[gammu]", f"device = {modems.all[0]['path']}", "connection = at115200", "[smsd]", "service = files",
        f"inboxpath = {place}/inbox/", f"outboxpath = {place}/outbox/", f"sentsmspath = {place}/sent/",
        f"errorsmspath = {place}/error/", f"logfile = {place}/log", "CommTimeout = 1", "LoopSleep = 0",
        "StatusFrequency = 0", "CheckSecurity = 0", "CheckBattery = 0", "CheckSignal = 0",
        "CheckNetwork = 0", "HangupCalls = 0",
    ]  # fmt: skip
    (place / "smsdrc").write_text("\n".join(lines) + "\n")
    files = []
    for number in range(count):
        files.append(place / "staging" / f"OUTC20260101_000000_00_+32475{number:06d}_m{number:07d}.txt")
        files[-1].write_text(TEXT.format(number))
    with _running([_GAMMU, "--config", str(place / "smsdrc"), "--pid", str(place / "pid")]):
        return _rate(modems, files, place / "outbox", place / "sent")


def _run(options: Options) -> Figures:
    count = options.strangers
    figures = {}
    with folder() as place, Modems(place, 1) as modems:
        with Gateway(place, configuration(place, modems)) as gateway:
            ready(place, 1)
            figures["modemd"] = through(Rig(place, modems, gateway), count)["rate"]
        if _SMSD:
            figures["smstools"] = _smstools(place / "smstools", modems, count)
        if _GAMMU:
            figures["gammu"] = _gammu(place / "gammu", modems, count)
    return figures


ROWS = (
    Row(
        "strangers",
        (
            Measure("modemd", "a few hundred files, 1 modem: modemd", "messages/s"),
            Measure("smstools", "the same files and modem: smstools3 (smsd)", "messages/s", digits=1),
            Measure("gammu", "the same files and modem: gammu-smsd", "messages/s", digits=1),
        ),
        _run,
    ),
)
