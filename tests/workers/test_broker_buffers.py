"""Many packets at once: what a socket does not take waits, in order, and the goodbye stands behind it."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from select import select

import pytest

from modemd.workers.broker_buffers import BufferedClient
from modemd.workers.broker_client import connect, made
from tests.system.certificates import Certificates
from tests.system.mosquitto import Broker, wait_until
from tests.workers.test_broker import PATIENCE_S, connected, settings_of

_MANY = 1000
_LARGE = b"x" * 8000
"""So many of them are more than the sockets' buffers hold."""


@pytest.mark.parametrize("encrypted", [False, True])
def test_what_a_frozen_broker_does_not_take_comes_whole_once_it_goes_on(
    tmp_path: Path, encrypted: bool
) -> None:
    pki = Certificates(tmp_path / "pki") if encrypted else None

    async def talk(broker: Broker) -> None:
        settings = settings_of(broker.port)
        if pki is not None:
            settings = replace(settings, host="localhost", tls=pki.context())
        async with connected(settings) as (desk, connection):
            broker.freeze()
            for count in range(_MANY):
                connection.publish("a", b"%d " % count + _LARGE, retain=count == _MANY - 1)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await desk.until(lambda: desk.told)
            broker.thaw()
            await desk.until(lambda: len(desk.told) == _MANY)
            assert desk.told == sorted(desk.told)
            assert not desk.lost
        async with connected(settings, "a") as (desk, _):
            await desk.until(lambda: desk.came)
            assert desk.came[0].payload == b"%d " % (_MANY - 1) + _LARGE

    with Broker(tmp_path, tls=pki) as broker:
        asyncio.run(talk(broker))


def test_the_goodbye_stands_behind_all_that_was_published(broker: Broker) -> None:
    async def talk() -> None:
        async with (
            connected(settings_of(broker.port, client_id="listener"), "a") as (desk, _),
            connected(settings_of(broker.port)) as (_, connection),
        ):
            for count in range(100):
                connection.publish("a", b"%d" % count, qos=0)  # nothing comes back that is left unread
            await connection.close(within_s=5.0)
            await desk.until(lambda: len(desk.came) == 100)
            assert [each.payload for each in desk.came] == [b"%d" % count for count in range(100)]

    asyncio.run(talk())
    wait_until(lambda: "Client gw disconnected." in broker.log, "DISCONNECT came")


def test_paho_reads_and_writes_through_the_buffers(broker: Broker) -> None:
    """It would go on working without, but with several calls for each packet."""
    settings = settings_of(broker.port)
    client = made(settings, 5)
    unread: list[int] = []
    client.on_message = lambda _client, _userdata, _message: unread.append(client.unread)
    asyncio.run(connect(client, settings, 5))
    client.on_socket_register_write = lambda *_: None  # else it writes at once
    client.buffers = True
    _turn(client, client.is_connected)
    client.subscribe("a", 1)
    for _ in range(50):
        client.publish("a", b"x" * 100, 1)
    assert client.want_write()
    _turn(client, lambda: len(unread) == 50 and not client.unread)
    assert max(unread) > 100
    client.disconnect()
    _turn(client, lambda: client.socket() is None)


def _turn(client: BufferedClient, done: Callable[[], bool]) -> None:
    ends = time.monotonic() + PATIENCE_S
    while not done():
        assert time.monotonic() < ends, "nothing came"
        client.loop_write()
        sock = client.socket()
        if isinstance(sock, socket.socket) and (client.unread or select([sock], [], [], 0.1)[0]):
            client.loop_read()
