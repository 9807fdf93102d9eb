"""What stays on the broker: how modems, queues and accounts stand, and what Home Assistant knows of them."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from modemd.errors import BrokerLost
from modemd.service.credits.credit_states import any_limited, credits_of_all
from modemd.service.states import Make, Standing, standing
from modemd.store import retained
from modemd.workers.mqtt_wanted import Wanted, wanted
from modemd.workers.supervisor import Worker

if TYPE_CHECKING:
    from modemd.formats.payloads import Credit
    from modemd.store.transaction import Tx
    from modemd.workers.broker import Connection
    from modemd.workers.broker_settings import Arrival
    from modemd.workers.floor import Floor
    from modemd.workers.mqtt_line import Line

log = logging.getLogger(__name__)

_LOOK_S: Final = 2.0
_CREDIT_S: Final = 0.5
"""Accounts look at what they have left more often than at anything else."""
_SELDOM: Final = 100
"""A look takes no more than a hundredth of the time: it counts what waits, and that may be much."""
_IDLE_S: Final = 30.0
_JITTER_S: Final = 3.0
"""After its start Home Assistant hears from everybody at once; we are somewhere in the middle."""
_ROOM_S: Final = 0.05
_TURN_S: Final = 5.0
_LEAVE_S: Final = 0.3
_BLAME_S: Final = 3.0
_CUTS: Final = 5
"""So many connections in a row that ended right behind a clearing: our rights do not go so far any more."""


class MqttStates(Worker):
    """Publishes retained topics at each connect and when they change; clears those that are no more."""

    name = "broker states"

    def __init__(self, floor: Floor, line: Line) -> None:
        super().__init__()
        self._floor = floor
        self._line = line
        self._bell = floor.states
        self._connection: Connection | None = None
        self._there: dict[str, bytes] = {}
        """What the broker has from us in this connection."""
        self._wanted: Wanted | None = None
        self._makes: dict[str, Make] = {}
        """Who each modem was when it last said so: a device is not to change when its modem is away."""
        self._news = True
        self._look_at = self._credit_at = 0.0
        self._spent = False
        self._unfinished = False
        self._repeat_at: float | None = None
        self._strike: tuple[float, frozenset[str]] | None = None
        self._cleared_at: float | None = None
        self._cuts = 0
        line.on_connected.append(self._bell.ring)
        line.listeners.append(self._hears_of_home_assistant)

    def stop(self) -> None:
        """Ask for the turn in hand to be the last."""
        super().stop()
        self._bell.ring()

    async def step(self) -> None:
        """Look where there is news and it is time; publish what is new; wait."""
        connection = self._line.connection
        if connection is not None:
            await self._turn(connection, time.monotonic())
        rung = await self._bell.wait(self._wait_s(time.monotonic()))
        self._news |= rung
        self._spent |= rung

    async def finish(self) -> None:
        """Say how everything stands in the end: modems that are stopped are."""
        connection = self._line.connection
        if connection is not None and connection is self._connection:
            await self._look()
            await self._publish(connection, _LEAVE_S)

    async def _turn(self, connection: Connection, now: float) -> None:
        if connection is not self._connection:
            self._connection = connection
            self._there.clear()
            self._strike = None
            self._count_cut(now)
        if self._repeat_at is not None and now >= self._repeat_at:
            self._repeat_at = None
            self._there.clear()
        if self._news and now >= self._look_at:
            self._news = self._spent = False
            await self._look()
        elif self._spent and now >= self._credit_at:
            self._spent = False
            await self._look_at_credits()
        await self._publish(connection, _TURN_S)
        await self._strike_out(now)

    def _count_cut(self, now: float) -> None:
        """Mosquitto 2.0.11 closes the connection over what its ACL forbids: each time, for ever."""
        soon = self._cleared_at is not None and now - self._cleared_at < _BLAME_S
        self._cuts, self._cleared_at = self._cuts + 1 if soon else 0, None
        if self._cuts == _CUTS and self._wanted is not None:
            gone = ", ".join(topic for topic, payload in self._wanted.topics.items() if not payload)
            log.error("left on the broker, which closes the connection when it is to be cleared: %s", gone)

    async def _look(self) -> None:
        """Find out how everything stands, and note new topics before they are on the broker.

        Raises:
            StoreError: it cannot be read or written now.
        """
        rules, now = self._floor.rules, self._floor.now().astimezone(self._floor.zone)
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)

        def look(tx: Tx) -> tuple[Standing, list[str], float]:
            began = time.monotonic()
            found = standing(tx, rules, midnight)
            return found, retained.topics(tx, rules.gateway), time.monotonic() - began

        found, known, took_s = await self._floor.store.run(look)
        self._look_at = time.monotonic() + max(_LOOK_S, took_s * _SELDOM)
        self._credit_at = time.monotonic() + _CREDIT_S
        self._makes = {
            name: make if make.imei or make.model else self._makes.get(name, make)
            for name, make in found.makes.items()
        }
        found = replace(found, makes=self._makes)
        fresh = wanted(found, rules, self._line.config, known)
        if fresh.notes:
            await self._floor.store.run(lambda tx: retained.keep(tx, rules.gateway, fresh.notes))
        self._wanted = fresh

    async def _look_at_credits(self) -> None:
        """Find out what is left to those who pay; where accounts came or went, look at everything.

        Raises:
            StoreError: it cannot be read now.
        """
        rules = self._floor.rules
        self._credit_at = time.monotonic() + _CREDIT_S
        if self._wanted is None or not any_limited(rules):
            return

        def look(tx: Tx) -> tuple[dict[str, Credit], float]:
            began = time.monotonic()
            return credits_of_all(tx, rules), time.monotonic() - began

        found, took_s = await self._floor.store.run(look)
        self._credit_at = time.monotonic() + max(_CREDIT_S, took_s * _SELDOM)
        fresh = self._wanted.with_credits(found, self._line.config.prefix)
        if fresh is None:
            self._news = False
            await self._look()
        else:
            self._wanted = fresh

    async def _publish(self, connection: Connection, within_s: float) -> None:
        """Publish what the broker has not got; what it has no room for in time is left for the next turn."""
        if self._wanted is None:
            return
        new = [
            (topic, payload)
            for topic, payload in self._wanted.topics.items()
            if self._there.get(topic) != payload and (payload or self._cuts < _CUTS)
        ]
        self._unfinished = True
        until = time.monotonic() + within_s
        try:
            for topic, payload in new:
                while connection.room <= 0:
                    if time.monotonic() > until or not connection.alive:
                        return
                    await asyncio.sleep(_ROOM_S)
                self._there[topic] = payload
                if not payload and self._cleared_at is None:
                    self._cleared_at = time.monotonic()
                try:
                    connection.publish(topic, payload, retain=True)
                except ValueError as error:
                    log.error("%s cannot be published: %s", topic, error)  # noqa: TRY400 - it says all
        except BrokerLost:
            return
        self._unfinished = False
        if self._wanted.gone and self._strike is None:
            self._strike = (time.monotonic() + self._line.config.repeat_s + _LOOK_S, self._wanted.gone)

    async def _strike_out(self, now: float) -> None:
        """Forget what was cleared, once a broker that is killed will not bring it back."""
        if self._strike is None or now < self._strike[0]:
            return
        still = self._wanted.gone if self._wanted is not None else frozenset()
        gateway, gone = self._floor.rules.gateway, self._strike[1] & still  # what came back is not gone
        self._strike = None
        if gone:
            await self._floor.store.run(lambda tx: retained.forget(tx, gateway, gone))
        self._news = True  # devices are told without the parts that they have no more

    def _wait_s(self, now: float) -> float:
        """Until something is due by itself: what is rung for comes earlier."""
        due = [now + _IDLE_S, now + self._until_midnight_s()]
        if self._line.connection is not None:
            due += [self._look_at] if self._news else []
            due += [self._credit_at] if self._spent else []
            due += [now + _ROOM_S] if self._unfinished else []
            due += [] if self._repeat_at is None else [self._repeat_at]
            due += [] if self._strike is None else [self._strike[0]]
        return max(0.0, min(due) - now)

    def _until_midnight_s(self) -> float:
        """How long what was sent today is still today's."""
        now = self._floor.now().astimezone(self._floor.zone)
        begins = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        return (begins - now).total_seconds()

    def _hears_of_home_assistant(self, arrival: Arrival) -> bool:
        """Home Assistant has started: it is told everything anew, be it that it has it already."""
        config = self._line.config
        if not config.homeassistant or arrival.topic != f"{config.homeassistant}/status":
            return False
        if arrival.payload == b"online":
            self._repeat_at = time.monotonic() + random.uniform(0.1, _JITTER_S)  # noqa: S311
            self._bell.ring()
        return True
