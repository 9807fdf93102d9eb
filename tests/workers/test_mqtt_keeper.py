"""The connection is kept: made anew when it is lost, left properly, and what keeps it away is said once."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest

from modemd.store import brokers, outbox
from tests.store.files import fresh
from tests.system import meddlers
from tests.system.mosquitto import Broker
from tests.system.mqtt_user import MqttUser
from tests.system.proxy import Meddler, Proxy
from tests.workers.mqtt_floor import Post, notice, post, until

STATE = "modemd/gateway/gw1/state"


def state_of(user: MqttUser) -> str | None:
    return str(user.on(STATE)[-1].body["state"]) if user.on(STATE) else None


async def told(made: Post) -> tuple[str | None, str | None]:
    """What ``status`` shows: where the broker is, and what keeps us from it."""
    found = await made.floor.store.run(brokers.brokers)
    return (found["gw1"].broker, found["gw1"].broker_error) if "gw1" in found else (None, None)


def test_online_while_it_is_there_offline_when_it_has_left(tmp_path: Path, broker: Broker) -> None:
    async def talk(user: MqttUser) -> None:
        async with post(tmp_path, broker.port) as made:
            made.begin()
            await asyncio.to_thread(user.until, lambda: state_of(user) == "online", "online")
            assert await told(made) == (f"127.0.0.1:{broker.port}", None)
        assert state_of(user) == "offline"
        with MqttUser(broker.port, STATE, name="late") as late:
            late.until(lambda: state_of(late) == "offline", "it stays")

    with MqttUser(broker.port, STATE) as user:
        asyncio.run(talk(user))


def test_the_will_says_it_for_one_that_died(tmp_path: Path, broker: Broker) -> None:
    async def talk(user: MqttUser, proxy: Proxy) -> None:
        async with post(tmp_path, proxy.port, will_delay=0) as made:
            made.begin()
            await asyncio.to_thread(user.until, lambda: state_of(user) == "online", "online")
            proxy.refuse()
            proxy.cut()
            await asyncio.to_thread(user.until, lambda: state_of(user) == "offline", "the will")
            proxy.refuse(False)
            await asyncio.to_thread(user.until, lambda: state_of(user) == "online", "back")
        said = [each.body["state"] for each in user.on(STATE)]
        assert [said[0], said[1], said[-1]] == ["online", "offline", "offline"]

    with MqttUser(broker.port, STATE) as user, Proxy(broker.port) as proxy:
        asyncio.run(talk(user, proxy))


def test_a_lie_about_us_is_mended(tmp_path: Path, broker: Broker) -> None:
    async def talk(user: MqttUser) -> None:
        async with post(tmp_path, broker.port) as made:
            made.begin()
            await asyncio.to_thread(user.until, lambda: state_of(user) == "online", "online")
            await asyncio.to_thread(user.publish, STATE, {"state": "offline"}, retain=True)
            await asyncio.to_thread(user.until, lambda: len(user.on(STATE)) == 3, "mended")
            assert state_of(user) == "online"

    with MqttUser(broker.port, STATE) as user:
        asyncio.run(talk(user))


def test_what_keeps_it_away_is_said_once_and_what_is_mended_is_found(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def talk() -> None:
        broker.stop()
        async with post(tmp_path, broker.port) as made:
            made.begin()
            await until(lambda: "connection refused" in caplog.text)
            where, why = await told(made)
            assert where == f"127.0.0.1:{broker.port}"
            assert why == f"connection refused: nothing listens on 127.0.0.1:{broker.port}"
            await until(lambda: made.keeper.tries >= 2)
            await asyncio.to_thread(broker.start)
            await until(lambda: made.line.connection)
            await until(lambda: "connected with the broker" in caplog.text)
            assert await told(made) == (where, None)

    with Broker(tmp_path) as broker, caplog.at_level(logging.INFO):
        asyncio.run(talk())
    assert caplog.text.count("connection refused") == 1


def test_a_wrong_password_does_not_stop_the_others(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def talk(broker: Broker) -> None:
        async with post(tmp_path, broker.port, username="gw1", password_file=str(password)) as made:
            made.begin()
            await until(lambda: "refuses user 'gw1': wrong name or password" in caplog.text)
            assert "refuses user 'gw1'" in str((await told(made))[1])

    password = tmp_path / "password"
    password.write_text("wrong")
    with Broker(tmp_path, users={"gw1": "right"}) as broker, caplog.at_level(logging.ERROR):
        asyncio.run(talk(broker))


def test_a_password_that_cannot_be_read_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def talk() -> None:
        async with post(tmp_path, 1, password_file=str(tmp_path / "none")) as made:
            made.begin()
            await until(lambda: "cannot read" in caplog.text)
            assert "mqtt: password_file" in str((await told(made))[1])

    with caplog.at_level(logging.ERROR):
        asyncio.run(talk())


@pytest.mark.parametrize("meddler", [meddlers.SaysNoShared, meddlers.RefusesShared, meddlers.OnlyOld])
def test_where_there_are_no_shared_subscriptions_plain_ones_do(
    tmp_path: Path, broker: Broker, meddler: type[Meddler], caplog: pytest.LogCaptureFixture
) -> None:
    async def talk(port: int, user: MqttUser) -> None:
        async with post(tmp_path, port, share="modemd") as made:
            made.begin()
            await until(lambda: made.subscribed)
            await asyncio.to_thread(user.publish, "modemd/send", {"to": "+32475123456", "text": "x"})
            await until(lambda: made.messages() == ["x"])

    with Proxy(broker.port, meddler=meddler) as proxy, MqttUser(broker.port) as user:
        asyncio.run(talk(proxy.port, user))
    assert caplog.text.count("no shared subscriptions") == 1


def test_another_configuration_leaves_no_subscription_behind(tmp_path: Path, broker: Broker) -> None:
    async def talk(user: MqttUser) -> None:
        database = fresh(tmp_path)
        for share, prefix in (("s", "old"), ("", "modemd"), ("s", "modemd")):
            async with post(tmp_path, broker.port, database=database, share=share, prefix=prefix) as made:
                await made.connect()
                await asyncio.to_thread(user.publish, "old/send", {"to": "+32475123456", "text": "x"})
                await asyncio.to_thread(user.publish, f"{made.line.prefix}/send", b"y")
                expected = 2 if prefix == "old" else 1
                await made.settled(expected)
                connection = made.line.connection
                assert connection is not None
                assert await connection.publish_for_good("behind", b"", within_s=5.0)
                assert made.line.waiting == expected
                made.begin(made.taker)
                await made.settled(0)

    with MqttUser(broker.port) as user:
        asyncio.run(talk(user))


def test_a_frozen_broker_does_not_hold_up_the_end(tmp_path: Path, broker: Broker) -> None:
    async def talk() -> None:
        async with post(tmp_path, broker.port) as made:
            made.begin()
            await until(lambda: made.line.connection is not None and made.subscribed)
            broker.freeze()
            told = [notice("response/x", "{}", 1)]
            await made.floor.store.run(lambda tx: outbox.broadcast(tx, told))
            made.floor.mqtt.ring()
            began = asyncio.get_running_loop().time()
        assert asyncio.get_running_loop().time() - began < 3.5
        assert made.untold() == 1

    asyncio.run(talk())
