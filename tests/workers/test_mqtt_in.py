"""What is published is in the store before it is acknowledged, once, whatever breaks in between."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from modemd.config.accounts import AccountConfig
from tests.service.office import rules_of, with_broker
from tests.store.files import fresh, rows
from tests.system.mosquitto import Broker
from tests.system.mqtt_user import MqttUser
from tests.workers.mqtt_floor import post, until

TO = "+32475123456"


@pytest.fixture
def user(broker: Broker) -> Iterator[MqttUser]:
    with MqttUser(broker.port, "modemd/status/#", "back") as made:
        yield made


def body(text: str, **more: Any) -> dict[str, Any]:
    return {"to": TO, "text": text, **more}


async def publish(user: MqttUser, topic: str, payload: object, **more: Any) -> None:
    await asyncio.to_thread(user.publish, topic, payload, **more)


def test_a_batch_is_one_transaction_in_order_and_acknowledged_behind_it(
    tmp_path: Path, broker: Broker, user: MqttUser
) -> None:
    async def talk() -> None:
        async with post(tmp_path, broker.port) as made:
            await made.connect()
            for count in range(20):
                await publish(user, "modemd/send", body(f"{count}"))
            await until(lambda: made.line.waiting == 20)
            assert made.messages() == []
            await made.taker.step()
            assert made.messages() == [f"{count}" for count in range(20)]
            times = rows(made.database, "SELECT DISTINCT accepted_at FROM message")
            assert len(times) == 1
        async with post(tmp_path, broker.port, database=fresh(tmp_path)) as again:
            await again.connect()
            await publish(user, "modemd/send", body("the next"))
            await until(lambda: again.line.waiting)
            assert again.line.waiting == 1  # the others were acknowledged

    asyncio.run(talk())


@pytest.mark.parametrize("client_id", [None, "mine"])
def test_what_was_committed_and_not_acknowledged_is_not_accepted_again(
    tmp_path: Path, broker: Broker, user: MqttUser, client_id: str | None
) -> None:
    async def talk() -> None:
        database = fresh(tmp_path)
        async with post(tmp_path, broker.port, database=database) as made:
            await made.connect()
            await publish(user, "modemd/send", body("once", id=client_id))
            await until(lambda: made.line.waiting)
            connection = made.line.connection
            assert connection is not None
            await connection.close(within_s=1.0)  # the commit is done, its PUBACK goes nowhere
            await made.taker.step()
            assert made.messages() == ["once"]
        async with post(tmp_path, broker.port, database=database) as made:
            await made.connect()
            await until(lambda: made.line.waiting)
            await made.taker.step()
            assert made.messages() == ["once"]
            # The very same thing again is another message where nothing says that it is the same.
            await publish(user, "modemd/send", body("once", id=client_id))
            await until(lambda: made.line.waiting)
            await made.taker.step()
            assert made.messages() == ["once"] * (1 if client_id else 2)

    asyncio.run(talk())


def test_a_store_that_fails_acknowledges_nothing_and_loses_nothing(
    tmp_path: Path, broker: Broker, user: MqttUser
) -> None:
    async def talk() -> None:
        async with post(tmp_path, broker.port, keepalive=1) as made:
            await made.floor.store.run(lambda tx: tx.text("PRAGMA max_page_count = 1"))
            await until(lambda: rows(made.database, "PRAGMA page_count"))
            made.begin()
            await until(lambda: made.line.connection is not None)
            for count in range(200):
                await publish(user, "modemd/send", body(f"{count} " + "long " * 20))
            await asyncio.to_thread(user.publish, "modemd/send", body("last"))
            assert len(made.messages()) < 201
            await until(lambda: made.line.waiting, 5.0)
            await made.floor.store.run(lambda tx: tx.text("PRAGMA max_page_count = 1000000"))
            await until(lambda: len(made.messages()) == 201)
            assert made.messages()[-1] == "last"
            assert len(set(made.messages())) == 201

    asyncio.run(talk())


def test_too_much_is_left_in_the_network_and_the_connection_stays(
    tmp_path: Path, broker: Broker, user: MqttUser
) -> None:
    async def talk() -> None:
        async with post(tmp_path, broker.port, keepalive=1) as made:
            await made.connect()
            connection = made.line.connection
            assert connection is not None
            for count in range(12):
                await publish(user, "modemd/send", {"to": TO, "text": f"{count}" + "x" * 900_000})
            await until(lambda: connection.paused)
            assert made.line.waiting < 12
            deadline = asyncio.get_running_loop().time() + 3.0  # three times the keep-alive
            await until(lambda: asyncio.get_running_loop().time() > deadline)
            assert made.line.connection is connection
            assert connection.alive
            made.begin(made.taker, made.teller)
            await asyncio.to_thread(
                user.until, lambda: len(user.on("modemd/status/default")) == 12, "all are answered"
            )
            assert {each.body["error"]["code"] for each in user.heard} == {"too_long"}

    asyncio.run(talk())


def test_one_that_nobody_foresaw_does_not_block_what_is_behind_it(
    tmp_path: Path, broker: Broker, user: MqttUser, caplog: pytest.LogCaptureFixture
) -> None:
    class Faulty(dict[str, AccountConfig]):
        def __getitem__(self, name: str) -> AccountConfig:
            if name == "faulty":
                raise RuntimeError("nobody foresaw this")
            return super().__getitem__(name)

    async def talk() -> None:
        rules = with_broker(rules_of(accounts={"faulty": {}}))
        rules = replace(rules, accounts=Faulty(rules.accounts))
        async with post(tmp_path, broker.port, rules=rules) as made:
            await made.connect()
            await publish(user, "modemd/send", body("before"))
            await publish(user, "modemd/send/faulty", body("poison", id="p"))
            await publish(user, "modemd/send", body("behind"))
            await until(lambda: made.line.waiting == 3)
            made.begin(made.taker, made.teller)
            await until(lambda: made.messages() == ["before", "behind"])
            await asyncio.to_thread(user.until, lambda: user.on("modemd/status/faulty"), "rejected")
            [told] = [each.body for each in user.on("modemd/status/faulty")]
            assert (told["event"], told["client_id"]) == ("rejected", "p")
            assert told["error"]["code"] == "bad_request"
            assert "internal error" in told["error"]["reason"]

    with caplog.at_level(logging.ERROR):
        asyncio.run(talk())
    assert "nobody foresaw this" in caplog.text


def test_retained_messages_are_refused_once_and_never_sent(
    tmp_path: Path, broker: Broker, user: MqttUser
) -> None:
    async def talk() -> None:
        await publish(user, "modemd/send", body("for ever", id="r"), retain=True)
        async with post(tmp_path, broker.port, share="") as made:
            made.begin()
            await asyncio.to_thread(user.until, lambda: user.on("modemd/status/default"), "rejected")
            [told] = [each.body for each in user.on("modemd/status/default")]
            assert (told["event"], told["client_id"], told["error"]["code"]) == (
                "rejected",
                "r",
                "bad_request",
            )
            assert "retain" in told["error"]["reason"]
            await publish(user, "modemd/send", body("for ever", id="r"), retain=True)  # it is known
            await publish(user, "modemd/send", b"", retain=True)  # and cleared
            await publish(user, "modemd/send", body("once"))
            await until(lambda: made.messages() == ["once"])
            await asyncio.to_thread(user.until, lambda: len(user.on("modemd/status/default")) == 3, "queued")

    asyncio.run(talk())


def test_the_answer_goes_where_the_asker_wants_it_but_not_everywhere(
    tmp_path: Path, broker: Broker, user: MqttUser, caplog: pytest.LogCaptureFixture
) -> None:
    async def talk() -> None:
        async with post(tmp_path, broker.port) as made:
            made.begin()
            await until(lambda: made.subscribed)
            await publish(user, "modemd/send", body("1"), response_topic="back", correlation=b"\0c")
            await publish(user, "modemd/send", body("2"), response_topic="modemd/send")
            await publish(user, "modemd/request/quote", body("3"), response_topic="back", correlation=b"q")
            await asyncio.to_thread(user.until, lambda: len(user.on("back")) == 2, "both answers")
            accepted, quoted = user.on("back")
            assert (accepted.body["event"], accepted.correlation) == ("accepted", b"\0c")
            assert (quoted.body["status"], quoted.correlation) == ("ok", b"q")
            assert made.messages() == ["1", "2"]

    asyncio.run(talk())
    assert "nothing is answered on 'modemd/send'" in caplog.text


def test_what_the_publish_had_left_of_its_life_is_the_messages_too(
    tmp_path: Path, broker: Broker, user: MqttUser
) -> None:
    async def talk() -> None:
        async with post(tmp_path, broker.port) as made:
            made.begin()
            await until(lambda: made.subscribed)
            await publish(user, "modemd/send", body("soon over"), expiry_s=60)
            await until(made.messages)
            [[life]] = rows(made.database, "SELECT deadline_at - accepted_at FROM message")
            assert 58_000_000 <= life <= 60_000_000

    asyncio.run(talk())


def test_requests_and_messages_are_taken_in_their_order(
    tmp_path: Path, broker: Broker, user: MqttUser
) -> None:
    async def talk() -> None:
        async with post(tmp_path, broker.port) as made:
            await made.connect()
            await publish(user, "modemd/send", body("x", id="m"))
            await publish(user, "modemd/request/cancel", {"client_id": "m"}, response_topic="back")
            await publish(user, "modemd/send/nobody", body("y"))
            await until(lambda: made.line.waiting == 3)
            made.begin(made.taker, made.teller)
            await asyncio.to_thread(
                user.until, lambda: user.on("back") and user.on("modemd/status/nobody"), "answers"
            )
            assert user.on("back")[0].body["data"]["event"] == "cancelled"
            assert user.on("modemd/status/nobody")[0].body["error"]["code"] == "account_unknown"
            events = [each.body["event"] for each in user.on("modemd/status/default")]
            assert events == ["accepted", "queued", "cancelled"]

    asyncio.run(talk())
