"""Calling the user's program as smstools3's ``eventhandler`` is called: EVENT FILE [ID], without a shell."""

from __future__ import annotations

import asyncio
import json
import os
from typing import TYPE_CHECKING, Final

from modemd.store import outbox
from modemd.workers.program import run_program
from modemd.workers.supervisor import Worker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modemd.store.outbox import Untold
    from modemd.workers.floor import Floor

CONSUMER: Final = "hook"
_AT_ONCE: Final = 4
_LIMIT_S: Final = 120.0


class Hooks(Worker):
    """Runs the program for each event, a few at a time; an event is done when its program has ended."""

    name = "hooks"
    patience_s = _LIMIT_S + 60

    def __init__(self, floor: Floor, program: Sequence[str]) -> None:
        super().__init__()
        self._floor = floor
        self._program = tuple(program)

    def stop(self) -> None:
        """Ask for the turn in hand to be the last."""
        super().stop()
        self._floor.hooks.ring()

    async def step(self) -> None:
        """Run what is due, oldest first; wait where there is nothing."""
        due = await self._floor.store.run(lambda tx: outbox.untold(tx, CONSUMER, 0, _AT_ONCE))
        if not due:
            await self._floor.hooks.wait(30.0)
            return
        await asyncio.gather(*(self._call(each) for each in due))
        await self._floor.store.run(lambda tx: outbox.told(tx, [each.id for each in due]))

    async def _call(self, event: Untold) -> None:
        body = json.loads(event.body or "{}")
        arguments = [event.event, os.fsencode(body["file"]), *([body["id"]] if body.get("id") else [])]
        # Where the gateway stops meanwhile it is called again at the next start.
        await run_program(self._program, arguments, limit_s=_LIMIT_S)
