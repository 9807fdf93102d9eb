"""Files that are no messages: put into ``failed/`` with the reason on top, or left alone with one warning."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from modemd.formats.spoolfile import rejected
from modemd.formats.veil import veiled
from modemd.workers.spool_dirs import join

if TYPE_CHECKING:
    from modemd.workers.floor import Floor
    from modemd.workers.spool_dirs import SpoolDirs

log = logging.getLogger(__name__)

_REMEMBERED: Final = 10_000


class Rejections:
    """Remembers what was warned of, so that it is said once."""

    def __init__(self, floor: Floor, dirs: SpoolDirs) -> None:
        self._floor = floor
        self._dirs = dirs
        self._warned: OrderedDict[bytes, None] = OrderedDict()

    def leave_alone(self, path: bytes, reason: str) -> None:
        """Say once that a file is not taken, and why."""
        if path in self._warned:
            return
        self._warned[path] = None
        if len(self._warned) > _REMEMBERED:
            self._warned.popitem(last=False)
        log.warning("%s is left alone: %s", veiled(ascii(os.fsdecode(path))), veiled(reason))

    async def to_failed(self, path: bytes, name: bytes, reason: str) -> bytes | None:
        """Write ``failed/NAME`` with the reason and the file's octets below; then remove the file.

        Returns:
            The new path, or ``None`` where the file had to be left alone.
        """
        log.warning("%s is refused: %s", veiled(ascii(os.fsdecode(name))), veiled(reason))
        head = rejected(b"", reason, self._floor.now(), zone=self._floor.zone, account=self._owner(path))
        target = join(self._dirs["failed"], self._dirs.free_name("failed", name, set()))
        try:
            await asyncio.to_thread(_prepend, path, target, head)
        except OSError as error:
            self.leave_alone(path, f"it cannot be put into failed/: {error}")
            return None
        return target

    def _owner(self, path: bytes) -> str | None:
        """The account in whose folder a file lies."""
        folder = os.path.dirname(path)  # noqa: PTH120 - names are bytes
        outside = folder == self._dirs["outgoing"]
        return None if outside else os.fsdecode(os.path.basename(folder))  # noqa: PTH119


def _prepend(source: bytes, target: bytes, head: bytes) -> None:
    """Copy in a thread: a refused file may be large. It appears in ``failed/`` by rename, whole."""
    draft = target + b".new" if len(os.path.basename(target)) < 240 else target[:-8] + b".new"  # noqa: PTH119
    folder, name = os.path.split(draft)
    draft = join(folder, b"." + name)
    descriptor = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        with open(descriptor, "rb") as old, open(draft, "wb") as new:  # noqa: PTH123 - names are bytes
            new.write(head)
            shutil.copyfileobj(old, new)
        os.rename(draft, target)  # noqa: PTH104
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(draft)  # noqa: PTH108
        raise
    os.unlink(source)  # noqa: PTH108
