"""A client's socket in the loop: read when there is something, written when there is room, looked after."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from modemd.workers.broker_buffers import BufferedClient

_MISC_S: Final = 1.0
_PACKETS: Final = 64
"""Packets that are read in one turn of the loop, so that modems get theirs."""


class Wire:
    """Drives a client from :meth:`attach` until its socket is closed, which sets ``ended``.

    ``left_behind``: the other side closed the connection, as against one that broke. Whoever hears a packet
    counts it in ``heard``: that is how it is known whether more may have come.
    """

    def __init__(self, client: BufferedClient) -> None:
        self.ended = asyncio.Event()
        self.paused = False
        self.heard = 0
        self.left_behind = False
        self._client = client
        self._loop = asyncio.get_running_loop()
        self._socket: socket.socket | None = None
        self._misc: asyncio.TimerHandle | None = None
        self._flushing = False

    @property
    def up(self) -> bool:
        """Whether there is a socket."""
        return self._socket is not None

    def attach(self) -> bool:
        """Take the client's socket, which is connected; tell whether there still is one."""
        self._client.on_socket_close = self._detach
        self._client.on_socket_register_write = self._want_write
        self._socket = self._client.socket()  # type: ignore[assignment]  # no websockets here
        if self._socket is None:
            return False
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._loop.add_reader(self._socket, self._readable)
        self._misc = self._loop.call_later(_MISC_S, self._look_after)
        self._client.buffers = True
        if self._client.want_write():
            self._want_write()
        return True

    def pause(self) -> None:
        """Stop reading."""
        if not self.paused and self._socket is not None:
            self._loop.remove_reader(self._socket)
        self.paused = True

    def resume(self) -> None:
        """Read again."""
        if self.paused and self._socket is not None:
            self._loop.add_reader(self._socket, self._readable)
            self._loop.call_soon(self._readable)  # some may have come, though the socket no longer shows them
        self.paused = False

    def shut(self) -> None:
        """Close the socket, whatever the broker thinks."""
        sock = self._client.socket()
        if sock is None:
            return
        if self._socket is not None:
            self._detach(None, None, sock)
        with contextlib.suppress(OSError):
            sock.close()

    def _readable(self) -> None:
        """Read what has come, a bounded number of packets at once."""
        for _ in range(_PACKETS):
            if self._socket is None or self.paused:
                return
            before = self.heard
            self._client.loop_read()
            if self.heard == before and not self._pending():
                return
        if self._pending():
            self._loop.call_soon(self._readable)

    def _pending(self) -> int:
        """Octets that have come, though the socket no longer shows them: TLS may hold some too."""
        pending = getattr(self._socket, "pending", None)
        return self._client.unread + (0 if pending is None else int(pending()))

    def _want_write(self, *_: object) -> None:
        if not self._flushing:
            self._flushing = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._flushing = False
        if self._socket is None:
            return
        self._client.loop_write()
        if self._socket is not None and self._client.want_write():
            self._loop.add_writer(self._socket, self._writable)

    def _writable(self) -> None:
        if self._socket is not None:
            self._loop.remove_writer(self._socket)
        self._flush()

    def _look_after(self) -> None:
        """PINGREQ where it is time, and an end where no PINGRESP came (MQTT 5.0, 3.1.2.10)."""
        self._misc = None
        if self._socket is None:
            return
        if not self.paused:  # a PINGRESP could not be read: its absence would mean nothing
            self._client.loop_misc()
        if self._socket is not None:
            self._misc = self._loop.call_later(_MISC_S, self._look_after)

    def _detach(self, _client: object, _userdata: object, sock: Any) -> None:
        """The socket is about to be closed; paho says so again when the client itself goes."""
        if self._socket is None:
            return
        self._loop.remove_reader(sock)
        self._loop.remove_writer(sock)
        with contextlib.suppress(OSError):
            sock.getpeername()  # there is a peer even when it has said its last, but not after RST
            self.left_behind = True
        self._socket = None
        self.ended.set()
        if self._misc is not None:
            self._misc.cancel()
            self._misc = None
