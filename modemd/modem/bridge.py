"""A line without a file descriptor, given one: two threads between it and a socket pair.

``rfc2217://`` is such a line: pyserial reads it in a thread of its own and has nothing that a loop
could wait for. It costs a few hundred microseconds a command, and only modems behind it pay them.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Final, Protocol

_PIECE: Final = 4096


class SlowLine(Protocol):
    """What is used of pyserial's face; ``read`` has a time-out, so that closing is noticed."""

    @property
    def in_waiting(self) -> int:
        """How many octets can be read at once."""

    def read(self, size: int) -> bytes:
        """At least one octet and at most ``size``, or none after the time-out."""

    def write(self, octets: bytes) -> object:
        """All of them."""

    def close(self) -> None:
        """It may take its time."""


class Bridge:
    """Looks like a socket to the port; whatever fails on the line is an end of file here."""

    def __init__(self, line: SlowLine) -> None:
        self._line = line
        self._near, self._far = socket.socketpair()
        self._near.setblocking(False)
        self._open = True
        for work, name in ((self._bring, "in"), (self._take, "out")):
            threading.Thread(target=work, name=f"bridge {name}", daemon=True).start()

    def fileno(self) -> int:
        """The near end, for the loop."""
        return self._near.fileno()

    def close(self) -> None:
        """Returns at once; the threads end, and close the line, within its read time-out."""
        self._open = False
        with contextlib.suppress(OSError):
            self._far.shutdown(socket.SHUT_RDWR)
        self._near.close()

    def _bring(self) -> None:
        """From the line to the loop."""
        with contextlib.suppress(OSError):  # SerialException is one
            while self._open:
                octets = self._line.read(max(1, self._line.in_waiting))
                if octets:
                    self._far.sendall(octets)
        with contextlib.suppress(OSError):
            self._far.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            self._line.close()

    def _take(self) -> None:
        """From the loop to the line."""
        with contextlib.suppress(OSError):
            while octets := self._far.recv(_PIECE):
                self._line.write(octets)
        self._open = False
        self._far.close()
