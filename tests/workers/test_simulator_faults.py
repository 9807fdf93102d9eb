"""Every fault that can be asked for does what it says, when it says."""

from __future__ import annotations

import pytest

from modemd.simulator.faults import Fault, FaultKind, Place, fault_of, parse_fault
from modemd.simulator.network import NetworkSpec
from tests.workers.simulator_desk import Desk

SENT = "\r\n+CMGS: 0\r\n\r\nOK\r\n"


def desk_with(*specs: str, network: NetworkSpec | None = None, dialect: str = "generic") -> Desk:
    desk = Desk(network=network, dialect=dialect)
    desk.quiet()
    for spec in specs:
        desk.modem.faults.add(parse_fault(spec))
    return desk


def test_a_fault_waits_for_its_turn_and_then_is_forgotten() -> None:
    desk = desk_with("error:on=AT+CSQ,nth=2,times=2,cme=14")
    said = [desk.tell("AT+CSQ").strip()[:14] for _ in range(5)]
    assert said == [
        "+CSQ: 20,99\r\n\r",
        "+CME ERROR: 14",
        "+CME ERROR: 14",
        "+CSQ: 20,99\r\n\r",
        "+CSQ: 20,99\r\n\r",
    ]
    assert not desk.modem.faults


def test_for_ever_and_healed() -> None:
    desk = desk_with("error:on=AT+CSQ,times=0")
    assert {desk.tell("AT+CSQ") for _ in range(9)} == {"\r\nERROR\r\n"}
    desk.modem.faults.clear()
    assert "+CSQ" in desk.tell("AT+CSQ")


@pytest.mark.parametrize(("at", "taken"), [("command", 0), ("prompt", 0), ("body", 0), ("answer", 1)])
def test_an_error_at_each_place(at: str, taken: int) -> None:
    desk = desk_with(f"error:on=AT+CMGS*,at={at},cms=38")
    assert desk.send() == "\r\n+CMS ERROR: 38\r\n"
    assert len(desk.accepted.all) == taken
    assert "OK" in desk.send()


@pytest.mark.parametrize(("at", "taken"), [("command", 0), ("body", 0), ("answer", 1)])
def test_a_command_that_is_never_answered(at: str, taken: int) -> None:
    desk = desk_with(f"hang:on=AT+CMGS*,at={at}")
    assert desk.send() == ""
    assert len(desk.accepted.all) == taken
    assert desk.tell("AT") == "\r\nOK\r\n"


def test_a_prompt_that_is_never_shown_takes_everything_until_escape() -> None:
    desk = desk_with("hang:on=AT+CMGS*,at=prompt")
    assert desk.send() == ""
    assert desk.tell("AT") == ""
    desk.modem.receive(b"\x1b")
    assert desk.heard() == "\r\nOK\r\n"
    assert desk.tell("AT") == "\r\nOK\r\n"


def test_silence_ends_and_death_does_not() -> None:
    desk = desk_with("silence:on=AT+CSQ,seconds=3", "dead:on=AT+CGSN")
    assert desk.tell("AT+CSQ") == ""
    assert desk.tell("AT") == ""
    desk.clock.go(3)
    assert desk.tell("AT") == "\r\nOK\r\n"
    assert desk.tell("AT+CGSN") == ""
    desk.clock.go(1000)
    assert desk.tell("AT") == ""
    desk.modem.reboot(1)
    desk.clock.go(1)
    assert "OK" in desk.tell("AT")


@pytest.mark.parametrize(("at", "taken"), [("body", 0), ("answer", 1)])
def test_a_late_answer_is_still_the_answer(at: str, taken: int) -> None:
    desk = desk_with(f"late:on=AT+CMGS*,at={at},seconds=70")
    assert desk.send() == ""
    assert len(desk.accepted.all) == taken
    desk.clock.go(70)
    assert desk.heard() == SENT
    assert len(desk.accepted.all) == 1


def test_garbage_before_inside_and_after() -> None:
    desk = desk_with(
        "garbage:on=AT,at=command", "garbage:on=AT,at=inside,hex=ff", "garbage:on=AT,at=after,text=~~"
    )
    assert desk.tell("AT") == "\xff\x00\xe9\r\nO\xffK\r\n~~"


@pytest.mark.parametrize("at", list(Place))
def test_an_unsolicited_line_at_each_place_and_the_message_goes(at: Place) -> None:
    desk = desk_with(f'urc:on=AT+CMGS*,at={at},text=+CMTI: "SM",3')
    said = desk.send()
    if at in {Place.COMMAND, Place.PROMPT}:
        assert said == SENT
    else:
        assert '\r\n+CMTI: "SM",3\r\n' in said
        assert said.replace('\r\n+CMTI: "SM",3\r\n', "") == SENT
    assert len(desk.accepted.all) == 1
    assert not desk.modem.faults


def test_the_echo_comes_back() -> None:
    desk = desk_with("echo:on=AT+CSQ")
    desk.tell("AT+CSQ")
    assert desk.tell("AT") == "AT\r\r\nOK\r\n"


@pytest.mark.parametrize(("at", "taken"), [("body", 0), ("answer", 1)])
def test_a_reboot_in_the_middle_forgets_settings_and_keeps_messages(at: str, taken: int) -> None:
    desk = desk_with(f"reboot:on=AT+CMGS*,at={at},seconds=5", dialect="quectel")
    desk.tell("AT+CNMI=2,1")
    desk.network.inject(desk.me, "kept", originator="+32475999999")
    assert desk.send() == ""
    assert len(desk.accepted.all) == taken
    assert desk.tell("AT") == ""
    desk.clock.go(5)
    assert desk.heard().startswith("\r\nRDY\r\n")
    assert desk.tell("AT+CNMI?").startswith("AT+CNMI?\r\r\n+CNMI: 0,0,0,0,0")
    assert desk.me.stores["SM"].used == 1


def test_a_reboot_while_the_network_still_has_the_part() -> None:
    desk = desk_with(network=NetworkSpec(airtime_s=5))
    desk.send()
    desk.modem.reboot(1)
    desk.clock.go(10)
    assert "+CMGS" not in desk.heard()
    assert len(desk.accepted.all) == 1


def test_no_blank_behind_the_colon() -> None:
    desk = desk_with("joined:on=AT+CMGS*")
    assert desk.send() == "\r\n+CMGS:0\r\n\r\nOK\r\n"
    assert desk.send() == "\r\n+CMGS: 1\r\n\r\nOK\r\n"


def test_the_state_of_sim_and_network_changes() -> None:
    desk = desk_with(
        "full:on=AT+CSQ",
        "no-smsc:on=AT+CSQ",
        "unregistered:on=AT+CSQ,seconds=9,code=3",
        "swap-sim:on=AT+CIMI,text=8988",
    )
    desk.tell("AT+CSQ")
    assert "+CPMS: 30,30" in desk.tell('AT+CPMS="SM"')
    assert '+CSCA: "",129' in desk.tell("AT+CSCA?")
    assert "+CREG: 0,3" in desk.tell("AT+CREG?")
    desk.clock.go(9)
    assert "+CREG: 0,1" in desk.tell("AT+CREG?")
    desk.tell("AT+CIMI")
    assert "+CCID: 8988" in desk.tell("AT+CCID")
    assert "+CPMS: 0,30" in desk.tell('AT+CPMS="SM"')


def test_unplugging_is_asked_of_the_port() -> None:
    desk = desk_with("unplug:on=AT+CMGS*,at=answer,seconds=2")
    pulled: list[float] = []
    desk.modem.unplug = pulled.append
    assert desk.send() == ""
    assert pulled == [2.0]
    assert len(desk.accepted.all) == 1


def test_a_fault_as_words() -> None:
    fault = parse_fault('urc:on=AT+CMGS*,at=body,nth=3,times=0,text=+CMTI: "SM",3')
    assert (fault.kind, fault.on, fault.at, fault.nth, fault.times) == (
        FaultKind.URC,
        "AT+CMGS*",
        Place.BODY,
        3,
        0,
    )
    assert fault.text == '+CMTI: "SM",3'
    assert fault == Fault(
        kind=FaultKind.URC, on="AT+CMGS*", at=Place.BODY, nth=3, times=0, text='+CMTI: "SM",3'
    )
    assert fault_of({"kind": "hang", "nth": 2}).nth == 2  # as JSON has it


@pytest.mark.parametrize(
    ("spec", "word"),
    [
        ("explode", "explode"),
        ("hang:when=2", "'when'"),
        ("hang:nth", "'nth'"),
        ("hang:nth=x", "'x'"),
        ("late", "seconds="),
    ],
)
def test_what_is_no_fault_is_said_so(spec: str, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        parse_fault(spec)


def test_gammu_like_patterns_are_matched_as_file_names_are() -> None:
    fault = parse_fault("hang:on=at+cpm?=*")
    assert fault.due(Place.COMMAND, 'AT+CPMS="SM"')
    assert not parse_fault("hang:on=AT+CSQ").due(Place.COMMAND, "AT+CSQ?")
