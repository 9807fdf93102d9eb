"""Hands messages of other channels to the broker, as long as there is one: while it is away they wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from modemd.service import channels
from modemd.workers.bell import Bell
from modemd.workers.supervisor import Worker

if TYPE_CHECKING:
    from modemd.workers.floor import Floor
    from modemd.workers.mqtt_line import Line

_LOOK_S: Final = 5.0
_BELL: Final = "channel:"
"""No modem has such a name."""


class MqttChannels(Worker):
    """Puts what waits for connectors into the outbox."""

    name = "broker channels"

    def __init__(self, floor: Floor, line: Line) -> None:
        super().__init__()
        self._floor = floor
        self._line = line
        self._bell = floor.queue_bells.setdefault(_BELL, Bell())

    def stop(self) -> None:
        """Ask for the turn in hand to be the last."""
        super().stop()
        self._bell.ring()

    async def step(self) -> None:
        """Hand over what waits; wait where nothing does."""
        rules, now = self._floor.rules, self._floor.now()
        found = 0
        if rules.channels and self._line.connection is not None:
            found = await self._floor.store.run(lambda tx: channels.hand_over(tx, rules, now))
        elif rules.channels and self._floor.timepiece.steady:
            await self._floor.store.run(lambda tx: channels.expire(tx, rules, now))
        if found:
            self._floor.mqtt.ring()
        if found < channels.MOST:
            await self._bell.wait(_LOOK_S)

    async def finish(self) -> None:
        """Nobody rings here any more."""
        self._floor.queue_bells.pop(_BELL, None)
