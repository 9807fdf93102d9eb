"""Keeps workers turning: a turn that fails is logged and tried again; a heart that stops shows."""

from __future__ import annotations

import asyncio
import logging
import time
from abc import ABC, abstractmethod
from typing import Final

from modemd.errors import StoreError
from modemd.workers.bell import Bell

log = logging.getLogger(__name__)

_BACK_OFF_S: Final = (0.1, 1.0, 5.0, 15.0, 30.0)
_STORE_BACK_OFF_S: Final = 2.0


class Worker(ABC):
    """Something with a turn. A heart counts as stopped when a turn takes longer than ``patience_s``."""

    name: str = "worker"
    patience_s: float = 60.0

    def __init__(self) -> None:
        self.beat_at = time.monotonic()
        self.stopping = False
        self._pause = Bell()

    @abstractmethod
    async def step(self) -> None:
        """Do one turn. It returns within ``patience_s``, waiting for work included."""

    async def finish(self) -> None:  # noqa: B027 - most have nothing to put away
        """Put away what the turns held, after the last one."""

    def stop(self) -> None:
        """Ask for the turn in hand to be the last."""
        self.stopping = True
        self._pause.ring()

    @property
    def alive(self) -> bool:
        """Whether its last turn began recently enough."""
        return time.monotonic() - self.beat_at < self.patience_s

    async def run(self) -> None:
        """Turn until stopped."""
        failures = 0
        while not self.stopping:
            self.beat_at = time.monotonic()
            try:
                await self.step()
                failures = 0
            except StoreError as error:
                log.error("%s: %s", self.name, error)  # noqa: TRY400 - a full disk needs no traceback
                await self._pause.wait(_STORE_BACK_OFF_S)
            except Exception:
                log.exception("%s: a turn failed; it goes on", self.name)
                await self._pause.wait(_BACK_OFF_S[min(failures, len(_BACK_OFF_S) - 1)])
                failures += 1
        await self.finish()


class Supervisor:
    """Runs workers as tasks, and lets them come and go."""

    def __init__(self, group: asyncio.TaskGroup) -> None:
        self._group = group
        self._tasks: dict[Worker, asyncio.Task[None]] = {}

    def start(self, worker: Worker) -> None:
        """Begin its turns."""
        self._tasks[worker] = self._group.create_task(worker.run(), name=worker.name)

    async def stop(self, *workers: Worker) -> None:
        """Let workers finish the turn in hand, and wait for that."""
        for worker in workers:
            worker.stop()
        for worker in workers:
            task = self._tasks.pop(worker, None)
            if task is not None:
                await asyncio.wait({task})

    @property
    def workers(self) -> list[Worker]:
        """Those that are turning."""
        return list(self._tasks)

    def silent(self) -> list[str]:
        """Return the names of workers whose heart has stopped."""
        return [worker.name for worker, task in self._tasks.items() if task.done() or not worker.alive]
