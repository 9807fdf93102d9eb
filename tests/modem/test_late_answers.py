"""A link that missed an answer or a prompt takes nothing late for the next, and comes into step again."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from modemd.errors import NoReply
from modemd.modem.link import Link
from tests.modem.dce import OK, PROMPT, QUICK, SILENCE, Dce, lines
from tests.modem.ears import PDU, Ears, play


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
