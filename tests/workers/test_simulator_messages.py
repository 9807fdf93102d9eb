"""The simulated modem takes, stores and tells messages as PDUs, as 3GPP TS 27.005 says."""

from __future__ import annotations

import pytest

from modemd.gsm.incoming import decode_deliver
from modemd.gsm.terminated import encode_deliver
from tests.workers.simulator_desk import Desk


def test_the_prompt_takes_a_pdu_and_escape_leaves_it() -> None:
    desk = Desk()
    desk.quiet()
    assert desk.tell("AT+CMGS=18") == "\r\n> "
    desk.modem.receive(b"0011\x1b")
    assert desk.heard() == "\r\nOK\r\n"
    assert desk.tell("AT") == "\r\nOK\r\n"
    assert desk.accepted.all == []
    assert desk.send() == "\r\n+CMGS: 0\r\n\r\nOK\r\n"
    assert [one.text for one in desk.accepted.all] == ["Hello"]


@pytest.mark.parametrize(
    ("command", "body"),
    [
        ("AT+CMGS=200", None),
        ("AT+CMGS=x", None),
        ("AT+CMGS=17", b"0011000B91"),
        ("AT+CMGS=4", b"00zz"),
        ("AT+CMGS=4", b""),
    ],
)
def test_a_body_that_is_no_pdu_of_that_length(command: str, body: bytes | None) -> None:
    desk = Desk()
    desk.quiet()
    answer = desk.tell(command)
    if body is not None:
        desk.modem.receive(body + b"\x1a")
        answer = desk.heard()
    assert answer == "\r\n+CMS ERROR: 304\r\n"


def test_no_service_centre_no_network_no_sim() -> None:
    desk = Desk()
    desk.quiet()
    assert desk.me.card is not None
    desk.tell('AT+CSCA=""')
    assert desk.send() == "\r\n+CMS ERROR: 330\r\n"
    desk.tell('AT+CSCA="+32475161616",145')
    desk.me.register(2)
    assert desk.send() == "\r\n+CMS ERROR: 331\r\n"
    desk.me.register(7)
    assert desk.send() == "\r\n+CMGS: 0\r\n\r\nOK\r\n"
    desk.me.card = None
    assert desk.send() == "\r\n+CMS ERROR: 310\r\n"


def test_storages_list_read_and_delete() -> None:
    desk = Desk()
    desk.quiet()
    assert '+CPMS: ("SM","ME","SR"),("SM","ME"),("SM","ME")' in desk.tell("AT+CPMS=?")
    desk.network.inject(desk.me, "One", originator="+32475999999")
    assert desk.tell('AT+CPMS="ME","ME","ME"') == "\r\n+CPMS: 0,100,0,100,0,100\r\n\r\nOK\r\n"
    desk.network.inject(desk.me, "Two", originator="+32475999999")
    listed = desk.tell("AT+CMGL=4").split("\r\n")
    assert listed[1].startswith("+CMGL: 1,0,,")
    assert decode_deliver(listed[2]).text == "Two"
    assert desk.tell("AT+CMGR=1").startswith("\r\n+CMGR: 1,,")
    assert desk.tell("AT+CMGR=2") == "\r\n+CMS ERROR: 321\r\n"
    assert desk.tell("AT+CMGD=1") == "\r\nOK\r\n"
    assert desk.tell("AT+CMGL=4") == "\r\nOK\r\n"
    assert desk.tell("AT+CMGD=101") == "\r\n+CMS ERROR: 321\r\n"
    assert desk.tell('AT+CPMS="XX"') == "\r\n+CMS ERROR: 302\r\n"
    assert desk.tell('AT+CPMS="SM"') == "\r\n+CPMS: 1,30,0,100,0,100\r\n\r\nOK\r\n"


@pytest.mark.parametrize(
    ("flag", "left"),
    [(1, {"unread", "unsent", "sent"}), (2, {"unread", "unsent"}), (3, {"unread"}), (4, set())],
)
def test_deleting_by_kind(flag: int, left: set[str]) -> None:
    desk = Desk()
    desk.quiet()
    part = encode_deliver("+32475999999", "x", sc_at=None)[0]
    names = ("unread", "read", "unsent", "sent")
    for stat in range(4):
        desk.tell(f"AT+CMGW={part.tpdu_length},{stat}")
        desk.modem.receive(part.pdu.encode() + b"\x1a")
        assert desk.heard() == f"\r\n+CMGW: {stat + 1}\r\n\r\nOK\r\n"
    assert desk.tell(f"AT+CMGD=1,{flag}") == "\r\nOK\r\n"
    assert {names[slot.stat] for _, slot in desk.me.stores["SM"]} == left


def test_mt_is_me_and_sm_in_one() -> None:
    desk = Desk(dialect="huawei")
    desk.quiet()
    for memory in ("SM", "ME"):
        desk.tell(f'AT+CPMS="{memory}","{memory}","{memory}"')
        desk.network.inject(desk.me, memory, originator="+32475999999")
    desk.tell('AT+CPMS="MT","MT","MT"')
    listed = [line for line in desk.tell("AT+CMGL=4").split("\r\n") if line.startswith("+CMGL")]
    assert [line.split(",")[0] for line in listed] == ["+CMGL: 0", "+CMGL: 100"]
    desk.tell("AT+CMGD=100")
    assert desk.me.stores["SM"].used == 0
    assert desk.me.stores["ME"].used == 1


def test_what_is_written_can_be_sent() -> None:
    desk = Desk()
    desk.quiet()
    desk.tell("AT+CMGW=18")
    desk.modem.receive(b"0001000B912374153254F6000005C8329BFD06\x1a")
    assert desk.heard() == "\r\n+CMGW: 1\r\n\r\nOK\r\n"
    assert desk.tell("AT+CMSS=1") == "\r\n+CMSS: 0\r\n\r\nOK\r\n"
    assert [one.destination for one in desk.accepted.all] == ["+32475123456"]
    assert desk.tell("AT+CMSS=2") == "\r\n+CMS ERROR: 321\r\n"


def test_new_messages_are_told_as_cnmi_says() -> None:
    desk = Desk()
    desk.quiet()
    desk.network.inject(desk.me, "silent", originator="+32475999999")
    assert desk.heard() == ""
    desk.tell("AT+CNMI=2,1,0,2,0")
    desk.network.inject(desk.me, "told", originator="+32475999999")
    assert desk.heard() == '\r\n+CMTI: "SM",2\r\n'
    desk.tell("AT+CNMI=2,2,0,1,0")
    desk.network.inject(desk.me, "direct", originator="+32475999999")
    head, pdu = desk.heard().split("\r\n")[1:3]
    assert head == f"+CMT: ,{decode_deliver(pdu).tpdu_length}"
    assert desk.me.stores["SM"].used == 2
    assert desk.tell("AT+CNMI=9") == "\r\n+CMS ERROR: 303\r\n"
    assert "+CNMI: 2,2,0,1,0" in desk.tell("AT+CNMI?")


def test_mode_0_keeps_indications_until_the_mode_changes() -> None:
    desk = Desk()
    desk.quiet()
    desk.tell("AT+CNMI=0,1,0,0,0")
    desk.network.inject(desk.me, "later", originator="+32475999999")
    assert desk.heard() == ""
    assert '+CMTI: "SM",1' in desk.tell("AT+CNMI=2,1,0,0,0")


def test_a_message_for_the_sim_is_stored_even_when_others_are_handed_over() -> None:
    desk = Desk()
    desk.quiet()
    desk.tell("AT+CNMI=2,2")
    desk.network.inject_pdu(desk.me, encode_deliver("+1", "x", sc_at=None, message_class=2)[0].pdu)
    assert desk.heard() == '\r\n+CMTI: "SM",1\r\n'


def test_acknowledgement_is_waited_for_in_phase_2_plus() -> None:
    desk = Desk()
    desk.quiet()
    assert desk.tell("AT+CNMA") == "\r\n+CMS ERROR: 340\r\n"
    assert desk.tell("AT+CSMS=1") == "\r\n+CSMS: 1,1,1\r\n\r\nOK\r\n"
    desk.tell("AT+CNMI=2,2,0,1,0")
    desk.network.inject(desk.me, "x" * 200, originator="+32475999999")
    assert desk.heard().count("+CMT:") == 1
    assert desk.tell("AT+CNMA").count("+CMT:") == 1
    assert "OK" in desk.tell("AT+CNMA")
    desk.network.inject(desk.me, "never acknowledged", originator="+32475999999")
    assert desk.heard().count("+CMT:") == 1
    desk.clock.go(61)
    assert "+CNMI: 2,0,0,0,0" in desk.tell("AT+CNMI?")
    assert desk.me.stores["SM"].used == 1


def test_a_full_storage_makes_the_network_wait() -> None:
    desk = Desk(dialect="simcom")
    desk.quiet()
    desk.tell("AT+CNMI=2,1")
    desk.me.fill_up()
    desk.network.inject(desk.me, "waits", originator="+32475999999")
    assert desk.heard() == "\r\n+SMSFULL\r\n"
    assert '+CMTI: "SM",7' in desk.tell("AT+CMGD=7")
