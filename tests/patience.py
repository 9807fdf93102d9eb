"""A loop for tests whose clock stands while the machine is busy with something else.

Tests have deadlines of a few hundredths of a second, so that silence need not be long. Where both ends of a
line are in one loop, neither can answer while others have the processor; that must not pass for silence.
"""

from __future__ import annotations

import asyncio
import selectors
import sys
import time
from typing import Final

_STOP_S: Final = 0.005
"""What takes longer is counted as this: a turn of the loop, or waiting that something ended."""


class _Selector(selectors.DefaultSelector):
    """What waits for the loop, and counts the time: all of it only where nothing came."""

    def __init__(self) -> None:
        super().__init__()
        self._seen = self._counted = time.monotonic()

    def now(self) -> float:
        """The time of the loop, in seconds."""
        return self._count(_STOP_S)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self._count(_STOP_S)
        found = super().select(timeout)
        self._count(_STOP_S if found or timeout is None else max(timeout, 0.0))
        return found

    def _count(self, most_s: float) -> float:
        seen = time.monotonic()
        self._counted += min(seen - self._seen, most_s)
        self._seen = seen
        return self._counted


class PatientLoop(asyncio.SelectorEventLoop):
    """asyncio's own loop with that clock."""

    def __init__(self) -> None:
        self._watch = _Selector()
        super().__init__(self._watch)

    def time(self) -> float:
        """The time of this loop: never ahead of ``time.monotonic``."""
        return self._watch.now()


if sys.version_info < (3, 14):

    class _Policy(asyncio.DefaultEventLoopPolicy):
        def new_event_loop(self) -> asyncio.AbstractEventLoop:
            return PatientLoop()

    def be_patient() -> None:
        """Let ``asyncio.run`` take this loop from now on."""
        asyncio.set_event_loop_policy(_Policy())

else:

    def be_patient() -> None:
        """Nothing: from this version on asyncio asks each caller for a loop."""
