"""Keeps workers turning: a turn that fails is logged and tried again; a heart that stops shows."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Final

from modemd.errors import StoreError
from modemd.workers.bell import Bell

if TYPE_CHECKING:
    from collections.abc import Iterator

log = logging.getLogger(__name__)

_BACK_OFF_S: Final = (0.1, 1.0, 5.0, 15.0, 30.0)
_STORE_BACK_OFF_S: Final = 2.0
_GRACE_S: Final = 2.0
"""A turn that takes longer than this to end when it was asked to is broken off, unless it must not be."""
_LOOK_S: Final = 0.25


class Worker(ABC):
    """Something with a turn. A heart counts as stopped when a turn takes longer than ``patience_s``."""

    name: str = "worker"
    patience_s: float = 60.0

    def __init__(self) -> None:
        self.beat_at = time.monotonic()
        self.stopping = False
        self._pause = Bell()
        self._firm = 0

    @abstractmethod
    async def step(self) -> None:
        """Do one turn. It returns within ``patience_s``, waiting for work included."""

    async def finish(self) -> None:  # noqa: B027 - most have nothing to put away
        """Put away what the turns held, after the last one."""

    def stop(self) -> None:
        """Ask for the turn in hand to be the last."""
        self.stopping = True
        self._pause.ring()

    async def pause(self, seconds: float) -> None:
        """Let so much time pass, or less where the worker is asked to stop."""
        await self._pause.wait(seconds)

    def wake(self) -> None:
        """End a pause: what it waits for may be there."""
        self._pause.ring()

    @contextlib.contextmanager
    def unbroken(self) -> Iterator[None]:
        """What is done within is seen through, however long stopping takes."""
        self._firm += 1
        try:
            yield
        finally:
            self._firm -= 1

    @property
    def firm(self) -> bool:
        """Whether the turn must not be broken off now."""
        return self._firm > 0

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
                failures = await self._turn_once(failures)
            except asyncio.CancelledError:
                if not self._wanted_to_stop():
                    raise
                log.info("%s: its turn is broken off", self.name)
        with self.unbroken():
            try:
                await self.finish()
            except StoreError as error:
                log.error("%s: %s", self.name, error)  # noqa: TRY400 - what was not written is found at a start
            except Exception:
                log.exception("%s: it could not put everything away", self.name)  # nor may it stop the others

    def _wanted_to_stop(self) -> bool:
        return self.stopping

    async def _turn_once(self, failures: int) -> int:
        try:
            await self.step()
        except StoreError as error:
            log.error("%s: %s", self.name, error)  # noqa: TRY400 - a full disk needs no traceback
            await self._pause.wait(_STORE_BACK_OFF_S)
        except OSError as error:
            log.error("%s: %s; it tries again", self.name, error)  # noqa: TRY400 - it says all
            return await self._after_failure(failures)
        except Exception:
            log.exception("%s: a turn failed; it goes on", self.name)
            return await self._after_failure(failures)
        return 0

    async def _after_failure(self, failures: int) -> int:
        await self._pause.wait(_BACK_OFF_S[min(failures, len(_BACK_OFF_S) - 1)])
        return failures + 1


class Supervisor:
    """Runs workers as tasks, and lets them come and go."""

    def __init__(self, group: asyncio.TaskGroup) -> None:
        self._group = group
        self._tasks: dict[Worker, asyncio.Task[None]] = {}

    def start(self, worker: Worker) -> None:
        """Begin its turns."""
        self._tasks[worker] = self._group.create_task(worker.run(), name=worker.name)

    async def stop(self, *workers: Worker) -> None:
        """Let workers finish the turn in hand, and wait for that; what may be broken off waits for nobody."""
        for worker in workers:
            worker.stop()
        tasks = {task: worker for worker in workers if (task := self._tasks.pop(worker, None)) is not None}
        waiting = await _some(set(tasks), _GRACE_S)
        while waiting:
            for task in waiting:
                if not tasks[task].firm and not task.cancelling():
                    task.cancel()
            waiting = await _some(waiting, _LOOK_S)

    @property
    def workers(self) -> list[Worker]:
        """Those that are turning."""
        return list(self._tasks)

    def silent(self) -> list[str]:
        """Return the names of workers whose heart has stopped."""
        return [worker.name for worker, task in self._tasks.items() if task.done() or not worker.alive]


async def _some(tasks: set[asyncio.Task[None]], wait_s: float) -> set[asyncio.Task[None]]:
    """Wait for tasks to end; return those that have not."""
    return (await asyncio.wait(tasks, timeout=wait_s))[1] if tasks else tasks
