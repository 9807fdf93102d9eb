"""Looks after the gateway itself: the room on its disks, and how long its broker has been away."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final

from modemd.service import gateway_alarms
from modemd.workers.supervisor import Worker

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from modemd.workers.floor import Floor

_LOOK_S: Final = 60.0


class SelfWatch(Worker):
    """Looks once a minute; ``folders`` are those that are written to."""

    name = "self watch"
    patience_s = _LOOK_S + 60

    def __init__(self, floor: Floor, folders: Iterable[Path]) -> None:
        super().__init__()
        self._floor = floor
        self._folders = tuple(folders)

    async def step(self) -> None:
        """Look, then wait."""
        await self.look()
        await self.pause(_LOOK_S)

    async def look(self) -> None:
        """Look at the disks and at what is known of the broker.

        Raises:
            StoreError: what is wrong could not be written down.
        """
        free = {str(folder): room for folder in self._folders if (room := _free(folder)) is not None}
        rules, now = self._floor.rules, self._floor.now()
        if await self._floor.store.run(lambda tx: gateway_alarms.check(tx, rules, free, now)):
            self._floor.ring_alarms()


def _free(folder: Path) -> int | None:
    """How many octets are left there; ``None`` where that cannot be told."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None
