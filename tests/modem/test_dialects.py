"""The init plan and a send against what real modems were recorded to answer (other projects' scripts)."""

from __future__ import annotations

import asyncio
import json
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from modemd.errors import NotReady
from modemd.gsm.at import AtCore, Command, Reply, Urc
from modemd.gsm.at_values import parameters
from modemd.modem.modem import Modem
from modemd.modem.pins import PinMemory
from tests.gsm.dialogues import drain
from tests.modem.dce import OK, PROMPT, QUICK, Dce, lines

VECTORS = Path(os.environ.get("MODEMD_VECTORS", Path(__file__).parents[2] / "../shared/vectors"))
RECORDED = VECTORS / "modem_dialects.json"
PDU = "0011000B913274100000F00000FF04D4F29C0E"
TIMES = replace(QUICK, command_s=0.2, optional_s=0.2, probe_s=0.2)

pytestmark = pytest.mark.skipif(not RECORDED.exists(), reason="the recorded dialects are not here")


def recorded() -> dict[str, Any]:
    if not RECORDED.exists():
        return {"modems": [], "responses_seen_in_tests": []}
    told: dict[str, Any] = json.loads(RECORDED.read_text("utf-8"))
    return told


MODEMS = recorded()["modems"]
each = pytest.mark.parametrize("dialect", MODEMS, ids=[modem["modem"] for modem in MODEMS])


def scripted(dialect: dict[str, Any], *, pin: str | None = None, before_echo: bool = False) -> Dce:
    """The recorded modem as a device: lines as recorded, SMSC kept, PIN asked where one is given."""
    state = {"pin": pin, "smsc": ""}
    busy = {"left": 3}

    def answer(command: str) -> str:
        request = command + "\r"
        if state["pin"] is not None:
            if command == f'AT+CPIN="{state["pin"]}"':
                state["pin"] = None
                return OK
            told = dialect["responses_pin_locked"].get(request)
            if told is None and request not in dialect["allowed_before_pin"]:
                told = dialect["refused_before_pin_with"]
            if told is not None:
                return "".join(told)
        if request in dialect.get("sim_busy", {}).get("commands", ()) and busy["left"]:
            busy["left"] -= 1
            return "".join(dialect["sim_busy"]["response"])
        if command == "AT+CSCA?" and state["smsc"]:
            return lines(f"+CSCA: {state['smsc']}")
        if command.startswith("AT+CSCA="):
            state["smsc"] = command.removeprefix("AT+CSCA=")
        if command.startswith("AT+CMGS="):
            return PROMPT
        return "".join(dialect["responses"].get(request, dialect["default_response"]))

    class Device(Dce):
        def _command(self, text: str) -> None:
            self.answers[text] = answer
            super()._command(text)

    return Device(echo=before_echo)


async def prepared(dce: Dce, *, pin: str | None = None) -> Modem:
    modem = await Modem.open("gsm1", dce.path, on_urc=lambda: None, timing=TIMES, pins=PinMemory())
    await modem.prepare(pin=pin, smsc="+12345678")
    return modem


@each
@pytest.mark.parametrize("echo", [False, True], ids=["silent", "echo"])
def test_a_recorded_modem_is_prepared_and_sends(dialect: dict[str, Any], echo: bool) -> None:
    async def whole() -> None:
        async with scripted(dialect, before_echo=echo) as dce:
            modem = await prepared(dce)
            who = modem.identity
            told = dialect["responses"].get("AT+CGMI\r", [None])[0]
            assert (who.manufacturer or "") == " ".join((told or "").split())
            assert who.imei == ("111111111111111" if "AT+CGSN\r" in dialect["responses"] else None)
            assert who.smsc == "+12345678"
            for tp_mr in range(1, 4):
                assert await modem.submit(PDU, 18) == tp_mr
            assert dce.bodies == [PDU] * 3
            await modem.list_stored()
            await modem.health()
            await modem.close()

    asyncio.run(whole())


@each
def test_a_recorded_modem_with_a_locked_sim_is_opened(dialect: dict[str, Any]) -> None:
    async def whole() -> None:
        async with scripted(dialect, pin="1234") as dce:
            modem = await prepared(dce, pin="1234")
            assert dce.heard.count('AT+CPIN="1234"') == 1
            assert await modem.submit(PDU, 18) == 1
            await modem.close()

    asyncio.run(whole())


@each
def test_a_recorded_modem_without_a_pin_says_so(dialect: dict[str, Any]) -> None:
    async def whole() -> None:
        async with scripted(dialect, pin="1234") as dce:
            with pytest.raises(NotReady) as refused:
                await prepared(dce)
            assert refused.value.state == "pin_required"
            assert not any(command.startswith("AT+CPIN=") for command in dce.heard)

    asyncio.run(whole())


@each
def test_storages_are_chosen_from_what_it_offers(dialect: dict[str, Any]) -> None:
    async def whole() -> None:
        async with scripted(dialect) as dce:
            modem = await prepared(dce)
            offered = "".join(dialect["responses"].get("AT+CPMS=?\r", []))
            named = set(re.findall(r'"(\w+)"', offered)) or {"SM"}
            assert set(modem.capabilities.storages) <= named
            assert ("SR" in modem.capabilities.storages) == ("SR" in named)
            await modem.close()

    asyncio.run(whole())


def test_single_dialogues_seen_in_tests() -> None:
    checked = 0
    for seen in recorded()["responses_seen_in_tests"]:
        told = [line for line in seen.get("lines", []) if isinstance(line, str)]
        if not any(line.startswith("+CMGR: ") for line in told):
            continue
        core = AtCore()
        core.send(Command("AT+CMGR=1"))
        for line in told:
            core.receive(line.encode("latin-1"))
        (reply,) = drain(core)
        assert isinstance(reply, Reply)
        assert [line + "\r\n" for line in (*reply.lines, reply.final)] == told
        assert reply.lines[0].startswith("+CMGR:")
        assert len(parameters(reply.lines[0])) >= 3
        checked += 1
    assert checked >= 4


def test_a_ussd_text_of_several_lines_is_one_code() -> None:
    (seen,) = [seen for seen in recorded()["responses_seen_in_tests"] if "several lines" in seen["about"]]
    core = AtCore()
    core.receive("".join(seen["lines"]).encode())
    (event,) = drain(core)
    assert isinstance(event, Urc)
    assert event.lines[-1] == '*charges can take 48hrs",15'
