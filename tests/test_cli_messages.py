"""``modemd messages``: lists, single messages, and an operator's cancel, retry and resolve."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from modemd.model import Priority, SendRequest
from modemd.service import intake, routing, upkeep
from modemd.store import modems, outbox
from modemd.store import upkeep as retention
from modemd.store.spool import SpoolRow, add_files
from modemd.store.times import to_us
from tests.desk import REFUSED_FOR_GOOD, REFUSED_FOR_NOW, SILENCE, TAKEN, Desk, now

LONG = "x" * 400
"""Three parts."""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk.begin(tmp_path)


def test_the_newest_come_first_whatever_the_command_is_called(desk: Desk) -> None:
    ids = [desk.send(text) for text in ("one", "two", "three")]
    told = desk.call("messages", "--json").json
    assert [(each["id"], each["text"]) for each in told] == [("3", "three"), ("2", "two"), ("1", "one")]
    assert desk.call("messages", "list", "--json").json == told
    assert [each["id"] for each in desk.call("messages", "--limit", 2, "--json").json] == ["3", "2"]
    assert ids == [1, 2, 3]


def test_lists_are_filtered_by_state_and_account(desk: Desk) -> None:
    desk.send("sent")
    desk.send("failed")
    desk.send("doubtful", "--account", "clinic")
    desk.submit(TAKEN)
    desk.submit(REFUSED_FOR_GOOD)
    desk.submit(SILENCE)
    desk.send("later", "--at", "2099-01-01 10:00")
    desk.send("waiting")

    def listed(*options: str) -> list[str]:
        return [each["text"] for each in desk.call("messages", *options, "--json").json]

    for state, text in (
        ("sent", "sent"), ("failed", "failed"), ("uncertain", "doubtful"), ("scheduled", "later"),
        ("queued", "waiting"),
    ):  # fmt: skip
        assert listed("--state", state) == [text]
    assert listed("--account", "clinic") == ["doubtful"]
    assert listed("--account", "clinic", "--state", "uncertain") == ["doubtful"]
    assert listed("--account", "clinic", "--state", "sent") == []


def test_the_table_is_plain_text_for_a_pipe(desk: Desk) -> None:
    assert desk.call("messages").out == "no messages\n"
    desk.send("Hello")
    desk.send("never")
    desk.submit(TAKEN)
    desk.submit(REFUSED_FOR_GOOD)
    title, second, first = desk.call("messages").out.splitlines()
    assert title.split() == ["ID", "ACCEPTED", "ACCOUNT", "TO", "STATE", "SENT", "MODEM", "TEXT"]
    assert first.split()[3:] == ["default", "+32475123456", "sent", "1/1", "gsm1", "Hello"]
    assert "failed" in second
    assert " +CMS ERROR: 1 (unassigned number)" in second
    assert title.index("TEXT") == first.index("Hello") == second.index("+CMS")


def test_what_was_received_is_listed_and_shown(desk: Desk) -> None:
    assert desk.call("messages", "--incoming").out == "nothing was received\n"
    desk.receive("How are you?")
    desk.receive(LONG)
    told = desk.call("messages", "--incoming", "--json").json
    assert [(each["id"], each["from"], each["parts"]) for each in told] == [
        ("2", "+32475999999", 3),
        ("1", "+32475999999", 1),
    ]
    assert desk.call("messages", "--incoming", "--account", "clinic", "--json").json == []
    assert desk.call("messages", "show", "--incoming", 2, "--json").json == told[0]
    assert "    How are you?\n" in desk.call("messages", "show", "--incoming", 1).out
    assert desk.run("messages", "--incoming", "--state", "sent").status == 2


def test_a_received_text_cannot_play_with_the_terminal(desk: Desk) -> None:
    desk.receive("a\x1b[2Jb\nsecond\u202eline \N{GRINNING FACE}")
    row = desk.call("messages", "--incoming").out.splitlines()[1]
    assert row.endswith("a�[2Jb second�line 😀")
    assert desk.call("messages", "show", "--incoming", 1).out.endswith("    a�[2Jb\n    second�line 😀\n")


def test_all_that_is_known_of_a_message_is_shown(desk: Desk) -> None:
    message_id = desk.send("Hello\nyou", "--id", "a-1", "--priority", "low")
    desk.submit(TAKEN)
    lines = desk.call("messages", "show", message_id).out.splitlines()
    for line in (
        "state      sent",
        "to         +32475123456",
        "client id  a-1",
        "priority   low",
        "parts      1 of 1 sent",
    ):
        assert line in lines
    assert lines[lines.index("    Hello") + 1] == "    you"
    assert lines[-1].split()[:4] == ["1", "sent", "gsm1", "1"]
    shown = desk.shown(message_id)
    assert (shown["state"], shown["priority"]) == ("sent", Priority.LOW.name.lower())
    assert shown["part_list"][0]["tp_mr"] == 7


@pytest.mark.parametrize("order", [["show", 9], ["show", "--incoming", 9], ["cancel", 9], ["retry", 9]])
def test_a_message_that_is_not_there_is_1(desk: Desk, order: list[object]) -> None:
    done = desk.run("messages", *order)
    assert (done.status, done.out) == (1, "")
    assert "message 9" in done.err


# --- cancel ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [[], ["--at", "2099-01-01 10:00"]])
def test_what_waits_is_cancelled(desk: Desk, options: list[str]) -> None:
    message_id = desk.send(LONG, *options)
    assert ("(due 2099-01-01 " in desk.call("messages", "show", message_id).out) is bool(options)
    assert desk.call("messages", "cancel", message_id).out == f"message {message_id} is cancelled now\n"
    shown = desk.shown(message_id)
    assert shown["state"] == "cancelled"
    assert shown["error"] == {"code": "cancelled", "reason": "it was cancelled"}
    assert shown["ended_at"] is not None
    assert desk.part_states(message_id) == ["cancelled"] * 3
    assert "(due" not in desk.call("messages", "show", message_id).out
    again = desk.run("messages", "cancel", message_id)
    assert (again.status, again.err) == (
        1,
        f"too_late: message {message_id} cannot be cancelled: it is cancelled already\n",
    )


def test_what_waits_is_cancelled_by_its_senders_name_too(desk: Desk) -> None:
    message_id = desk.send("Hello", "--id", "order-12")
    assert (
        desk.call("messages", "cancel", "--name", "order-12").out
        == f"message {message_id} is cancelled now\n"
    )
    assert desk.run("messages", "cancel", "--name", "order-13").status == 1
    assert desk.run("messages", "cancel").status == 2


def test_an_appointment_is_planned_moved_and_cancelled(desk: Desk) -> None:
    def send(day: int) -> int:
        options = ("--id", "a1", "--appointment", f"2099-01-{day:02d} 09:30", "--remind", "24h,2h")
        return desk.send("At {time} on {date}", *options)

    first = desk.shown(send(10))
    assert (first["client_id"], first["state"], first["text"]) == (
        "a1/24h",
        "scheduled",
        "At 09:30 on 10/01/2099",
    )
    moved = send(11)
    assert [desk.shown(each)["state"] for each in range(moved - 2, moved)] == ["cancelled"] * 2
    said = desk.call("messages", "cancel", "--name", "a1").out
    assert said == "appointment a1 is cancelled, with its reminders that waited\n"
    assert [desk.shown(each)["state"] for each in (moved, moved + 1)] == ["cancelled"] * 2
    assert desk.shown(moved)["error"]["reason"] == "its appointment was cancelled"


def test_who_dropped_a_file_is_told_of_the_cancellation(desk: Desk) -> None:
    request = intake.prepare(SendRequest(to="+32475123456", text="Hello"), desk.rules, now())
    desk.write(lambda tx: add_files(tx, [SpoolRow(1, "key", b"hello", "smstools3")]))
    desk.write(lambda tx: intake.accept(tx, [request], desk.rules, now(), source="spool", file_ids=[1]))
    desk.call("messages", "cancel", 1)
    untold = desk.write(lambda tx: outbox.untold(tx, "spool", 0, 10))
    assert [(each.event, each.message_id) for each in untold] == [("FAILED", 1)]


def test_what_a_modem_holds_is_not_cancelled(desk: Desk) -> None:
    message_id = desk.send("Hello")
    claimed = desk.claim()
    done = desk.run("messages", "cancel", message_id)
    assert (done.status, done.err.split(": ")[-1]) == (1, "a modem is sending it just now\n")
    desk.record(claimed, TAKEN)
    done = desk.run("messages", "cancel", message_id)
    assert (done.status, done.err.split(": ")[-1]) == (1, "the network has it\n")


@pytest.mark.parametrize(
    ("outcome", "first"), [(TAKEN, "sent"), (REFUSED_FOR_NOW, "cancelled"), (REFUSED_FOR_GOOD, "failed")]
)
def test_the_part_in_hand_goes_on_and_the_others_are_cancelled(
    desk: Desk, outcome: object, first: str
) -> None:
    message_id = desk.send(LONG, "--no-report")
    claimed = desk.claim()
    assert desk.call("messages", "cancel", message_id).out == f"message {message_id} is sending now\n"
    desk.record(claimed, outcome)  # type: ignore[arg-type]
    assert desk.part_states(message_id) == [first, "cancelled", "cancelled"]
    shown = desk.shown(message_id)
    assert shown["state"] == ("failed" if first == "failed" else "cancelled")
    assert shown["ended_at"] is not None
    assert shown["error"]["reason"]


# --- retry -------------------------------------------------------------------------------------------------


def test_what_failed_is_queued_again_as_if_it_were_new(desk: Desk) -> None:
    message_id = desk.send("Hello", "--validity", "10min")
    desk.submit(REFUSED_FOR_GOOD)
    before = desk.shown(message_id)
    shown = desk.call("messages", "retry", message_id, "--json").json
    assert (shown["state"], shown["ended_at"], "error" in shown) == ("queued", None, False)
    assert shown["part_list"][0]["attempts"] == 0
    deadlines = [datetime.fromisoformat(each["deadline_at"]) for each in (before, shown)]
    assert deadlines[1] - deadlines[0] > timedelta(hours=23)
    desk.submit(TAKEN)
    assert desk.shown(message_id)["state"] == "sent"


def test_only_the_parts_that_were_not_sent_are_sent_again_by_the_same_modem(desk: Desk) -> None:
    message_id = desk.send(LONG, "--no-report")
    desk.submit(TAKEN)
    desk.submit(REFUSED_FOR_GOOD)
    assert desk.part_states(message_id) == ["sent", "failed", "cancelled"]
    assert desk.call("messages", "retry", message_id).out == f"message {message_id} is sending now\n"
    assert desk.part_states(message_id) == ["sent", "queued", "queued"]
    with pytest.raises(AssertionError, match="nothing is queued for it"):
        desk.claim(by="gsm2")  # another SIM's number would be another message for the phone
    assert [desk.claim().part_no, desk.claim().part_no] == [2, 3]


@pytest.mark.parametrize("ended", ["cancelled", "expired"])
def test_what_was_cancelled_or_expired_can_be_sent_after_all(desk: Desk, ended: str) -> None:
    message_id = desk.send("Hello", "--validity", "10min")
    if ended == "cancelled":
        desk.call("messages", "cancel", message_id)
    else:
        desk.write(lambda tx: upkeep.expire(tx, desk.rules, now() + timedelta(hours=1)))
    assert desk.shown(message_id)["state"] == ended
    assert desk.call("messages", "retry", message_id).out == f"message {message_id} is queued now\n"
    assert desk.claim().message_id == message_id


def test_nothing_else_can_be_tried_again(desk: Desk) -> None:
    message_id = desk.send("Hello")

    def why() -> str:
        done = desk.run("messages", "retry", message_id)
        assert done.status == 1
        return done.err.partition("again: ")[2].strip()

    assert why() == "it is queued: it goes out by itself"
    claimed = desk.claim()
    assert why() == "it is sending: it goes out by itself"
    desk.record(claimed, SILENCE)
    assert why().startswith("a modem may have sent it; settle that first")
    desk.call("messages", "resolve", message_id, "sent")
    assert why() == "the network has it"
    assert desk.part_states(message_id) == ["sent"]


def test_what_the_retention_took_cannot_be_tried_again(desk: Desk) -> None:
    message_id = desk.send("Hello")
    desk.submit(REFUSED_FOR_GOOD)
    later_us = to_us(now() + timedelta(days=400))
    desk.write(lambda tx: retention.forget_texts(tx, later_us))
    desk.write(lambda tx: retention.forget_numbers(tx, later_us))
    done = desk.run("messages", "retry", message_id)
    assert (done.status, done.err.split(": ")[-1]) == (1, "its text is not kept\n")
    assert desk.call("messages").out.splitlines()[1].split()[4] == "-"
    assert desk.shown(message_id)["to"] is None


# --- resolve -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verdict", "state", "parts"),
    [
        ("sent", "sending", ["sent", "queued", "queued"]),
        ("failed", "failed", ["failed", "cancelled", "cancelled"]),
    ],
)
def test_a_doubt_is_settled_by_a_person(desk: Desk, verdict: str, state: str, parts: list[str]) -> None:
    message_id = desk.send(LONG, "--no-report")
    desk.submit(SILENCE)
    assert desk.shown(message_id)["state"] == "uncertain"
    done = desk.call("messages", "resolve", message_id, verdict)
    assert done.out == f"message {message_id} is {state} now\n"
    assert desk.part_states(message_id) == parts
    assert [part.get("evidence") for part in desk.shown(message_id)["part_list"]] == ["person", None, None]
    assert "decided by a person" in desk.call("messages", "show", message_id).out


def test_what_is_in_no_doubt_cannot_be_resolved(desk: Desk) -> None:
    message_id = desk.send("Hello")
    done = desk.run("messages", "resolve", message_id, "sent")
    assert (done.status, done.err) == (
        1,
        f"bad_request: message {message_id} is queued: nothing of it is in doubt\n",
    )
    assert desk.run("messages", "resolve", message_id, "perhaps").status == 2


def test_a_report_on_another_part_leaves_the_trouble_told(desk: Desk) -> None:
    message_id = desk.send(LONG)
    desk.submit(TAKEN)
    desk.submit(REFUSED_FOR_GOOD)
    before = desk.shown(message_id)["error"]
    desk.report(7)
    assert desk.part_states(message_id) == ["delivered", "failed", "cancelled"]
    assert desk.shown(message_id)["error"] == before


def test_what_a_message_costs_is_shown_by_part(tmp_path: Path) -> None:
    desk = Desk.begin(tmp_path, accounts="{clinic: {terms: sms4less}}")
    desk.call("credit", "grant", "clinic", 10, "--reason", "x")
    message_id = desk.send(LONG, "--account", "clinic")
    desk.submit(TAKEN)
    shown = desk.shown(message_id)
    assert [(each["credits_held"], each["credits_captured"]) for each in shown["part_list"]] == [
        (0, 1), (1, 0), (1, 0),
    ]  # fmt: skip
    lines = desk.call("messages", "show", message_id).out.splitlines()
    assert ["credits", "1 taken, 2 held"] in [line.split(maxsplit=1) for line in lines]
    assert [line.split()[3:5] for line in lines[-3:]] == [["1", "taken"], ["1", "held"], ["1", "held"]]


def test_what_waits_for_the_end_of_a_minute_says_so_and_the_tables_too(desk: Desk) -> None:
    limited = desk.config.read_text().replace("/dev/gsm1", "/dev/gsm1, per_minute: 2")
    desk.config.write_text(limited)
    desk.gateway_starts()
    ids = desk.write(lambda tx: modems.modem_ids(tx, "gw"))
    for name, gsm in ids.items():
        facts: dict[str, object] = {"state": "ready", "iccid": f"sim of {name}", "seen_at": to_us(now())}
        desk.write(partial(modems.write_modem, modem_id=gsm, facts=facts))
    sent = [desk.send("a", "--modem", "gsm1") for _ in range(3)]
    desk.submit(TAKEN)
    assert desk.shown(sent[2])["waits_for"] == "gsm1 (ready)"
    desk.submit(TAKEN)
    why = "as many parts went as per_minute lets go: it goes on at "
    assert str(desk.shown(sent[2])["waits_for"]).startswith(f"gsm1 (ready: {why}")
    assert f" 1  {why}" in desk.call("status").out


def test_what_waits_says_for_which_modem_and_how_that_is(desk: Desk) -> None:
    desk.gateway_starts()
    either, one, stopped = desk.send("a"), desk.send("b", "--modem", "gsm2"), desk.send("c")
    why: dict[str, object] = {
        "state": "limited",
        "error": "its SIM has sent all that it may",
    }
    ids = desk.write(lambda tx: modems.modem_ids(tx, "gw"))
    desk.write(lambda tx: modems.write_modem(tx, ids["gsm2"], why))
    desk.write(lambda tx: modems.write_modem(tx, ids["gsm1"], {"state": "searching"}))
    gsm2 = f"gsm2 (limited: {why['error']})"
    assert f"waits for  {gsm2}\n" in desk.call("messages", "show", one).out
    assert desk.shown(either)["waits_for"] == f"gsm1 (searching: The modem finds no network); {gsm2}"
    desk.write(lambda tx: modems.set_members(tx, "gw", routing.route_id(tx, desk.rules, "any"), []))
    assert desk.shown(either)["waits_for"] == "a modem, and none is in route any"
    desk.gateway_stops()
    assert desk.shown(one)["waits_for"] == "gsm2 (its gateway gw does not run)"
    desk.call("messages", "cancel", stopped)
    assert desk.shown(stopped)["waits_for"] is None
