"""Opening a port: what is told when it cannot be."""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path

import pytest

from modemd.errors import PortLost
from modemd.modem.port import Port


def refusal(spec: str) -> str:
    """The sentence with which ``spec`` cannot be opened."""

    async def opened() -> None:
        port = await Port.open(spec, on_octets=lambda _octets: None, on_lost=lambda _lost: None)
        port.close()

    with pytest.raises(PortLost) as told:
        asyncio.run(opened())
    return str(told.value)


def test_a_port_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "ttyUSB7"
    assert refusal(str(path)) == f"{path} cannot be opened: there is no such device"


def test_what_is_no_serial_port() -> None:
    assert refusal("/dev/null") == "/dev/null cannot be opened: it is no serial port"


def test_a_port_that_another_program_uses() -> None:
    async def twice(path: str) -> str:
        first = await Port.open(path, on_octets=lambda _octets: None, on_lost=lambda _lost: None)
        try:
            await Port.open(path, on_octets=lambda _octets: None, on_lost=lambda _lost: None)
        except PortLost as told:
            return str(told)
        finally:
            first.close()
        return "it was opened twice"

    ours, theirs = os.openpty()
    path = os.ttyname(theirs)
    try:
        assert asyncio.run(twice(path)) == f"{path} cannot be opened: another program uses it"
    finally:
        os.close(ours)
        os.close(theirs)


def test_a_network_port_where_nobody_listens() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        spec = f"tcp://127.0.0.1:{unused.getsockname()[1]}"
        assert refusal(spec) == f"{spec} cannot be opened: Connection refused"


def test_a_network_port_that_is_written_wrongly() -> None:
    assert refusal("tcp://nowhere") == (
        "tcp://nowhere cannot be opened: a network port is written tcp://HOST:PORT"
    )
