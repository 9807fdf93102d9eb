"""The link: commands, submits, unplugging, cancelled tasks; against a scripted modem on a pseudo-terminal."""

from __future__ import annotations

import asyncio
import logging
import socket
from dataclasses import replace

import pytest

from modemd.errors import PortLost, Refused
from modemd.modem.link import Link
from modemd.modem.port import Port
from tests.modem.dce import PROMPT, QUICK, SILENCE, Dce, lines
from tests.modem.ears import PDU, Ears, play


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
