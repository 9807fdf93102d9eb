"""A serial port behind a network as ``rfc2217://host:port`` (RFC 2217: Telnet with COM port control).

pyserial speaks the protocol; what is added is that nothing of a connection is left once it is closed.
"""

from __future__ import annotations

import socket
from typing import Final

from serial import rfc2217

_NOTICE_S: Final = 0.5
"""How long the line may take to notice that it is closed."""


class TelnetPort(rfc2217.Serial):  # type: ignore[misc]  # pyserial is not typed
    """Closes its socket also where the other end was quicker: pyserial's ``close`` leaves it open then."""

    _socket: socket.socket | None

    def __init__(self, spec: str, baudrate: int) -> None:
        """Connects, and agrees on the settings, in a few seconds at most.

        Raises:
            serial.SerialException: nobody listens there, or whoever does is no RFC 2217 server.
        """
        super().__init__(spec, baudrate, timeout=_NOTICE_S)

    @property
    def connection(self) -> socket.socket:
        """What the port goes through, to be told how long it may be silent."""
        assert self._socket is not None
        return self._socket

    def close(self) -> None:
        """The connection, the thread that reads it and the descriptor; a second call does nothing."""
        connection = self._socket
        super().close()
        if connection is not None:
            connection.close()
