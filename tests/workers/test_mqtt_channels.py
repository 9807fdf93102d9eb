"""A connector at a real broker gets the messages of its channel; they are sent once the broker has them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from modemd.service.rules import Rules
from modemd.workers.mqtt_channels import MqttChannels
from tests.service.office import TO, rules_of
from tests.store.files import rows
from tests.system.mqtt_user import MqttUser
from tests.workers.mqtt_floor import Post, post, until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.system.mosquitto import Broker

RULES: Rules = rules_of(mqtt={"channels": ["push"]})


def states(made: Post) -> list[str]:
    return [str(row[0]) for row in rows(made.database, "SELECT state FROM message ORDER BY id")]


def test_a_connector_takes_what_is_its_channels(tmp_path: Path, broker: Broker) -> None:
    async def talk(user: MqttUser) -> None:
        async with post(tmp_path, broker.port, rules=RULES) as made:
            worker = MqttChannels(made.floor, made.line)
            await asyncio.wait_for(_turn(made, worker), 10)
            made.begin(made.taker, made.teller, made.keeper, worker)
            await until(lambda: made.subscribed)
            wish = {"to": TO, "text": "Hello 👋", "id": "a", "channel": "push"}
            await asyncio.to_thread(user.publish, "modemd/send", wish)
            await asyncio.to_thread(user.until, lambda: user.on("modemd/channel/push"), "it is handed over")
            await until(lambda: states(made) == ["sent"])
            await until(lambda: made.untold() == 0)
            await made.supervisor.stop(worker)
            assert "channel:" not in made.floor.queue_bells
        [given] = user.on("modemd/channel/push")
        assert (given.body["to"], given.body["text"], given.body["client_id"]) == (TO, "Hello 👋", "a")
        assert given.body["event_id"]

    with MqttUser(broker.port, "modemd/channel/#") as user:
        asyncio.run(talk(user))


async def _turn(made: Post, worker: MqttChannels) -> None:
    """Without a connection nothing is handed over."""
    made.floor.queue_bells["channel:"].ring()
    await worker.step()
    assert rows(made.database, "SELECT count(*) FROM outbox") == [(0,)]
