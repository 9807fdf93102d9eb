"""The program's commands as processes of their own, ready in a few milliseconds (see ``nursery``)."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
from typing import TYPE_CHECKING, Final, Self

from tests.system import nursery

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

PATIENCE_S: Final = 60.0
_ROOM: Final = 1 << 20
"""Octets that a pipe takes before anybody reads: more than a command says."""


class Command:
    """One that runs beside the test, which reads what it says; ``with`` ends it."""

    def __init__(self, *arguments: object, environment: Mapping[str, str] | None = None) -> None:
        """``modemd`` with these arguments; ``environment``: this process's without."""
        out, into_out = _pipe()
        err, into_err = _pipe()
        self._born = nursery.bear(
            nursery.MODEMD, [*map(str, arguments)], environment=environment, stdout=into_out, stderr=into_err
        )
        for each in (into_out, into_err):
            os.close(each)
        self.stdout = os.fdopen(out, encoding="utf-8")
        self.stderr = os.fdopen(err, encoding="utf-8")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._born.kill()
        self._born.wait()
        self.stdout.close()
        self.stderr.close()

    def poll(self) -> int | None:
        """Its exit status, or ``None`` while it runs."""
        return self._born.poll()

    def wait(self, timeout: float = PATIENCE_S) -> int:
        """Its exit status, once it has ended.

        Raises:
            TimeoutExpired: it runs.
        """
        return self._born.wait(timeout)

    def send_signal(self, which: signal.Signals) -> None:
        """Send it a signal; nothing where it has ended."""
        self._born.send_signal(which)

    def ended(self, timeout: float = PATIENCE_S) -> subprocess.CompletedProcess[str]:
        """Wait for its end; its exit status and what nobody read of its output.

        Raises:
            TimeoutExpired: it runs.
        """
        code = self.wait(timeout)
        return subprocess.CompletedProcess("modemd", code, self.stdout.read(), self.stderr.read())


def run(
    *arguments: object, environment: Mapping[str, str] | None = None, timeout: float = PATIENCE_S
) -> subprocess.CompletedProcess[str]:
    """A command from its start to its end.

    Raises:
        TimeoutExpired: it runs so many seconds later.
    """
    with Command(*arguments, environment=environment) as command:
        return command.ended(timeout)


def _pipe() -> tuple[int, int]:
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, _ROOM)
    return reading, writing
