"""The processes that are measured: started, watched through /proc, and ended."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self

PATIENCE_S = 60.0
_STARTED_S = 0.01


def cpu_s(pid: int) -> float:
    """Seconds of processor time that a process has used, all threads, to the nanosecond."""
    used = 0
    for thread in Path(f"/proc/{pid}/task").iterdir():
        try:
            used += int((thread / "schedstat").read_text().split()[0])
        except (FileNotFoundError, ProcessLookupError):
            continue  # a thread that has just ended
    return used / 1e9


def memory_mb(pid: int, field: str = "VmRSS") -> float:
    """A process's memory in MB (of a million octets): ``VmRSS`` now, ``VmHWM`` at its most."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise LookupError(field)


class Process:
    """One program, whose standard error is kept in a file."""

    def __init__(
        self,
        name: str,
        command: list[str],
        folder: Path,
        *,
        stdin: int = subprocess.DEVNULL,
        **environment: str,
    ) -> None:
        self.folder = folder
        self.said = folder / f"{name}.err"
        self.started_at = time.monotonic()
        with self.said.open("ab") as errors:
            self.popen = subprocess.Popen(
                command,
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=errors,
                env={**os.environ, **environment},
                cwd=Path(__file__).parents[2],
            )

    @property
    def pid(self) -> int:
        return self.popen.pid

    def check(self) -> None:
        """RuntimeError, with what it said last, where it has ended."""
        if self.popen.poll() is not None:
            raise RuntimeError(f"{self.popen.args!r} ended: {self.said.read_text()[-2000:]}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.popen.poll() is None:
            self.popen.send_signal(signal.SIGTERM)
            try:
                self.popen.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                self.popen.kill()
        self.popen.wait()
        for pipe in (self.popen.stdin, self.popen.stdout):
            if pipe:
                pipe.close()


class Modems(Process):
    """``modemd simulate`` in a process of its own."""

    def __init__(
        self, folder: Path, count: int, *, airtime_s: float = 0.0, reports: bool = False, pdus: bool = True
    ) -> None:
        self.log = folder / "air.jsonl"
        self.control = folder / "simulator.socket"
        command = [
            *(sys.executable, "-m", "modemd", "simulate", "--json", "--modems", str(count)),
            *("--dir", str(folder / "modems"), "--log", str(self.log), "--control", str(self.control)),
            *("--airtime", str(airtime_s), "--reports" if reports else "--no-reports"),
        ]
        super().__init__("simulator", command, folder)
        assert self.popen.stdout is not None
        told = json.loads(self.popen.stdout.readline() or "{}")
        self.check()
        self.all: list[dict[str, Any]] = told["modems"]

    def wait(self, accepted: int, timeout_s: float) -> None:
        """Until so many parts were taken; TimeoutError when they were not."""
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(timeout_s + 5)
            line.connect(str(self.control))
            line.sendall(
                json.dumps({"do": "wait", "accepted": accepted, "timeout_s": timeout_s}).encode() + b"\n"
            )
            answer = json.loads(line.makefile().readline())
        if not answer["ok"]:
            raise TimeoutError(f"{answer.get('accepted')} of {accepted} were sent: {answer['error']}")

    def accepted(self) -> list[dict[str, Any]]:
        """Every part that was taken, in order."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]


class Gateway(Process):
    """``modemd run``; there once it has said READY=1."""

    def __init__(self, folder: Path, config: Path) -> None:
        notify = folder / "notify"
        notify.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
            ear.bind(str(notify))
            command = [sys.executable, "-m", "modemd", "-c", str(config), "run"]
            super().__init__("gateway", command, folder, NOTIFY_SOCKET=str(notify))
            self._await_ready(ear)
        self.ready_s = time.monotonic() - self.started_at

    def _await_ready(self, ear: socket.socket) -> None:
        ends = time.monotonic() + PATIENCE_S
        while time.monotonic() < ends:
            if select.select([ear], [], [], 0.5)[0]:
                if b"READY=1" in ear.recv(4096):
                    return
            else:
                self.check()
        raise TimeoutError("the gateway did not say READY=1")
