"""The other ports of a stick: what looks like a modem's AT port and is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modemd.simulator.pty import PtyPort

if TYPE_CHECKING:
    from pathlib import Path


class OtherPort:
    """``diag`` never says a word; any other ``role`` says ``OK`` to ``AT`` and ``ERROR`` to the rest."""

    def __init__(self, path: Path, role: str) -> None:
        self.role = role
        self.port = PtyPort(path, self._receive)
        self._unread = b""

    def _receive(self, octets: bytes) -> None:
        if self.role == "diag":
            return
        *lines, self._unread = (self._unread + octets)[-4096:].split(b"\r")
        for line in lines:
            asked = line.strip().upper()
            if asked.startswith(b"AT"):
                self.port.write(b"\r\nOK\r\n" if asked == b"AT" else b"\r\nERROR\r\n")
