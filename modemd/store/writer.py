"""The store's thread: it gathers the jobs that wait, runs each for itself, and commits once.

A job that fails is undone by itself: it has a savepoint, or those beside it may be run again. Whoever awaits
:meth:`Store.run` goes on after the commit, so what is acknowledged then is on disk. Jobs given to
:meth:`Store.later` (marks that something was told) ride on the next commit and cost none of their own.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from modemd.errors import StoreError
from modemd.store.durations import Durations

if TYPE_CHECKING:
    from modemd.store.database import Database
    from modemd.store.transaction import Tx

log = logging.getLogger(__name__)

T = TypeVar("T")
Job = Callable[["Tx"], Any]

BATCH: Final = 256
_LATER_S: Final = 0.5
_SLOW_COMMIT_S: Final = 0.005
_LINGER_S: Final = 0.001


class _Waiting:
    __slots__ = ("again", "error", "future", "job", "result")

    def __init__(self, job: Job, future: asyncio.Future[Any] | None, *, again: bool = False) -> None:
        self.job = job
        self.future = future
        self.again = again
        self.result: Any = None
        self.error: BaseException | None = None


def _settle(batch: list[_Waiting]) -> None:
    for waiting in batch:
        future = waiting.future
        if future is None or future.done():
            continue
        if waiting.error is not None:
            future.set_exception(waiting.error)
        else:
            future.set_result(waiting.result)


class Store:
    """Group commit for one event loop. Start it with ``async with``."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._engine = database.engine
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="store", daemon=True)
        self._later: deque[Job] = (
            deque()
        )  # appended to by the loop, emptied by the thread: each step is atomic
        self._later_timer: asyncio.TimerHandle | None = None
        self._commit_s = 0.0
        self.commits = Durations()
        """How long the commits took that wrote something."""
        self._last_batch = 0

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._thread.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._flush_later()
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    async def run(self, job: Callable[[Tx], T], *, again: bool = False) -> T:
        """Run ``job`` and return its result once it is committed.

        ``again``: it changes nothing but the store, so it may be run a second time, where another job of
        its batch has failed half done. It is spared its savepoint, which copies every page that is written.

        Raises:
            StoreError: nothing of it was written (disk full, database locked, ...).
            Exception: whatever the job raised; its own writes are undone, nobody else's.
        """
        future: asyncio.Future[T] = self._loop.create_future()
        self._queue.put(_Waiting(job, future, again=again))
        return await future

    def later(self, job: Job) -> None:
        """Run ``job`` with the next commit, or within half a second. It may be lost in a crash."""
        self._later.append(job)
        if self._later_timer is None:
            self._later_timer = self._loop.call_later(_LATER_S, self._flush_later)

    async def changes(self) -> int:
        """Return a number that differs after another process has committed."""
        return await self.run(lambda _tx: self._database.changes())

    def _flush_later(self) -> None:
        if self._later_timer is not None:
            self._later_timer.cancel()
            self._later_timer = None
        for waiting in self._take_later():
            self._queue.put(waiting)

    def _take_later(self) -> list[_Waiting]:
        later, taken = self._later, []
        while later:
            taken.append(_Waiting(later.popleft(), None))
        return taken

    def _work(self) -> None:
        while (first := self._queue.get()) is not None:
            if self._commit_s > _SLOW_COMMIT_S and self._last_batch > 1:
                time.sleep(
                    _LINGER_S
                )  # on a slow disk the modems would else fall into halves that commit in turn
            batch = [first]
            ended = self._gather(batch)
            self._transact(batch)
            self._last_batch = len(batch)
            self._loop.call_soon_threadsafe(_settle, batch)
            if ended:
                return

    def _gather(self, batch: list[_Waiting]) -> bool:
        while len(batch) < BATCH:
            try:
                waiting = self._queue.get_nowait()
            except Empty:
                return False
            if waiting is None:
                return True
            batch.append(waiting)
        return False

    def _transact(self, batch: list[_Waiting]) -> None:
        riders: list[_Waiting] = []
        try:
            self._commit(batch, riders)
        except self._engine.errors as error:
            self._give_up(batch + riders, self._engine.say(error))
        except StoreError as error:
            self._give_up(batch + riders, str(error))

    def _commit(self, batch: list[_Waiting], riders: list[_Waiting]) -> None:
        engine = self._engine
        tx = engine.begin()
        before = engine.writes()
        self._run_all(tx, batch)
        wrote = engine.writes() != before
        if wrote:  # a batch that only reads stays free of a disk's wait
            riders += self._take_later()
            for waiting in riders:
                self._in_savepoint(tx, waiting)
        began = time.monotonic()
        engine.commit()
        took_s = time.monotonic() - began
        self._commit_s += (took_s - self._commit_s) / 8
        if wrote:
            self.commits.note(took_s)

    def _give_up(self, tried: list[_Waiting], why: str) -> None:
        self._engine.rollback()
        for waiting in tried:
            waiting.error = StoreError(f"the store cannot be written: {why}")
        self._later.extend(waiting.job for waiting in tried if waiting.future is None)

    def _run_all(self, tx: Tx, batch: list[_Waiting]) -> None:
        light = [waiting for waiting in batch if waiting.again]
        if not self._in_one_go(tx, light):
            self._engine.rollback()
            tx = self._engine.begin()
            for waiting in light:
                waiting.error = None
                self._in_savepoint(tx, waiting)
        for waiting in batch:
            if not waiting.again:
                self._in_savepoint(tx, waiting)

    def _in_one_go(self, tx: Tx, light: list[_Waiting]) -> bool:
        """Run jobs without savepoints; tell whether nothing of one that failed is left in the transaction."""
        engine = self._engine
        for waiting in light:
            before = engine.writes()
            try:
                waiting.result = waiting.job(tx)
            except Exception as error:
                if engine.is_the_stores(error):
                    raise
                if engine.writes() != before:
                    return False
                waiting.error = error
        return True

    def _in_savepoint(self, tx: Tx, waiting: _Waiting) -> None:
        tx.text("SAVEPOINT job")
        try:
            waiting.result = waiting.job(tx)
        except Exception as error:
            if self._engine.is_the_stores(error):
                raise  # everybody's: the database may have rolled back everything already
            waiting.error = error  # handed to the caller, whose job it is
            if waiting.future is None:
                log.exception("a job that nobody waits for failed")
        if waiting.error is not None:
            tx.text("ROLLBACK TO job")
        tx.text("RELEASE job")
