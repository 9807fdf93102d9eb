"""The simulated network takes, times, reports, forwards and answers as it is told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from modemd.gsm.incoming import decode_deliver, decode_status_report
from modemd.gsm.outgoing import Outgoing, encode
from modemd.simulator.network import NetworkSpec
from tests.workers.simulator_desk import Desk

if TYPE_CHECKING:
    from pathlib import Path


def direct(desk: Desk, which: int = 0) -> None:
    desk.quiet(which)
    desk.tell("AT+CNMI=2,2,0,1,0", which)


def reports(said: str) -> list[tuple[int, int]]:
    """TP-MR and TP-ST of each +CDS."""
    lines = said.split("\r\n")
    found = [decode_status_report(lines[i + 1]) for i, line in enumerate(lines) if line.startswith("+CDS: ")]
    return [(one.tp_mr, one.tp_status) for one in found]


def test_each_part_gets_the_next_tp_mr_and_it_wraps() -> None:
    desk = Desk()
    desk.quiet()
    answers = [desk.send(str(i)) for i in range(258)]
    assert answers[0] == "\r\n+CMGS: 0\r\n\r\nOK\r\n"
    assert answers[255:] == [f"\r\n+CMGS: {i}\r\n\r\nOK\r\n" for i in (255, 0, 1)]
    assert [one.text for one in desk.accepted.all] == [str(i) for i in range(258)]


def test_airtime_passes_before_the_answer_and_input_waits_for_it() -> None:
    desk = Desk(network=NetworkSpec(airtime_s=2.0))
    desk.quiet()
    assert desk.send() == ""
    assert desk.tell("AT") == ""
    desk.clock.go(1.9)
    assert desk.heard() == ""
    desk.clock.go(0.2)
    assert desk.heard() == "\r\n+CMGS: 0\r\n\r\nOK\r\n\r\nOK\r\n"


def test_airtime_from_a_range() -> None:
    desk = Desk(network=NetworkSpec(airtime_s=(1.0, 3.0)))
    desk.quiet()
    times = []
    for _ in range(20):
        desk.send()
        started = desk.clock.now
        while not (said := desk.heard()):
            desk.clock.go(0.125)
        assert "+CMGS" in said
        times.append(desk.clock.now - started)
    assert 1.0 <= min(times) < max(times) <= 3.125


def test_a_kept_link_saves_its_setting_up() -> None:
    desk = Desk(network=NetworkSpec(setup_s=1.0))
    desk.quiet()
    desk.tell("AT+CMMS=2")
    assert desk.send("first") == ""
    desk.clock.go(1)
    assert "+CMGS: 0" in desk.heard()
    assert "+CMGS: 1" in desk.send("second")
    desk.tell("AT+CMMS=0")
    assert "+CMGS: 2" in desk.send("the link is still up for this one")
    assert desk.send("and now it is not") == ""


def test_reports_only_where_they_are_asked_for() -> None:
    desk = Desk()
    direct(desk)
    assert reports(desk.send(report=False)) == []
    assert reports(desk.send(report=True)) == [(1, 0)]


def test_reports_are_kept_by_the_modem_where_cnmi_says_so() -> None:
    desk = Desk()
    desk.quiet()
    desk.tell("AT+CNMI=2,1,0,2,0")
    assert '+CDSI: "SR",1' in desk.send(report=True)
    desk.tell('AT+CPMS="SR"')
    head, pdu = desk.tell("AT+CMGL=4").split("\r\n")[1:3]
    report = decode_status_report(pdu)
    assert head == f"+CMGL: 1,0,,{report.tpdu_length}"
    assert (report.recipient, report.tp_mr, report.tp_status) == ("+32475123456", 0, 0)
    assert report.sc_at is not None


def test_reports_later_and_more_than_one() -> None:
    desk = Desk(network=NetworkSpec(report_delay_s=5.0, tp_status=(0x20, 0x46)))
    direct(desk)
    assert reports(desk.send(report=True)) == []
    desk.clock.go(5)
    assert reports(desk.heard()) == [(0, 0x20)]
    desk.clock.go(5)
    assert reports(desk.heard()) == [(0, 0x46)]


def test_a_report_before_the_answer() -> None:
    desk = Desk(network=NetworkSpec(report_order="before-answer"))
    desk.quiet()
    desk.tell("AT+CNMI=2,1,0,2,0")
    assert desk.send(report=True) == '\r\n+CDSI: "SR",1\r\n\r\n+CMGS: 0\r\n\r\nOK\r\n'


def test_reports_swapped_but_none_is_kept_for_ever() -> None:
    desk = Desk(network=NetworkSpec(report_order="swapped"))
    direct(desk)
    said = "".join(desk.send(report=True) for _ in range(3))
    assert reports(said) == [(1, 0), (0, 0)]
    desk.clock.go(1)
    assert reports(desk.heard()) == [(2, 0)]


def test_lost_reports_and_none_at_all() -> None:
    lossy, mute = Desk(network=NetworkSpec(lost_reports=0.5)), Desk(network=NetworkSpec(reports=False))
    direct(lossy)
    direct(mute)
    count = sum(len(reports(lossy.send(report=True))) for _ in range(100))
    assert 20 < count < 80
    assert reports(mute.send(report=True)) == []


def test_a_message_to_another_modem_arrives_there_as_it_was() -> None:
    desk = Desk(modems=2)
    direct(desk, 0)
    direct(desk, 1)
    for part in encode(Outgoing(destination="+32475000002", text="ж" * 80, concat_ref=77)).parts:
        desk.tell(f"AT+CMGS={part.tpdu_length}")
        desk.modem.receive(part.pdu.encode() + b"\x1a")
    desk.clock.go()
    got = [decode_deliver(pdu) for pdu in desk.heard(1).split("\r\n")[2::3]]
    assert [(one.originator, one.concat and (one.concat.ref, one.concat.seq)) for one in got] == [
        ("+32475000001", (77, 1)),
        ("+32475000001", (77, 2)),
    ]
    assert "".join(one.text or "" for one in got) == "ж" * 80


@pytest.mark.parametrize(("reply", "text"), [("echo", "Hello"), ("Thank you", "Thank you")])
def test_those_who_are_not_simulated_answer_if_asked(reply: str, text: str) -> None:
    desk = Desk(network=NetworkSpec(reply=reply, reply_delay_s=1.0))
    direct(desk)
    assert "+CMT" not in desk.send()
    desk.clock.go(1)
    got = decode_deliver(desk.heard().split("\r\n")[2])
    assert (got.originator, got.text) == ("+32475123456", text)


def test_a_long_message_is_answered_once_and_whole() -> None:
    desk = Desk(network=NetworkSpec(reply="echo"))
    direct(desk)
    said = ""
    for part in encode(Outgoing(destination="+32475123456", text="y" * 300)).parts:
        desk.tell(f"AT+CMGS={part.tpdu_length}")
        desk.modem.receive(part.pdu.encode() + b"\x1a")
        desk.clock.go()
        said += desk.heard()
    lines = said.split("\r\n")
    got = [decode_deliver(lines[i + 1]).text for i, line in enumerate(lines) if line.startswith("+CMT: ")]
    assert "".join(text or "" for text in got) == "y" * 300
    assert len(got) == 2


def test_parts_come_in_any_order() -> None:
    desk = Desk()
    direct(desk)
    desk.network.inject(desk.me, "x" * 400, originator="Bank", order=[3, 1, 2])
    got = [decode_deliver(pdu) for pdu in desk.heard().split("\r\n")[2::3]]
    assert [one.concat.seq for one in got if one.concat] == [3, 1, 2]
    assert {one.originator for one in got} == {"Bank"}


def test_refusals_by_destination_are_not_taken() -> None:
    desk = Desk(network=NetworkSpec(refuse={"+3247": 21, "+99": 1}))
    desk.quiet()
    assert desk.send() == "\r\n+CMS ERROR: 21\r\n"
    assert desk.send(to="+4912345678") == "\r\n+CMGS: 0\r\n\r\nOK\r\n"
    assert len(desk.accepted.all) == 1


def test_the_log_has_the_line_before_the_modem_answers(tmp_path: Path) -> None:
    path = tmp_path / "accepted.jsonl"
    desk = Desk(log=path)
    desk.quiet()
    seen: list[list[str]] = []
    original = desk.said[0]

    def write(octets: bytes) -> None:
        original.append(octets)
        if b"+CMGS" in octets:
            seen.append(path.read_text().splitlines())

    desk.modem._write = write
    desk.send("Één €")
    assert len(seen) == 1
    line = json.loads(seen[0][0])
    assert {
        key: line[key] for key in ("modem", "sender", "destination", "tp_mr", "concat", "text", "octets")
    } == {
        "modem": "gsm1",
        "sender": "+32475000001",
        "destination": "+32475123456",
        "tp_mr": 0,
        "concat": None,
        "text": "Één €",
        "octets": None,
    }


def test_the_log_goes_on_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "accepted.jsonl"
    for text in ("one", "two"):
        desk = Desk(log=path)
        desk.quiet()
        desk.send(text)
        desk.accepted.close()
    assert [json.loads(line)["text"] for line in path.read_text().splitlines()] == ["one", "two"]


def test_an_unplugged_modem_gets_its_messages_when_it_is_back() -> None:
    desk = Desk()
    direct(desk)
    desk.modem.power_down()
    desk.network.inject(desk.me, "while away", originator="+32475999999")
    assert desk.me.stores["SM"].used == 0
    desk.modem.reboot(1.0)
    desk.clock.go(2)
    assert desk.me.stores["SM"].used == 1
