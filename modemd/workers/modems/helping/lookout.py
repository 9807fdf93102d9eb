"""Notices a modem whose task is busy with one thing for long, so that others have its messages meanwhile."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from modemd.formats.modem_states import meaning_of
from modemd.modem.timing import Timing
from modemd.workers.modems.worker import ModemWorker
from modemd.workers.supervisor import Worker

if TYPE_CHECKING:
    from modemd.workers.supervisor import Supervisor

_LOOKS: Final = 5


class Lookout(Worker):
    """Looks at all modems' tasks a few times in the time that a task may be busy with one thing.

    What a modem has in hand it keeps: nobody can say whether the network took it. What waits for this modem
    alone goes by others, and what it has claimed and not begun goes back.
    """

    name = "lookout"

    def __init__(self, supervisor: Supervisor, timing: Timing | None = None) -> None:
        super().__init__()
        self._supervisor = supervisor
        self._longest_s = (timing or Timing()).hanging_s

    async def step(self) -> None:
        """Look once, then wait."""
        await self.pause(self._longest_s / _LOOKS)
        now = time.monotonic()
        for worker in self._supervisor.workers:
            if not isinstance(worker, ModemWorker) or worker.calling:
                continue
            if now - worker.busy_since > self._longest_s and meaning_of(worker.state).sends:
                await worker.hangs(now - worker.busy_since)
