"""A clock that runs faster, for the gateway and its modems alike: an hour of pauses in minutes.

Both processes of a run call :func:`quicken` with the same moment, so that they agree on the time. Modems
are waited for, and sulk, as many seconds as ever; there are only more of them in a minute.
"""

from __future__ import annotations

import asyncio
import selectors
import time
from datetime import UTC, datetime, tzinfo
from types import SimpleNamespace
from typing import TYPE_CHECKING, Final

from modemd.simulator import network
from modemd.store import writer
from modemd.workers import floor

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

FACTOR: Final = 20.0
"""So many seconds pass in one. With more of them, two busy cores are too slow for a modem's deadlines."""

_monotonic = time.monotonic
_time = time.time


class _QuickSelector(selectors.DefaultSelector):
    """Waits as long as the loop's clock takes for it."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return super().select(timeout / FACTOR if timeout else timeout)


def moment(epoch: float, real: float) -> float:
    """What the quick clock shows (seconds of the epoch) when another shows ``real``."""
    return epoch + (real - epoch) * FACTOR


def quicken(epoch: float) -> None:
    """Let this process's time run faster since ``epoch`` (seconds of the epoch, by the real clock)."""
    began = _monotonic()
    writer.time = SimpleNamespace(monotonic=_monotonic, sleep=time.sleep)  # type: ignore[assignment, attr-defined]

    class Moment(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.fromtimestamp(moment(epoch, _time()), tz or UTC)

    time.monotonic = lambda: began + (_monotonic() - began) * FACTOR
    time.time = lambda: moment(epoch, _time())
    for each in (floor, network):
        each.datetime = Moment  # type: ignore[attr-defined]


def run(main: Callable[[], Coroutine[None, None, None]]) -> None:
    """Run ``main`` in a loop whose clock is this one's: uvloop has one of its own."""
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(_QuickSelector())) as runner:
        runner.run(main())
