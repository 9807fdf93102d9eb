"""One connection with the broker: paho-mqtt, driven by the asyncio loop.

There is no thread of paho's: its socket is read and written from the loop, so that not reading is
back-pressure, and acknowledgements and publishes need no hand-over. **A connection's client is never used
again**: what an old connection had to acknowledge dies with it, because its packet ids may name other
messages in the next (MQTT 5.0, 2.2.1).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Any, Final

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.subscribeoptions import SubscribeOptions

from modemd.errors import BrokerLost
from modemd.workers import broker_causes as causes
from modemd.workers.broker_client import connect, empty, made, tls_refusal
from modemd.workers.broker_settings import Arrival, BrokerSettings
from modemd.workers.broker_wire import Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from paho.mqtt.properties import Properties
    from paho.mqtt.reasoncodes import ReasonCode

__all__ = ["Arrival", "BrokerSettings", "Connection"]

log = logging.getLogger(__name__)

REFUSED: Final = 0x80
"""Reason codes from here on say no (MQTT 5.0, 2.4)."""
_HEADERS: Final = 32
"""Octets of a PUBLISH besides topic, payload and correlation data, or a few more."""


class _OtherVersion(BrokerLost):
    """The broker may know MQTT 3.1.1 only."""


class Connection:
    """A connection that is up, from :meth:`open` until ``on_lost`` or :meth:`close`.

    ``version`` is 5, or 4 for MQTT 3.1.1; ``shares`` whether the broker has shared subscriptions as far as it
    says; ``window`` how many of our publishes it takes unacknowledged (Receive Maximum). While ``on_told`` is
    called, ``refusal`` is why the broker will not have what it acknowledged, or ``None``; ``refused`` keeps
    these reasons by ``mid``: some brokers close the connection right behind one.
    """

    def __init__(
        self,
        settings: BrokerSettings,
        version: int,
        *,
        on_arrival: Callable[[Arrival], None],
        on_told: Callable[[int], None],
        on_lost: Callable[[str], None],
    ) -> None:
        self.version = version
        self.session_present = False
        self.shares = False
        self.window = 0xFFFF
        self._unacknowledged: set[int] = set()
        self.largest: int | None = None
        self.refusal: str | None = None
        self.refused: dict[int, str] = {}
        self._settings = settings
        self._on_arrival = on_arrival
        self._on_told = on_told
        self._on_lost = on_lost
        self._loop = asyncio.get_running_loop()
        self._client = made(settings, version)
        self._wire = Wire(self._client)
        self._connack: asyncio.Future[None] = self._loop.create_future()
        self._subacks: dict[int, asyncio.Future[list[int]]] = {}
        self._pubacks: dict[int, asyncio.Future[None]] = {}
        self._leaving = False
        self._closing = False
        self._trouble = ""
        self.lost: BrokerLost | None = None

    @classmethod
    async def open(
        cls,
        settings: BrokerSettings,
        *,
        on_arrival: Callable[[Arrival], None],
        on_told: Callable[[int], None],
        on_lost: Callable[[str], None],
    ) -> Connection:
        """Connect, with MQTT 5, or with 3.1.1 where the broker knows no other.

        ``on_told`` is called with a publish's ``mid`` once it is acknowledged, ``on_lost`` once, with why.

        Raises:
            BrokerLost: with a sentence for the operator.
        """
        try:
            made_5 = cls(settings, 5, on_arrival=on_arrival, on_told=on_told, on_lost=on_lost)
            return await made_5.come_up()
        except _OtherVersion as refused:
            try:
                made_4 = cls(settings, 4, on_arrival=on_arrival, on_told=on_told, on_lost=on_lost)
                return await made_4.come_up()
            except _OtherVersion:
                said = await tls_refusal(settings)
                raise causes.of_tls_words(said, settings) if said else refused from None

    # ---- coming up -----------------------------------------------------------------------------------

    async def come_up(self) -> Connection:
        """Connect this one, once; :meth:`open` is what calls it.

        Raises:
            BrokerLost: with a sentence for the operator.
        """
        self._client.on_log = self._on_log
        try:
            await connect(self._client, self._settings, self.version)
        except (OSError, ValueError) as error:
            raise causes.of_error(error, self._settings) from error
        self._attach()
        try:
            async with asyncio.timeout(self._settings.patience_s):
                await self._connack
        except TimeoutError:
            raise BrokerLost(causes.NO_ANSWER.format("CONNECT", self._settings.patience_s)) from None
        finally:
            if not self._connack.done() or self._connack.cancelled() or self._connack.exception():
                self._closing = True
                self._wire.shut()
        self._client.on_log = None
        return self

    def _attach(self) -> None:
        """Hand the socket to the loop."""
        client = self._client
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_unsubscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        if not self._wire.attach():
            raise self._without_answer()

    def _on_log(self, _c: object, _u: object, level: int, said: str) -> None:
        """Until CONNACK: paho tells of a failed read in its log only."""
        if level == mqtt.MQTT_LOG_ERR:
            self._trouble = said

    def _on_connect(
        self,
        _c: object,
        _u: object,
        flags: mqtt.ConnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if self._connack.done():
            return
        if reason.is_failure:
            if reason.value == 132:
                self._connack.set_exception(_OtherVersion("the broker knows neither MQTT 5 nor 3.1.1"))
            else:
                self._connack.set_exception(causes.of_connack(reason.value, str(reason), self._settings))
            return
        told = {} if properties is None else vars(properties)
        self.session_present = flags.session_present
        self.shares = self.version == 5 and bool(told.get("SharedSubscriptionAvailable", 1))
        self.window = int(told.get("ReceiveMaximum", 0xFFFF))
        self.largest = told.get("MaximumPacketSize")
        self._connack.set_result(None)

    # ---- what its users do ---------------------------------------------------------------------------

    async def subscribe(self, filters: Sequence[str]) -> dict[str, int]:
        """Subscribe with QoS 1; return each filter's reason code (MQTT 5.0, 3.9.3).

        Raises:
            BrokerLost: it is gone, or does not answer.
        """
        if not filters:
            return {}
        self._alive()
        options: list[tuple[str, Any]] = [(each, 1) for each in filters]
        if self.version == 5:
            # Retain as published: what stays on the broker is known as such when it comes at once, too.
            options = [(each, SubscribeOptions(qos=1, retainAsPublished=True)) for each in filters]
        codes = await self._answer("SUBSCRIBE", self._client.subscribe(options)[1])
        return dict(zip(filters, codes, strict=False))

    async def unsubscribe(self, filters: Sequence[str]) -> None:
        """End subscriptions that the session may still have (MQTT 5.0, 3.10).

        Raises:
            BrokerLost: it is gone, or does not answer.
        """
        if filters:
            self._alive()
            await self._answer("UNSUBSCRIBE", self._client.unsubscribe(list(filters))[1])

    async def _answer(self, packet: str, mid: int | None) -> list[int]:
        """Wait for the reason codes that answer a packet."""
        if mid is None:
            raise BrokerLost("the connection is gone")
        waiting: asyncio.Future[list[int]] = self._loop.create_future()
        self._subacks[mid] = waiting
        try:
            async with asyncio.timeout(self._settings.patience_s):
                return await waiting
        except TimeoutError:
            raise BrokerLost(causes.NO_ANSWER.format(packet, self._settings.patience_s)) from None
        finally:
            del self._subacks[mid]

    def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        retain: bool = False,
        qos: int = 1,
        correlation: bytes | None = None,
        expiry_s: int | None = None,
    ) -> int:
        """Hand over a message; return the ``mid`` that ``on_told`` will be called with.

        Raises:
            BrokerLost: the connection is gone.
            ValueError: the topic has wildcards, or is too long; or the whole is longer than this broker
                takes, and it would close the connection (MQTT 5.0, 3.2.2.3.6).
        """
        self._alive()
        length = len(topic.encode()) + len(payload) + len(correlation or b"") + _HEADERS
        if self.largest is not None and length > self.largest:
            raise ValueError(f"it has {length} octets, and the broker takes {self.largest} at most")
        properties = None
        if self.version == 5 and (correlation is not None or expiry_s is not None):
            properties = empty(PacketTypes.PUBLISH)
            if correlation is not None:
                properties.CorrelationData = correlation
            if expiry_s is not None:
                properties.MessageExpiryInterval = expiry_s
        handed = self._client.publish(topic, payload, qos, retain, properties)
        if handed.rc != mqtt.MQTT_ERR_SUCCESS:
            raise BrokerLost("the connection is gone")
        if qos:
            self._unacknowledged.add(handed.mid)
        return handed.mid

    async def publish_for_good(self, topic: str, payload: bytes, *, within_s: float) -> bool:
        """Publish a retained message, and wait for its PUBACK; tell whether it came in time.

        Raises:
            BrokerLost: the connection is gone.
        """
        mid = self.publish(topic, payload, retain=True)
        waiting = self._pubacks[mid] = self._loop.create_future()
        try:
            async with asyncio.timeout(within_s):
                await waiting
        except TimeoutError:
            return False
        finally:
            del self._pubacks[mid]
        return True

    def ack(self, arrival: Arrival) -> None:
        """PUBACK; nothing where the connection is gone: the broker sends it again in the next."""
        if arrival.qos and self._wire.up:
            self._client.ack(arrival.mid, arrival.qos)

    def pause(self) -> None:
        """Stop reading: the broker, and then its senders, wait."""
        self._wire.pause()

    def resume(self) -> None:
        """Read again."""
        self._wire.resume()

    @property
    def paused(self) -> bool:
        """Whether nothing is read."""
        return self._wire.paused

    @property
    def alive(self) -> bool:
        """Whether it is up."""
        return self._wire.up and not self._closing

    @property
    def room(self) -> int:
        """How many more publishes with QoS 1 it takes now: who sends too many is thrown out (0x93)."""
        return self.window - len(self._unacknowledged)

    def leave_unread(self) -> None:
        """Hand on no more arrivals: they are not acknowledged, so that they stay in the session."""
        self._leaving = True
        self.resume()

    async def close(self, *, within_s: float) -> None:
        """DISCONNECT, or just leave where the broker takes nothing any more; ``on_lost`` is not called."""
        self.leave_unread()
        self._closing = True
        if self._wire.up:
            self._client.disconnect()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(within_s):
                    await self._wire.ended.wait()
        self._wire.shut()

    # ---- paho's calls --------------------------------------------------------------------------------

    def _on_message(self, _c: object, _u: object, message: mqtt.MQTTMessage) -> None:
        self._wire.heard += 1
        if self._leaving:
            return  # not acknowledged: it stays in the session
        told = {} if message.properties is None else vars(message.properties)
        try:
            topic = message.topic
        except UnicodeDecodeError:
            log.warning("a message on a topic that is not UTF-8 is dropped")
            self._client.ack(message.mid, message.qos)
            return
        self._on_arrival(
            Arrival(
                topic, bytes(message.payload), message.mid, message.qos,
                bool(message.dup), bool(message.retain),
                told.get("ResponseTopic"), told.get("CorrelationData"), told.get("MessageExpiryInterval"),
            )
        )  # fmt: skip

    def _on_publish(self, _c: object, _u: object, mid: int, reason: ReasonCode, _p: object) -> None:
        self._wire.heard += 1
        self._unacknowledged.discard(mid)  # not in it where the QoS was 0: paho calls for those too
        self.refusal = str(reason) if reason.value >= REFUSED else None
        if self.refusal is not None and len(self.refused) < self.window:
            self.refused[mid] = self.refusal
        waiting = self._pubacks.get(mid)
        if waiting is not None and not waiting.done():
            waiting.set_result(None)
        self._on_told(mid)

    def _on_subscribe(self, _c: object, _u: object, mid: int, reasons: list[ReasonCode], _p: object) -> None:
        self._wire.heard += 1
        waiting = self._subacks.get(mid)
        if waiting is not None and not waiting.done():
            waiting.set_result([int(each.value) for each in reasons])

    def _on_disconnect(
        self, _c: object, _u: object, flags: mqtt.DisconnectFlags, reason: ReasonCode, _p: object
    ) -> None:
        if not self._connack.done():
            self._connack.set_exception(self._without_answer())
            return
        if self._connack.cancelled() or self._connack.exception() is not None:
            return  # it never was up, and who opens it has been told
        if flags.is_disconnect_packet_from_server:
            said = causes.of_disconnect(reason.value, str(reason), self._settings)
            permanent = reason.value == causes.TAKEN_OVER
            self._over(said, permanent=permanent, blames=causes.blames(reason.value))
        elif reason.value == 141 or "alive" in str(reason).lower():
            self._over(f"the broker has not answered for {self._settings.keepalive_s} s")
        else:
            left = self._wire.left_behind
            self._over(self._without_a_word() if left else "the connection broke", blames=int(left))

    # ---- its end -------------------------------------------------------------------------------------

    def _without_a_word(self) -> str:
        if self.refusal is None:
            return causes.WITHOUT_A_WORD
        return f"the broker closed the connection over a message that it refused: {self.refusal}"

    def _without_answer(self) -> BrokerLost:
        if self._settings.tls is not None and "SSL" in self._trouble:
            return causes.of_tls_words(self._trouble, self._settings)
        maybe = ": does it want TLS?" if self._settings.tls is None else ""
        return _OtherVersion(f"the broker closed the connection without an answer to CONNECT{maybe}")

    def _alive(self) -> None:
        if not self.alive:
            raise BrokerLost("the connection is gone")

    def _over(self, reason: str, *, permanent: bool = False, blames: int = 0) -> None:
        lost = self.lost = BrokerLost(reason, permanent=permanent, blames=blames)
        waiting: list[asyncio.Future[Any]] = [*self._subacks.values(), *self._pubacks.values()]
        for each in waiting:
            if not each.done():
                each.set_exception(lost)
        if not self._closing:
            self._closing = True
            self._loop.call_soon(self._on_lost, reason)
