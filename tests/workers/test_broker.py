"""One connection with a real broker: what it hands over and acknowledges, how it ends, and why it fails."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from modemd.errors import BrokerLost
from modemd.workers import broker_causes as causes
from modemd.workers.broker import Arrival, BrokerSettings, Connection
from tests.system import meddlers
from tests.system.certificates import Certificates
from tests.system.mosquitto import Broker
from tests.system.proxy import Meddler, Proxy

PATIENCE_S = 10.0


class Desk:
    """Whoever uses a connection: it notes what it is told."""

    def __init__(self) -> None:
        self.came: list[Arrival] = []
        self.told: list[int] = []
        self.lost: list[str] = []
        self._changed = asyncio.Event()

    def on_arrival(self, arrival: Arrival) -> None:
        self.came.append(arrival)
        self._changed.set()

    def on_told(self, mid: int) -> None:
        self.told.append(mid)
        self._changed.set()

    def on_lost(self, reason: str) -> None:
        self.lost.append(reason)
        self._changed.set()

    async def until(self, check: Callable[[], object]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not check():
                await self._changed.wait()
                self._changed.clear()

    async def open(self, settings: BrokerSettings) -> Connection:
        return await Connection.open(
            settings, on_arrival=self.on_arrival, on_told=self.on_told, on_lost=self.on_lost
        )


@contextlib.asynccontextmanager
async def connected(settings: BrokerSettings, *filters: str) -> AsyncIterator[tuple[Desk, Connection]]:
    """A desk, a connection, and what it subscribes to."""
    desk = Desk()
    connection = await desk.open(settings)
    try:
        await connection.subscribe(filters)
        yield desk, connection
    finally:
        await connection.close(within_s=1.0)


def settings_of(port: int, *, client_id: str = "gw", expiry_s: int = 3600) -> BrokerSettings:
    return BrokerSettings(
        host="127.0.0.1", port=port, client_id=client_id, session_expiry_s=expiry_s, patience_s=PATIENCE_S
    )


def why(settings: BrokerSettings) -> BrokerLost:
    """What is told where no connection comes about."""

    async def attempt() -> None:
        await Desk().open(settings)

    with pytest.raises(BrokerLost) as caught:
        asyncio.run(attempt())
    return caught.value


def test_what_is_published_comes_and_is_told_once(broker: Broker) -> None:
    async def talk() -> None:
        async with (
            connected(settings_of(broker.port), "a/#") as (desk, connection),
            connected(settings_of(broker.port, client_id="other")) as (_, other),
        ):
            assert (connection.version, connection.session_present, connection.shares) == (5, False, True)
            mid = connection.publish("a/b", b"1")
            other.publish("a/c", b"2", qos=0, correlation=b"\0\1", expiry_s=60)
            await desk.until(lambda: len(desk.came) == 2 and desk.told)
            by_topic = {each.topic: each for each in desk.came}
            assert desk.told == [mid]
            assert (by_topic["a/b"].payload, by_topic["a/b"].qos, by_topic["a/b"].dup) == (b"1", 1, False)
            assert (by_topic["a/c"].correlation, by_topic["a/c"].expiry_s) == (b"\0\1", 60)
            assert connection.room == connection.window

    asyncio.run(talk())


def test_what_was_not_acknowledged_comes_again_in_the_next_connection(broker: Broker) -> None:
    async def talk() -> None:
        settings = settings_of(broker.port)
        async with connected(settings, "a") as (desk, first):
            for payload in (b"1", b"2", b"3"):
                first.publish("a", payload)
            await desk.until(lambda: len(desk.came) == 3)
            first.ack(desk.came[0])
            left = desk.came[1]
            assert await first.publish_for_good("b", b"", within_s=PATIENCE_S)  # behind the PUBACK
        async with connected(settings) as (desk, second):
            assert second.session_present
            await desk.until(lambda: len(desk.came) == 2)
            assert [(each.payload, each.dup) for each in desk.came] == [(b"2", True), (b"3", True)]
            first.ack(left)  # an old connection's: it acknowledges nothing here
            second.ack(desk.came[1])
            assert await second.publish_for_good("b", b"", within_s=PATIENCE_S)
        async with connected(settings) as (desk, _):
            await desk.until(lambda: desk.came)
            assert [each.payload for each in desk.came] == [b"2"]

    asyncio.run(talk())


@pytest.mark.parametrize("encrypted", [False, True])
def test_not_reading_keeps_all_in_the_network_and_loses_nothing(tmp_path: Path, encrypted: bool) -> None:
    made = Certificates(tmp_path / "pki") if encrypted else None

    async def talk(port: int) -> None:
        settings = settings_of(port)
        if made is not None:
            settings = replace(settings, host="localhost", tls=made.context())
        async with connected(settings, "a") as (desk, connection):
            connection.pause()
            for count in range(50):
                connection.publish("a", b"%d" % count)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await desk.until(lambda: desk.came or desk.told)
            connection.resume()
            await desk.until(lambda: len(desk.came) == len(desk.told) == 50)
            assert [each.payload for each in desk.came] == [b"%d" % count for count in range(50)]

    with Broker(tmp_path, tls=made) as broker:
        asyncio.run(talk(broker.port))


def test_unsubscribed_is_unsubscribed(broker: Broker) -> None:
    async def talk() -> None:
        async with connected(settings_of(broker.port), "a", "b", "c") as (desk, connection):
            await connection.unsubscribe(["a", "b"])
            for topic in ("a", "b", "c"):
                connection.publish(topic, b"")
            await desk.until(lambda: len(desk.told) == 3 and desk.came)
            assert [each.topic for each in desk.came] == ["c"]

    asyncio.run(talk())


def test_a_broker_that_is_killed_is_told_once(tmp_path: Path) -> None:
    async def talk(broker: Broker) -> None:
        async with connected(settings_of(broker.port), "a") as (desk, connection):
            asking = asyncio.ensure_future(connection.subscribe(["b"]))
            broker.kill()
            await desk.until(lambda: desk.lost)
            assert len(desk.lost) == 1
            assert not connection.alive
            with pytest.raises(BrokerLost):
                connection.publish("a", b"")
            with contextlib.suppress(BrokerLost):  # it may have been answered before
                await asking

    with Broker(tmp_path) as broker:
        asyncio.run(talk(broker))


def test_a_frozen_broker_is_noticed_by_the_keep_alive_and_left_without_waiting(tmp_path: Path) -> None:
    async def talk(broker: Broker) -> None:
        async with connected(replace(settings_of(broker.port), keepalive_s=1)) as (desk, _):
            broker.freeze()
            await desk.until(lambda: desk.lost)
            assert desk.lost == ["the broker has not answered for 1 s"]
        broker.thaw()
        desk = Desk()
        connection = await desk.open(settings_of(broker.port))
        broker.freeze()
        assert not await connection.publish_for_good("a", b"", within_s=0.05)
        connection.publish("a", bytes(20_000_000))  # no socket holds that
        began = asyncio.get_running_loop().time()
        await connection.close(within_s=0.2)
        assert asyncio.get_running_loop().time() - began < 2
        assert desk.lost == []

    with Broker(tmp_path) as broker:
        asyncio.run(talk(broker))


def test_a_connection_that_another_client_takes_is_told_from_one_that_broke(broker: Broker) -> None:
    async def talk(port: int) -> None:
        settings = settings_of(port)
        async with connected(settings) as (desk, connection), connected(settings):
            await desk.until(lambda: desk.lost)
            assert connection.lost is not None
            # Other brokers than mosquitto 2.0 say it (MQTT 5.0, 3.14.2.1: 0x8E), and then it is no guess.
            assert connection.lost.permanent or desk.lost == [causes.WITHOUT_A_WORD]

    asyncio.run(talk(broker.port))
    said = causes.of_disconnect(0x8E, "Session taken over", settings_of(1))
    assert said == "another client uses the client id gw: is a gateway of the same name running elsewhere?"


def test_a_connection_that_is_cut_has_broken(broker: Broker) -> None:
    async def talk(proxy: Proxy) -> None:
        async with connected(settings_of(proxy.port)) as (desk, _):
            proxy.cut()
            await desk.until(lambda: desk.lost)
            # Whether the reset overtakes what was on its way is the kernel's affair.
            assert desk.lost in (
                ["the connection broke"],
                ["the broker closed the connection without a word"],
            )

    with Proxy(broker.port) as proxy:
        asyncio.run(talk(proxy))


@pytest.mark.parametrize("answer", [meddlers.UNACCEPTABLE_VERSION, meddlers.UNSUPPORTED_VERSION, b""])
def test_a_broker_of_old_is_spoken_to_in_its_own_version(broker: Broker, answer: bytes) -> None:
    async def talk(port: int) -> None:
        async with connected(settings_of(port), "a") as (desk, connection):
            assert (connection.version, connection.shares) == (4, False)
            mid = connection.publish("a", b"1", correlation=b"not in this version", expiry_s=5)
            await desk.until(lambda: desk.came and desk.told)
            assert (desk.came[0].payload, desk.came[0].correlation, desk.told) == (b"1", None, [mid])
            await connection.unsubscribe(["a"])

    def meddler() -> Meddler:
        return meddlers.OnlyOld(answer)

    with Proxy(broker.port, meddler=meddler) as proxy:
        asyncio.run(talk(proxy.port))


def test_nobody_listens() -> None:
    with Proxy(1) as closed:
        port = closed.port
    lost = why(settings_of(port))
    assert (lost.reason, lost.permanent) == (
        f"connection refused: nothing listens on 127.0.0.1:{port}", False,
    )  # fmt: skip


def test_a_name_that_nobody_knows() -> None:
    lost = why(replace(settings_of(1883), host="broker.invalid"))
    assert lost.reason.startswith("the broker's name 'broker.invalid' is not known")


@pytest.mark.parametrize("username", ["gw1", None])
def test_wrong_credentials(tmp_path: Path, username: str | None) -> None:
    with Broker(tmp_path, users={"gw1": "right"}) as broker:
        lost = why(replace(settings_of(broker.port), username=username, password="wrong"))
    who = "user 'gw1'" if username else "us without a user name"
    assert lost.reason.startswith(f"the broker refuses {who}: wrong name or password")
    assert lost.permanent


def test_a_broker_that_accepts_and_says_nothing(tmp_path: Path) -> None:
    with Broker(tmp_path) as broker:
        broker.freeze()
        lost = why(replace(settings_of(broker.port), patience_s=0.3))
    assert lost.reason == "no answer to CONNECT within 0.3 s"


def test_certificates_that_do_not_do(tmp_path: Path) -> None:
    made, other = Certificates(tmp_path / "pki"), Certificates(tmp_path / "other", name="elsewhere")
    with (
        Broker(tmp_path, tls=made, client_certificates=True) as broker,
        Broker(tmp_path, tls=other) as elsewhere,
        Broker(tmp_path) as plain,
    ):
        here = replace(settings_of(broker.port), host="localhost")
        there = replace(settings_of(elsewhere.port), host="localhost")
        said = {
            "signer": why(replace(here, tls=other.context(), ca_file="/etc/ca.pem")),
            "list": why(replace(here, tls=ssl.create_default_context())),
            "name": why(replace(there, tls=other.context())),
            "client": why(replace(here, tls=made.context())),
            "plain": why(replace(here, port=plain.port, tls=made.context(), patience_s=1.0)),
        }
    assert said["signer"].reason == "the broker's certificate is not signed by /etc/ca.pem"
    assert "any authority of the system's list" in said["list"].reason
    assert said["name"].reason == "the broker's certificate is not for 'localhost'"
    assert "it asks for a client certificate" in said["client"].reason
    assert "TLS" in said["plain"].reason
    assert [each.permanent for each in said.values()] == [True, True, True, True, False]
