"""The simulated modem in text mode (3GPP TS 27.005, +CMGF=1), and the character sets of the terminal."""

from __future__ import annotations

from modemd.gsm.terminated import encode_deliver
from tests.workers.simulator_desk import Desk


def test_text_mode_sends_and_reads() -> None:
    desk = Desk()
    desk.quiet()
    desk.tell("AT+CMGF=1")
    desk.tell('AT+CSCS="GSM"')
    desk.tell("AT+CSMP=49,167,0,0")
    assert desk.tell('AT+CMGS="+32475123456"') == "\r\n> "
    desk.modem.receive(b"Hi \x00\x1a")
    assert "+CMGS: 0" in desk.heard()
    taken = desk.accepted.all[0]
    assert (taken.text, taken.submit.report) == ("Hi @", True)
    desk.network.inject(desk.me, "é€", originator="+32475999999")
    assert '+CMGL: 1,"REC UNREAD","+32475999999",,"' in desk.tell('AT+CMGL="ALL"')
    assert desk.tell("AT+CMGR=1").split("\r\n")[2] == "\x05\x1be"
    desk.tell('AT+CSCS="UCS2"')
    assert desk.tell("AT+CMGR=1").split("\r\n")[2] == "00E920AC"
    assert desk.tell('AT+CMGL="NONE"') == "\r\n+CMS ERROR: 305\r\n"


def test_text_mode_tells_reports_and_direct_messages_in_words() -> None:
    desk = Desk()
    desk.quiet()
    desk.tell("AT+CMGF=0;+CNMI=2,2,0,1")
    part_said = desk.send(report=True)
    assert "+CDS: 25\r\n" in part_said
    assert desk.tell("AT+CMGF=1;+CSMP=49,167,0,0;+CSDH=1") == "\r\nOK\r\n"
    desk.tell('AT+CMGS="+32475123456"')
    desk.modem.receive(b"Hi\x1a")
    desk.clock.go()
    assert '+CDS: 6,1,"+32475123456",145,"' in desk.heard()
    desk.network.inject(desk.me, "direct", originator="+32475999999")
    said = desk.heard()
    assert said.startswith('\r\n+CMT: "+32475999999",,"')
    assert said.endswith('"\r\ndirect\r\n')
    desk.tell("AT+CNMI=2,1,0,2")
    desk.tell('AT+CMGS="+32475123456"')
    desk.modem.receive(b"Hi\x1a")
    desk.clock.go()
    desk.heard()
    assert (
        desk.tell('AT+CPMS="SR";+CMGR=1')
        .split("\r\n")[3]
        .startswith('+CMGR: "REC UNREAD",6,2,"+32475123456"')
    )
    desk.network.inject(desk.me, "stored", originator="+32475999999")
    assert ",145,4,0,0,,,6\r\nstored\r\n" in desk.tell('AT+CPMS="SM";+CMGR=1')


def test_8_bit_contents_and_rubbish_in_text_mode() -> None:
    desk = Desk()
    desk.quiet()
    desk.network.inject_pdu(desk.me, encode_deliver("+1", octets=b"\x01\xfe", sc_at=None)[0].pdu)
    desk.network.inject_pdu(desk.me, "00FFFF")
    desk.tell("AT+CMGF=1")
    said = desk.tell('AT+CMGL="ALL"').split("\r\n")
    assert said[2] == "01FE"
    assert said[3].startswith('+CMGL: 2,"REC UNREAD"')


def test_text_mode_in_ucs2() -> None:
    desk = Desk()
    desk.quiet()
    for line in ("AT+CMGF=1", 'AT+CSCS="UCS2"', "AT+CSMP=17,167,0,8"):
        desk.tell(line)
    desk.tell(f'AT+CMGS="{"+32475123456".encode("utf-16-be").hex()}"')
    desk.modem.receive("Привет".encode("utf-16-be").hex().encode() + b"\x1a")
    assert [(one.destination, one.text) for one in desk.accepted.all] == [("+32475123456", "Привет")]


def test_ussd_in_the_character_set_of_the_terminal() -> None:
    desk = Desk()
    desk.quiet()
    desk.tell('AT+CSCS="UCS2"')
    answer = desk.tell('AT+CUSD=1,"002A0031003000300023",15')
    hexed = answer.split('"')[1]
    assert bytes.fromhex(hexed).decode("utf-16-be") == "Your balance is 12.34 EUR."
