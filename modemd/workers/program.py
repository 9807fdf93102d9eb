"""Running a program of the operator's: without a shell, with a limit, and with an environment of its own."""

from __future__ import annotations

import asyncio
import logging
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

log = logging.getLogger(__name__)

_TOLD: Final = 500
_PASSED_ON: Final = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "USER", "LOGNAME")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended: its exit status, and the end of what it printed as one line.

    ``exit_code`` is ``None`` where it could not be run, or took too long; ``said`` then says which.
    """

    exit_code: int | None
    said: str

    @property
    def well(self) -> bool:
        """Whether it ended by itself and found nothing wrong."""
        return self.exit_code == 0


async def run_program(
    program: Sequence[str],
    arguments: Sequence[str | bytes],
    *,
    limit_s: float,
    extra: Mapping[str, str] | None = None,
    purpose: str = "hook",
) -> Ended:
    """Run it to its end, or kill it after ``limit_s`` seconds; what is wrong, or printed, is logged.

    Args:
        program: the program's path and its own first arguments.
        arguments: what is added to them. No shell reads any of it.
        limit_s: how long it may take, in seconds.
        extra: what stands in its environment besides the few variables that are passed on.
        purpose: what the log calls it.

    It is killed, and the cancellation goes on, where the task is cancelled meanwhile.
    """
    called = f"{purpose} {program[0]}"
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ} | dict(extra or {})
    try:
        process = await asyncio.create_subprocess_exec(
            *program, *arguments, env=environment, stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        log.error("%s cannot be run: %s", called, error)  # noqa: TRY400 - it says all
        return Ended(None, f"it cannot be run: {error}")
    return await _await_end(process, f"{called} {_shown(arguments)}".rstrip(), limit_s)


async def _await_end(process: asyncio.subprocess.Process, called: str, limit_s: float) -> Ended:
    try:
        said, _ = await asyncio.wait_for(process.communicate(), limit_s)
    except asyncio.CancelledError:
        process.kill()
        raise
    except TimeoutError:
        process.kill()
        await process.wait()
        log.error("%s took longer than %.0f s", called, limit_s)  # noqa: TRY400
        return Ended(None, f"it took longer than {limit_s:.0f} s")
    if process.returncode or said:
        level = logging.WARNING if process.returncode else logging.INFO
        log.log(level, "%s: exit %s: %s", called, process.returncode, one_line(said))
    return Ended(process.returncode, one_line(said))


def _shown(arguments: Sequence[str | bytes]) -> str:
    """The first argument: it is a word of ours, which says what the call was about."""
    first = arguments[0] if arguments else ""
    return first if isinstance(first, str) else ""


def one_line(said: bytes) -> str:
    """The end of what a program printed, as one line that no terminal takes for a command."""
    words = " ".join(said[-_TOLD:].decode(errors="replace").split())
    return "".join(sign if sign.isprintable() else "?" for sign in words) or "it printed nothing"
