"""``modemd simulate`` as a process of its own, for tests of programs that do not know of our loop."""

from __future__ import annotations

import json
import select
import signal
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from modemd.simulator.client import SimulatorClient
from tests.system import nursery

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

PATIENCE_S = 30.0
ROOT = Path(__file__).parents[2]


def eventually(reached: Callable[[], object], what: str, patience_s: float = PATIENCE_S) -> None:
    """Wait for something outside this process; AssertionError when it does not come."""
    never = threading.Event()
    deadline = time.monotonic() + patience_s
    while not reached():
        assert time.monotonic() < deadline, f"not in {patience_s} s: {what}"
        never.wait(0.02)


class SimulatorProcess:
    """Starts it, knows its ports (by name), asks its socket, and ends it."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.ports: dict[str, str] = {}
        self._arguments = ["simulate", "--json", "--dir", str(folder), *options]

    def __enter__(self) -> Self:
        self.process = nursery.bear(nursery.MODEMD, self._arguments)
        assert self.process.stdout is not None
        readable, _, _ = select.select([self.process.stdout], [], [], PATIENCE_S)
        assert readable, "it says nothing"
        said: dict[str, Any] = json.loads(self.process.stdout.readline())
        self.ports = {modem["name"]: modem["path"] for modem in said["modems"]}
        self._client = SimulatorClient(said["control"], PATIENCE_S)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(PATIENCE_S) == 0
        assert self.process.stdout is not None
        self.process.stdout.close()

    def ask(self, do: str, **what: object) -> dict[str, Any]:
        """One request to the simulation (see ``modemd.simulator.control``)."""
        return self._client.ask(do, **what)

    def taken(self, count: int) -> list[dict[str, Any]]:
        """What the network took, once there are so many."""
        self.ask("wait", accepted=count, timeout_s=PATIENCE_S)
        taken: list[dict[str, Any]] = self.ask("accepted")["accepted"]
        return taken
