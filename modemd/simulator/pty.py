"""A serial port for a simulated modem: a pseudo-terminal behind a name that stays."""

from __future__ import annotations

import asyncio
import fcntl
import os
import termios
import tty
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_UNREAD: Final = 1 << 16
"""Octets kept for a reader that does not read; what comes after is lost, as on a serial line."""


class PtyPort:
    """The modem's end of the line; ``path`` is a link to the other end, there while it is plugged in.

    ``other_names`` are links of the same kind. The slave is kept open here, so that a reader's coming and
    going is no hang-up; unplugging closes both ends, and readers get EIO.
    """

    def __init__(self, path: Path, receive: Callable[[bytes], None]) -> None:
        self.path = path
        self.other_names: list[Path] = []
        self._receive = receive
        self._loop: asyncio.AbstractEventLoop | None = None
        self._master = self._slave = -1
        self._unwritten = bytearray()

    @property
    def plugged(self) -> bool:
        """Whether there is a port now."""
        return self._master >= 0

    def plug(self) -> None:
        """Make the port and let the name point to it; OSError when no pseudo-terminal can be had."""
        if self.plugged:
            return
        self._loop = asyncio.get_running_loop()
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self._loop.add_reader(self._master, self._readable)
        for path in (self.path, *self.other_names):
            fresh = path.with_name(f".{path.name}.{os.getpid()}")
            fresh.unlink(missing_ok=True)
            fresh.symlink_to(os.ttyname(self._slave))
            fresh.replace(path)

    def unplug(self) -> None:
        """The port is gone, and so is its name."""
        if not self.plugged or self._loop is None:
            return
        self._loop.remove_reader(self._master)
        self._loop.remove_writer(self._master)
        for path in (self.path, *self.other_names):
            path.unlink(missing_ok=True)
        os.close(self._slave)
        os.close(self._master)
        self._master = self._slave = -1
        self._unwritten.clear()

    def write(self, octets: bytes) -> None:
        """Hand over octets; never blocks, never raises."""
        if not self.plugged:
            return
        if self._unwritten:
            self._keep(octets)
            return
        written = self._try(octets)
        if written < len(octets) and self._loop is not None:
            self._keep(octets[written:])
            self._loop.add_writer(self._master, self._writable)

    def _keep(self, octets: bytes) -> None:
        if len(self._unwritten) + len(octets) <= MOST_UNREAD:
            self._unwritten += octets

    def _try(self, octets: bytes | bytearray) -> int:
        try:
            return os.write(self._master, octets)
        except BlockingIOError:
            return 0
        except OSError:
            return len(octets)

    def _writable(self) -> None:
        del self._unwritten[: self._try(self._unwritten)]
        if not self._unwritten and self._loop is not None:
            self._loop.remove_writer(self._master)

    def _readable(self) -> None:
        try:
            octets = os.read(self._master, 65536)
        except OSError:
            return
        # A program that is killed leaves the line exclusive, since it stays open here: nobody but root could
        # open it again. Who has it now holds it by its lock as well.
        fcntl.ioctl(self._slave, termios.TIOCNXCL)
        self._receive(octets)
