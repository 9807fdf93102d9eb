"""A line between a client and a test server, which can be cut at the worst moment."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from pathlib import Path
from typing import Self

_NAME = ".s.PGSQL.5432"
_COMMIT = b"COMMIT\0"


class Wire:
    """A socket in a folder of its own that leads to the server's; one connection at a time is cut."""

    def __init__(self, folder: Path, server: Path) -> None:
        self.folder = folder
        self._server = server / _NAME
        self._cut: str | None = None
        self._open: list[socket.socket] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / _NAME))
        self._listener.listen()
        self._thread = threading.Thread(target=self._accept)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()
        for each in self._open:
            each.close()

    def cut_at_commit(self, *, arrives: bool) -> None:
        """Cut the line at the next commit, once: it reaches the server or not, its answer is lost."""
        self._cut = "after" if arrives else "before"

    def _accept(self) -> None:
        pumps: list[threading.Thread] = []
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(str(self._server))
                self._open += [client, server]
                pumps += [
                    threading.Thread(target=self._pump, args=(client, server)),
                    threading.Thread(target=self._pump, args=(server, client)),
                ]
                for each in pumps[-2:]:
                    each.start()
        for one in self._open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        for pump in pumps:
            pump.join()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while octets := source.recv(65536):
                if _COMMIT in octets and self._cut is not None:
                    how, self._cut = self._cut, None
                    if how == "after":
                        source.shutdown(socket.SHUT_RDWR)  # the client's: nothing comes back to it
                        target.sendall(octets)
                    return self._hang_up(source, target)
                target.sendall(octets)
        return self._hang_up(source, target)

    @staticmethod
    def _hang_up(*ends: socket.socket) -> None:
        for each in ends:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
