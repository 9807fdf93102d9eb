"""From the outbox to the broker, in order; what was acknowledged is forgotten a little later."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from modemd.errors import BrokerLost
from modemd.service import channels
from modemd.service.outbox import MQTT
from modemd.store import mark, outbox
from modemd.store.times import to_us
from modemd.workers.supervisor import Worker

if TYPE_CHECKING:
    from collections.abc import Callable

    from modemd.store.outbox import Untold
    from modemd.store.transaction import Tx
    from modemd.workers.broker import Connection
    from modemd.workers.floor import Floor
    from modemd.workers.mqtt_line import Line

log = logging.getLogger(__name__)

WINDOW: Final = 500
_AHEAD: Final = 500
_FLUSH_S: Final = 1.5
_IDLE_S: Final = 30.0
_SOON_S: Final = 0.25
_WRITTEN_S: Final = 0.6
_LOOK_S: Final = 60.0
_GONE_AFTER: Final = timedelta(minutes=2)
_CAREFUL: Final = 20
"""So many are published one by one after a connection that was lost with some under way: a broker may close
it because of one of them, and what it said of that one is lost with all that was sent behind."""
_ENOUGH: Final = 6
"""Blame of an event for which, while it alone was under way, the broker closed one connection after the
other: thrice with a reason that fits, or six times without a word. Else it would hold up all the rest."""
_US: Final = 1_000_000
_TWICE: Final = 0.0
"""When a row counts as acknowledged that was so in two connections: long ago. A line that breaks again and
again before ``mqtt.repeat`` has passed would else hear the same rows for ever."""


class MqttOut(Worker):
    """Publishes what the broker is to be told.

    What is unacknowledged when a connection breaks, and what was acknowledged shortly before, is published
    again in the next: a broker that was killed may have acknowledged what it had not written. By its
    ``event_id`` receivers drop what they know.
    """

    name = "broker out"

    def __init__(self, floor: Floor, line: Line) -> None:
        super().__init__()
        self._floor = floor
        self._line = line
        self._connection: Connection | None = None
        self._tag = b""
        self._behind = 0
        self._more = False
        self._rows: deque[Untold] = deque()
        self._known: set[int] = set()
        self._look_at = 0.0
        self._in_flight: dict[int, int] = {}
        self._acked: deque[tuple[float, int]] = deque()
        self._acked_before: set[int] = set()
        self._careful = 0
        self._suspect = self._blame = 0
        self._unwanted: set[int] = set()
        self._refusals: set[str] = set()
        self._handed: set[int] = set()
        self._refused: set[int] = set()
        self._prefix = f"{line.prefix}/"
        line.acknowledged = self._on_told

    @property
    def acknowledged(self) -> int:
        """How many events the broker has acknowledged that are not forgotten yet."""
        return len(self._acked)

    def stop(self) -> None:
        """Ask for the turn in hand to be the last."""
        super().stop()
        self._floor.mqtt.ring()

    async def step(self) -> None:
        """Read what is next, publish what may be under way; wait for acknowledgements or news."""
        connection = self._line.connection
        if connection is None:
            await self._floor.mqtt.wait(_IDLE_S)
            return
        if connection is not self._connection:
            self._begin(connection)
        self._forget()
        if time.monotonic() >= self._look_at and self._floor.timepiece.steady:
            await self._take_over()
        if await self._read():
            self._publish()
            return
        await self._floor.mqtt.wait(self._until_forget_s())

    async def finish(self) -> None:
        """Tell what the last turns brought about, as long as that goes quickly; then forget what was told."""
        deadline = time.monotonic() + _FLUSH_S
        while self._connection is not None and self._line.connection is self._connection:
            await self._read()
            self._publish()
            left_s = deadline - time.monotonic()
            if left_s <= 0 or not (self._rows or self._in_flight):
                self._line.silent = bool(self._in_flight) and left_s <= 0
                break
            await self._floor.mqtt.wait(left_s)
        if self._line.connection is None or self._line.connection is not self._connection:
            return  # it was lost: they are told again
        told = [row for _, row in self._acked]
        self._acked.clear()
        await self._floor.store.run(self._teller(told))

    def _begin(self, connection: Connection) -> None:
        """Everything that is not forgotten is told in this connection, from the oldest on."""
        self._blame_who_was_alone()
        self._connection = connection
        self._careful = min(len(self._in_flight), _CAREFUL)
        self._behind = 0
        self._known.clear()
        self._rows.clear()
        self._in_flight.clear()
        self._forget(_TWICE)
        self._acked_before.update(row for _, row in self._acked)
        self._acked.clear()

    def _blame_who_was_alone(self) -> None:
        was, rows = self._connection, list(self._in_flight.values())
        if was is None or was.lost is None or len(rows) != 1 or was.room != was.window - 1:
            return
        [row] = rows
        self._blame = was.lost.blames + (self._blame if row == self._suspect else 0)
        self._suspect = row
        if self._blame >= _ENOUGH:
            self._unwanted.add(row)
            log.error("event %d is not told: the broker closes the connection over it: %s", row, was.lost)

    async def _take_over(self) -> None:
        """What another gateway of this store cannot tell any more is told here, from the oldest on."""
        self._look_at = time.monotonic() + _LOOK_S
        gone_us = to_us(self._floor.now() - _GONE_AFTER)
        taken = await self._floor.store.run(lambda tx: outbox.take_over(tx, MQTT, gone_us, by_broker=True))
        if taken:
            log.warning("%d events of a gateway that is gone, or has no broker, are told by this one", taken)
            self._known = {*self._in_flight.values(), *(row.id for row in self._rows)}
            self._known.update(row for _, row in self._acked)
            self._behind = 0

    async def _read(self) -> bool:
        """Read ahead where little is left; tell whether there is something new."""
        if len(self._rows) > _AHEAD // 2:
            return False
        behind = self._behind
        if not self._tag:
            self._tag = (await self._floor.store.run(mark.tag)).encode()
        rows = await self._floor.store.run(lambda tx: outbox.untold(tx, MQTT, behind, _AHEAD))
        self._more = len(rows) == _AHEAD
        if rows:
            self._floor.states.ring()
            self._rows.extend(row for row in rows if row.id not in self._known)
            self._behind = rows[-1].id
        return bool(rows)

    def _publish(self) -> None:
        """Hand over as many as may be under way."""
        connection = self._connection
        if connection is None or not connection.alive:
            return
        most = 1 if self._careful else min(WINDOW, connection.window)
        now_us = 0
        while self._rows and len(self._in_flight) < most and connection.room > connection.window // 8:
            row = self._rows.popleft()
            if row.event == channels.EVENT:
                self._handed.add(row.id)
            if row.id in self._unwanted:
                self._acked.append((time.monotonic(), row.id))
                continue
            expiry_s = None
            if row.expires_at is not None:
                now_us = now_us or to_us(self._floor.now())
                expiry_s = (row.expires_at - now_us) // _US
                if expiry_s <= 0:
                    self._acked.append((time.monotonic(), row.id))
                    continue
            payload = self._payload(row)
            try:
                mid = connection.publish(
                    self._topic(row), payload, correlation=row.correlation, expiry_s=expiry_s
                )
            except BrokerLost:
                return  # all of it is read again in the next connection
            except ValueError as error:
                log.error("event %d cannot be published: %s", row.id, error)  # noqa: TRY400
                self._acked.append((time.monotonic(), row.id))
                continue
            self._in_flight[mid] = row.id

    def _topic(self, row: Untold) -> str:
        topic = row.topic or ""
        return topic[1:] if topic.startswith("=") else self._prefix + topic

    def _payload(self, row: Untold) -> bytes:
        body = (row.body or "{}").encode()
        comma = b"" if body[1:2] == b"}" else b","
        return b'{"event_id":"%b-%d"%b%b' % (self._tag, row.id, comma, body[1:])

    def _on_told(self, mid: int) -> None:
        if self._line.connection is not self._connection:
            return  # its packet ids mean other rows than those that we know
        row = self._in_flight.pop(mid, None)
        if row is not None:
            self._careful -= self._careful > 0
            refusal = None if self._connection is None else self._connection.refusal
            if row in self._acked_before or refusal is not None:
                self._acked.appendleft((_TWICE, row))
            else:
                self._acked.append((time.monotonic(), row))
            if refusal is not None:
                self._refused.add(row)
                self._say_refused(row, refusal)
        if self._rows:
            self._publish()
        if self.stopping or (self._more and len(self._rows) <= _AHEAD // 2):
            self._floor.mqtt.ring()

    def _say_refused(self, row: int | None, why: str) -> None:
        """Once for each reason: the same is likely to be said of all that follow."""
        if why not in self._refusals:
            self._refusals.add(why)
            what = "a retained state" if row is None else f"event {row}"
            log.error("the broker will not have %s, nor perhaps others: %s", what, why)

    def _forget(self, until: float | None = None) -> None:
        """Delete the rows that were acknowledged long enough ago."""
        if until is None:
            until = time.monotonic() - self._line.config.repeat_s
        told = []
        while self._acked and self._acked[0][0] <= until:
            told.append(self._acked.popleft()[1])
        if told:
            self._acked_before.difference_update(told)
            self._floor.store.later(self._teller(told))

    def _teller(self, told: list[int]) -> Callable[[Tx], None]:
        """What is to be written of rows that the broker has, or would not have."""
        handed = self._handed.intersection(told)
        if not handed:
            return lambda tx: outbox.told(tx, told)
        refused = (self._refused | self._unwanted) & handed
        self._handed -= handed
        self._refused -= handed
        rules, now = self._floor.rules, self._floor.now()
        # What it brings about is to be told in its turn, once it is committed.
        asyncio.get_running_loop().call_later(_WRITTEN_S, self._floor.ring_tellers)

        def tell(tx: Tx) -> None:
            channels.told(tx, rules, sorted(handed), now, refused)
            outbox.told(tx, told)

        return tell

    def _until_forget_s(self) -> float:
        if not (self._acked or self._in_flight):
            return _IDLE_S
        if self._in_flight:
            return _SOON_S * 4  # some of it may be acknowledged by then
        return max(_SOON_S, self._acked[0][0] + self._line.config.repeat_s - time.monotonic())
