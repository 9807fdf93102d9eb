"""``modemd credit``: what is given, taken, ordered and paid, and what the books show of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.desk import REFUSED_FOR_GOOD, TAKEN, Desk

ACCOUNTS = '{clinic: {terms: sms4less, holder: "Clinic Ltd"}, shop: {terms: smstools}}'
TARIFFS = (
    'tariffs: {standard: [{valid_from: 2020-01-01, vat: "21", bundles: ['
    '{up_to: 500, price: "0.095"}, {up_to: 1000, price: "0.09"}, {price: "0.08"}], credits: {"+1": 2}}]}\n'
)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk.begin(tmp_path, accounts=ACCOUNTS, more=TARIFFS)


def granted(desk: Desk, credits_: int = 100) -> None:
    desk.call("credit", "grant", "clinic", credits_, "--reason", "a test", "--by", "ann")


def test_what_is_granted_is_told_and_stands_in_the_statement(desk: Desk) -> None:
    said = desk.call("credit", "grant", "clinic", 100, "--reason", "first month free", "--by", "ann")
    assert said.out == "account clinic: 100 credits granted as lot 1, the balance is 100\n"
    told = desk.call("credit", "statement", "clinic", "--json").json
    assert {name: told[name] for name in ("account", "balance", "held", "available")} == {
        "account": "clinic", "balance": 100, "held": 0, "available": 100,
    }  # fmt: skip
    (entry,) = told["entries"]
    assert entry.pop("at")
    assert entry == {
        "id": 1, "kind": "grant", "credits": 100, "held": 0, "message": None, "part": None, "lot": 1,
        "order": None, "payment": None, "by": "ann", "reason": "first month free",
    }  # fmt: skip
    (lot,) = told["lots"]
    assert (lot["id"], lot["source"], lot["unspent"], lot["expires_at"]) == (1, "grant", 100, None)


def test_a_message_is_held_captured_and_released_before_the_reader_s_eyes(desk: Desk) -> None:
    granted(desk, 5)
    sent, refused = desk.send("one", "--account", "clinic"), desk.send("two", "--account", "clinic")
    desk.submit(TAKEN)
    desk.submit(REFUSED_FOR_GOOD)
    entries = desk.call("credit", "statement", "clinic", "--json").json["entries"]
    assert [(each["kind"], each["credits"], each["held"], each["message"]) for each in entries[1:]] == [
        ("hold", -1, 1, str(sent)),
        ("hold", -1, 1, str(refused)),
        ("capture", 0, -1, str(sent)),
        ("release", 1, -1, str(refused)),
    ]
    lines = desk.call("credit", "statement", "clinic").out.splitlines()
    assert lines[3] == "5 granted - 1 captured - 0 held - 0 forfeited - 0 revoked = 4"
    assert [line.split()[3:7] for line in lines[-4:]] == [
        ["hold", "-1", "+1", "4"], ["hold", "-1", "+1", "3"],
        ["capture", "0", "-1", "3"], ["release", "+1", "-1", "4"],
    ]  # fmt: skip
    assert max(map(len, lines)) <= 80


def test_of_many_entries_the_newest_are_shown_with_the_balance_that_they_left(desk: Desk) -> None:
    granted(desk, 60)
    for _ in range(3):
        desk.send("one", "--account", "clinic")
    lines = desk.call("credit", "statement", "clinic", "--limit", 2).out.splitlines()
    assert lines[-4] == "(older entries are left out: --all)"
    assert [line.split()[6] for line in lines[-2:]] == ["58", "57"]
    assert "older" not in desk.call("credit", "statement", "clinic", "--all").out


def test_an_adjustment_goes_both_ways_but_never_below_what_is_left(desk: Desk) -> None:
    granted(desk, 10)
    assert desk.call("credit", "adjust", "clinic", -4, "--reason", "twice").out == (
        "account clinic: -4 credits, the balance is 6\n"
    )
    assert (
        desk.call("credit", "adjust", "clinic", 3, "--reason", "was too much", "--json").json["balance"] == 9
    )
    said = desk.run("credit", "adjust", "clinic", -10, "--reason", "all and more")
    assert (said.status, said.out) == (1, "")
    assert said.err == "insufficient_credit: 10 credits cannot be taken: only 9 are left unspent\n"
    assert desk.call("credit", "statement", "clinic", "--json").json["balance"] == 9


@pytest.mark.parametrize("credits_", ["-5", "0", "1000000001"])
def test_credits_of_no_size_are_refused_with_a_sentence(desk: Desk, credits_: str) -> None:
    said = desk.run("credit", "grant", "clinic", credits_, "--reason", "x")
    assert (said.status, said.out) == (1, "")
    assert said.err == f"bad_request: credits are whole numbers from 1 to 1,000,000,000, not {credits_}\n"


@pytest.mark.parametrize("credits_", ["1.5", "many", "1e3"])
def test_credits_that_are_no_whole_numbers_are_wrong_usage(desk: Desk, credits_: str) -> None:
    said = desk.run("credit", "grant", "clinic", credits_, "--reason", "x")
    assert said.status == 2
    assert "integer" in said.err


def test_an_account_that_is_not_there_is_told(desk: Desk) -> None:
    for command in (["grant", "nobody", 5, "--reason", "x"], ["statement", "nobody"], ["orders", "nobody"]):
        said = desk.run("credit", *command)
        assert (said.status, said.err) == (1, "account_unknown: there is no account nobody\n")


def test_without_a_store_it_is_to_be_tried_again(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(f"store: {{url: 'sqlite:///{tmp_path}/none.db'}}\n")
    for command in ("credit orders", "account list", "credit statement clinic"):
        assert Desk(tmp_path).run(*command.split()).status == 75


def test_the_order_that_a_person_gave_bears_the_name_of_who_uses_sudo(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUDO_USER", "joan")
    desk.call("credit", "grant", "clinic", 1, "--reason", "x")
    assert desk.call("credit", "statement", "clinic", "--json").json["entries"][0]["by"] == "joan"
