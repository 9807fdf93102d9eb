"""What others write into names is not what is published on: one such topic would end the connection."""

from __future__ import annotations

import asyncio
from datetime import UTC
from pathlib import Path

import pytest

from modemd.config.mqtt import MqttConfig
from modemd.store import outbox
from modemd.workers.broker_settings import Arrival
from modemd.workers.mqtt_reading import LONGEST_REPLY, Reader
from tests.service.office import START, rules_of, with_broker
from tests.system.mosquitto import Broker
from tests.system.mqtt_user import MqttUser
from tests.workers.mqtt_floor import notice, post, until

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


@pytest.mark.parametrize(
    ("topic", "correlation"),
    [("status/default", b"c" * 3000), ("=" + "t" * 3000, None), ("status/default", None)],
)
def test_what_is_longer_than_the_broker_takes_is_left_out(
    tmp_path: Path, topic: str, correlation: bytes | None
) -> None:
    body = '{"text":"%s"}' % ("x" * (100 if topic != "status/default" or correlation else 3000))

    async def talk(user: MqttUser, port: int) -> None:
        async with post(tmp_path, port) as made:
            told = [notice(topic, body, 0, correlation), notice("status/default", '{"event":"behind it"}', 0)]
            await made.floor.store.run(lambda tx: outbox.broadcast(tx, told))
            made.begin()
            await asyncio.to_thread(user.event, "behind it")
            await until(lambda: made.untold() == 0)
            assert made.keeper.tries == 1

    with (
        Broker(tmp_path, more=["max_packet_size 2000"]) as broker,
        MqttUser(broker.port, "modemd/status/#") as user,
    ):
        asyncio.run(talk(user, broker.port))


def test_an_account_is_not_answered_where_others_listen(tmp_path: Path, broker: Broker) -> None:
    forged = ["balance/school", "balance", "pause", "balance/clinic/school", "send/default"]
    asked = {
        **dict.fromkeys(
            (("modemd/request/balance/clinic", f"modemd/response/{each}") for each in forged), False
        ),
        **dict.fromkeys((("modemd/send/clinic", f"modemd/response/{each}") for each in forged), False),
        ("modemd/request/balance/clinic", "modemd/response/mine/clinic"): True,
        ("modemd/request/balance/clinic", "modemd/response/mine"): True,
        ("modemd/request/balance/clinic", "reply/clinic"): True,
        ("modemd/request/balance", "modemd/response/balance/school"): True,
        ("modemd/send", "modemd/response/balance"): True,
    }
    rules = with_broker(rules_of(accounts={"clinic": {}, "school": {}}))
    config = MqttConfig.model_validate({})
    reader = Reader(config, rules, UTC, START)
    for (topic, response_topic), answered in asked.items():
        arrival = Arrival(topic, b"{}", 1, 1, False, False, response_topic)
        assert (reader.reply(arrival) is not None) == answered, (topic, response_topic)


def test_an_event_over_which_the_broker_closes_every_connection_holds_up_no_other_for_good(
    tmp_path: Path, broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    async def talk(user: MqttUser) -> None:
        async with post(tmp_path, broker.port) as made:
            told = [notice("status/default", f'{{"event":"before {place}"}}', 0) for place in range(3)]
            told.append(notice("status/a\x01b", "{}", 0))
            told += [notice("status/default", f'{{"event":"behind {place}"}}', 0) for place in range(30)]
            await made.floor.store.run(lambda tx: outbox.broadcast(tx, told))
            made.begin()
            await asyncio.to_thread(user.event, "behind 29")
            await until(lambda: made.untold() == 0)
            assert made.keeper.tries >= 4

    with MqttUser(broker.port, "modemd/status/#") as user:
        asyncio.run(talk(user))
    assert caplog.text.count("event 4 is not told") == 1


@pytest.mark.parametrize(("length", "answered"), [(LONGEST_REPLY, True), (LONGEST_REPLY + 1, False)])
def test_a_long_response_topic_or_correlation_is_not_kept_for_each_recipient(
    length: int, answered: bool
) -> None:
    reader = Reader(MqttConfig.model_validate({}), with_broker(rules_of()), UTC, START)
    arrival = Arrival("modemd/send", b"{}", 1, 1, False, False, "t" * length, b"c")
    assert (reader.reply(arrival) is not None) == answered
    arrival = Arrival("modemd/send", b"{}", 1, 1, False, False, "topic", b"c" * length)
    assert (reader.reply(arrival) is not None) == answered
