"""Where a dialect says which modem it is, it answers as that modem was recorded."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from modemd.simulator.dialects import DIALECTS
from tests.workers.simulator_desk import Desk

FOLDER = Path(os.environ.get("MODEMD_VECTORS") or Path(__file__).parents[2].parent / "shared" / "vectors")
RECORDED = {"huawei": "Huawei E1752", "zte": "ZTE K3565-Z", "wavecom": "WAVECOM MODEM", "nokia": "Nokia N79"}
PECULIAR = {
    "AT+CIMI\r",  # blanked in the recordings
    "AT+CGSN\r",
    "AT+CLAC\r",  # as long as the modem's own list
    "AT+CFUN?\r",  # not what its own tests saw
    "AT+GCAP\r",
    "AT+CPMS=,,\r",
    'AT+CPMS="SM","SM"\r',  # how full its SIM happened to be
}


def recorded(name: str) -> dict[str, Any]:
    path = FOLDER / "modem_dialects.json"
    if not path.exists():
        pytest.skip(f"no recordings in {FOLDER}")
    modems = json.loads(path.read_text())["modems"]
    return next(modem for modem in modems if modem["modem"].startswith(RECORDED[name]))


@pytest.mark.parametrize("name", sorted(RECORDED))
def test_as_recorded(name: str) -> None:
    compared = 0
    for request, lines in recorded(name)["responses"].items():
        if request in PECULIAR:
            continue
        desk = Desk(dialect=name)
        desk.tell("ATE0")
        said = desk.tell(request.rstrip("\r")).replace("\r\n\r\n", "\r\n").removeprefix("\r\n")
        assert said == "".join(lines), request
        compared += 1
    assert compared >= 5


def test_csmp_wipes_the_service_centre_of_a_zte() -> None:
    desk = Desk(dialect="zte")
    desk.quiet()
    assert "+32475161616" in desk.tell("AT+CSCA?")
    desk.tell("AT+CSMP=49,167,0,0")
    assert "+32475161616" not in desk.tell("AT+CSCA?")


def test_wavecom_is_busy_after_cfun() -> None:
    desk = Desk(dialect="wavecom")
    desk.quiet()
    desk.tell("AT+CFUN=1")
    assert [desk.tell("AT").strip() for _ in range(3)] == ["+CME ERROR: 515", "+CME ERROR: 515", "OK"]


def test_huawei_takes_ussd_as_text_only_when_told_so() -> None:
    desk = Desk(dialect="huawei")
    desk.quiet()
    assert desk.tell('AT+CUSD=1,"*100#",15') == "\r\nERROR\r\n"
    desk.tell("AT^USSDMODE=0")
    assert "+CUSD: 0," in desk.tell('AT+CUSD=1,"*100#",15')


def test_zte_does_nothing_before_its_pin() -> None:
    desk = Desk(dialect="zte", pin="1234")
    assert "ERROR" in desk.tell("ATE0")
    desk.tell('AT+CPIN="1234"')
    assert "OK" in desk.tell("ATE0")


@pytest.mark.parametrize("name", sorted(DIALECTS))
def test_every_dialect_sends_and_has_its_iccid(name: str) -> None:
    desk = Desk(dialect=name)
    desk.quiet()
    assert "+CMGS: 0" in desk.send()
    command = DIALECTS[name].ccid[0]
    answer = desk.tell(f"AT{command}")
    assert ("8932000000000000001" in answer) is (command not in DIALECTS[name].missing)


@pytest.mark.parametrize("name", sorted(DIALECTS))
def test_every_dialect_keeps_what_it_receives(name: str) -> None:
    desk = Desk(dialect=name)
    desk.network.inject(desk.me, "Hello", originator="+32475999999")
    assert sum(store.used for memory, store in desk.me.stores.items() if memory != "MT") == 1
