"""The spool's workers on a real store, without a daemon: each turn is taken when a test says so."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from modemd.formats.spoolfile import read
from modemd.service import dispatch, intake, routing
from modemd.service.outcomes import Seat, Taken
from modemd.store.writer import Store
from modemd.workers.floor import Floor
from modemd.workers.spool_batch import Dropped, Entered, enter, key_of
from modemd.workers.spool_dirs import SpoolDirs
from tests.service.office import START, rules_of
from tests.store.files import fresh

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from modemd.store.transaction import Tx


@dataclass
class Hall:
    """A floor with a spool on it."""

    floor: Floor
    dirs: SpoolDirs
    spool: Path

    def drop(self, name: str, contents: str) -> Dropped:
        """A file is in ``outgoing/``, and has been read."""
        path = self.spool / "outgoing" / name
        path.write_text(contents)
        parsed = read(name, contents.encode(), ("smstools3", "json"))
        prepared = tuple(intake.prepare(each, self.floor.rules, START) for each in parsed.requests)
        raw = os.fsencode(path)
        return Dropped(raw, name.encode(), parsed.format, prepared, key_of(raw, path.stat()))

    async def accept(self, dropped: Dropped) -> Entered:
        """Its messages are committed; the file is where it was."""
        [entered] = await self.floor.store.run(
            lambda tx: enter(tx, self.dirs, [dropped], self.floor.rules, START)
        )
        return entered

    async def send(self) -> None:
        """A modem sends the first part."""
        await self.floor.store.run(self._send)

    def _send(self, tx: Tx) -> None:
        seat = Seat(routing.sync(tx, self.floor.rules)["gsm1"], "gsm1", "a sim")
        claimed = dispatch.next_part(tx, self.floor.rules, seat, START)
        assert claimed is not None
        dispatch.record(tx, self.floor.rules, seat, claimed, Taken(1), START)

    def names(self, directory: str) -> list[str]:
        return sorted(each.name for each in (self.spool / directory).iterdir())


@asynccontextmanager
async def hall(folder: Path) -> AsyncIterator[Hall]:
    """A store, rules of two modems, and a spool."""
    spool = folder / "spool"
    database = fresh(folder)
    async with Store(database) as store:
        yield Hall(Floor(store, rules_of()), SpoolDirs.make(str(spool)), spool)
