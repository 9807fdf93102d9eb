"""Modems behind a network: a small server as ser2net, with a simulated modem on its serial port."""

from __future__ import annotations

import asyncio
import contextlib
import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from serial.rfc2217 import PortManager

from modemd.simulator.simulation import ModemSpec
from tests.modem.telnet_modem import TelnetModem
from tests.modem.times import QUICK
from tests.workers.yard import Yard, yard

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

CLIMBING = replace(QUICK, climb=0.02, reset_s=0.2)


class Ser2net:
    """One serial port for whoever connects; ``cut`` ends connections, ``freeze`` makes them half-open."""

    def __init__(self, path: Path, *, telnet: bool) -> None:
        self.connections = 0
        self._path = path
        self._telnet = telnet
        self._lines: list[Line] = []
        self._server: asyncio.Server | None = None

    async def start(self) -> str:
        """Listen; return the port as a configuration has it."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        scheme = "rfc2217" if self._telnet else "tcp"
        return f"{scheme}://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        self.cut()
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    def cut(self) -> None:
        for line in self._lines:
            line.close()
        self._lines.clear()

    def freeze(self) -> None:
        """The connections of now stay, and nothing comes through any more."""
        for line in self._lines:
            line.let_go()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        line = Line(self._path, writer, PortManager(TelnetModem(), writer) if self._telnet else None)
        self._lines.append(line)
        with contextlib.suppress(ConnectionError):
            while octets := await reader.read(1000):
                line.from_network(octets)
        line.close()


class Line:
    """One connection and the serial port behind it."""

    def __init__(self, path: Path, writer: asyncio.StreamWriter, telnet: PortManager | None) -> None:
        self._writer = writer
        self._telnet = telnet
        self._fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        asyncio.get_running_loop().add_reader(self._fd, self._from_modem)

    def from_network(self, octets: bytes) -> None:
        plain = octets if self._telnet is None else b"".join(self._telnet.filter(octets))
        if self._fd >= 0 and plain:
            os.write(self._fd, plain)

    def let_go(self) -> None:
        if self._fd >= 0:
            asyncio.get_running_loop().remove_reader(self._fd)
            os.close(self._fd)
            self._fd = -1

    def close(self) -> None:
        self.let_go()
        self._writer.close()

    def _from_modem(self) -> None:
        octets = os.read(self._fd, 1000)
        self._writer.write(octets if self._telnet is None else b"".join(self._telnet.escape(octets)))


def over_network(
    folder: Path, test: Callable[[Yard, Ser2net], Awaitable[None]], *, telnet: bool = False
) -> None:
    async def whole() -> None:
        server = Ser2net(folder / "dev/gsm1", telnet=telnet)
        port = await server.start()
        entries = [{"name": "far", "port": port}]
        async with yard(folder, [ModemSpec()], entries, timing=CLIMBING, discover=False) as place:
            await test(place, server)
            await server.stop()

    asyncio.run(whole())


@pytest.mark.filterwarnings("ignore:set(Daemon|Name)\\(\\) is deprecated:DeprecationWarning")  # pyserial's
@pytest.mark.parametrize("telnet", [False, True], ids=["tcp", "rfc2217"])
def test_a_modem_far_away_sends_and_does_so_again_after_its_line_was_cut(
    tmp_path: Path, *, telnet: bool
) -> None:
    async def test(place: Yard, server: Ser2net) -> None:
        await place.ready("far")
        await place.send("before")
        await place.sim.wait_for_accepted(1)
        server.cut()
        await place.until(lambda: place.modems()["far"] != "ready")
        await place.send("after")
        await place.sim.wait_for_accepted(2)
        await place.ready("far")
        assert server.connections >= 2

    over_network(tmp_path, test, telnet=telnet)


def test_a_half_open_line_is_noticed_and_made_anew(tmp_path: Path) -> None:
    async def test(place: Yard, server: Ser2net) -> None:
        await place.ready("far")
        server.freeze()
        await place.send("it does not get through")
        await place.until(lambda: server.connections >= 2)
        await place.ready("far")
        await place.send("through the new one")
        await place.sim.wait_for_accepted(1)
        assert server.connections >= 2

    over_network(tmp_path, test)
