"""The other end of a simulation's control socket, for programs that do not run in its loop."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType


class SimulatorClient:
    """Asks one thing at a time and waits for the answer; OSError when nobody is there."""

    def __init__(self, path: Path | str, timeout_s: float = 60.0) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout_s)
        try:
            self._socket.connect(str(path))
        except OSError:
            self._socket.close()
            raise
        self._lines = self._socket.makefile("rb")

    def ask(self, do: str, **what: object) -> dict[str, Any]:
        """The answer to one request (see :mod:`modemd.simulator.control`).

        Raises:
            RuntimeError: the simulation says that it makes no sense, or that it did not happen in time.
            EOFError: the simulation has ended.
        """
        self._socket.sendall(json.dumps({"do": do, **what}).encode() + b"\n")
        line = self._lines.readline()
        if not line:
            raise EOFError("the simulation has ended")
        answer: dict[str, Any] = json.loads(line)
        if not answer["ok"]:
            raise RuntimeError(answer["error"])
        return answer

    def close(self) -> None:
        """Hang up."""
        self._lines.close()
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
