"""A modem's port as octets in and out, on the running loop. With ``telnet`` the only user of pyserial.

pyserial opens and sets the line; reading and writing are done on the file descriptor, which costs one
system call each instead of pyserial's select and read per octet.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import os
import socket
import termios
from collections.abc import Callable
from typing import Final, Protocol

import serial

from modemd.errors import PortLost
from modemd.modem.bridge import Bridge

_READ_SIZE: Final = 65536
_WHY: Final = {
    errno.ENOENT: "there is no such device",
    errno.ENXIO: "there is no device behind it",
    errno.EACCES: "not allowed (on Debian its user has to be in the group dialout)",
    errno.EPERM: "the service's unit forbids it (DeviceAllow= in there)",
    errno.EAGAIN: "another program uses it",
    errno.EBUSY: "another program uses it",
    errno.EIO: "the device does not answer (is it being plugged in?)",
    errno.ENOTTY: "it is no serial port",
}
_NETWORK: Final = ("socket://", "tcp://")


class _Line(Protocol):
    """What both a ``serial.Serial`` and a socket have."""

    def fileno(self) -> int: ...
    def close(self) -> None: ...


class Port:
    """An open port. ``on_lost`` is called once, whatever goes wrong and however often."""

    def __init__(
        self,
        line: _Line,
        *,
        on_octets: Callable[[bytes], None],
        on_lost: Callable[[PortLost], None],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._line = line
        self._fd = line.fileno()
        self._on_octets = on_octets
        self._on_lost = on_lost
        self._unsent = bytearray()
        self._open = True
        self._loop.add_reader(self._fd, self._readable)

    @classmethod
    async def open(
        cls,
        spec: str,
        *,
        baudrate: int = 115200,
        connect_s: float = 10.0,
        on_octets: Callable[[bytes], None],
        on_lost: Callable[[PortLost], None],
    ) -> Port:
        """Opens ``/dev/...`` or ``tcp://``, ``socket://``, ``rfc2217://host:port`` without stopping the loop.

        Raises:
            PortLost: it is not there, not allowed, or held by another program.
        """
        opening = asyncio.ensure_future(asyncio.to_thread(_open_line, spec, baudrate, connect_s))
        try:
            line = await asyncio.shield(opening)
        except asyncio.CancelledError:
            opening.add_done_callback(_close_unwanted)
            raise
        return cls(line, on_octets=on_octets, on_lost=on_lost)

    def write(self, octets: bytes) -> None:
        """Sends, or keeps what the port does not take now. Never blocks; does nothing on a lost port."""
        if not self._open:
            return
        if self._unsent:
            self._unsent += octets
            return
        sent = self._try_write(octets)
        if sent < len(octets) and self._open:
            self._unsent += octets[sent:]
            self._loop.add_writer(self._fd, self._writable)

    def close(self) -> None:
        """Gives the port back at once; what was not sent is dropped. May be called twice."""
        if not self._open:
            return
        self._open = False
        self._loop.remove_reader(self._fd)
        self._loop.remove_writer(self._fd)
        self._unsent.clear()
        with contextlib.suppress(OSError):  # a pseudo-terminal that its maker keeps open would stay exclusive
            fcntl.ioctl(self._fd, termios.TIOCNXCL)
        with contextlib.suppress(OSError, termios.error):
            self._line.close()

    def _try_write(self, octets: bytes | bytearray) -> int:
        try:
            return os.write(self._fd, octets)
        except BlockingIOError:
            return 0
        except OSError as failure:
            self._lose(f"the port cannot be written: {failure.strerror or failure}", failure)
            return 0

    def _writable(self) -> None:
        sent = self._try_write(self._unsent)
        del self._unsent[:sent]
        if not self._unsent and self._open:
            self._loop.remove_writer(self._fd)

    def _readable(self) -> None:
        try:
            octets = os.read(self._fd, _READ_SIZE)
        except BlockingIOError:
            return
        except OSError as failure:
            self._lose(f"the port cannot be read: {failure.strerror or failure}", failure)
            return
        if octets:
            self._on_octets(octets)
        else:
            self._lose("the port was closed at the other end, or unplugged", None)

    def _lose(self, sentence: str, failure: OSError | None) -> None:
        if self._open:
            self.close()
            self._on_lost(PortLost(sentence, failure))


def _open_line(spec: str, baudrate: int, connect_s: float) -> _Line:
    try:
        if spec.startswith(_NETWORK):
            return _open_socket(spec, connect_s)
        if spec.startswith("rfc2217://"):
            from modemd.modem.telnet import TelnetPort  # noqa: PLC0415 - a start without one is spared it

            far = TelnetPort(spec, baudrate)
            _keep_alive(far.connection)
            return Bridge(far)
        return _open_tty(spec, baudrate)
    except (OSError, termios.error, ValueError) as failure:  # SerialException is an OSError
        raise PortLost(f"{spec} cannot be opened: {_why(failure)}", failure) from failure


def _why(failure: Exception) -> str:
    """In plain words: pyserial tells the number, the path and the reason of the same failure twice."""
    code = _code(failure) or _code(failure.__context__)
    return _WHY.get(code) or (os.strerror(code) if code else str(failure))


def _code(failure: BaseException | None) -> int:
    """The number of a failure; 0 where it has none, as a network's time-out or a name that is not known."""
    if isinstance(failure, termios.error):
        return int(failure.args[0])
    if isinstance(failure, socket.gaierror) or not isinstance(failure, OSError):
        return 0
    return failure.errno or 0


def _open_tty(path: str, baudrate: int) -> _Line:
    """An advisory lock keeps other careful programs out, TIOCEXCL the careless ones (but not root)."""
    line = serial.Serial(path, baudrate, timeout=0, write_timeout=0, exclusive=True)
    try:
        fd = line.fileno()
        with contextlib.suppress(OSError):
            fcntl.ioctl(fd, termios.TIOCEXCL)
        attributes = termios.tcgetattr(fd)
        # With VMIN 0 an empty read would look like the end that a hung-up line gives.
        attributes[6][termios.VMIN] = 1
        attributes[2] &= ~termios.HUPCL
        termios.tcsetattr(fd, termios.TCSANOW, attributes)
        os.set_blocking(fd, False)
    except BaseException:
        line.close()
        raise
    opened: _Line = line
    return opened


def _open_socket(spec: str, connect_s: float) -> _Line:
    host, colon, port = spec.partition("://")[2].partition("/")[0].rpartition(":")
    if not colon or not port.isdigit():
        raise ValueError("a network port is written tcp://HOST:PORT")
    line = socket.create_connection((host.strip("[]"), int(port)), connect_s)
    _keep_alive(line)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    line.setblocking(False)
    return line


def _keep_alive(line: socket.socket) -> None:
    """A line whose other end is gone without a word is noticed after 40 seconds."""
    line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 20)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 4)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 40_000)


def _close_unwanted(opening: asyncio.Future[_Line]) -> None:
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close()
