"""A command's own connection to the broker of the configuration: short, without a session, without a will."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Self

from modemd.errors import BrokerLost
from modemd.workers.broker import BrokerSettings, Connection

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from modemd.config import Config, MqttConfig
    from modemd.workers.broker import Arrival

_CLOSE_S: Final = 1.0
_REFUSED: Final = 0x80
"""A SUBACK reason from here on says no (MQTT 5.0, 3.9.3)."""


class AtBroker:
    """What comes in on one connection, in order; made by :func:`at_broker`."""

    def __init__(self) -> None:
        self.lost: str | None = None
        """Why the connection is gone."""
        self._connection: Connection | None = None
        self._heard: asyncio.Queue[Arrival | None] = asyncio.Queue()

    @property
    def connection(self) -> Connection:
        """The connection, which is there until the ``async with`` ends."""
        assert self._connection is not None
        return self._connection

    async def open(self, settings: BrokerSettings) -> Self:
        """Connect.

        Raises:
            BrokerLost: it cannot be reached, or refuses us.
        """
        self._connection = await Connection.open(
            settings, on_arrival=self._heard.put_nowait, on_told=lambda _: None, on_lost=self._on_lost
        )
        return self

    async def subscribe(self, filters: Sequence[str]) -> None:
        """Subscribe to all of ``filters``.

        Raises:
            BrokerLost: the broker does not allow one of them.
        """
        for name, reason in (await self.connection.subscribe(filters)).items():
            if reason >= _REFUSED:
                raise BrokerLost(f"the broker does not allow reading {name}", permanent=True)

    async def next(self, within_s: float | None) -> Arrival | None:
        """The next message that comes in; ``None`` when none does in this time.

        Raises:
            BrokerLost: the connection broke.
        """
        try:
            arrival = await asyncio.wait_for(self._heard.get(), within_s)
        except TimeoutError:
            return None
        if arrival is None:
            raise BrokerLost(self.lost or "the connection broke", permanent=False)
        self.connection.ack(arrival)
        return arrival

    def _on_lost(self, reason: str) -> None:
        self.lost = reason
        self._heard.put_nowait(None)


def own_settings(config: Config, mqtt: MqttConfig) -> BrokerSettings:
    """The gateway's way to the broker, but as somebody else: its session and will are not touched.

    Raises:
        ConfigError: password or certificates cannot be read.
    """
    settings = BrokerSettings.of(mqtt, config.gateway.name)
    own_id = f"{settings.client_id}-{secrets.token_hex(4)}"
    return replace(settings, client_id=own_id, clean=True, session_expiry_s=0, will_topic=None)


@asynccontextmanager
async def at_broker(config: Config, mqtt: MqttConfig, *, within_s: float) -> AsyncIterator[AtBroker]:
    """Connect to the broker, which may take ``within_s``, and leave it again.

    Raises:
        BrokerLost: it cannot be reached, or refuses us.
        ConfigError: password or certificates cannot be read.
    """
    settings = own_settings(config, mqtt)
    try:
        async with asyncio.timeout(within_s):
            desk = await AtBroker().open(settings)
    except TimeoutError:
        raise BrokerLost(f"no answer from {mqtt.host}:{mqtt.port} within {within_s:.0f} s") from None
    try:
        yield desk
    finally:
        await desk.connection.close(within_s=_CLOSE_S)
