"""Somebody at the broker: publishes, collects what comes, and waits for it."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from types import TracebackType

T = TypeVar("T")

PATIENCE_S: Final = 60.0
_LOOK_S: Final = 0.01


@cache
def _matches(wanted: str, topic: str) -> bool:
    return mqtt.topic_matches_sub(wanted, topic)


@dataclass(frozen=True)
class Heard:
    """One message that came."""

    topic: str
    payload: bytes
    retain: bool
    correlation: bytes | None = None
    expiry_s: int | None = None
    at: float = field(default_factory=time.monotonic)

    @cached_property
    def body(self) -> dict[str, Any]:
        """The payload as a JSON object."""
        made = json.loads(self.payload)
        assert isinstance(made, dict), self.payload
        return made


class MqttUser:
    """A client with a session that outlives its connections; ``version`` 5 or 4 (which is MQTT 3.1.1).

    It connects again by itself, subscribes on every connect, and publishes again what was not acknowledged.
    """

    def __init__(
        self,
        port: int,
        *filters: str,
        name: str = "user",
        version: int = 5,
        username: str | None = None,
        password: str | None = None,
        tls: ssl.SSLContext | None = None,
        host: str = "127.0.0.1",
        in_flight: int = 100,
    ) -> None:
        self.heard: list[Heard] = []
        self.refused: list[str] = []
        """What the broker said no to: CONNECT, SUBSCRIBE or PUBLISH."""
        self.connects = 0
        self._filters = list(filters)
        self._subscribed = 0
        self._where = (host, port)
        self._version = version
        clean = {} if version == 5 else {"clean_session": False}
        self.client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"test-{name}",
            protocol=MQTTProtocolVersion(version),
            **clean,  # type: ignore[arg-type]
        )
        if username is not None:
            self.client.username_pw_set(username, password)
        if tls is not None:
            self.client.tls_set_context(tls)
        self.client.max_inflight_messages_set(in_flight)
        self.client.reconnect_delay_set(0.05, 0.2)  # type: ignore[arg-type] # it counts in float seconds
        self.client.on_connect = self._on_connect
        self.client.on_subscribe = self._on_subscribe
        self.client.on_message = self._on_message
        self.client.on_publish = self._on_publish

    def __enter__(self) -> Self:
        self.begin()
        self.until(
            lambda: self.refused or (self.connects and self._subscribed >= len(self._filters)),
            "connected and subscribed",
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def begin(self) -> None:
        """Connect, and go on doing so; ``with`` waits until it is done."""
        more: dict[str, Any] = {}
        if self._version == 5:
            session = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            session.SessionExpiryInterval = 3600
            more = {"clean_start": False, "properties": session}
        self.client.connect_async(*self._where, keepalive=10, **more)
        self.client.loop_start()

    def close(self) -> None:
        """Disconnect; the session stays at the broker."""
        self.client.disconnect()
        self.client.loop_stop()
        self.client._reset_sockets(sockpair_only=True)  # else the next loop leaves them open

    # -- what the client's thread tells ----------------------------------------------------------------

    def _on_connect(self, _client: Any, _self: Any, _flags: Any, code: Any, _properties: Any) -> None:
        if code.is_failure:
            self.refused.append(f"CONNECT: {code}")
            return
        self._subscribed = 0
        self.connects += 1
        self._subscribe()

    def _subscribe(self) -> None:
        for each in self._filters:
            if self._version == 5:
                self.client.subscribe(each, options=SubscribeOptions(qos=1, retainHandling=0))
            else:
                self.client.subscribe(each, qos=1)

    def _on_subscribe(self, _client: Any, _self: Any, _mid: int, codes: list[Any], _properties: Any) -> None:
        self.refused += [f"SUBSCRIBE: {code}" for code in codes if code.is_failure]
        self._subscribed += len(codes)

    def _on_publish(self, _client: Any, _self: Any, _mid: int, code: Any, _properties: Any) -> None:
        if code.is_failure:
            self.refused.append(f"PUBLISH: {code}")

    def _on_message(self, _client: Any, _self: Any, message: mqtt.MQTTMessage) -> None:
        properties = message.properties
        heard = Heard(
            message.topic,
            bytes(message.payload),
            message.retain,
            getattr(properties, "CorrelationData", None),
            getattr(properties, "MessageExpiryInterval", None),
        )
        self.heard.append(heard)

    # -- what a test does ------------------------------------------------------------------------------

    def subscribe(self, *filters: str) -> None:
        """Subscribe to more, and wait for the SUBACK."""
        self._filters += filters
        wanted = self._subscribed + len(filters)
        for each in filters:
            self.client.subscribe(each, qos=1)
        self.until(lambda: self._subscribed >= wanted, f"subscribed to {filters}")

    def publish(
        self,
        topic: str,
        payload: object,
        *,
        retain: bool = False,
        response_topic: str | None = None,
        correlation: bytes | None = None,
        expiry_s: int | None = None,
        within_s: float = PATIENCE_S,
    ) -> None:
        """Publish with QoS 1, and wait for the PUBACK; what is neither octets nor text goes as JSON."""
        made = self.post(
            topic, payload, retain=retain, response_topic=response_topic, correlation=correlation,
            expiry_s=expiry_s,
        )  # fmt: skip
        self.until(lambda: made._published, f"the broker takes the message to {topic}", within_s)

    def post(
        self,
        topic: str,
        payload: object,
        *,
        retain: bool = False,
        response_topic: str | None = None,
        correlation: bytes | None = None,
        expiry_s: int | None = None,
    ) -> mqtt.MQTTMessageInfo:
        """Publish with QoS 1, and wait for nothing."""
        properties = None
        if self._version == 5:
            properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
            if response_topic is not None:
                properties.ResponseTopic = response_topic
            if correlation is not None:
                properties.CorrelationData = correlation
            if expiry_s is not None:
                properties.MessageExpiryInterval = expiry_s
        octets = payload if isinstance(payload, bytes | str) else json.dumps(payload)
        return self.client.publish(topic, octets, qos=1, retain=retain, properties=properties)

    def until(self, check: Callable[[], T], what: str = "it", within_s: float = PATIENCE_S) -> T:
        """Wait until ``check`` answers with something true; it is asked a hundred times a second.

        Raises:
            AssertionError: it did not in so many seconds.
        """
        deadline = time.monotonic() + within_s
        while not (answer := check()):
            left = deadline - time.monotonic()
            assert left > 0, f"after {within_s:.0f} s: {what} did not happen; heard {self._latest()}"
            time.sleep(_LOOK_S)
        return answer

    def _latest(self) -> str:
        lines = [f"  {each.topic} {each.payload[:300]!r}" for each in self.heard[-20:]]
        return f"{len(self.heard)} messages, refused {self.refused}, the last of them:\n" + "\n".join(lines)

    def on(self, topic: str) -> list[Heard]:
        """What came on topics that match (``+`` and ``#`` as in a subscription)."""
        return [each for each in list(self.heard) if _matches(topic, each.topic)]

    def events(self, client_id: str | None = None, prefix: str = "modemd") -> list[dict[str, Any]]:
        """The events on ``status/…``, all or those of one client's id, in the order they came."""
        bodies = [each.body for each in self.on(f"{prefix}/status/#")]
        return [body for body in bodies if client_id is None or body.get("client_id") == client_id]

    def event(self, name: str, client_id: str | None = None, within_s: float = PATIENCE_S) -> dict[str, Any]:
        """Wait for an event, such as ``sent``, of one client's id; return the first."""
        return self.until(
            lambda: next((each for each in self.events(client_id) if each["event"] == name), None),
            f"the event {name} of {client_id}",
            within_s,
        ) or {}  # fmt: skip
