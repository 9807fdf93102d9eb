"""What happened is told in order, at least once, with a name by which a repeat is known."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from pathlib import Path

import pytest

from modemd.model import Reply
from modemd.store import outbox
from modemd.store.times import to_us
from modemd.workers.timepiece import STEADY_S
from tests.store.files import fresh, rows
from tests.system.mosquitto import Broker
from tests.system.mqtt_user import MqttUser
from tests.system.proxy import Proxy
from tests.workers.mqtt_floor import Post, notice, post, until
from tests.workers.test_timepiece import YEARS_S, Machine


async def write(
    made: Post, first: int, count: int, topic: str = "response/x", reply: Reply | None = None
) -> None:
    """Events that tell their places; ``reply`` where they are answers."""
    at_us = to_us(made.floor.now())
    expires_us = None if reply is None or reply.expires_at is None else to_us(reply.expires_at)
    where = topic if reply is None else f"={reply.topic}"
    correlation = None if reply is None else reply.correlation
    told = [
        notice(where, f'{{"place":{place}}}', at_us, correlation, expires_us)
        for place in range(first, first + count)
    ]
    await made.floor.store.run(lambda tx: outbox.broadcast(tx, told))
    made.floor.mqtt.ring()


def places(user: MqttUser, topic: str = "modemd/response/x") -> list[int]:
    return [each.body["place"] for each in user.on(topic)]


async def hear(user: MqttUser, count: int) -> None:
    await asyncio.to_thread(user.until, lambda: len(set(places(user))) >= count, f"{count} events")


@pytest.mark.parametrize("window", [1, 20])
def test_events_are_told_in_order_and_forgotten(tmp_path: Path, window: int) -> None:
    async def talk(broker: Broker, user: MqttUser) -> None:
        async with post(tmp_path, broker.port) as made:
            await write(made, 0, 700)  # while there is no connection
            made.begin()
            await hear(user, 700)
            await write(made, 700, 3)
            await hear(user, 703)
            await until(lambda: made.untold() == 0)
        assert places(user) == list(range(703))
        assert len({each.body["event_id"] for each in user.heard}) == 703

    with (
        Broker(tmp_path, more=[f"max_inflight_messages {window}"]) as broker,
        MqttUser(broker.port, "modemd/response/#") as user,
    ):
        asyncio.run(talk(broker, user))


def test_what_was_not_acknowledged_for_long_is_told_again_by_the_same_name(
    tmp_path: Path, broker: Broker
) -> None:
    async def talk(user: MqttUser, proxy: Proxy) -> None:
        async with post(tmp_path, proxy.port, repeat="60s") as made:
            made.begin()
            await write(made, 0, 5)
            await hear(user, 5)
            await until(lambda: made.teller.acknowledged == 5)
            lost = made.line.connection
            proxy.cut()
            await until(lambda: made.line.connection not in {None, lost})
            await write(made, 5, 1)
            await asyncio.to_thread(user.until, lambda: len(places(user)) == 11, "all again")
            assert places(user) == [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 5]
            assert len({each.body["event_id"] for each in user.heard}) == 6
            # What was acknowledged in two connections is told, be they ever so short.
            await until(lambda: made.untold() == 1 and made.teller.acknowledged == 1)
        assert made.untold() == 0  # a clean end: the broker keeps what it acknowledged

    with MqttUser(broker.port, "modemd/response/#") as user, Proxy(broker.port) as proxy:
        asyncio.run(talk(user, proxy))


def test_an_answer_has_its_correlation_and_its_end(tmp_path: Path, broker: Broker) -> None:
    async def talk(user: MqttUser) -> None:
        async with post(tmp_path, broker.port) as made:
            now = made.floor.now()
            await write(made, 0, 1, reply=Reply("back", b"\0x", now + timedelta(seconds=30)))
            await write(made, 1, 1, reply=Reply("back", b"over", now - timedelta(seconds=1)))
            await write(made, 2, 1, reply=Reply("back"))
            made.begin()
            await asyncio.to_thread(user.until, lambda: len(user.on("back")) == 2, "answers")
            await until(lambda: made.untold() == 0)
        first, last = user.on("back")
        assert (first.body["place"], first.correlation) == (0, b"\0x")
        assert first.expiry_s is not None
        assert 25 <= first.expiry_s <= 30
        assert (last.body["place"], last.correlation, last.expiry_s) == (2, None, None)

    with MqttUser(broker.port, "back") as user:
        asyncio.run(talk(user))


def test_what_others_have_to_tell_is_not_told_by_a_clock_that_is_not_believed(
    tmp_path: Path, broker: Broker
) -> None:
    async def talk() -> None:
        machine = Machine()
        async with post(tmp_path, broker.port) as made:
            made.floor.timepiece = machine.timepiece
            await write(made, 0, 1)
            made.database.connection.execute("UPDATE outbox SET gateway = 'gw1'")  # not seen since 1970
            await made.connect()
            machine.wall += YEARS_S
            machine.follow()
            for whose in ("gw1", ""):
                made.floor.mqtt.ring()
                await asyncio.wait_for(made.teller.step(), 10)
                assert rows(made.database, "SELECT gateway FROM outbox") == [(whose,)]
                machine.pass_by(STEADY_S)

    asyncio.run(talk())


def test_what_cannot_be_published_does_not_hold_up_the_rest(
    tmp_path: Path, broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    async def talk(user: MqttUser) -> None:
        async with post(tmp_path, broker.port) as made:
            await write(made, 0, 1, topic="response/#")
            await write(made, 1, 1, topic="x" * 70_000)
            await write(made, 2, 1)
            made.begin()
            await hear(user, 1)
            await until(lambda: made.untold() == 0)

    with MqttUser(broker.port, "modemd/response/x") as user, caplog.at_level(logging.ERROR):
        asyncio.run(talk(user))
    assert caplog.text.count("cannot be published") == 2


def test_what_the_broker_will_not_have_is_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def talk(broker: Broker, user: MqttUser) -> None:
        async with post(tmp_path, broker.port, username="gw1", password_file=str(password)) as made:
            await write(made, 0, 5, topic="response/secret")
            await write(made, 5, 1)
            made.begin()
            await hear(user, 1)
            await until(lambda: made.untold() == 0)

    rights = ("readwrite modemd/response/x", "readwrite modemd/gateway/#", "read modemd/#")
    acl = "user gw1\n" + "".join(f"topic {right}\n" for right in rights) + "user user\ntopic read #\n"
    password = tmp_path / "password"
    password.write_text("secret")
    with (
        Broker(tmp_path, users={"gw1": "secret", "user": "word"}, acl=acl) as broker,
        MqttUser(broker.port, "modemd/response/x", username="user", password="word") as user,
        caplog.at_level(logging.ERROR),
    ):
        asyncio.run(talk(broker, user))
    assert caplog.text.count("the broker will not have") == 1


def test_a_killed_broker_loses_no_event(tmp_path: Path) -> None:
    """Without persistence it forgets even what it has acknowledged."""

    async def talk(broker: Broker) -> None:
        async with post(tmp_path, broker.port, repeat="60s", database=fresh(tmp_path)) as made:
            made.begin()
            await write(made, 0, 50)
            await until(lambda: made.teller.acknowledged == 50)
            broker.kill()
            await until(lambda: made.line.connection is None)
            await asyncio.to_thread(broker.start)
            with MqttUser(broker.port, "modemd/response/#") as user:
                await hear(user, 50)
                assert sorted(set(places(user))) == list(range(50))

    with Broker(tmp_path, persistence=False) as broker:
        asyncio.run(talk(broker))
