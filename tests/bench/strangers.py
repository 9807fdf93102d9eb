"""The same files through modemd, smstools3 and gammu-smsd, each on a simulated modem of its own.

Each is given as many files at once and as long; what counts is from its first result to its last, so that
nobody pays for a start. They run as quick as they can be set: the others' waits are in their code.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.measures import Figures, Measure, Options, Row
from tests.bench.processes import Gateway, Modems
from tests.bench.rig import TEXT, configuration, folder, names_in, ready, write_files

_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin"
_SMSD = shutil.which("smsd", path=_PATH)
_GAMMU = shutil.which("gammu-smsd", path=_PATH)
_LAST_S = 10.0


@contextmanager
def _running(command: list[str]) -> Iterator[None]:
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(_LAST_S)
            except subprocess.TimeoutExpired:
                process.kill()


def _drop_and_wait(files: list[Path], outgoing: Path, sent: Path, time_s: float) -> list[float]:
    """Drop them all, and tell when each one that was sent within the time had its result."""
    time.sleep(1.0)
    for path in files:
        path.rename(outgoing / path.name)
    ends = time.monotonic() + time_s
    while len(names_in(sent)) < len(files) and time.monotonic() < ends:
        time.sleep(0.05)
    return sorted(path.stat().st_ctime for path in sent.iterdir())


def _rate(results: list[float], modems: Modems) -> float | str:
    texts = [one["text"].rstrip("\n") for one in modems.accepted()]
    assert len(texts) == len(set(texts)), "a message went out twice"
    assert len(texts) >= len(results), f"{len(results)} results, but {len(texts)} messages on the air"
    if len(results) < 2:
        return f"{len(results)} messages were sent in the time"
    return (len(results) - 1) / (results[-1] - results[0])


def _modemd(place: Path, modems: Modems, options: Options) -> list[float]:
    with Gateway(place, configuration(place, modems)):
        ready(place, 1)
        files = write_files(place / "staging", options.strangers)
        return _drop_and_wait(files, place / "spool/outgoing", place / "spool/sent", options.strangers_s)


def _smstools(place: Path, modems: Modems, options: Options) -> list[float]:
    assert _SMSD is not None
    names = ("outgoing", "checked", "sent", "failed", "incoming")
    for name in names:
        (place / name).mkdir()
    lines = [
        "devices = GSM1", *(f"{name} = {place / name}" for name in names), f"logfile = {place / 'log'}",
        f"infofile = {place / 'info'}", f"pidfile = {place / 'pid'}", "loglevel = 4", "delaytime = 1",
        "delaytime_mainprocess = 1", "[GSM1]", f"device = {modems.all[0]['path']}", "incoming = no",
        "report = no", "init = AT", "baudrate = 115200",
    ]  # fmt: skip
    (place / "smsd.conf").write_text("\n".join(lines) + "\n")
    files = write_files(place / "staging", options.strangers)
    with _running([_SMSD, f"-c{place / 'smsd.conf'}", "-t"]):
        return _drop_and_wait(files, place / "outgoing", place / "sent", options.strangers_s)


def _gammu(place: Path, modems: Modems, options: Options) -> list[float]:
    assert _GAMMU is not None
    for name in ("inbox", "outbox", "sent", "error", "staging"):
        (place / name).mkdir()
    lines = [
        "[gammu]", f"device = {modems.all[0]['path']}", "connection = at115200", "[smsd]", "service = files",
        f"inboxpath = {place}/inbox/", f"outboxpath = {place}/outbox/", f"sentsmspath = {place}/sent/",
        f"errorsmspath = {place}/error/", f"logfile = {place}/log", "CommTimeout = 1", "LoopSleep = 0",
        "StatusFrequency = 0", "CheckSecurity = 0", "CheckBattery = 0", "CheckSignal = 0",
        "CheckNetwork = 0", "HangupCalls = 0",
    ]  # fmt: skip
    (place / "smsdrc").write_text("\n".join(lines) + "\n")
    files = []
    for number in range(options.strangers):
        files.append(place / "staging" / f"OUTC20260101_000000_00_+32475{number:06d}_m{number:07d}.txt")
        files[-1].write_text(TEXT.format(number))
    with _running([_GAMMU, "--config", str(place / "smsdrc"), "--pid", str(place / "pid")]):
        return _drop_and_wait(files, place / "outbox", place / "sent", options.strangers_s)


def _of(program: Callable[[Path, Modems, Options], list[float]], options: Options) -> float | str:
    with folder() as place, Modems(place, 1) as modems:
        return _rate(program(place, modems, options), modems)


def _run(options: Options) -> Figures:
    figures = {"modemd": _of(_modemd, options)}
    if _SMSD:
        figures["smstools"] = _of(_smstools, options)
    if _GAMMU:
        figures["gammu"] = _of(_gammu, options)
    return figures


ROWS = (
    Row(
        "strangers",
        (
            Measure("modemd", "1,000 files at once, 1 modem, at most 30 s: modemd", "messages/s"),
            Measure("smstools", "the same: smstools3 (smsd)", "messages/s", digits=1),
            Measure("gammu", "the same: gammu-smsd", "messages/s", digits=1),
        ),
        _run,
        limit_s=140.0,
    ),
)
