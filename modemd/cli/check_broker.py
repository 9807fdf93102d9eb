"""Whether the broker of a configuration lets the gateway in, found out by trying."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from modemd.cli.at_broker import at_broker
from modemd.cli.door_found import DoorFound
from modemd.errors import BrokerLost, Fault

if TYPE_CHECKING:
    from modemd.config import Config, MqttConfig

CONNECT_S: Final = 5.0
_ADVICE: Final = (
    ("not allowed", "look at username: and password_file:, and at the broker's users and rights"),
    ("name or password", "look at username: and password_file:, and at the broker's list of users"),
    ("certificate is not for", "write host: as the certificate has it, or get one for this name"),
    ("not signed by", "ca_file: names the certificate of who signed it"),
    ("has expired", "renew it"),
    ("does not allow reading", "allow it in the broker's access control list"),
)


def try_broker(config: Config) -> DoorFound:
    """Connect once, as nobody who disturbs the gateway; it takes 5 s at most.

    Raises:
        ConfigError: password or certificates cannot be read.
    """
    mqtt = config.mqtt
    if mqtt is None:
        return DoorFound()
    try:
        return DoorFound(asyncio.run(_told(config, mqtt)))
    except BrokerLost as lost:
        if lost.permanent:
            return DoorFound(fault=Fault(lost.reason, "mqtt", suggestion=_advice(lost.reason)))
        return DoorFound(note=f"mqtt: {lost.reason}; the daemon goes on trying")


async def _told(config: Config, mqtt: MqttConfig) -> str:
    """How the broker greets us; a plain subscription takes nothing away from a gateway that runs."""
    async with at_broker(config, mqtt, within_s=CONNECT_S) as desk:
        await desk.subscribe([f"{mqtt.prefix}/send"])
        version = "MQTT 5" if desk.connection.version == 5 else "MQTT 3.1.1"
        shares = "" if desk.connection.shares or not mqtt.share else ", without shared subscriptions"
        return f"broker {mqtt.host}:{mqtt.port} lets us in ({version}{shares})"


def _advice(reason: str) -> str:
    return next((advice for sign, advice in _ADVICE if sign in reason), "")
