"""Modems at the end of a network's line: plain TCP and RFC 2217."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from dataclasses import replace

import pytest
from serial.rfc2217 import PortManager

from modemd.errors import PortLost
from modemd.modem.link import Link
from modemd.modem.telnet import TelnetPort
from tests.modem.dce import OK, QUICK, lines
from tests.modem.ears import Ears
from tests.modem.telnet_modem import TelnetModem


def test_a_modem_behind_a_network_port() -> None:
    async def whole() -> None:
        hung_up = asyncio.Event()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while octets := await reader.readuntil(b"\r"):
                writer.write(lines("+CSQ: 5,99").encode() if b"CSQ" in octets else OK.encode())
                if b"ATH" in octets:
                    break
            writer.close()
            hung_up.set()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        host, port = server.sockets[0].getsockname()[:2]
        ears = Ears()
        for scheme in ("tcp", "socket"):
            hung_up.clear()
            link = await Link.open(
                f"{scheme}://{host}:{port}",
                timing=QUICK,
                on_urc=ears.urcs.append,
                on_late=ears.late.append,
                on_lost=ears.lost.append,
            )
            assert (await link.command("AT+CSQ")).lines == ("+CSQ: 5,99",)
            await link.command("ATH")
            await hung_up.wait()
            with pytest.raises(PortLost):
                await link.command("AT")
            link.close()
        assert len(ears.lost) == 2
        server.close()
        await server.wait_closed()

    asyncio.run(whole())


@pytest.mark.filterwarnings(
    "ignore:set(Daemon|Name)\\(\\) is deprecated:DeprecationWarning"
)  # pyserial's own
def test_a_modem_behind_rfc_2217() -> None:
    async def whole() -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            manager = PortManager(TelnetModem(), writer)
            heard = b""
            while octets := await reader.read(1000):
                heard += b"".join(manager.filter(octets))
                while b"\r" in heard:
                    command, _, heard = heard.partition(b"\r")
                    if command == b"ATH":
                        writer.close()
                        return
                    said = lines("+CSQ: 5,99") if command == b"AT+CSQ" else OK
                    writer.write(b"".join(manager.escape(said.encode() + b"\xff\r\n")))
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        host, port = server.sockets[0].getsockname()[:2]
        ears = Ears()
        link = await Link.open(
            f"rfc2217://{host}:{port}",
            timing=replace(QUICK, command_s=2.0),
            on_urc=ears.urcs.append,
            on_late=ears.late.append,
            on_lost=ears.lost.append,
        )
        for _ in range(3):
            assert (await link.command("AT+CSQ")).lines == ("+CSQ: 5,99",)
        with pytest.raises(PortLost):
            await link.command("ATH")
        assert len(ears.lost) == 1
        link.close()
        server.close()
        await server.wait_closed()

    asyncio.run(whole())


@pytest.mark.filterwarnings(
    "ignore:set(Daemon|Name)\\(\\) is deprecated:DeprecationWarning"
)  # pyserial's own
def test_a_line_of_rfc_2217_that_the_other_end_broke_off_keeps_no_descriptor() -> None:
    async def whole() -> None:
        served: asyncio.Future[asyncio.StreamWriter] = asyncio.get_running_loop().create_future()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            served.set_result(writer)
            manager = PortManager(TelnetModem(), writer)
            with contextlib.suppress(ConnectionError):
                while octets := await reader.read(1000):
                    list(manager.filter(octets))

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        host, number = server.sockets[0].getsockname()[:2]
        port = await asyncio.to_thread(TelnetPort, f"rfc2217://{host}:{number}", 115200)
        connection = port.connection
        writer = await served
        # No orderly end but a reset, after which the line cannot be shut down any more.
        reset = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
        writer.transport.abort()
        await writer.wait_closed()
        await asyncio.to_thread(port.close)
        assert connection.fileno() == -1
        server.close()
        await server.wait_closed()

    asyncio.run(whole())
