"""The link: deadlines, resync, prompts, unplugging; against a scripted modem on a pseudo-terminal."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from serial.rfc2217 import PortManager

from modemd.errors import NoReply, PortLost, Refused
from modemd.gsm.at import LateReply, Urc
from modemd.modem.link import Link
from modemd.modem.port import Port
from modemd.modem.telnet import TelnetPort
from modemd.modem.timing import Timing
from tests.modem.dce import OK, PROMPT, QUICK, SILENCE, Dce, lines

PDU = "0011000B913274100000F00000FF04D4F29C0E"


class Ears:
    """Where a link's callbacks land."""

    def __init__(self) -> None:
        self.urcs: list[Urc] = []
        self.late: list[LateReply] = []
        self.lost: list[PortLost] = []

    async def link(self, dce: Dce, timing: Timing = QUICK) -> Link:
        return await Link.open(
            dce.path,
            timing=timing,
            on_urc=self.urcs.append,
            on_late=self.late.append,
            on_lost=self.lost.append,
        )


def play(dce: Dce, act: Callable[[Link, Ears], Awaitable[None]], timing: Timing = QUICK) -> Ears:
    ears = Ears()

    async def whole() -> None:
        async with dce:
            link = await ears.link(dce, timing)
            await act(link, ears)
            link.close()

    asyncio.run(whole())
    return ears


@pytest.mark.parametrize("drip", [False, True], ids=["whole", "octets"])
@pytest.mark.parametrize("echo", [False, True], ids=["silent", "echo"])
def test_commands_and_submits(drip: bool, echo: bool) -> None:
    dce = Dce({"AT+CSQ": lines("+CSQ: 5,99")}, drip=drip, echo=echo)

    async def act(link: Link, _: Ears) -> None:
        for tp_mr in range(1, 6):
            assert (await link.command("AT+CSQ")).lines == ("+CSQ: 5,99",)
            assert (await link.submit("AT+CMGS=18", PDU)).lines == (f"+CMGS: {tp_mr}",)

    ears = play(dce, act)
    assert dce.bodies == [PDU] * 5
    assert ears.urcs == []


def test_a_refusal_says_what_and_when() -> None:
    dce = Dce(
        {"AT+CSQ": "\r\n+CME ERROR: SIM busy\r\n", "AT+CMGS=19": "\r\n+CMS ERROR: 302\r\n"},
        on_body=lambda _: "\r\n+CMS ERROR: 38\r\n",
    )

    async def act(link: Link, _: Ears) -> None:
        with pytest.raises(Refused) as plain:
            await link.command("AT+CSQ")
        assert (plain.value.kind, plain.value.code, plain.value.after_body) == ("CME", 14, False)
        with pytest.raises(Refused) as before:
            await link.submit("AT+CMGS=19", PDU)
        assert (before.value.code, before.value.after_body) == (302, False)
        with pytest.raises(Refused) as after:
            await link.submit("AT+CMGS=18", PDU)
        assert (after.value.kind, after.value.code, after.value.after_body) == ("CMS", 38, True)

    play(dce, act)


def test_urcs_do_not_prolong_a_deadline() -> None:
    dce = Dce({"AT+CSQ": SILENCE})

    async def act(link: Link, _: Ears) -> None:
        loop = asyncio.get_running_loop()

        def chatter() -> None:
            dce.say("\r\n^RSSI:17\r\n")
            loop.call_later(0.02, chatter)

        chatter()
        started = loop.time()
        with pytest.raises(NoReply) as missed:
            await link.command("AT+CSQ", timeout_s=0.3)
        assert loop.time() - started < 1.0
        assert not missed.value.after_body

    assert play(dce, act).urcs


def test_a_late_answer_is_not_taken_for_the_next() -> None:
    dce = Dce({"AT+CSQ": SILENCE, "AT+CGMI": lines("Telit")})

    async def act(link: Link, ears: Ears) -> None:
        with pytest.raises(NoReply):
            await link.command("AT+CSQ", timeout_s=0.05)
        asyncio.get_running_loop().call_later(0.03, dce.say, lines("+CSQ: 7,99"))
        assert (await link.command("AT+CGMI")).lines == ("Telit",)
        assert [late.lines for late in ears.late] == [("+CSQ: 7,99",)]

    play(dce, act)


def test_a_late_answer_in_the_middle_of_the_probe() -> None:
    dce = Dce({"AT+CSQ": SILENCE, "AT+CGMI": lines("Telit")})
    dce.answers["AT+CMEE?"] = lines("+CSQ: 7,99") + lines("+CMEE: 1")

    async def act(link: Link, ears: Ears) -> None:
        with pytest.raises(NoReply):
            await link.command("AT+CSQ", timeout_s=0.05)
        assert (await link.command("AT+CGMI")).lines == ("Telit",)
        assert [late.lines for late in ears.late] == [("+CSQ: 7,99",)]

    play(dce, act)


def test_a_submit_that_is_answered_late_is_credited() -> None:
    dce = Dce(on_body=lambda _: SILENCE)

    async def act(link: Link, ears: Ears) -> None:
        with pytest.raises(NoReply) as missed:
            await link.submit("AT+CMGS=18", PDU)
        assert missed.value.after_body
        asyncio.get_running_loop().call_later(0.05, dce.say, lines("+CMGS: 77"))
        await link.resync()
        assert [(late.lines, late.body) for late in ears.late] == [(("+CMGS: 77",), PDU)]
        assert link.in_step

    play(dce, act, replace(QUICK, answer_s=0.1))


def test_a_prompt_that_never_comes_is_left_by_escape() -> None:
    dce = Dce({"AT+CMGS=18": SILENCE})

    async def act(link: Link, _: Ears) -> None:
        with pytest.raises(NoReply) as missed:
            await link.submit("AT+CMGS=18", PDU)
        assert not missed.value.after_body
        await link.resync()
        assert dce.escapes == 1
        assert (await link.submit("AT+CMGS=19", PDU)).final == "OK"
        assert dce.bodies == [PDU]

    play(dce, act, replace(QUICK, prompt_s=0.1))


def test_a_prompt_that_comes_late_is_left_and_takes_no_body() -> None:
    dce = Dce({"AT+CMGS=18": SILENCE})

    async def act(link: Link, _: Ears) -> None:
        with pytest.raises(NoReply):
            await link.submit("AT+CMGS=18", PDU)
        dce._at_prompt = True
        asyncio.get_running_loop().call_later(0.03, dce.say, PROMPT)
        assert (await link.submit("AT+CMGS=19", PDU)).final == "OK"
        assert dce.bodies == [PDU]
        assert dce.escapes >= 1

    play(dce, act, replace(QUICK, prompt_s=0.1))


def test_a_dead_modem_is_said_to_be_dead() -> None:
    dce = Dce({"AT+CMEE?": SILENCE}, default=SILENCE)

    async def act(link: Link, _: Ears) -> None:
        with pytest.raises(NoReply):
            await link.command("AT", timeout_s=0.05)
        with pytest.raises(NoReply):
            await link.command("AT", timeout_s=0.05)
        assert dce.heard == ["AT", "AT+CMEE?", "AT+CSQ", "AT+CMEE?"]

    play(dce, act, replace(QUICK, probe_s=0.05))


@pytest.mark.parametrize("probe", [OK, "\r\nERROR\r\n", SILENCE], ids=["bare OK", "ERROR", "silence"])
def test_modems_that_do_not_know_the_probe_come_into_step_too(probe: str) -> None:
    dce = Dce({"AT+CMEE?": probe, "AT+CSQ": lines("+CSQ: 5,99"), "AT+FOO": SILENCE})

    async def act(link: Link, _: Ears) -> None:
        with pytest.raises(NoReply):
            await link.command("AT+FOO", timeout_s=0.05)
        await link.resync()
        assert (await link.command("AT+CSQ")).lines == ("+CSQ: 5,99",)

    play(dce, act)


def test_unplugging_ends_every_call_and_is_told_once() -> None:
    dce = Dce({"AT+CSQ": SILENCE})

    async def act(link: Link, ears: Ears) -> None:
        asyncio.get_running_loop().call_later(0.02, dce.unplug)
        with pytest.raises(PortLost):
            await link.command("AT+CSQ", timeout_s=5)
        for _ in range(3):
            with pytest.raises(PortLost) as lost:
                await link.command("AT")
            assert not lost.value.after_body
        with pytest.raises(PortLost):
            await link.submit("AT+CMGS=18", PDU)
        with pytest.raises(PortLost):
            await link.resync()
        assert len(ears.lost) == 1

    play(dce, act)


def test_unplugging_after_the_body_is_known_as_such() -> None:
    dce = Dce(on_body=lambda _: SILENCE)

    async def act(link: Link, _: Ears) -> None:
        asyncio.get_running_loop().call_later(0.1, dce.unplug)
        with pytest.raises(PortLost) as lost:
            await link.submit("AT+CMGS=18", PDU)
        assert lost.value.after_body == (dce.bodies == [PDU])
        assert lost.value.after_body

    play(dce, act, replace(QUICK, answer_s=5))


def test_a_submit_is_seen_through_when_its_task_is_cancelled() -> None:
    dce = Dce({"AT+CMGS=18": SILENCE})
    outcomes: list[str] = []

    async def act(link: Link, _: Ears) -> None:
        async def send() -> None:
            reply = await link.submit("AT+CMGS=18", PDU)
            outcomes.append(reply.lines[0])
            await asyncio.Event().wait()

        task = asyncio.create_task(send())
        loop = asyncio.get_running_loop()

        def late_prompt() -> None:
            dce._at_prompt = True
            dce.say(PROMPT)

        loop.call_later(0.02, task.cancel)
        loop.call_later(0.05, late_prompt)
        with pytest.raises(asyncio.CancelledError):
            await task
        assert outcomes == ["+CMGS: 1"]
        assert dce.bodies == [PDU]

    play(dce, act, replace(QUICK, prompt_s=5, answer_s=5))


def test_a_command_that_is_cancelled_does_not_spoil_the_next() -> None:
    dce = Dce({"AT+CSQ": SILENCE, "AT+CGMI": lines("Telit")})

    async def act(link: Link, _: Ears) -> None:
        task = asyncio.create_task(link.command("AT+CSQ"))
        await asyncio.wait([task], timeout=0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await link.command("AT+CGMI")).lines == ("Telit",)

    play(dce, act)


def test_two_tasks_at_once_are_a_mistake() -> None:
    dce = Dce({"AT+CSQ": SILENCE})

    async def act(link: Link, _: Ears) -> None:
        first = asyncio.create_task(link.command("AT+CSQ"))
        await asyncio.wait([first], timeout=0.01)
        with pytest.raises(RuntimeError):
            await link.command("AT")
        first.cancel()
        await asyncio.wait([first])

    play(dce, act)


def test_a_port_is_opened_by_one_only() -> None:
    dce = Dce()

    async def act(_: Link, ears: Ears) -> None:
        with pytest.raises(PortLost):
            await ears.link(dce)

    play(dce, act)


def test_a_port_that_is_not_there() -> None:
    async def whole(spec: str) -> None:
        with pytest.raises(PortLost):
            await Port.open(spec, connect_s=0.5, on_octets=lambda _: None, on_lost=lambda _: None)

    for spec in (
        "/dev/no-such-modem",
        "tcp://nowhere",
        "tcp://127.0.0.1:1",
        "rfc2217://127.0.0.1:1",
        "/dev/null",
        "/tmp",
    ):
        asyncio.run(whole(spec))


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


class TelnetModem:
    """What pyserial's RFC 2217 server side wants of a serial port; it has no lines to speak of."""

    baudrate, bytesize, parity, stopbits = 115200, 8, "N", 1
    xonxoff = rtscts = dtr = rts = cts = dsr = ri = cd = break_condition = False

    def reset_input_buffer(self) -> None:
        """Nothing is buffered."""

    def reset_output_buffer(self) -> None:
        """Nothing is buffered."""


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


def test_a_line_that_takes_nothing_does_not_stop_the_loop() -> None:
    async def whole() -> None:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        lost: list[PortLost] = []
        port = Port(ours, on_octets=lambda _: None, on_lost=lost.append)
        sent = b"0123456789" * 100_000
        port.write(sent)
        port.write(b"end")
        theirs.setblocking(False)
        loop = asyncio.get_running_loop()
        got = b""
        while len(got) < len(sent) + 3:
            got += await loop.sock_recv(theirs, 1 << 20)
        assert got == sent + b"end"
        theirs.close()
        port.close()
        port.close()
        port.write(b"nothing")

    asyncio.run(whole())


def test_the_wire_can_be_traced_and_no_pin_is_in_it(caplog: pytest.LogCaptureFixture) -> None:
    dce = Dce({'AT+CPIN="1234"': lines()}, echo=True)

    async def act(link: Link, _: Ears) -> None:
        await link.command('AT+CPIN="1234"')
        await link.submit("AT+CMGS=18", PDU)

    with caplog.at_level(logging.DEBUG, logger="modemd.wire"):
        play(dce, act)
    assert PDU in caplog.text
    assert "+CMGS: 1" in caplog.text
    assert "1234" not in caplog.text.replace(PDU, "")


def test_the_echo_of_a_pin_may_come_in_pieces(caplog: pytest.LogCaptureFixture) -> None:
    dce = Dce({'AT+CPIN="1234"': lines()}, echo=True, drip=True)

    async def act(link: Link, _: Ears) -> None:
        await link.command('AT+CPIN="1234"')

    with caplog.at_level(logging.DEBUG, logger="modemd.wire"):
        play(dce, act)
    heard = [record.getMessage() for record in caplog.records if " < " in record.getMessage()]
    assert heard
    assert all("(PIN)" in line for line in heard)


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
