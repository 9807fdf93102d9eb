"""The spool's intake, turned by hand, and files laid before it."""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from modemd.config.sections import SpoolConfig
from modemd.store.database import Database
from modemd.workers.spool_intake import SpoolIntake
from tests.service.office import TO
from tests.store.files import opened, rows, url_of
from tests.workers.spool_floor import Hall, hall

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine
    from pathlib import Path

HELLO = f"To: {TO}\n\nHello"


class Door:
    """The spool's intake, turned by hand."""

    def __init__(self, here: Hall, look: Database, **config: Any) -> None:
        self.hall = here
        self.spool = here.spool
        self.look = look
        given = {"dir": str(here.spool), "settle": "0s"} | config
        self.intake = SpoolIntake(here.floor, SpoolConfig.model_validate(given), here.dirs)

    def lay(self, name: str | bytes, contents: str | bytes = HELLO, *, age_s: float = 60) -> Path:
        """A file that was there before the intake looked."""
        path = self.spool / "outgoing" / os.fsdecode(name)
        path.write_bytes(contents if isinstance(contents, bytes) else contents.encode())
        now = path.stat().st_mtime
        os.utime(path, (now - age_s, now - age_s))
        return path

    def rename_in(self, name: str, contents: str = HELLO) -> None:
        """A file that is written elsewhere and renamed into place, as it should be."""
        draft = self.spool / name
        draft.write_text(contents)
        draft.rename(self.spool / "outgoing" / name)

    async def turn(self, done: Callable[[], bool]) -> None:
        """Turn after turn, until it is done."""
        for _ in range(30):
            if done():
                return
            await asyncio.wait_for(self.intake.step(), 10)
        raise AssertionError(
            {name: self.hall.names(name) for name in ("outgoing", "checked", "failed", "sent")}
        )

    async def looked(self) -> None:
        """The first look through the directory is over: from here on only the kernel tells."""
        self.intake.look()
        await asyncio.wait_for(self.intake.step(), 10)

    async def emptied(self) -> None:
        await self.turn(lambda: self.hall.names("outgoing") == [])

    def has(self, text: str) -> bool:
        return (TO, text) in self.messages()

    def messages(self) -> list[tuple[Any, ...]]:
        return rows(self.look, "SELECT destination, text FROM message ORDER BY id")


@asynccontextmanager
async def door(folder: Path, **config: Any) -> AsyncIterator[Door]:
    async with hall(folder) as here:
        made = Door(here, opened(Database(url_of(folder / "store.db"))), **config)
        try:
            yield made
        finally:
            await made.intake.finish()


def play(folder: Path, story: Callable[[Door], Coroutine[Any, Any, None]], **config: Any) -> None:
    async def main() -> None:
        async with door(folder, **config) as made:
            await story(made)

    asyncio.run(main())
