"""Keeps the connection with the broker: opens it, subscribes, says who is there, and leaves properly."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import random
import time
from typing import TYPE_CHECKING, Final

from modemd import __version__
from modemd.errors import BrokerLost, ConfigError, StoreError
from modemd.formats.events import iso
from modemd.store import brokers
from modemd.store.times import to_us
from modemd.workers import broker_causes
from modemd.workers.broker import REFUSED, BrokerSettings, Connection
from modemd.workers.supervisor import Worker

if TYPE_CHECKING:
    from modemd.workers.broker_settings import Arrival
    from modemd.workers.floor import Floor
    from modemd.workers.mqtt_line import Line

log = logging.getLogger(__name__)

_FIRST_S: Final = 1.0
_LONGEST_S: Final = 30.0
_HOPELESS_S: Final = 60.0
_AGAIN_S: Final = 0.5
_STEADY_S: Final = 10.0
_SUSPICIOUS: Final = 3
"""So many connections in a row that the broker closed sooner than that: somebody takes them from us."""
_LEAVE_S: Final = 0.6
_SILENT_S: Final = 0.1
_SHARED_UNSUPPORTED: Final = 0x9E
_NO_SHARE: Final = (
    "the broker has no shared subscriptions (mqtt: share): of several gateways each would get every message"
)
_MEND_S: Final = 5.0


class MqttWorker(Worker):
    """The connection's keeper. Failures are said once for each reason, however often they are met.

    ``tries`` counts how often it has tried to connect.
    """

    name = "broker"
    patience_s = 120.0

    def __init__(self, floor: Floor, line: Line) -> None:
        super().__init__()
        self._floor = floor
        self._line = line
        self._since = floor.now()
        self._wait_s = _FIRST_S
        self._said: str | None = None
        self._lost: BrokerLost | None = None
        self.tries = 0
        self._online_mid = 0
        self._up_at = 0.0
        self._short_lived = 0
        self._noted: tuple[str, str | None] | None = None
        self._mended_at = 0.0
        self._mending: asyncio.TimerHandle | None = None
        line.listeners.append(self._own_state)

    def stop(self) -> None:
        """Ask for the turn in hand to be the last."""
        super().stop()
        self._line.lost.ring()

    async def step(self) -> None:
        """Connect where there is no connection; else wait until it is lost."""
        if self._line.connection is not None:
            await self._watch(self._line.connection)
            return
        try:
            await self._mind_loss()
            await self._connect()
        except BrokerLost as error:
            await self._say(error)
            await self._pause.wait(self._next_wait_s(error))
        except ConfigError as error:
            await self._say(BrokerLost(str(error), permanent=True))
            await self._pause.wait(_HOPELESS_S)

    async def _mind_loss(self) -> None:
        """A connection that was lost is made anew at once, but for one that another client took from us."""
        lost, self._lost = self._lost, None
        if lost is None:
            return
        if lost.permanent:
            raise lost
        if self._short_lived >= _SUSPICIOUS:
            raise broker_causes.of_closing(self._line.config.client_name(self._floor.rules.gateway))
        await self._pause.wait(_AGAIN_S * random.uniform(0.2, 1.0))  # noqa: S311 - many may have lost it

    def _next_wait_s(self, error: BrokerLost) -> float:
        if error.permanent:
            return _HOPELESS_S
        if self._short_lived >= _SUSPICIOUS:
            return min(2.0**self._short_lived, _HOPELESS_S) * random.uniform(0.5, 1.0)  # noqa: S311 - as above
        wait_s, self._wait_s = self._wait_s, min(self._wait_s * 2, _LONGEST_S)
        return wait_s * random.uniform(0.5, 1.0)  # noqa: S311 - for the same reason

    async def finish(self) -> None:
        """Say that we go, and go; a broker that does not answer is left without a word."""
        connection = self._line.connection
        self._line.connection = None
        if connection is None:
            return
        connection.leave_unread()
        with contextlib.suppress(BrokerLost):
            await connection.publish_for_good(
                self._line.state_topic, self._state("offline"), within_s=_LEAVE_S
            )
        await connection.close(within_s=_LEAVE_S)

    async def _watch(self, connection: Connection) -> None:
        await self._line.lost.wait(min(self._line.config.keepalive_s / 3, _STEADY_S))
        if self._short_lived and connection.alive and time.monotonic() - self._up_at > _STEADY_S:
            suspicious, self._short_lived = self._short_lived >= _SUSPICIOUS, 0
            if suspicious:
                await self._say(None)
        refused = self._may_not_publish(connection)
        if refused is not None and refused.reason != self._said:
            await self._say(refused)
        if connection.paused and connection.alive:
            self._say_online(connection, qos=0)  # no PINGRESP could be read: this shows that we are there

    async def _connect(self) -> None:
        self.tries += 1
        line, gateway = self._line, self._floor.rules.gateway
        settings = BrokerSettings.of(line.config, gateway, __version__)

        early: list[Arrival] = []
        opened: list[Connection] = []

        def on_arrival(arrival: Arrival) -> None:
            if opened:
                line.put(opened[0], arrival)
            else:
                early.append(arrival)  # what a session kept comes right behind CONNACK

        try:
            connection = await Connection.open(
                settings, on_arrival=on_arrival, on_told=line.acknowledged, on_lost=self._on_lost
            )
        except BrokerLost:
            self._short_lived = 0  # it was away: that is why it closed
            raise
        line.new_session |= not connection.session_present
        line.connection = connection
        opened.append(connection)
        for arrival in early:
            line.put(connection, arrival)
        try:
            await self._subscribe(connection)
            self._say_online(connection)  # who waits for it may publish now
        except (BrokerLost, StoreError):
            line.connection = None
            await connection.close(within_s=_LEAVE_S)
            raise
        self._wait_s = _FIRST_S
        self._up_at = time.monotonic()
        for each in line.on_connected:
            each()
        self._floor.mqtt.ring()
        if self._short_lived < _SUSPICIOUS:
            await self._say(None)

    async def _subscribe(self, connection: Connection) -> None:
        """Subscribe anew at every connect: a broker that was restarted may have lost what it knew.

        What the session still has from another configuration is ended; it would go on bringing messages.
        """
        line, gateway = self._line, self._floor.rules.gateway
        shared, plain = line.shared_filters, line.plain_filters
        shares = connection.shares and bool(shared)
        if shared and not shares:
            log.warning("%s", _NO_SHARE)
        wanted = [*(shared if shares else line.own_filters), *plain]
        had = await self._floor.store.run(lambda tx: brokers.filters(tx, gateway))
        if set(wanted) != had:
            noted = had | set(wanted)
            await self._floor.store.run(lambda tx: brokers.keep_filters(tx, gateway, noted))
        stale = had - set(wanted)
        stand_ins = stale & set(line.own_filters)  # of shared ones, if the broker refuses those as before
        # At one go: what is published between the two would be nobody's.
        _, codes = await asyncio.gather(
            connection.unsubscribe(sorted(stale - stand_ins)), connection.subscribe(wanted)
        )
        refused = [each for each in wanted if codes.get(each, REFUSED) == _SHARED_UNSUPPORTED]
        if refused:
            log.warning("%s", _NO_SHARE)
            again = [own for own, each in zip(line.own_filters, shared, strict=True) if each in refused]
            codes = {each: code for each, code in codes.items() if each not in refused}
            codes |= await connection.subscribe(again)
        await connection.unsubscribe(sorted(stand_ins - set(codes)))
        if set(codes) != had:
            await self._floor.store.run(lambda tx: brokers.keep_filters(tx, gateway, codes))
        for topic, code in codes.items():
            if code >= REFUSED:
                log.error("the broker does not let us subscribe to %s (reason code 0x%02X)", topic, code)

    def _on_lost(self, reason: str) -> None:
        connection, self._line.connection = self._line.connection, None
        if connection is None:
            return  # it never was up, and its opener says so
        log.warning("the broker is lost: %s", reason)
        permanent = connection.lost is not None and connection.lost.permanent
        self._lost = BrokerLost(reason, permanent=permanent)
        short = reason == broker_causes.WITHOUT_A_WORD and time.monotonic() - self._up_at < _STEADY_S
        if connection.refused:
            short = False  # mosquitto 2.0.11 closes behind a publish that its ACL forbids
            self._lost = self._may_not_publish(connection) or self._lost
        self._short_lived = self._short_lived + 1 if short else 0
        self._line.lost.ring()
        self._floor.mqtt.ring()

    def _may_not_publish(self, connection: Connection) -> BrokerLost | None:
        """Not even our own state: the rest will be refused as well."""
        why = connection.refused.get(self._online_mid)
        if why is None:
            return None
        return BrokerLost(
            f"the broker does not let us publish on {self._line.state_topic}: {why}", permanent=True
        )

    def hurry(self) -> None:
        """Try at once where the next try would be later: somebody may have mended what was wrong."""
        self._pause.ring()

    def _say_online(self, connection: Connection, qos: int = 1) -> None:
        self._online_mid = connection.publish(
            self._line.state_topic, self._state("online"), retain=True, qos=qos
        )

    def _state(self, state: str) -> bytes:
        return json.dumps({"state": state, "version": __version__, "since": iso(self._since)}).encode()

    def _own_state(self, arrival: Arrival) -> bool:
        """A will that comes late, or somebody else, says something else of us: say it again."""
        if arrival.topic != self._line.state_topic:
            return False
        connection = self._line.connection
        if connection is not None and connection.alive and arrival.payload != self._state("online"):
            self._mend()
        return True

    def _mend(self) -> None:
        """At once, and at most each few seconds: another gateway may be of the same opinion."""
        wait_s = self._mended_at + _MEND_S - time.monotonic()
        if self._mending is not None:
            return
        self._mending = asyncio.get_running_loop().call_later(max(wait_s, 0), self._mend_now)

    def _mend_now(self) -> None:
        self._mending, self._mended_at = None, time.monotonic()
        connection = self._line.connection
        if connection is not None and connection.alive:
            with contextlib.suppress(BrokerLost):
                self._say_online(connection)

    async def _say(self, error: BrokerLost | None) -> None:
        """Tell how it stands, in the log and in the store, where that is news."""
        reason = None if error is None else error.reason
        where = f"{self._line.config.host}:{self._line.config.port}"
        if error is None:
            log.info("connected with the broker %s", where)
        elif reason != self._said:
            log.error("no broker at %s: %s", where, reason)
        self._said = reason
        if self._noted == (where, reason):
            return
        now_us, gateway = to_us(self._floor.now()), self._floor.rules.gateway
        try:
            await self._floor.store.run(lambda tx: brokers.note(tx, gateway, where, reason, now_us))
            self._noted = (where, reason)
        except StoreError as failed:
            log.warning("%s: how it stands with the broker is not written down", failed)
