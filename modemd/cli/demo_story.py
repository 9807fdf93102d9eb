"""What the demo shows: a message goes out, arrives, comes back delivered, and is answered."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import click

from modemd.cli.presence import open_store, utc_now
from modemd.errors import ModemdError
from modemd.service import overview

if TYPE_CHECKING:
    from modemd.config import Config
    from modemd.simulator import Simulation

T = TypeVar("T")

_LOOK_S: Final = 0.02
_TEXT: Final = "Hello from modemd"
_ANSWER: Final = "Hello back, it works"


class DidNotHappen(ModemdError):
    """A step of the story did not come in time; the sentence says which."""


class Story:
    """Told step by step; each waits for what the gateway does by itself. ``limit_s`` is for all of it."""

    def __init__(self, config: Config, numbers: Mapping[str, str], limit_s: float) -> None:
        self._config = config
        self._spool = Path(config.spool.dir)
        self._numbers = numbers
        self._began = time.monotonic()
        self._limit_s = limit_s

    async def tell(self, simulation: Simulation, ready: asyncio.Event) -> None:
        """Tell it; ``ready`` is set once the gateway has made its store and spool.

        Raises:
            DidNotHappen: a step did not come in time.
        """
        sender, recipient = self._numbers
        modems = " and ".join(f"{name} ({msisdn})" for name, msisdn in self._numbers.items())
        click.echo(f"A gateway with two simulated modems, {modems},\nand its spool in {self._spool}\n")
        await self._until(ready.is_set, "the gateway did not start")
        await self._until(self._modems_ready, "the modems did not become ready")
        self._say("ready", f"{sender} and {recipient} are registered in their network")
        self._drop(sender, self._numbers[recipient])
        await self._until(self._file("sent", "hello"), "the message was not sent")
        self._say("sent", f"{sender} has sent it", "sent/hello")
        arrived = await self._until(self._file("incoming", f"{recipient}."), "it did not arrive")
        self._say("received", f"{recipient} got {_said(arrived)}", f"incoming/{arrived.name}")
        report = await self._until(self._file("report", ""), "no status report came")
        said = _line(report, "Status: ").partition(",")[2]
        self._say("delivered", f'the network says "{said}"', f"report/{report.name}")
        await simulation.incoming(_ANSWER, originator=self._numbers[recipient], modem=sender)
        answer = await self._until(self._file("incoming", f"{sender}."), "the answer did not come in")
        self._say("answered", f"{_said(answer)} came in", f"incoming/{answer.name}")

    def _modems_ready(self) -> bool:
        """As everybody learns it: from the store."""
        with open_store(self._config.store.url) as store:
            modems = store.read(lambda tx: overview.overview(tx, utc_now())).modems
        return len(modems) == len(self._numbers) and all(modem.state == "ready" for modem in modems)

    def _drop(self, by: str, to: str) -> None:
        """As any program does it: written elsewhere on the file system, then renamed in."""
        draft = self._spool / "hello"
        draft.write_text(f"To: {to}\nQueue: {by}\nReport: yes\n\n{_TEXT}\n", "utf-8")
        draft.rename(self._spool / "outgoing" / "hello")
        self._say("dropped", f'a file: to {to}, "{_TEXT}"', "outgoing/hello")

    def _file(self, directory: str, beginning: str) -> Callable[[], Path | None]:
        def find() -> Path | None:
            found = sorted((self._spool / directory).glob(f"{beginning}*"))
            return found[0] if found else None

        return find

    async def _until(self, find: Callable[[], T | None], otherwise: str) -> T:
        while not (found := find()):
            if time.monotonic() - self._began > self._limit_s:
                raise DidNotHappen(f"This should have happened within {self._limit_s:g} s: {otherwise}.")
            await asyncio.sleep(_LOOK_S)
        return found

    def _say(self, step: str, sentence: str, file: str = "") -> None:
        took_s = time.monotonic() - self._began
        click.echo(
            f"{took_s:5.1f} s  {click.style(step.ljust(9), bold=True)}  {sentence:<55}  {file}".rstrip()
        )


def _said(file: Path) -> str:
    """The text of a received message, below its header."""
    text = file.read_text("utf-8").partition("\n\n")[2].strip()
    return f'"{text}"'


def _line(file: Path, header: str) -> str:
    lines = file.read_text("utf-8").splitlines()
    return next((line.removeprefix(header) for line in lines if line.startswith(header)), "")
