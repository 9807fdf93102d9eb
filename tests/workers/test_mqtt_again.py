"""The same publish twice: what the broker gives out again is known, and what a user sends again is not."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.system.mosquitto import Broker
from tests.system.mqtt_user import MqttUser
from tests.system.proxy import Proxy
from tests.workers.mqtt_floor import post, until

TO = "+32475123456"


@pytest.mark.parametrize("count", [1, 3])
def test_what_waits_to_be_taken_and_comes_again_is_taken_once(
    tmp_path: Path, broker: Broker, count: int
) -> None:
    async def talk(user: MqttUser, proxy: Proxy) -> None:
        async with post(tmp_path, proxy.port) as made:
            await made.connect()
            for place in range(count):
                await asyncio.to_thread(user.publish, "modemd/send", {"to": TO, "text": f"{place}"})
            await made.settled(count)
            proxy.cut()
            await made.settled(2 * count)  # the same ones by the next connection, into the same batch
            await made.taker.step()
            assert made.messages() == [f"{place}" for place in range(count)]
            await asyncio.to_thread(user.publish, "modemd/send", {"to": TO, "text": "0"})
            await until(lambda: made.line.waiting)
            await made.taker.step()
            assert made.messages()[count:] == ["0"]

    with MqttUser(broker.port, "modemd/status/#", "back") as user, Proxy(broker.port) as proxy:
        asyncio.run(talk(user, proxy))
