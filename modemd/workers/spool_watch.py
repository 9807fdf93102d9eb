"""inotify on ``outgoing/`` and the accounts' folders: names that are ready, names that still settle."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from typing import TYPE_CHECKING, Final

from inotify_simple import INotify, flags

from modemd.workers.spool_dirs import join
from modemd.workers.spool_scan import is_ignored

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

_WANTED: Final = flags.CLOSE_WRITE | flags.MOVED_TO | flags.CREATE | flags.ONLYDIR | flags.EXCL_UNLINK
_Place = tuple[bytes, bytes]
"""(account or empty, file name)"""


class Watch:
    """Reports ``(account, name)`` as soon as the kernel tells of it."""

    def __init__(self, outgoing: bytes, on_ring: Callable[[], None]) -> None:
        self.moved: dict[_Place, None] = {}
        """Renamed in: whole, to be taken at once."""
        self.written: dict[_Place, None] = {}
        """Written in place and closed: to be taken when they have stopped growing."""
        self.open: dict[_Place, float] = {}
        """Created and not closed yet, with when: their writers are not done."""
        self.overflowed = True
        """Something may have been missed: scan."""
        self.folders: set[bytes] = set()
        """New folders, which may be an account's."""
        self._outgoing = outgoing
        self._on_ring = on_ring
        self._accounts: dict[int, bytes] = {}
        self._inotify = INotify(nonblocking=True)
        asyncio.get_running_loop().add_reader(self._inotify.fileno(), self._read)

    def add(self, account: bytes) -> None:
        """Watch ``outgoing/`` (account ``b""``) or an account's folder in it.

        Raises:
            OSError: it is no directory, or cannot be read.
        """
        path = join(self._outgoing, account) if account else self._outgoing
        self._accounts[self._inotify.add_watch(os.fsdecode(path), _WANTED)] = account

    def close(self) -> None:
        """Stop watching."""
        asyncio.get_running_loop().remove_reader(self._inotify.fileno())
        self._inotify.close()

    def _read(self) -> None:
        for watch, mask, _cookie, name in self._inotify.read(timeout=0):
            if mask & (flags.Q_OVERFLOW | flags.IGNORED):
                self.overflowed = True
            elif watch in self._accounts:
                self._sort(self._accounts[watch], os.fsencode(name), mask)
        self._on_ring()

    def _sort(self, account: bytes, name: bytes, mask: int) -> None:
        if mask & flags.ISDIR:
            if not account:
                self.folders.add(name)
        elif is_ignored(name):
            return
        elif mask & flags.MOVED_TO:
            self.moved[account, name] = None
        elif mask & flags.CREATE:
            self.open[account, name] = time.monotonic()
        elif mask & flags.CLOSE_WRITE:
            self.open.pop((account, name), None)
            self.written[account, name] = None

    def forget_open(self, after_s: float) -> None:
        """Forget files that were created longer than this ago."""
        before = time.monotonic() - after_s
        self.open = {place: at for place, at in self.open.items() if at > before}
