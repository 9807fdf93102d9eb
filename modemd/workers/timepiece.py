"""Notices that the machine's clock was set, or that the machine slept."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from modemd.service.clock_set import Jump

if TYPE_CHECKING:
    from collections.abc import Callable

LEAST_S: Final = 10.0
"""Less is nothing: clocks are brought in step all the time."""
_AT_A_GLANCE_S: Final = 1.0
FAR_S: Final = 3600.0
STEADY_S: Final = 120.0
"""A clock that was set ahead by an hour or more may be set back: so long nothing is done that stays done."""


def _running_s() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Timepiece:
    """Holds the clock on the wall against two that nobody sets, of which one stands still in sleep."""

    def __init__(
        self,
        wall: Callable[[], float] = time.time,
        running: Callable[[], float] = _running_s,
        awake: Callable[[], float] = time.monotonic,
    ) -> None:
        """All in seconds: ``wall`` since 1970, ``running`` since the machine's start, ``awake`` since any."""
        self._wall, self._running, self._awake = wall, running, awake
        self._started_at = self._start_s()
        self._asleep = running() - awake()
        self._steady_at = 0.0

    def jump(self) -> Jump | None:
        """What befell the clock and was not followed yet; ``None``: nothing to speak of."""
        running = self._running()
        by_s, slept_s = self._set_s(), running - self._awake() - self._asleep
        if abs(by_s) < LEAST_S and slept_s < LEAST_S:
            return None
        return Jump(
            timedelta(seconds=by_s if abs(by_s) >= LEAST_S else 0.0),
            timedelta(seconds=slept_s if slept_s >= LEAST_S else 0.0),
            datetime.fromtimestamp(self._started_at, UTC),
            datetime.fromtimestamp(self._started_at + running, UTC),
        )

    def follow(self, jump: Jump) -> None:
        """All that went by the clock as it was goes by the new one from now on."""
        by_s = jump.by.total_seconds()
        self._started_at += by_s
        self._asleep += jump.slept.total_seconds()
        if abs(by_s) >= FAR_S:  # set back, nothing is due that was not before
            self._steady_at = self._running() + (STEADY_S if by_s > 0 else 0.0)

    @property
    def steady(self) -> bool:
        """Whether the clock may be believed where nothing can be undone: it was not just set far ahead."""
        return abs(self._set_s()) < FAR_S and self._running() >= self._steady_at

    def _set_s(self) -> float:
        return self._start_s() - self._started_at

    def _start_s(self) -> float:
        """The machine's start by the clock on the wall.

        A process that is stopped between two looks is not to take that for a clock that was set.
        """
        before = self._running()
        while True:
            wall, after = self._wall(), self._running()
            if after - before < _AT_A_GLANCE_S:
                return wall - after
            before = after
