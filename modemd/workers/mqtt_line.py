"""What the broker's workers share: the present connection, what came in and is not taken yet, the bells."""

from __future__ import annotations

import logging
from collections import deque
from typing import TYPE_CHECKING, Final

from modemd.workers.bell import Bell

if TYPE_CHECKING:
    from collections.abc import Callable

    from modemd.config.mqtt import MqttConfig
    from modemd.workers.broker import Connection
    from modemd.workers.broker_settings import Arrival

log = logging.getLogger(__name__)

Came = tuple["Connection", "Arrival"]
"""What came, with the connection that it is to be acknowledged in."""

MOST: Final = 1_000
LARGEST: Final = 8_000_000
"""More arrivals, or octets, than these are left in the network: nothing is read until some are taken."""
_AT_ONCE: Final = 200_000


class Line:
    """The way to the broker. ``connection`` is ``None`` while there is none.

    A worker that wants to do something at each connect gives a function to ``on_connected``; it is called in
    the loop, once the subscriptions stand, and rings a bell of its own. ``listeners`` are called with what
    comes on topics that are neither ``send`` nor ``request``: they tell whether it was theirs.

    ``silent``: the broker acknowledged nothing while there was time; ``new_session``: it counts packets anew.
    """

    def __init__(self, config: MqttConfig, gateway: str) -> None:
        self.config = config
        self.gateway = gateway
        self.prefix = config.prefix
        self.connection: Connection | None = None
        self.on_connected: list[Callable[[], None]] = []
        self.listeners: list[Callable[[Arrival], bool]] = []
        self.arrived = Bell()
        self.lost = Bell()
        self.acknowledged: Callable[[int], None] = lambda _mid: None
        self.new_session = False
        self.silent = False
        self._came: deque[Came] = deque()
        self._octets = 0
        self._asked = (f"{self.prefix}/send", f"{self.prefix}/request/")

    @property
    def state_topic(self) -> str:
        """Where the gateway says that it is there, and the broker that it is not."""
        return f"{self.prefix}/gateway/{self.gateway}/state"

    @property
    def states_filter(self) -> str:
        """Where all gateways of the prefix say it."""
        return f"{self.prefix}/gateway/+/state"

    @property
    def own_filters(self) -> list[str]:
        """What the gateway is asked on."""
        return [f"{self.prefix}/{each}" for each in ("send", "send/+", "request/+", "request/+/+")]

    @property
    def shared_filters(self) -> list[str]:
        """The same for a gateway of a group (MQTT 5.0, 4.8.2); empty for one of none."""
        share = self.config.share
        return [f"$share/{share}/{each}" for each in self.own_filters] if share else []

    @property
    def plain_filters(self) -> list[str]:
        """What every gateway hears for itself."""
        discovery = self.config.homeassistant
        return [self.states_filter, *([f"{discovery}/status"] if discovery else [])]

    def put(self, connection: Connection, arrival: Arrival) -> None:
        """Keep what came until it is taken; stop reading when that is too much.

        What asks for nothing (our own state, Home Assistant's) is heard and acknowledged at once.
        """
        if not arrival.topic.startswith(self._asked):
            heard = [listener(arrival) for listener in self.listeners]  # every one of them
            if not any(heard):
                log.warning("a message on %.200r is dropped: nobody asks for it any more", arrival.topic)
            connection.ack(arrival)
            return
        self._came.append((connection, arrival))
        self._octets += len(arrival.payload)
        if self._full:
            connection.pause()
        self.arrived.ring()

    def take(self, most: int) -> list[Came]:
        """Hand out the oldest, in order, and read on where that makes room.

        They are ``most``, or fewer where they are long: a batch is one transaction.
        """
        taken: list[Came] = []
        octets = 0
        while self._came and len(taken) < most and octets < _AT_ONCE:
            taken.append(self._came.popleft())
            octets += len(taken[-1][1].payload)
        self._octets -= octets
        if self.connection is not None and not self._full:
            self.connection.resume()
        return taken

    def put_back(self, taken: list[Came]) -> None:
        """They could not be taken: they are the oldest again."""
        self._came.extendleft(reversed(taken))
        self._octets += sum(len(arrival.payload) for _, arrival in taken)
        if self.connection is not None and self._full:
            self.connection.pause()

    @property
    def waiting(self) -> int:
        """How many arrivals are not taken yet."""
        return len(self._came)

    @property
    def _full(self) -> bool:
        return len(self._came) >= MOST or self._octets >= LARGEST
