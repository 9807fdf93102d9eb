"""Bells and turns: a ring is not missed, a failed turn is tried again, a heart that stops shows."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from modemd.errors import StoreError
from modemd.workers.bell import Bell
from modemd.workers.supervisor import Supervisor, Worker

if TYPE_CHECKING:
    from collections.abc import Callable


# -- bells -----------------------------------------------------------------------------------------------
def test_a_ring_wakes_who_waits() -> None:
    async def story() -> None:
        bell = Bell()
        waiting = asyncio.ensure_future(bell.wait(60))
        await asyncio.sleep(0)
        assert not waiting.done()
        bell.ring()
        assert await asyncio.wait_for(waiting, 5)

    asyncio.run(story())


def test_a_ring_before_the_wait_is_kept_and_many_are_one() -> None:
    async def story() -> None:
        bell = Bell()
        for _ in range(3):
            bell.ring()
        assert await bell.wait(60)
        assert not await bell.wait(0)

    asyncio.run(story())


def test_without_a_ring_the_time_ends_the_wait() -> None:
    async def story() -> None:
        bell = Bell()
        assert not await bell.wait(0.01)
        assert not await bell.wait(-5)
        bell.ring()
        assert await bell.wait(0)

    asyncio.run(story())


def test_a_wait_that_is_broken_off_leaves_the_bell_in_order() -> None:
    async def story() -> None:
        bell = Bell()
        waiting = asyncio.ensure_future(bell.wait(60))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        bell.ring()
        assert await bell.wait(60)

    asyncio.run(story())


# -- turns ------------------------------------------------------------------------------------------------
class Turner(Worker):
    """Takes the turns that a test wrote down, then rests."""

    name = "turner"

    def __init__(self, *turns: Callable[[], None]) -> None:
        super().__init__()
        self.turns = list(turns)
        self.taken = 0
        self.put_away = False
        self.resting = asyncio.Event()

    async def step(self) -> None:
        self.taken += 1
        if self.turns:
            self.turns.pop(0)()
            return
        self.resting.set()
        await self._pause.wait(60)

    async def finish(self) -> None:
        self.put_away = True


def fail() -> None:
    raise ZeroDivisionError


def full() -> None:
    raise StoreError("no room")


def turn(worker: Worker, then: Callable[[Supervisor], None] = lambda _supervisor: None) -> None:
    """Until the worker rests, and to its end."""

    async def story() -> None:
        async with asyncio.TaskGroup() as group:
            supervisor = Supervisor(group)
            supervisor.start(worker)
            assert isinstance(worker, Turner)
            await asyncio.wait_for(worker.resting.wait(), 10)
            then(supervisor)
            await asyncio.wait_for(supervisor.stop(worker), 10)
            assert supervisor.workers == []

    asyncio.run(story())


def test_a_failing_turn_is_logged_and_the_next_is_taken(caplog: pytest.LogCaptureFixture) -> None:
    worker = Turner(fail, lambda: None)
    turn(worker)
    assert worker.taken == 3
    assert worker.put_away
    assert "turner: a turn failed; it goes on" in caplog.text
    assert "ZeroDivisionError" in caplog.text


def test_a_full_disk_is_said_in_a_line(caplog: pytest.LogCaptureFixture) -> None:
    worker = Turner(full)
    turn(worker)
    assert worker.taken == 2
    assert "turner: no room" in caplog.text
    assert "Traceback" not in caplog.text


def test_a_worker_that_turns_is_alive_and_a_silent_heart_shows() -> None:
    worker = Turner()

    def look(supervisor: Supervisor) -> None:
        assert supervisor.workers == [worker]
        assert supervisor.silent() == []
        worker.beat_at -= worker.patience_s + 1
        assert supervisor.silent() == ["turner"]

    turn(worker, look)


class Deaf(Worker):
    """Hears no bell; what it does may be broken off, or must be seen through."""

    name = "deaf"

    def __init__(self, *, firm: bool) -> None:
        super().__init__()
        self.until = asyncio.Event()
        self.begun = asyncio.Event()
        self.seen_through = False
        self._is_firm = firm

    async def step(self) -> None:
        self.begun.set()
        if not self._is_firm:
            await self.until.wait()
            return
        with self.unbroken():
            await self.until.wait()
            self.seen_through = True


@pytest.mark.parametrize("firm", [True, False])
def test_what_must_be_seen_through_is_and_the_rest_is_broken_off(firm: bool) -> None:
    async def story() -> None:
        worker = Deaf(firm=firm)
        async with asyncio.TaskGroup() as group:
            supervisor = Supervisor(group)
            supervisor.start(worker)
            await worker.begun.wait()
            stopping = asyncio.ensure_future(supervisor.stop(worker))
            if firm:
                asyncio.get_running_loop().call_later(2.5, worker.until.set)  # later than it would be given
            await asyncio.wait_for(stopping, 10)
        assert worker.seen_through == firm

    asyncio.run(story())


class Clumsy(Turner):
    """Cannot put its things away."""

    async def finish(self) -> None:
        fail()


def test_who_cannot_put_his_things_away_does_not_stop_the_others(caplog: pytest.LogCaptureFixture) -> None:
    turn(Clumsy())
    assert "could not put everything away" in caplog.text
