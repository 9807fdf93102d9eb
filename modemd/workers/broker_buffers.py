"""Paho's client, but reading and writing many packets at once.

Paho asks its socket for a packet's first octets one by one, and writes packet by packet. Each of those calls
gives the interpreter away, which the store's thread may then keep for half a millisecond. The three methods
that touch the socket, and the one that reads a PUBLISH, are paho's own affair: its version is pinned, and
tests look whether they are called.
"""

from __future__ import annotations

from typing import Any, Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import MQTTErrorCode, MQTTProtocolVersion

from modemd.workers.broker_publish import read_publish

_CHUNK: Final = 1 << 16
_DISCONNECT: Final = 0xE0


class BufferedClient(mqtt.Client):
    """Writes packet by packet until ``buffers`` is set: whoever sets it calls ``loop_write`` from a loop."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.buffers = False
        self._come = b""
        self._come_at = 0
        self._going = bytearray()

    @property
    def unread(self) -> int:
        """Octets that have come, and that no ``loop_read`` has asked for yet."""
        return len(self._come) - self._come_at

    def want_write(self) -> bool:
        """Whether something waits to be written."""
        return bool(self._going) or super().want_write()

    def _sock_recv(self, bufsize: int) -> bytes:
        if not self.unread:
            self._come, self._come_at = super()._sock_recv(max(bufsize, _CHUNK)), 0
        piece = self._come[self._come_at : self._come_at + bufsize]
        self._come_at += len(piece)
        return piece

    def _sock_send(self, buf: bytes | bytearray) -> int:
        if not self.buffers:
            return super()._sock_send(buf)
        if len(self._going) > _CHUNK:
            self._send_all()
        if buf[0] == _DISCONNECT:  # paho closes the socket as soon as that is written
            self._send_all()
            return super()._sock_send(buf)
        self._going += buf
        return len(buf)

    def _packet_write(self) -> MQTTErrorCode:
        done = super()._packet_write()
        if done != MQTTErrorCode.MQTT_ERR_SUCCESS:
            return done
        try:
            self._send_all()
        except BlockingIOError:
            return MQTTErrorCode.MQTT_ERR_AGAIN
        except OSError:
            return MQTTErrorCode.MQTT_ERR_CONN_LOST
        return done

    def _handle_publish(self) -> MQTTErrorCode:
        came, is_5 = self._in_packet, self._protocol == MQTTProtocolVersion.MQTTv5
        self._handle_on_message(read_publish(came["command"], came["packet"], with_properties=is_5))
        return MQTTErrorCode.MQTT_ERR_SUCCESS  # whoever gets it acknowledges it

    def _send_all(self) -> None:
        while self._going:
            del self._going[: super()._sock_send(self._going)]
