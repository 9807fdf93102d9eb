"""What others write into names is not what is published on: one such topic would end the connection."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.system.mosquitto import Broker
from tests.system.mqtt_user import MqttUser
from tests.workers.mqtt_floor import post, until

TO = "+32475123456"


@pytest.mark.parametrize(
    "account", ["a\x01b", "a\x85b", "a\ufdd0b", "a\uffffb", "a\U0001fffeb", "\ufeff", "é"]
)
def test_an_account_that_a_broker_would_not_have_in_a_topic_is_told_of_as_default(
    tmp_path: Path, broker: Broker, account: str
) -> None:
    async def talk(user: MqttUser) -> None:
        async with post(tmp_path, broker.port) as made:
            made.begin()
            await until(lambda: made.subscribed)
            connection = made.line.connection
            payload = {"to": TO, "text": "x", "account": account}
            await asyncio.to_thread(user.publish, "modemd/send", payload)
            await asyncio.to_thread(user.publish, "modemd/send", {"to": TO, "text": "behind it"})
            told = await asyncio.to_thread(user.event, "rejected")
            await asyncio.to_thread(user.event, "queued")
            assert told["account"] == ("é" if account == "é" else "default")
            assert made.line.connection is connection

    with MqttUser(broker.port, "modemd/status/#") as user:
        asyncio.run(talk(user))
