"""Asking the network what a prepaid SIM has left: now and then, and when refusals look like nothing."""

from __future__ import annotations

import json
import logging
import secrets
import time
from typing import TYPE_CHECKING, Any, Final

from modemd.service.modems import modem_orders, prepaid
from modemd.service.modems.modem_orders import Asker
from modemd.store import modems, sims
from modemd.store.times import from_us

if TYPE_CHECKING:
    from datetime import datetime
    from random import Random

    from modemd.config.modems import BalanceConfig
    from modemd.modem.modem import Modem
    from modemd.store.transaction import Tx
    from modemd.workers.modems.orders import Orders
    from modemd.workers.modems.station import Station

log = logging.getLogger(__name__)

WITHIN_S: Final = 45
"""How long the network is given: nothing is sent meanwhile."""
_HOUR_S: Final = 3600.0
_LOST_S: Final = 300.0
_SPREAD_S: Final = 60.0
_SPREAD: Final = 0.1
"""Modems that start together do not all ask at once: by chance so much later."""
_SHOWN: Final = 120


class BalanceCheck:
    """One modem's. It asks by an order, as a person would: so it is answered, or ended, in any case.

    Times are those of ``time.monotonic``.
    """

    def __init__(self, station: Station, orders: Orders, chance: Random) -> None:
        self._station = station
        self._orders = orders
        self._chance = chance
        self._config: BalanceConfig | None = station.config.balance
        self._sim = ""
        self._due_at = float("inf")
        self._asked_at = float("-inf")
        self._ticket: str | None = None
        self._unread: set[str] = set()

    @property
    def wakes_at(self) -> float:
        """When there will be something to do; far away where nothing is asked for."""
        asks = self._may_ask and self._ticket is None and self._sim == self._station.seat.sim
        return self._due_at if asks else float("inf")

    @property
    def _may_ask(self) -> bool:
        return self._config is not None and self._station.usable and not self._orders.busy

    async def turn(self, modem: Modem, now: float) -> bool:
        """Called while nothing can be sent: ask, or hear the answer; tell whether there was anything.

        Raises:
            NoReply, PortLost: the modem went while a dialogue was ended.
            StoreError: it is tried again with the next turn.
        """
        if self._config is None or not self._may_ask:
            return False
        if self._ticket is not None:
            return await self._hear(modem, self._config, self._ticket)
        if self._sim != self._station.seat.sim:
            await self._plan(now, self._config)
        if self._station.balance_wanted:
            self._station.balance_wanted = False
            self._due_at = min(self._due_at, max(now, self._asked_at + _HOUR_S))
        if now < self._due_at:
            return False
        await self._ask(now, self._config)
        return True

    async def _plan(self, now: float, config: BalanceConfig) -> None:
        """When it was asked last is in the store: a restart asks no more often."""
        sim, floor = self._station.seat.sim, self._station.floor
        known = await floor.store.run(lambda tx: sims.balance_of(tx, sim))
        self._sim, at = sim, None if known is None else from_us(known.at)
        if at is None:
            self._due_at = now + self._chance.random() * _SPREAD_S
            return
        ago = max(0.0, (floor.now() - at).total_seconds())
        self._asked_at = now - ago
        self._due_at = max(self._later(now - ago, config.every_s), now + self._chance.random() * _SPREAD_S)

    def _later(self, since: float, seconds: float) -> float:
        return since + seconds * (1.0 + _SPREAD * self._chance.random())

    async def _ask(self, now: float, config: BalanceConfig) -> None:
        floor, ticket, asked_at = self._station.floor, secrets.token_hex(8), self._station.floor.now()
        await floor.store.run(lambda tx: self._order(tx, ticket, config.code, asked_at))
        self._ticket, self._asked_at = ticket, now
        # Where nothing comes of it, it is asked again in an hour at most.
        self._due_at = self._later(now, min(config.every_s, _HOUR_S))
        floor.ask(self._station.name)

    def _order(self, tx: Tx, ticket: str, code: str, now: datetime) -> None:
        row = modems.find(tx, self._station.modem_id)
        assert row is not None, "a modem's worker has a row"
        modem_orders.ask(tx, row, "ussd", {"code": code}, Asker(ticket=ticket), now, WITHIN_S)

    async def _hear(self, modem: Modem, config: BalanceConfig, ticket: str) -> bool:
        """The answer, if it is there: the dialogue ends here, whatever the network would like to hear."""
        told = await self._station.floor.store.run(lambda tx: modem_orders.take_answer(tx, ticket))
        if told is None:
            if time.monotonic() > self._asked_at + _LOST_S:
                self._ticket = None
            return False
        self._ticket = None
        answer: dict[str, Any] = json.loads(told)
        if answer["error"] is not None:
            log.warning(
                "modem %s: its balance is not known: %s", self._station.name, answer["error"]["reason"]
            )
            return True
        await self._take(config, str(answer["data"]["text"]))
        if answer["data"]["more"]:
            await modem.end_ussd()
        return True

    async def _take(self, config: BalanceConfig, text: str) -> None:
        station, floor = self._station, self._station.floor
        rules, seat, now = floor.rules, station.seat, floor.now()
        read = await floor.store.run(lambda tx: prepaid.take(tx, rules, seat, config, text, now))
        if read.alarmed:
            floor.ring_alarms()
        floor.mqtt.ring()
        floor.states.ring()
        if read.amount is None:
            self._say_unread(config, text)
            return
        self._due_at = self._later(time.monotonic(), config.every_s)
        log.info("modem %s: %s is left on its SIM", station.name, read.amount)

    def _say_unread(self, config: BalanceConfig, text: str) -> None:
        """Once for each kind of answer: what it says may be nobody's affair, what it looks like is enough."""
        looks = prepaid.shape(text)[:_SHOWN]
        if looks not in self._unread:
            self._unread.add(looks)
            log.warning(
                "modem %s: balance: pattern: finds no amount in the answer to %s, which looks like: %s",
                self._station.name, config.code, looks,
            )  # fmt: skip
