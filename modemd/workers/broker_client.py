"""Making paho's client from our settings, and connecting it: what blocks is done in a thread of its own."""

from __future__ import annotations

import asyncio
import socket
import ssl
from typing import TYPE_CHECKING, Any, Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from modemd.workers.blocking import in_thread
from modemd.workers.broker_buffers import BufferedClient

if TYPE_CHECKING:
    from modemd.workers.broker_settings import BrokerSettings

_THREAD: Final = "broker connect"
_ALERT_S: Final = 1.0
_RECEIVE_MAXIMUM: Final = 1000
_LARGEST: Final = 32_000_000
"""Octets of a packet that comes in; what is larger the broker drops (MQTT 5.0, 3.1.2.11.4)."""


class _Socket(ssl.SSLSocket):
    """Paho would leave it open where the handshake fails."""

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 - ssl's own signature
        try:
            super().do_handshake(block)
        except OSError:
            self.close()
            raise


def made(settings: BrokerSettings, version: int) -> BufferedClient:
    """Return a client for one connection; ``version`` is 5, or 4 for MQTT 3.1.1."""
    # In MQTT 5 that is said in CONNECT, and paho refuses it here.
    clean: dict[str, Any] = {"clean_session": settings.clean} if version == 4 else {}
    client = BufferedClient(
        CallbackAPIVersion.VERSION2,
        client_id=settings.client_id,
        protocol=MQTTProtocolVersion(version),
        reconnect_on_failure=False,  # else paho itself tries MQTT 3.1, and blocks the loop for it
        manual_ack=True,
        **clean,
    )
    client.connect_timeout = settings.patience_s
    client.max_inflight_messages_set(0)  # ours is the window
    if settings.username is not None:
        client.username_pw_set(settings.username, settings.password)
    if settings.tls is not None:
        settings.tls.sslsocket_class = _Socket
        client.tls_set_context(settings.tls)
    if settings.will_topic is not None:
        properties = None
        if version == 5:
            properties = empty(PacketTypes.WILLMESSAGE)
            properties.WillDelayInterval = settings.will_delay_s
        client.will_set(settings.will_topic, settings.will_payload, qos=1, retain=True, properties=properties)
    return client


def empty(packet: int) -> Properties:
    """Return the properties of a packet, none of them set."""
    return Properties(packet)  # type: ignore[no-untyped-call]


async def connect(client: mqtt.Client, settings: BrokerSettings, version: int) -> None:
    """Look up the name, which has no limit of its own, do the handshakes of TCP and TLS, and send CONNECT.

    Raises:
        OSError: with what went wrong; ``ssl.SSLError`` and ``TimeoutError`` are some.
    """

    def work() -> None:
        if version == 4:
            client.connect(settings.host, settings.port, settings.keepalive_s)
            return
        properties = empty(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = settings.session_expiry_s
        properties.ReceiveMaximum = _RECEIVE_MAXIMUM
        properties.MaximumPacketSize = _LARGEST
        client.connect(
            settings.host,
            settings.port,
            settings.keepalive_s,
            clean_start=settings.clean,
            properties=properties,
        )

    def undo() -> None:
        sock = client.socket()
        if sock is not None:
            sock.close()

    async with asyncio.timeout(2 * settings.patience_s):
        await in_thread(work, undo, _THREAD)


async def tls_refusal(settings: BrokerSettings) -> str:
    """What the broker's TLS has against us, in OpenSSL's words; ``""`` where it says nothing.

    In TLS 1.3 a client's certificate is refused after the handshake (RFC 8446, 4.4.2.4), and who has written
    CONNECT by then loses the alert to a reset. So this connects, and only listens.
    """
    if settings.tls is None:
        return ""
    context, where = settings.tls, (settings.host, settings.port)

    def work() -> str:
        try:
            with (
                socket.create_connection(where, _ALERT_S) as plain,
                context.wrap_socket(plain, server_hostname=settings.host) as wrapped,
            ):
                wrapped.recv(1)
        except ssl.SSLError as error:
            return str(error)
        except OSError:  # it waits for CONNECT, as it should, or is gone
            return ""
        return ""

    return await in_thread(work, lambda: None, _THREAD)
