"""From the broker into the store, and only then acknowledged: PUBACK follows the commit."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from modemd.errors import Rejected, StoreError
from modemd.service import requests
from modemd.service.outbox import announce_rejected
from modemd.service.reminders import appointments
from modemd.store import receipts
from modemd.store.times import to_us
from modemd.workers.mqtt_reading import Read, Reader
from modemd.workers.supervisor import Worker

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from modemd.store.transaction import Tx
    from modemd.workers.broker_settings import Arrival
    from modemd.workers.floor import Floor
    from modemd.workers.mqtt_line import Came, Line

log = logging.getLogger(__name__)

_BATCH: Final = 200
_IN_A_ROW: Final = 10
_SOON: Final = timedelta(seconds=60)
"""The clock looks more often than this by itself; what falls due earlier it has to be told of."""
_MOVE_CREDITS: Final = frozenset({"cancel", "order"})
"""Verbs after which a message that waits for credits may be covered."""
_REMEMBERED: Final = 1_000


@dataclass(slots=True)
class _Done:
    """What the commit of a batch brought about, and whom it concerns."""

    queue: bool = False
    clock: bool = False
    results: bool = False
    modems: set[str] = field(default_factory=set)
    retained: set[int] = field(default_factory=set)
    answers: Counter[str] = field(default_factory=Counter)


class MqttIn(Worker):
    """Takes what came in batches, one transaction each, in the order in which it came."""

    name = "broker in"

    def __init__(self, floor: Floor, line: Line) -> None:
        super().__init__()
        self._floor = floor
        self._line = line
        self._retained: set[int] = set()

    def stop(self) -> None:
        """Ask for the turn in hand to be the last."""
        super().stop()
        self._line.arrived.ring()

    async def step(self) -> None:
        """Take one batch; wait where nothing came."""
        batch = self._line.take(_BATCH)
        if not batch:
            await self._line.arrived.wait(30.0)
            return
        if await self._try(batch):
            return
        for place, came in enumerate(batch):
            behind = batch[place + 1 :]
            if not await self._try([came], behind):
                await self._give_up(came, behind)

    async def _try(self, batch: list[Came], behind: Sequence[Came] = ()) -> bool:
        """Read, commit, acknowledge; ``False``: something went wrong that is nobody's but an arrival's."""
        try:
            done = await self._take(batch)
        except StoreError:
            self._line.put_back([*batch, *behind])
            raise
        except Exception:
            log.exception("%s cannot be taken", _words(batch))
            return False
        # From here on they are committed: whatever fails now, none of them is taken again.
        if done is not None:
            self._remember(done.retained)
            self._wake(done)
        for connection, arrival in batch:
            connection.ack(arrival)
        return True

    async def _take(self, batch: list[Came]) -> _Done | None:
        """Read them, and write what they ask for; ``None``: none of them asks for anything."""
        floor = self._floor
        reader = Reader(self._line.config, floor.rules, floor.zone, floor.now())
        read: list[Read] = []
        for place, (_, arrival) in enumerate(batch, 1):
            if self._is_for_us(reader, arrival):
                read.append(await reader.read(arrival))
            if place % _IN_A_ROW == 0:
                await asyncio.sleep(0)  # the modems first
        if not read:
            return None
        is_new = self._line.new_session
        done = await floor.store.run(lambda tx: self._write(tx, read, reader, is_new=is_new))
        self._line.new_session = self._line.new_session and not is_new
        return done

    def _is_for_us(self, reader: Reader, arrival: Arrival) -> bool:
        """Whether it asks for something; what is retained does so once."""
        if reader.topic(arrival) is None:
            return False
        if not arrival.retain:
            return True
        if not arrival.payload:
            return False  # somebody clears it
        if _retained_hash(arrival) in self._retained:
            return False
        log.warning("a retained message on %.200r is not acted upon: clear it", arrival.topic)
        return True

    def _remember(self, retained: Iterable[int]) -> None:
        for each in retained:
            if len(self._retained) < _REMEMBERED:
                self._retained.add(each)

    def _write(self, tx: Tx, read: list[Read], reader: Reader, *, is_new: bool) -> _Done:
        gateway, done = reader.rules.gateway, _Done()
        done.retained.update(_retained_hash(each.arrival) for each in read if each.arrival.retain)
        if is_new:
            receipts.forget(tx, gateway)
        sends: list[Read] = []
        kept: dict[int, bytes] = {}
        for each in read:
            if self._again(tx, gateway, each, kept):
                continue
            if each.digest is not None and each.arrival.qos:
                kept[each.arrival.mid] = each.digest
            if each.verb is None:
                sends.append(each)
                continue
            self._accept(tx, sends, reader, done)
            sends = []
            self._answer(tx, each, reader, done)
        self._accept(tx, sends, reader, done)
        receipts.keep(tx, gateway, kept.items(), to_us(reader.now))
        return done

    @staticmethod
    def _again(tx: Tx, gateway: str, each: Read, kept: Mapping[int, bytes]) -> bool:
        """Whether this packet was accepted before, or just now, and only its acknowledgement was lost."""
        mid, digest = each.arrival.mid, each.digest
        if not each.arrival.dup or digest is None:
            return False
        return kept.get(mid) == digest or receipts.is_known(tx, gateway, mid, digest)

    def _accept(self, tx: Tx, sends: list[Read], reader: Reader, done: _Done) -> None:
        prepared = [one for each in sends for one in each.prepared]
        replies = [each.reply for each in sends for _ in each.prepared]
        rules, now, now_us = reader.rules, reader.now, to_us(reader.now)
        if prepared:
            answers = appointments.accept(tx, prepared, rules, now, source="mqtt", replies=replies)
            for one, reply, answer in zip(prepared, replies, answers, strict=True):
                done.answers[answer.code if isinstance(answer, Rejected) else "accepted"] += 1
                if isinstance(answer, Rejected):
                    announce_rejected(tx, rules, reader.event_of(one.request, answer), now_us, reply)
            done.queue = True
            done.clock = done.clock or any(
                one.due_at is not None or one.deadline_at < now + _SOON for one in prepared
            )
        for each in sends:
            for event in each.refused:
                done.answers[event.error.code if event.error else "rejected"] += 1
                announce_rejected(tx, rules, event, now_us, each.reply)

    def _answer(self, tx: Tx, each: Read, reader: Reader, done: _Done) -> None:
        assert each.verb is not None
        if each.refused:
            for event in each.refused:
                announce_rejected(tx, reader.rules, event, to_us(reader.now), each.reply)
            return
        woken = requests.answer(
            tx, each.verb, each.account, each.arrival.payload, reader.rules, reader.now, each.reply,
            zone=reader.zone,
        )  # fmt: skip
        done.queue |= woken.queue
        done.results |= woken.results
        done.modems |= woken.modems
        done.clock |= each.verb in _MOVE_CREDITS

    def _wake(self, done: _Done) -> None:
        for answer, count in done.answers.items():
            self._floor.tally.requests["mqtt", answer] += count
        self._floor.mqtt.ring()
        if done.queue:
            self._floor.ring_queue()
        if done.results:
            self._floor.results.ring()
        if done.clock:
            self._floor.clock.ring()
        for name in done.modems:
            self._floor.ask(name)

    async def _give_up(self, came: Came, behind: Sequence[Came]) -> None:
        """What nobody foresaw must not block what is behind it."""
        connection, arrival = came
        reader = Reader(self._line.config, self._floor.rules, self._floor.zone, self._floor.now())
        asked = reader.topic(arrival)
        if asked is not None:
            refused = Rejected("bad_request", "internal error: the gateway's log has more")
            event = reader.refusal(arrival, asked[2], refused)
            try:
                await self._floor.store.run(
                    lambda tx: announce_rejected(tx, reader.rules, event, to_us(reader.now), None)
                )
            except StoreError:
                self._line.put_back([came, *behind])
                raise
            self._floor.mqtt.ring()
        connection.ack(arrival)


def _retained_hash(arrival: Arrival) -> int:
    return hash((arrival.topic, arrival.payload))


def _words(batch: Sequence[Came]) -> str:
    if len(batch) > 1:
        return f"something in {len(batch)} arrivals, each of which is tried alone now,"
    return f"an arrival on {batch[0][1].topic:.200}"
