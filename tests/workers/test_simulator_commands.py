"""The simulated modem speaks as V.250, 3GPP TS 27.005 and 27.007 say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modemd.gsm.incoming import decode_deliver
from modemd.gsm.terminated import encode_deliver
from modemd.simulator.commands.arguments import words
from modemd.simulator.interpreter import HANDLERS
from tests.workers.simulator_desk import Desk


def test_echo_until_it_is_switched_off_and_again_after_atz() -> None:
    desk = Desk()
    assert desk.tell("AT") == "AT\r\r\nOK\r\n"
    assert desk.tell("ATE0") == "ATE0\r\r\nOK\r\n"
    assert desk.tell("AT") == "\r\nOK\r\n"
    desk.tell("ATZ")
    assert desk.tell("AT") == "AT\r\r\nOK\r\n"


def test_commands_in_one_line_one_ok_and_an_error_ends_the_line() -> None:
    desk = Desk()
    desk.quiet()
    assert desk.tell("AT+CMGF=0;+CSQ;+CGSN") == "\r\n+CSQ: 20,99\r\n\r\n861234560000001\r\n\r\nOK\r\n"
    assert desk.tell("ATE0V1+CSQ") == "\r\n+CSQ: 20,99\r\n\r\nOK\r\n"
    assert desk.tell("AT+CSQ;+NONSENSE;+CGSN") == "\r\n+CSQ: 20,99\r\n\r\nERROR\r\n"
    assert desk.tell('AT+CUSD=1,"*1;2#"') == '\r\nOK\r\n\r\n+CUSD: 0,"Your balance is 12.34 EUR.",15\r\n'


def test_a_slash_repeats_and_what_is_no_command_is_passed_over() -> None:
    desk = Desk()
    desk.quiet()
    desk.tell("AT+CSQ")
    assert desk.tell("A/") == "\r\n+CSQ: 20,99\r\n\r\nOK\r\n"
    desk.modem.receive(b"A/")
    assert desk.heard() == "\r\n+CSQ: 20,99\r\n\r\nOK\r\n"
    assert desk.tell("hello?") == ""
    assert desk.tell("\x1b\n at+csq") == "\r\n+CSQ: 20,99\r\n\r\nOK\r\n"


def test_one_octet_at_a_time_is_the_same() -> None:
    whole, pieces = Desk(), Desk()
    line = "AT+CPMS?;+CSQ"
    for octet in line.encode() + b"\r":
        pieces.modem.receive(bytes([octet]))
    assert pieces.heard() == whole.tell(line)


def test_short_result_codes_and_none() -> None:
    desk = Desk()
    desk.quiet()
    assert desk.tell("ATV0") == "0\r"
    assert desk.tell("AT+NONSENSE") == "4\r"
    desk.tell("ATV1")
    assert desk.tell("ATQ1") == ""


@pytest.mark.parametrize(
    ("level", "said"), [(0, "ERROR"), (1, "+CME ERROR: 10"), (2, "+CME ERROR: SIM not inserted")]
)
def test_error_formats(level: int, said: str) -> None:
    desk = Desk()
    desk.quiet()
    desk.me.card = None
    desk.tell(f"AT+CMEE={level}")
    assert desk.tell("AT+CIMI") == f"\r\n{said}\r\n"


def test_identity() -> None:
    desk = Desk()
    desk.quiet()
    assert desk.tell("AT+CGMI;+CGMM;+CGMR") == "\r\nmodemd\r\n\r\nSimulated\r\n\r\n1.0\r\n\r\nOK\r\n"
    assert "206990000000001" in desk.tell("AT+CIMI")
    assert "+CCID: 8932000000000000001" in desk.tell("AT+CCID")
    assert '+CNUM: "","+32475000001",145' in desk.tell("AT+CNUM")
    assert "861234560000001" in desk.tell("ATI")
    listed = desk.tell("AT+CLAC").split()
    assert {"+CMGS", "+CMGL", "+CNMI"} <= set(listed)


def test_pin_its_tries_and_the_puk() -> None:
    desk = Desk(pin="1234")
    desk.quiet()
    assert "+CPIN: SIM PIN" in desk.tell("AT+CPIN?")
    assert desk.tell("AT+CIMI") == "\r\n+CME ERROR: 11\r\n"
    assert desk.tell("AT+CMGL=4") == "\r\n+CMS ERROR: 311\r\n"
    assert desk.tell('AT+CPIN="0000"') == "\r\n+CME ERROR: 16\r\n"
    assert "+CPINR: SIM PIN,2,3" in desk.tell("AT+CPINR")
    desk.tell('AT+CPIN="0000"')
    assert desk.tell('AT+CPIN="0000"') == "\r\n+CME ERROR: 12\r\n"
    assert "+CPIN: SIM PUK" in desk.tell("AT+CPIN?")
    assert desk.tell('AT+CPIN="11111111","4321"') == "\r\n+CME ERROR: 16\r\n"
    assert desk.tell('AT+CPIN="12345678","4321"') == "\r\nOK\r\n"
    assert "+CPIN: READY" in desk.tell("AT+CPIN?")
    assert desk.tell('AT+CPIN="4321"') == "\r\n+CME ERROR: 3\r\n"


def test_a_right_pin_gives_the_tries_back_and_is_asked_again_after_a_restart() -> None:
    desk = Desk(pin="1234")
    desk.quiet()
    desk.tell('AT+CPIN="0000"')
    assert desk.tell('AT+CPIN="1234"') == "\r\nOK\r\n"
    assert desk.me.card is not None
    assert desk.me.card.pin_tries == 3
    desk.tell("AT+CFUN=1,1")
    assert "+CPIN: SIM PIN" in desk.tell("AT+CPIN?")


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


def test_a_call_rings_and_ends() -> None:
    desk = Desk()
    desk.quiet()
    desk.tell("AT+CLIP=1")
    desk.me.ring("+32475999999", 2)
    assert desk.heard() == '\r\nRING\r\n\r\n+CLIP: "+32475999999",145,,,,0\r\n'
    assert "+CLCC: 1,1,4" in desk.tell("AT+CLCC")
    desk.clock.go(3)
    assert "RING" in desk.heard()
    desk.clock.go(3)
    assert desk.heard() == "\r\nNO CARRIER\r\n"
    desk.tell("AT+CRC=1")
    desk.me.ring("+32475999999", 5)
    assert "+CRING: VOICE" in desk.heard()
    desk.tell("ATH")
    desk.clock.go(30)
    assert desk.heard() == ""


def test_registration_and_its_changes() -> None:
    desk = Desk()
    desk.quiet()
    assert "+CREG: 0,1\r\n" in desk.tell("AT+CREG?")
    desk.tell("AT+CREG=2;+CEREG=1")
    assert '+CREG: 2,1,"0A1B","0001C2D3",2' in desk.tell("AT+CREG?")
    desk.me.register(2)
    assert desk.heard() == "\r\n+CREG: 2\r\n\r\n+CEREG: 2\r\n"
    assert "+COPS: 0\r\n" in desk.tell("AT+COPS?")
    desk.me.register(5)
    desk.tell("AT+COPS=3,2")
    assert '+COPS: 0,2,"20699",2' in desk.tell("AT+COPS?")


def test_radio_off_and_on() -> None:
    desk = Desk()
    desk.quiet()
    desk.tell("AT+CFUN=0")
    assert "+CSQ: 99,99" in desk.tell("AT+CSQ")
    assert "+CREG: 0,0" in desk.tell("AT+CREG?")
    desk.network.inject(desk.me, "while off", originator="+32475999999")
    assert desk.me.stores["SM"].used == 0
    desk.tell("AT+CFUN=1")
    assert desk.me.stores["SM"].used == 1


FORMS = ("", "?", "=?", "=", "=0", "=1", '=1,"x"', '="a","b","c"', "=,,,", "=99999,99999")


@pytest.mark.parametrize("form", FORMS)
def test_every_command_in_every_form_ends_with_a_result_or_a_prompt(form: str) -> None:
    for name in sorted(set(HANDLERS) - {"E", "V", "Q"}):
        desk = Desk()
        desk.quiet()
        answer = desk.tell(f"AT{name}{form}")
        restarts = name == "+CFUN" and form.startswith("=99")
        ended = (
            answer.endswith(("OK\r\n", "ERROR\r\n", "> ", "NO CARRIER\r\n", ",15\r\n")) or "ERROR: " in answer
        )
        assert ended or restarts, (name, form, answer)


@given(
    st.lists(
        st.binary(max_size=60)
        | st.sampled_from([b"AT\r", b"AT+CMGS=18\r", b"\x1a", b"\x1b", b"A/\r", b'AT+CMGF=1;+CMGS="1"\r']),
        max_size=30,
    )
)
def test_any_octets_are_borne(pieces: list[bytes]) -> None:
    desk = Desk()
    for piece in pieces:
        desk.modem.receive(piece)
        desk.clock.go()
    desk.modem.receive(b"\x1b\r\x1b\r")
    desk.clock.go(1)
    desk.heard()
    desk.modem.receive(b"ATE0V1Q0\rAT\r")
    desk.clock.go()
    assert desk.heard().endswith("OK\r\n")


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("", [""]),
        ("1", ["1"]),
        ('"a,b",,3', ["a,b", "", "3"]),
        ("1,", ["1", ""]),
        ('"x",', ["x", ""]),
        (",,", ["", "", ""]),
    ],
)
def test_arguments_are_cut_at_commas_outside_quotes(line: str, found: list[str]) -> None:
    assert words(line) == found
