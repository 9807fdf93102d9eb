"""Calling the user's program as smstools3's ``eventhandler`` is called: EVENT FILE [ID], without a shell."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from typing import TYPE_CHECKING, Final

from modemd.store import outbox
from modemd.workers.supervisor import Worker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modemd.store.outbox import Untold
    from modemd.workers.floor import Floor

log = logging.getLogger(__name__)

CONSUMER: Final = "hook"
_AT_ONCE: Final = 4
_LIMIT_S: Final = 120.0
_TOLD: Final = 500
_PASSED_ON: Final = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "USER", "LOGNAME")


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
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        try:
            process = await asyncio.create_subprocess_exec(
                *self._program, *arguments, env=environment, stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            log.error("hook %s cannot be run: %s", self._program[0], error)  # noqa: TRY400
            return
        await self._await_end(process, event.event)

    async def _await_end(self, process: asyncio.subprocess.Process, event: str) -> None:
        try:
            said, _ = await asyncio.wait_for(process.communicate(), _LIMIT_S)
        except asyncio.CancelledError:
            process.kill()  # the gateway stops; it is called again at the next start
            raise
        except TimeoutError:
            process.kill()
            await process.wait()
            log.error("hook %s %s took longer than %.0f s", self._program[0], event, _LIMIT_S)  # noqa: TRY400
            return
        if process.returncode or said:
            level = logging.WARNING if process.returncode else logging.INFO
            log.log(
                level, "hook %s %s: exit %s: %s", self._program[0], event, process.returncode, one_line(said)
            )


def one_line(said: bytes) -> str:
    """The end of what a program printed, as one line that no terminal takes for a command."""
    words = " ".join(said[-_TOLD:].decode(errors="replace").split())
    return "".join(sign if sign.isprintable() else "?" for sign in words) or "it printed nothing"
