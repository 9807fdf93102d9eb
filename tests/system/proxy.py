"""A TCP proxy between a client and a broker: it cuts, it stalls, and it can change what is said.

It is told by a test when to do what; all that it needs are two threads for each connection.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from typing import TYPE_CHECKING, Final, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

_CHUNK: Final = 4096
_RESET: Final = struct.pack("ii", 1, 0)
"""SO_LINGER of no time: the connection ends with RST, as a cut one does."""


class Meddler(Protocol):
    """Changes packets of one connection: each takes one whole packet."""

    def up(self, packet: bytes) -> tuple[bytes, bytes]:
        """From the client: what goes to the broker, and what the client is answered at once."""

    def down(self, packet: bytes) -> bytes:
        """From the broker: what goes to the client."""


class Proxy:
    """Listens on a port of its own; ``with`` opens it, and closes it with all connections.

    ``budget`` says how many octets, both ways together, a new connection may carry until it is cut in the
    middle of whatever it carries (None: as many as there are); ``meddler`` makes what changes its packets.
    """

    def __init__(
        self,
        port: int,
        *,
        budget: Callable[[], int | None] | None = None,
        meddler: Callable[[], Meddler] | None = None,
    ) -> None:
        self.target = port
        self.budget = budget
        self.meddler = meddler
        self.cuts = 0
        self.connections = 0
        self.port = 0
        self._flow = threading.Event()
        self._flow.set()
        self._refusing = False
        self._pairs: list[_Pair] = []
        self._lock = threading.Lock()
        self._listener: socket.socket | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, args=(self._listener,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._listener is not None
        assert self._thread is not None
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()
        self._flow.set()
        for pair in self._take():
            pair.cut()
            pair.join()

    def _take(self) -> list[_Pair]:
        with self._lock:
            taken, self._pairs = self._pairs, []
        return taken

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            self._join(client)

    def _join(self, client: socket.socket) -> None:
        self.connections += 1
        broker = None if self._refusing else _reach(self.target)
        if broker is None:
            _end(client, hard=True)
            return
        pair = _Pair(
            client, broker, self._flow,
            self.budget() if self.budget is not None else None,
            self.meddler() if self.meddler is not None else None,
            self._count,
        )  # fmt: skip
        with self._lock:
            self._pairs = [each for each in self._pairs if each.alive]
            self._pairs.append(pair)
        pair.start()

    def _count(self) -> None:
        with self._lock:
            self.cuts += 1

    def cut(self) -> None:
        """Cut all connections that there are; new ones are welcome."""
        for pair in self._take():
            pair.cut()
            self._count()

    def refuse(self, refusing: bool = True) -> None:
        """Turn new connections away (or no longer)."""
        self._refusing = refusing

    def stall(self) -> None:
        """Carry nothing, in no direction, until :meth:`flow`."""
        self._flow.clear()

    def flow(self) -> None:
        """Carry again."""
        self._flow.set()


class _Pair:
    """One connection through the proxy."""

    def __init__(
        self,
        client: socket.socket,
        broker: socket.socket,
        flow: threading.Event,
        budget: int | None,
        meddler: Meddler | None,
        on_spent: Callable[[], None],
    ) -> None:
        self._client, self._broker = client, broker
        self._flow = flow
        self._left = budget
        self._meddler = meddler
        self._on_spent = on_spent
        self._lock = threading.Lock()
        self._over = False
        up, down = (_through, _through) if meddler is None else (self._meddle_up, self._meddle_down)
        self._threads = [
            threading.Thread(target=self._pump, args=(client, broker, up), daemon=True),
            threading.Thread(target=self._pump, args=(broker, client, down), daemon=True),
        ]

    @property
    def alive(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def cut(self, *, hard: bool = True) -> bool:
        """End both connections at once, whatever is under way; False: they had ended.

        ``hard``: as a cut line does.
        """
        with self._lock:
            if self._over:
                return False
            self._over = True
            for each in (self._client, self._broker):
                _end(each, hard=hard)
        return True

    def _pump(
        self, source: socket.socket, sink: socket.socket, change: Callable[[Iterator[bytes]], Iterator[bytes]]
    ) -> None:
        spent = False
        with contextlib.suppress(OSError):
            for octets in change(self._arriving(source)):
                allowed, spent = self._afford(len(octets))
                sink.sendall(octets[:allowed])
                if spent:
                    break
        if self.cut(hard=spent) and spent:
            self._on_spent()

    def _arriving(self, source: socket.socket) -> Iterator[bytes]:
        while octets := source.recv(_CHUNK):
            self._flow.wait()
            yield octets

    def _afford(self, wanted: int) -> tuple[int, bool]:
        with self._lock:
            if self._left is None:
                return wanted, False
            allowed = min(wanted, self._left)
            spent = self._left <= wanted
            self._left -= allowed
            return allowed, spent

    def _meddle_up(self, arriving: Iterator[bytes]) -> Iterator[bytes]:
        assert self._meddler is not None
        for packet in _packets(arriving):
            onwards, back = self._meddler.up(packet)
            if back:
                self._client.sendall(back)
            yield onwards

    def _meddle_down(self, arriving: Iterator[bytes]) -> Iterator[bytes]:
        assert self._meddler is not None
        for packet in _packets(arriving):
            yield self._meddler.down(packet)


def _reach(port: int) -> socket.socket | None:
    try:
        broker = socket.create_connection(("127.0.0.1", port), timeout=5)
    except OSError:
        return None
    broker.settimeout(None)
    return broker


def _end(end: socket.socket, *, hard: bool) -> None:
    with contextlib.suppress(OSError):
        if hard:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)  # wakes the thread that reads it
    end.close()


def _through(arriving: Iterator[bytes]) -> Iterator[bytes]:
    return arriving


def _packets(arriving: Iterator[bytes]) -> Iterator[bytes]:
    """Whole control packets out of a stream (MQTT 5.0, 2.1.4: the remaining length)."""
    held = b""
    for octets in arriving:
        held += octets
        while (size := _size(held)) and len(held) >= size:
            yield held[:size]
            held = held[size:]


def _size(held: bytes) -> int:
    """How long the packet is that ``held`` begins with; 0 while its length is not there."""
    length = 0
    for place, octet in enumerate(held[1:5]):
        length |= (octet & 0x7F) << (7 * place)
        if octet < 0x80:
            return 2 + place + length
    return 0
