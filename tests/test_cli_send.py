"""``modemd send``: what is taken, what is refused, and following a message to its end."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from modemd.store import outbox
from tests.desk import REFUSED_FOR_GOOD, SILENCE, TAKEN, Desk

TO = "+32475123456"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk.begin(tmp_path)


def test_a_message_is_in_the_store_and_can_be_claimed(desk: Desk) -> None:
    done = desk.run("send", "--to", "0475 12 34 56", "--account", "clinic", "--id", "a-1", "Hello")
    assert (done.status, done.err) == (0, "")
    assert done.out.endswith("  1  queued  to +32475123456\n")
    shown = desk.shown(1)
    assert (shown["to"], shown["account"], shown["client_id"]) == (TO, "clinic", "a-1")
    assert (shown["text"], shown["source"], shown["state"]) == ("Hello", "cli", "queued")
    assert desk.claim().message_id == 1


@pytest.mark.parametrize("arguments", [[], ["-"]])
def test_the_text_may_come_on_standard_input(desk: Desk, arguments: list[str]) -> None:
    assert desk.run("send", "--to", TO, *arguments, given="Café\nà deux\n".encode()).status == 0
    assert desk.shown(1)["text"] == "Café\nà deux"


def test_octets_that_are_no_text_are_refused(desk: Desk) -> None:
    done = desk.run("send", "--to", TO, given=b"abc\xff")
    assert (done.status, done.err) == (1, "bad_request: the text is not UTF-8 (octet 4)\n")


def test_every_option_reaches_the_message(desk: Desk) -> None:
    done = desk.call(
        "send", "--to", TO, "--priority", "high", "--at", "2099-11-22 14:30", "--validity", "2h",
        "--no-report", "--flash", "--modem", "gsm2", "--json", "Hello",
    )  # fmt: skip
    assert [told["event"] for told in done.objects] == ["scheduled"]
    shown = desk.shown(1)
    assert (shown["priority"], shown["report"], shown["state"]) == ("high", False, "scheduled")
    due_at = datetime.fromisoformat(shown["part_list"][0]["due_at"])
    assert due_at == datetime.fromisoformat("2099-11-22T14:30:00+01:00")  # the gateway's zone
    deadline_at = datetime.fromisoformat(shown["deadline_at"])
    assert (deadline_at - due_at).total_seconds() == 7200


def test_each_recipient_gets_a_message_of_its_own(desk: Desk) -> None:
    done = desk.call("send", "--to", TO, "--to", "+32475000002", "--to", TO, "--id", "x", "--json", "Hello")
    assert [(told["to"], told["client_id"]) for told in done.objects] == [
        (TO, f"x/{TO}"),
        ("+32475000002", "x/+32475000002"),
    ]


def test_a_quote_says_what_of_the_credits_it_would_take(tmp_path: Path) -> None:
    desk = Desk.begin(tmp_path, accounts="{clinic: {terms: sms4less}}")
    desk.call("credit", "grant", "clinic", 10, "--reason", "x")
    quote = ("send", "--account", "clinic", "--to", TO, "--quote")
    assert desk.call(*quote, "x" * 161).out == f"{TO}: 2 parts, gsm7, 2 credits of 10 available\n"
    told = desk.call(*quote, "--json", "Hello").json
    assert (told["credits"], told["available"]) == (1, 10)
    assert desk.call("messages").out == "no messages\n"


def test_an_account_that_a_command_added_sends_at_once(tmp_path: Path) -> None:
    desk = Desk.begin(tmp_path)
    desk.call("account", "add", "surgery", "--terms", "sms4less")
    refused = desk.run("send", "--account", "surgery", "--to", TO, "Hello")
    assert (refused.status, refused.out) == (1, "")
    assert refused.err.startswith("insufficient_credit: the message needs 1 credit")
    desk.call("credit", "grant", "surgery", 1, "--reason", "x")
    assert desk.call("send", "--account", "surgery", "--to", TO, "Hello").out


def test_a_quote_needs_no_store_and_sends_nothing(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(f"store: {{url: 'sqlite:///{tmp_path}/store.db'}}\n")
    desk = Desk(tmp_path)
    assert desk.call("send", "--to", TO, "--quote", "Hello").out == f"{TO}: 1 part, gsm7, 0 credits\n"
    done = desk.call("send", "--to", TO, "--quote", "--json", "ж" * 71)
    assert done.json == {"to": TO, "parts": 2, "coding": "ucs2", "credits": 0}
    assert not (tmp_path / "store.db").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--to", "12ab", "Hello"], "bad_number: '12ab' is no phone number"),
        (["--to", TO, ""], "empty: text: is missing or empty"),
        (["--to", TO, "--account", "nobody", "Hello"], "account_unknown: there is no account 'nobody'"),
        (["--to", "+33123456789", "--account", "clinic", "Hello"], "not_allowed: account 'clinic' may not"),
        (["--to", TO, "--modem", "gsm9", "Hello"], "no_route: there is no modem 'gsm9'"),
        (
            ["--to", TO, "--validity", "soon", "Hello"],
            "bad_request: validity: 'soon' is not a length of time",
        ),
        (["--to", TO, "--at", "soon", "Hello"], "bad_request: at: 'soon' is not a time"),
        (["--to", TO, "x" * 1600], "too_long: the text needs 11 parts, and 10 are allowed"),
        (["--to", TO, "--to", "12ab", "Hello"], "bad_number: '12ab' is no phone number"),
    ],
)
def test_what_cannot_be_accepted_is_told_and_nothing_is_taken(
    desk: Desk, arguments: list[str], said: str
) -> None:
    done = desk.run("send", *arguments)
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith(said)
    assert desk.call("messages", "--json").json == []


def test_a_refusal_in_json_is_the_event_rejected(desk: Desk) -> None:
    done = desk.run("send", "--to", "12ab", "--id", "a", "--json", "Hello")
    assert done.status == 1
    error = {"code": "bad_number", "reason": "'12ab' is no phone number", "retry": False}
    assert done.json == {"event": "rejected", "id": None, "client_id": "a", "error": error}


@pytest.mark.parametrize("arguments", [["Hello"], ["--to", TO, "--priority", "urgent", "Hello"]])
def test_wrong_usage_is_2(desk: Desk, arguments: list[str]) -> None:
    assert desk.run("send", *arguments).status == 2


def test_without_a_store_it_is_75_and_without_a_configuration_78(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(f"store: {{url: 'sqlite:///{tmp_path}/store.db'}}\n")
    done = Desk(tmp_path).run("send", "--to", TO, "Hello")
    assert done.status == 75
    assert "has the daemon been started once?" in done.err
    assert not (tmp_path / "store.db").exists()
    (tmp_path / "config.yaml").unlink()
    assert Desk(tmp_path).run("send", "--to", TO, "Hello").status == 78


def test_the_same_id_is_the_same_message(desk: Desk) -> None:
    desk.send("Hello", "--id", "a")
    again = desk.call("send", "--to", TO, "--id", "a", "Hello")
    assert "  1  queued  to +32475123456  (the same message was sent before)" in again.out
    other = desk.run("send", "--to", TO, "--id", "a", "Goodbye")
    assert (other.status, other.err) == (1, "duplicate_id: id 'a' was used for another message\n")
    assert len(desk.call("messages", "--json").json) == 1


def test_one_refused_recipient_keeps_all_from_being_taken(desk: Desk) -> None:
    desk.send("Hello", "--id", f"a/{TO}")
    done = desk.run("send", "--to", TO, "--to", "+32475000002", "--id", "a", "Goodbye")
    assert done.err.startswith("duplicate_id")
    assert len(desk.call("messages", "--json").json) == 1


def test_waiting_shows_each_state_until_it_is_sent(desk: Desk) -> None:
    desk.gateway_starts()
    with desk.running("send", "--to", TO, "--wait", "--no-report", "Hello") as waiting:
        assert waiting.stdout.readline().endswith("  1  queued  to +32475123456\n")
        claimed = desk.claim()
        assert waiting.stdout.readline().endswith("  1  sending by gsm1  to +32475123456\n")
        desk.record(claimed, TAKEN)
        assert waiting.stdout.readline().endswith("  1  sent by gsm1  to +32475123456\n")
        assert waiting.wait() == 0


def test_waiting_for_what_fails_is_1_and_says_why(desk: Desk) -> None:
    desk.gateway_starts()
    with desk.running("send", "--to", TO, "--wait", "--json", "Hello") as waiting:
        assert '"queued"' in waiting.stdout.readline()
        desk.submit(REFUSED_FOR_GOOD)
        told = [line for line in waiting.stdout.read().splitlines() if '"failed"' in line]
        assert '"code": "CMS 1"' in told[0]
        assert waiting.wait() == 1


def test_a_message_in_doubt_is_waited_for(desk: Desk) -> None:
    desk.gateway_starts()
    with desk.running("send", "--to", TO, "--wait", "--no-report", "Hello") as waiting:
        assert "queued" in waiting.stdout.readline()
        claimed = desk.claim()
        assert "sending" in waiting.stdout.readline()
        desk.record(claimed, SILENCE)
        assert "uncertain" in waiting.stdout.readline()
        assert "no_reply: no answer to AT+CMGS" in waiting.stdout.readline()
        desk.call("messages", "resolve", 1, "sent")
        assert "  1  sent" in waiting.stdout.readline()
        assert waiting.wait() == 0


def test_waiting_without_a_gateway_is_75_and_the_message_stays(desk: Desk) -> None:
    done = desk.run("send", "--to", TO, "--wait", "Hello")
    assert done.status == 75
    assert done.err.startswith("message 1 stays queued: no gateway is running on this store.")
    assert desk.shown(1)["state"] == "queued"


def test_a_gateway_that_ends_meanwhile_ends_the_wait(desk: Desk) -> None:
    desk.gateway_starts()
    with desk.running("send", "--to", TO, "--wait", "Hello") as waiting:
        assert "queued" in waiting.stdout.readline()
        desk.gateway_stops()
        assert "no gateway is running" in waiting.stderr.read()
        assert waiting.wait() == 75


def test_a_contact_is_each_of_its_numbers(tmp_path: Path) -> None:
    desk = Desk.begin(tmp_path, more=f'contacts: {{team: ["{TO}", "+32475000002"]}}\n')
    done = desk.call("send", "--to", "team", "--id", "x", "--json", "Hello")
    assert [told["to"] for told in done.objects] == [TO, "+32475000002"]
    assert "did you mean 'team'?" in desk.run("send", "--to", "taem", "Hello").err


def test_the_broker_is_told_of_what_a_command_brings_about(tmp_path: Path) -> None:
    desk = Desk.begin(tmp_path, more="mqtt: {host: 127.0.0.1}\n")
    desk.call("send", "--to", "+32475123456", "--id", "mine", "Hello")
    desk.call("messages", "cancel", 1)
    told = desk.write(lambda tx: outbox.untold(tx, "mqtt", 0, 9))
    assert [(each.topic, each.event) for each in told] == [
        ("status/default", "accepted"), ("status/default", "queued"), ("status/default", "cancelled"),
    ]  # fmt: skip


def test_a_call_is_a_channel(tmp_path: Path) -> None:
    desk = Desk.begin(tmp_path)
    call = ("send", "--to", TO, "--channel", "voice")
    assert desk.call(*call, "--quote", "Fire in hall 3").out == f"{TO}: 1 part, ucs2, 0 credits\n"
    refused = desk.run(*call, "x" * 401)
    assert (refused.status, "400 can be said in a call" in refused.err) == (1, True)
    desk.call(*call, "Fire in hall 3")
    [told] = desk.call("messages", "--json").json
    assert (told["text"], told["state"], told["parts"]) == ("Fire in hall 3", "queued", 1)
