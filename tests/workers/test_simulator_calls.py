"""Calls that simulated modems make, and the other things that makers' modems tell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from modemd.simulator.card import SimCard
from modemd.simulator.network import NetworkSpec
from tests.workers.simulator_desk import Desk


def test_who_answers_hears_what_a_simcom_says(tmp_path: Path) -> None:
    desk = Desk(dialect="simcom-lte", network=NetworkSpec(ring_s=4), log=tmp_path / "log")
    desk.quiet()
    assert desk.tell("ATD+32475123456;") == "\r\nOK\r\n"
    assert '+CLCC: 1,0,3,0,0,"+32475123456",145' in desk.tell("AT+CLCC")
    desk.clock.go(4)
    assert desk.heard() == "\r\nVOICE CALL: BEGIN\r\n"
    assert "+CLCC: 1,0,0," in desk.tell("AT+CLCC")
    assert desk.tell('AT+CTTS=2,"to the wall"').endswith("+CTTS: 0\r\n")
    desk.tell("AT+CDTAM=1")
    assert desk.tell('AT+CTTS=2,"Fire in hall 3"') == "\r\nOK\r\n\r\n+CTTS: 0\r\n"
    desk.tell('AT+CTTS=1,"00E90074"')
    assert desk.tell("AT+VTS=5") == "\r\nOK\r\n"
    desk.tell("AT+CHUP")
    (call,) = desk.accepted.calls
    assert (call.outcome, call.spoken, call.tones) == ("answered", ["Fire in hall 3", "ét"], "5")
    line = json.loads((tmp_path / "log").read_text())
    assert (line["call"], line["modem"], line["spoken"][0]) == ("+32475123456", "gsm1", "Fire in hall 3")


@pytest.mark.parametrize(
    ("does", "result"), [("busy", "BUSY"), ("no-answer", "NO ANSWER"), ("reject", "NO CARRIER")]
)
def test_who_does_not_answer(does: str, result: str) -> None:
    desk = Desk(dialect="quectel", network=NetworkSpec(calls={"+324751": does}, ring_s=20))  # type: ignore[dict-item]
    desk.quiet()
    assert desk.tell("ATD+32475123456;") == "\r\nOK\r\n"
    assert "ERROR" in desk.tell('AT+QWTTS=1,1,2,"nobody hears"')
    desk.clock.go(20)
    assert desk.heard() == f"\r\n{result}\r\n"
    assert desk.tell("AT+CLCC") == "\r\nOK\r\n"
    assert [(call.outcome, call.spoken) for call in desk.accepted.calls] == [(does, [])]


def test_the_other_end_hangs_up() -> None:
    desk = Desk(dialect="huawei", network=NetworkSpec(talk_s=7))
    desk.quiet()
    said = desk.tell("ATD0475123456;")
    assert said == "\r\nOK\r\n\r\n^ORIG:1,1\r\n\r\n^CONF:1\r\n\r\n^CONN:1,1\r\n"
    desk.clock.go(7)
    assert desk.heard().startswith("\r\n^CEND:1,")
    assert desk.accepted.calls[0].outcome == "answered"


def test_a_wavecom_answers_when_the_other_end_does() -> None:
    desk = Desk(dialect="wavecom", network=NetworkSpec(ring_s=3, calls={"+4": "busy"}))
    desk.quiet()
    assert desk.tell("ATD+32475123456;") == "\r\n+WIND: 5,1\r\n\r\n+WIND: 2\r\n"
    desk.clock.go(3)
    assert desk.heard() == "\r\nOK\r\n"
    desk.tell("ATH")
    desk.tell("ATD+4475123456;")
    desk.clock.go(3)
    assert desk.heard() == "\r\nBUSY\r\n\r\n+WIND: 6,1\r\n"


def test_no_call_without_a_network_or_to_what_is_no_phone() -> None:
    desk = Desk()
    desk.quiet()
    assert desk.tell("ATD*99#") == "\r\nNO CARRIER\r\n"
    desk.me.register(2)
    assert desk.tell("ATD+32475123456;") == "\r\nNO CARRIER\r\n"


def test_the_sim_tells_the_last_message_reference_where_the_modem_keeps_it() -> None:
    desk = Desk()
    desk.quiet()
    assert '+CRSM: 144,0,"FFFF"' in desk.tell("AT+CRSM=176,28483,0,0,2")
    desk.send()
    desk.send()
    assert '+CRSM: 144,0,"01FF"' in desk.tell("AT+CRSM=176,28483,0,0,2")
    assert desk.me.card is not None
    desk.me.card.keeps_mr = False
    assert '+CRSM: 144,0,"FFFF"' in desk.tell("AT+CRSM=176,28483,0,0,2")
    assert '+CRSM: 144,0,"9823000000000000101F"' not in desk.tell("AT+CRSM=176,12258,0,0,10")
    assert "+CRSM: 106,130" in desk.tell("AT+CRSM=176,28589,0,0,4")


@pytest.mark.parametrize(
    ("dialect", "command", "told"),
    [
        ("quectel", "AT+CESQ", "+CESQ: 99,99,255,255,19,46"),
        ("quectel", "AT+QCSQ", '+QCSQ: "LTE",-73,-95,150,-10'),
        ("huawei-lte", "AT^HCSQ?", '^HCSQ: "LTE",48,46,111,19'),
        ("huawei", "AT^HCSQ?", "COMMAND NOT SUPPORT"),
        (
            "simcom-lte",
            "AT+CPSI?",
            "+CPSI: LTE,Online,206-99,0x0A1B,115411,203,EUTRAN-BAND3,1300,5,5,-105,-950",
        ),
        ("telit", "AT#RFSTS", '#RFSTS: "206 99",1300,-95,-73,-10.5,0A1B'),
        ("simcom", "AT+CESQ", "ERROR"),
        ("u-blox", "AT+UPINCNT", "+UPINCNT: 3,3,10,10"),
        ("zte", "AT+ZPINPUK=?", "+ZPINPUK: 3,10"),
        ("cinterion", "AT^SPIC", "^SPIC: 3"),
        ("siemens", "AT^SCID", "^SCID: 8932000000000000001"),
        ("telit-gsm", "AT#CCID", "#CCID: 8932000000000000001"),
    ],
)
def test_makers_own_words(dialect: str, command: str, told: str) -> None:
    desk = Desk(dialect=dialect)
    desk.quiet()
    assert told in desk.tell(command)


def test_the_other_slot_has_another_sim() -> None:
    desk = Desk(dialect="quectel")
    desk.quiet()
    assert "ERROR" in desk.tell("AT+QUIMSLOT=2")
    desk.me.second_card = SimCard(msisdn="+32475000099", iccid="8932000000000000099", imsi="206990000000099")
    assert "+QUIMSLOT: 1" in desk.tell("AT+QUIMSLOT?")
    assert desk.tell("AT+QUIMSLOT=2") == "\r\nOK\r\n"
    assert "8932000000000000099" in desk.tell("AT+QCCID")
    desk.tell("AT+QUIMSLOT=1")
    assert "8932000000000000001" in desk.tell("AT+QCCID")


def test_the_clock_believes_what_it_is_told() -> None:
    desk = Desk()
    desk.quiet()
    assert desk.tell('AT+CCLK="80/01/06,00:00:00+00"') == "\r\nOK\r\n"
    assert '+CCLK: "80/01/06,00:00' in desk.tell("AT+CCLK?")
    assert "ERROR: 50" in desk.tell('AT+CCLK="noon"')


def test_where_there_are_only_packets_messages_must_go_as_such() -> None:
    desk = Desk(dialect="quectel")
    desk.quiet()
    assert "+CGSMS: 1" in desk.tell("AT+CGSMS?")
    desk.me.packet_only = True
    assert "+CMS ERROR: 500" in desk.send()
    desk.tell("AT+CGSMS=2")
    assert "+CMGS: 0" in desk.send()
