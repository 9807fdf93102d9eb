"""A wake-up: a hint that there may be work. It may be rung for nothing, and rings before a wait are kept."""

from __future__ import annotations

import asyncio


class Bell:
    """Rung by anyone in the loop, awaited by one worker."""

    __slots__ = ("_rung", "_waiter")

    def __init__(self) -> None:
        self._rung = False
        self._waiter: asyncio.Future[None] | None = None

    def ring(self) -> None:
        """Wake the worker, now or at its next wait."""
        self._rung = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def wait(self, timeout_s: float) -> bool:
        """Wait for a ring, at most ``timeout_s``; tell whether it was rung."""
        if not self._rung:
            loop = asyncio.get_running_loop()
            self._waiter = loop.create_future()
            timer = loop.call_later(max(timeout_s, 0), self._over, self._waiter)
            try:
                await self._waiter
            finally:
                timer.cancel()
                self._waiter = None
        rung, self._rung = self._rung, False
        return rung

    @staticmethod
    def _over(waiter: asyncio.Future[None]) -> None:
        if not waiter.done():
            waiter.set_result(None)
