"""The broker and its users as processes: a mosquitto, and the lean ones of :mod:`tests.bench.lean`."""

from __future__ import annotations

import json
import select
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.bench.processes import Process

MOSQUITTO = shutil.which("mosquitto", path="/usr/bin:/usr/sbin:/usr/local/sbin")


class User(Process):
    """One lean user; there once it has said ``ready``."""

    def __init__(self, folder: Path, port: int, role: str, topic: str, *more: str) -> None:
        command = [sys.executable, "-m", "tests.bench.lean", role, str(port), topic, *more]
        super().__init__(role, command, folder, stdin=subprocess.PIPE)
        if self._line(60.0) != "ready":
            self.check()
            raise RuntimeError(f"{role} is not ready: {self.said.read_text()[-1000:]}")

    def go(self) -> None:
        """Let it begin."""
        assert self.popen.stdin is not None
        self.popen.stdin.write(b"\n")
        self.popen.stdin.flush()

    def answer(self, timeout_s: float) -> dict[str, Any]:
        """What it says at its end; TimeoutError when it does not."""
        told: dict[str, Any] = json.loads(self._line(timeout_s))
        return told

    def _line(self, timeout_s: float) -> str:
        assert self.popen.stdout is not None
        if not select.select([self.popen.stdout], [], [], timeout_s)[0]:
            raise TimeoutError(f"{self.popen.args!r} said nothing for {timeout_s:g} s")
        return self.popen.stdout.readline().decode().strip()
