"""Processes that have the program imported already: forks of one that waits, ready in a few milliseconds.

Importing it takes a second of a core, and these tests start it hundreds of times. What runs is a process
like any other: memory, files, signals and end are its own. Only its interpreter was not started anew; tests
of just that start the program by its command line (``Site.afresh``).

``python -m tests.system.nursery FD`` is the one that waits. For each request it forks a warden, which forks
the program, tells its pid and later how it ended, as a parent learns it.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

ROOT: Final = Path(__file__).resolve().parents[2]
MODEMD: Final = "modemd.cli.main"
_IMPORTED: Final = (
    "modemd.cli.run", "modemd.cli.simulate", "modemd.simulator.simulation", "modemd.workers.mqtt_crew",
    "modemd.workers.unhurried", "tests.system.hasty", "phonenumbers.data.region_BE", "uvloop",
)  # fmt: skip
_MOST: Final = 1 << 20
_NEVER_OPEN: Final = 4096


class Born:
    """A process that was forked; what ``subprocess.Popen`` has of it that tests ask for."""

    def __init__(self, line: socket.socket, stdout: int | None = None) -> None:
        self._line = line
        told = line.recv(16)
        assert told, "the nursery has gone"
        self.pid = int(told)
        self.returncode: int | None = None
        self.stdout = None if stdout is None else os.fdopen(stdout, "rb")

    def poll(self) -> int | None:
        """Its exit status, or ``None`` while it runs."""
        return self._end(0.0)

    def wait(self, timeout: float | None = None) -> int:
        """Its exit status, once it has ended.

        Raises:
            TimeoutExpired: it runs.
        """
        ended = self._end(timeout)
        if ended is None:
            raise subprocess.TimeoutExpired("modemd", timeout or 0.0)
        return ended

    def send_signal(self, which: signal.Signals) -> None:
        """Send it a signal; nothing where it has ended."""
        if self.poll() is None:
            os.kill(self.pid, which)

    def kill(self) -> None:
        """``kill -9``."""
        self.send_signal(signal.SIGKILL)

    def _end(self, timeout: float | None) -> int | None:
        if self.returncode is None:
            self._line.settimeout(timeout)
            try:
                told = self._line.recv(16)
            except (BlockingIOError, TimeoutError):
                return None
            self.returncode = int(told or -signal.SIGKILL)
            self._line.close()
        return self.returncode


def bear(
    module: str,
    arguments: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    stdout: int | None = None,
    stderr: int | None = None,
) -> Born:
    """Fork a process that calls a module's ``main`` with arguments; without ``stdout``: a pipe to it."""
    wanted = {"module": module, "arguments": list(arguments), "environment": dict(environment or os.environ)}
    ours, theirs = socket.socketpair()
    reading, writing = os.pipe() if stdout is None else (None, stdout)
    with theirs:
        files = [theirs.fileno(), writing, 2 if stderr is None else stderr]
        socket.send_fds(_nursery(), [json.dumps(wanted).encode()], files)
    if stdout is None:
        os.close(writing)
    return Born(ours, reading)


@cache
def _nursery() -> socket.socket:
    """The one that waits; it ends when this process does."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        command = [sys.executable, "-m", "tests.system.nursery", str(theirs.fileno())]
        waiting = subprocess.Popen(
            command, cwd=ROOT, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
    atexit.register(_dismiss, ours, waiting)
    return ours


def _dismiss(line: socket.socket, waiting: subprocess.Popen[bytes]) -> None:
    line.close()
    waiting.wait()


# --- the one that waits ------------------------------------------------------------------------------------


def _serve(line: socket.socket) -> Callable[[], object] | None:
    """Fork what is asked for; in the fork, return what it is to do. ``None``: nobody will ask any more."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the wardens
    while True:
        asked, files, _, _ = socket.recv_fds(line, _MOST, 3)
        if not asked:
            return None
        if os.fork() == 0:
            line.close()
            return _watch(json.loads(asked), *files)
        for each in files:
            os.close(each)


def _watch(asked: dict[str, object], told: int, stdout: int, stderr: int) -> Callable[[], object]:
    """The warden: fork the program, say who it is, and how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    pid = os.fork()
    if pid == 0:
        return _become(asked, stdout, stderr)
    for each in (0, 1, 2, stdout, stderr):  # nobody waits for the end of a pipe because of a warden
        if each != told:
            os.close(each)
    os.write(told, b"%d" % pid)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.write(told, b"%d" % code)
    os._exit(0)


def _become(asked: dict[str, object], stdout: int, stderr: int) -> Callable[[], object]:
    os.dup2(stdout, 1)
    os.dup2(stderr, 2)
    os.closerange(3, _NEVER_OPEN)
    environment, arguments = asked["environment"], asked["arguments"]
    assert isinstance(environment, dict)
    assert isinstance(arguments, list)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    random.seed()
    sys.argv = [str(asked["module"]), *arguments]
    main: Callable[[], object] = importlib.import_module(str(asked["module"])).main
    return main


def _prepare() -> None:
    """Import, and make each statement's text."""
    for name in _IMPORTED:
        importlib.import_module(name)
    from modemd.store.statement import Statement

    for each in gc.get_objects():
        if isinstance(each, Statement):
            each.ready("sqlite")


def main() -> None:
    """Wait for requests; a fork returns from here with what it has to do, and ends as any program."""
    _prepare()
    program = _serve(socket.socket(fileno=int(sys.argv[1])))
    if program is not None:
        program()


if __name__ == "__main__":
    main()
