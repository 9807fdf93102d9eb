"""``modemd account``: accounts are opened, changed, stopped, ended, handed over, and objected for."""

from __future__ import annotations

from pathlib import Path

import pytest

from modemd.service.credits import suspension
from tests.desk import TAKEN, Desk, now

ACCOUNTS = '{clinic: {terms: sms4less, holder: "Clinic Ltd", allow: ["+32"]}, shop: {terms: smstools}}'
MORE = (
    "terms: {mine: {like: sms4less, objection_days: 7}}\n"
    'tariffs: {standard: [{valid_from: 2020-01-01, bundles: [{price: "0.1"}]}]}\n'
)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk.begin(tmp_path, accounts=ACCOUNTS, more=MORE)


def refused(desk: Desk, *arguments: object) -> str:
    """What a command says that is refused: one line, exit status 1, nothing on standard output."""
    said = desk.run(*arguments)
    assert (said.status, said.out, said.err.count("\n")) == (1, "", 1)
    return said.err.rstrip()


def test_an_account_is_opened_and_shown_with_all_that_was_said_of_it(desk: Desk) -> None:
    said = desk.call(
        "account", "add", "surgery", "--terms", "sms4less", "--holder", "Surgery Ltd", "--email",
        "office@surgery.example", "--set", 'allow=["+32"]', "--set", "per_minute=60", "--by", "ann",
        "--set", 'remind=["1d", "2h"]',
    )  # fmt: skip
    assert said.out == "account surgery is open, under the terms sms4less\n"
    told = desk.call("account", "show", "surgery", "--json").json
    assert (told["state"], told["origin"], told["charged"]) == ("active", "command", True)
    assert (told["holder"], told["email"]) == ("Surgery Ltd", "office@surgery.example")
    assert told["settings"]["per_minute"] == 60
    lines = desk.call("account", "show", "surgery").out.splitlines()
    assert ["balance", "0 credits can be spent"] in [line.split(maxsplit=1) for line in lines]
    assert ["remind", "24h, 2h"] in [line.split(maxsplit=1) for line in lines]
    assert max(map(len, lines)) <= 80


def test_why_an_account_is_suspended_is_told_once(desk: Desk) -> None:
    for reason, told in (
        ("obligation unmet: invoice 7", "(obligation unmet: invoice 7)"),
        ("bankruptcy", "(bankruptcy)"),
    ):
        desk.call("account", "suspend", "clinic", "--reason", reason)
        assert desk.call("account", "show", "clinic").out.splitlines()[1].endswith(told)
    desk.call("account", "suspend", "shop", "--reason", "he asked for it")
    assert "(operator: he asked for it)" in desk.call("account", "show", "shop").out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["clinic"], "bad_request: there is an account 'clinic' already"),
        (["a b"], "bad_request: 'a b' is no name"),
        (["new", "--terms", "his"], "bad_request: there are no terms 'his'; there are "),
        (["new", "--set", "per_minute=0"], "bad_request: per_minute: "),
        (["new", "--set", "per_minut=5"], "bad_request: per_minut: unknown key (did you mean 'per_minute'?)"),
    ],
)
def test_an_account_that_cannot_be_is_refused(desk: Desk, arguments: list[str], says: str) -> None:
    desk.call("account", "add", "first")
    assert refused(desk, "account", "add", *arguments).startswith(says)
    assert [each["account"] for each in desk.call("account", "list", "--json").json] == [
        "clinic", "shop", "default", "first",
    ]  # fmt: skip


def test_what_the_configuration_declares_is_there_before_any_daemon_has_read_it(desk: Desk) -> None:
    assert desk.call("credit", "statement", "clinic", "--json").json["balance"] == 0
    assert [line.split()[0] for line in desk.call("account", "list").out.splitlines()[1:]] == [
        "clinic", "shop", "default",
    ]  # fmt: skip


def test_keys_are_changed_by_command_where_a_command_added_the_account(desk: Desk) -> None:
    desk.call("account", "add", "surgery")
    desk.call("account", "change", "surgery", "consent=required", "per_day=100", "--by", "ann")
    assert desk.call("account", "show", "surgery", "--json").json["settings"] == {
        "consent": "required", "per_day": 100,
    }  # fmt: skip
    assert "change it there" in refused(desk, "account", "change", "clinic", "per_day=5")
    assert desk.run("account", "change", "surgery", "per_day").status == 2


def test_a_suspended_account_s_queue_stands_still_until_it_is_resumed(desk: Desk) -> None:
    desk.call("credit", "grant", "shop", 5, "--reason", "x")
    desk.send("one", "--account", "shop")
    said = desk.call("account", "suspend", "shop", "--reason", "complaints")
    assert said.out == "account shop is suspended now\n"
    assert (
        refused(desk, "send", "--account", "shop", "--to", "+32475123456", "x")[:18] == "account_suspended:"
    )
    with pytest.raises(AssertionError, match="nothing is queued"):
        desk.claim()
    (row,) = [line for line in desk.call("account", "list").out.splitlines() if line.startswith("shop")]
    assert row.split()[:5] == ["shop", "suspended", "smstools", "4", "1"]
    assert "(operator: complaints)" in desk.call("account", "show", "shop").out
    assert desk.call("account", "resume", "shop", "--json").json["state"] == "active"
    desk.write(lambda tx: suspension.go_on(tx, desk.rules, now()))  # as the daemon's clock does
    desk.submit(TAKEN)
    assert desk.shown(1)["state"] == "sent"


def test_terms_that_want_a_written_reason_say_which_there_are(desk: Desk) -> None:
    said = refused(desk, "account", "suspend", "clinic", "--reason", "complaints")
    assert said.startswith("bad_request: the terms sms4less want one of these reasons (L §19.1): death, ")
    desk.call("account", "suspend", "clinic", "--reason", "obligation_unmet: invoice 2026-0001")
    assert desk.call("account", "show", "clinic", "--json").json["code"] == "obligation_unmet"


def test_closing_cancels_what_waits_and_takes_the_credits(desk: Desk) -> None:
    desk.call("credit", "grant", "clinic", 5, "--reason", "x")
    desk.send("one", "--account", "clinic")
    said = desk.call("account", "close", "clinic", "--reason", "customer: letter")
    assert said.out == "account clinic is closed now\n"
    told = desk.call("credit", "statement", "clinic", "--json").json
    assert (told["balance"], told["held"], told["forfeited"]) == (0, 0, 5)
    assert desk.shown(1)["state"] == "cancelled"
    assert refused(desk, "credit", "grant", "clinic", 5, "--reason", "x").startswith("account_closed: ")
    assert "clinic" not in desk.call("account", "list").out
    assert "clinic" in desk.call("account", "list", "--all").out
    assert desk.call("credit", "verify").status == 0


def test_an_account_goes_to_another_holder_with_its_credits(desk: Desk) -> None:
    desk.call("credit", "grant", "clinic", 5, "--reason", "x")
    said = desk.call("account", "transfer", "clinic", "surgery", "--holder", "Surgery Ltd")
    assert said.out == "account clinic is closed; 5 credits in 1 lot went to account surgery\n"
    assert desk.call("credit", "statement", "surgery", "--json").json["balance"] == 5
    assert refused(desk, "account", "transfer", "shop", "other", "--holder", "X").startswith("not_allowed: ")


def test_an_objection_is_recorded_decided_and_made_good(desk: Desk) -> None:
    made = desk.call("credit", "order", "clinic", "--credits", 100, "--json").json
    desk.call("account", "object", "clinic", "--invoice", made["invoice"], "half was ordered", "--by", "ann")
    desk.call("account", "object", "clinic", "slow")
    shown = desk.call("account", "show", "clinic").out
    assert f"objection 1: invoice {made['invoice']}, " in shown
    assert "not decided: half was ordered" in shown
    assert "objection 2: service, " in shown
    decided = desk.call("account", "decide", 1, "upheld", "--credits", 50, "--reason", "true", "--json").json
    assert (decided["verdict"], decided["entry"]) == ("upheld", 1)
    entry = desk.call("credit", "statement", "clinic", "--json").json["entries"][0]
    assert (entry["kind"], entry["credits"], entry["order"]) == ("adjust", 50, made["id"])
    assert "dismissed" in desk.call("account", "decide", 2, "dismissed", "--reason", "it was not").out
    assert desk.run("account", "object", "clinic", "--invoice", "1", "--message", "2", "x").status == 2
    assert refused(desk, "account", "object", "shop", "late").endswith("know no objections")


def test_changed_terms_are_announced_a_month_ahead_and_may_be_withdrawn(desk: Desk) -> None:
    said = desk.call("terms", "announce", "mine", "--account", "clinic").out
    assert said.startswith("change 1: account clinic lives under mine, version 1, from ")
    desk.call("account", "object", "clinic", "--terms", 1, "not for us")
    assert (
        desk.call("terms", "withdraw", "clinic", 1).out == "change 1 of account clinic's terms is withdrawn\n"
    )
    tomorrow = f"{now():%Y-%m-%d} 23:59"
    said = refused(desk, "terms", "announce", "mine", "--account", "clinic", "--from", tomorrow)
    assert "at least 1 calendar month ahead" in said
    assert desk.run("terms", "announce", "mine", "--from", "soon").status == 2


def test_books_that_do_not_add_up_are_told_and_fail(desk: Desk) -> None:
    desk.call("credit", "grant", "clinic", 5, "--reason", "x")
    assert desk.call("credit", "verify").out.startswith("the books add up")
    assert desk.call("credit", "verify", "--json").json == {"fine": True, "differences": []}
    desk.write(lambda tx: tx.text("UPDATE balance SET granted = 6, balance = 6"))
    said = desk.run("credit", "verify")
    assert said.status == 1
    assert "clinic" in said.out


def test_all_that_is_held_is_exported_and_erased_everywhere_and_the_books_still_add_up(desk: Desk) -> None:
    desk.call("credit", "grant", "clinic", 5, "--reason", "for Joan", "--by", "ann")
    desk.send("A secret text", "--account", "clinic")
    desk.submit(TAKEN)
    sent = desk.folder / "spool" / "sent"
    sent.mkdir(parents=True)
    (sent / "a").write_text("To: +32475123456\nAccount: clinic\n\nA secret text\n")
    (sent / "b").write_text("To: +32475123456\nAccount: shop\n\nAnother\n")
    held = desk.call("account", "export", "clinic").json
    assert held["account"]["holder"] == "Clinic Ltd"
    assert "A secret text" in str(held)
    assert "4 credits left: close it first" in refused(desk, "account", "erase", "clinic")
    desk.call("account", "close", "clinic", "--reason", "customer")
    said = desk.call("account", "erase", "clinic").out
    assert said.endswith("account clinic is erased; its books are kept as erased-1\n")
    assert "1  files in sent\n" in said
    assert [each.name for each in sent.iterdir()] == ["b"]
    for secret in ("A secret text", "Clinic Ltd", "for Joan"):
        assert secret not in str(desk.call("account", "export", "erased-1").json)
    assert desk.call("credit", "statement", "erased-1", "--json").json["captured"] == 1
    assert desk.call("credit", "verify").status == 0
    assert refused(desk, "account", "export", "clinic").startswith("account_unknown: ")
