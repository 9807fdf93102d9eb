"""``modemd credit``: what is given, taken, ordered and paid, and what the books show of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.desk import REFUSED_FOR_GOOD, TAKEN, Desk, environment, now
from tests.system import commands

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
    assert (lot["id"], lot["source"], lot["unspent"]) == (1, "grant", 100)
    assert lot["expires_at"] is not None  # as long as its terms have it


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


@pytest.mark.parametrize("verb", ["grant", "adjust"])
def test_the_books_want_a_reason(desk: Desk, verb: str) -> None:
    said = desk.run("credit", verb, "clinic", 5, "--reason", " ")
    assert (said.status, said.out, said.err) == (1, "", "bad_request: a reason is needed\n")
    assert desk.call("credit", "statement", "clinic", "--json").json["entries"] == []


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
        assert (said.status, said.err) == (1, "account_unknown: there is no account 'nobody'\n")


def test_a_store_that_cannot_be_reached_is_to_be_tried_again(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.config.write_text(f"store: {{url: 'sqlite:///{desk.config}/none.db'}}\n")  # below a file
    for command in ("credit orders", "account list", "credit statement clinic", "credit verify"):
        assert desk.run(*command.split()).status == 75


def test_what_a_person_did_bears_the_name_of_who_uses_sudo(desk: Desk) -> None:
    words = ("-c", desk.config, "credit", "grant", "clinic", 1, "--reason", "x")
    assert commands.run(*words, environment=environment() | {"SUDO_USER": "joan"}).returncode == 0
    assert desk.call("credit", "statement", "clinic", "--json").json["entries"][0]["by"] == "joan"


def test_an_order_is_paid_in_parts_and_then_its_credits_are_there(desk: Desk) -> None:
    said = desk.call("credit", "order", "clinic", "--credits", 500)
    assert said.out.splitlines()[:2] == [
        "order 1: 500 credits of bundle 1-500 for account clinic",
        f"57.48 EUR (47.50 EUR + 9.98 EUR VAT), invoice {now().year}-0001",
    ]
    assert said.out.splitlines()[2].startswith("57.48 EUR to be paid by 20")
    said = desk.call("credit", "pay", 1, "--amount", "50", "--ref", "bank 1")
    assert said.out.startswith("payment 1: 50.00 EUR, bank 1\n")
    assert "\n7.48 EUR to be paid by 20" in said.out
    assert desk.call("credit", "statement", "clinic", "--json").json["balance"] == 0
    assert desk.call("credit", "pay", 1, "--amount", "7.48", "--ref", "bank 2").out.endswith("\npaid\n")
    told = desk.call("credit", "statement", "clinic", "--json").json
    assert (told["balance"], told["entries"][0]["kind"], told["entries"][0]["order"]) == (500, "order", 1)
    assert told["lots"][0]["expires_at"] is not None
    again = desk.run("credit", "pay", 1, "--amount", "7.48", "--ref", "bank 2")
    assert again.status == 1
    assert again.err.startswith("duplicate_id: payment 'bank 2' is booked already: 7.48 EUR for order 1")


@pytest.mark.parametrize(
    ("amount", "says"),
    [
        ("-5", "more than 0"), ("0", "more than 0"), ("1.005", "fraction of a cent"), ("12,50", "no amount"),
        ("57.49", "57.49 is more than what is open of order 1: 57.48 of 57.48 EUR"),
    ],
)  # fmt: skip
def test_amounts_that_cannot_be_are_refused_with_a_sentence(desk: Desk, amount: str, says: str) -> None:
    desk.call("credit", "order", "clinic", "--credits", 500)
    said = desk.run("credit", "pay", 1, "--amount", amount, "--ref", "bank 1")
    assert (said.status, said.out) == (1, "")
    assert said.err.startswith("bad_request: ")
    assert says in said.err
    assert desk.call("credit", "orders", "--order", 1, "--json").json["paid"] == "0.00"


def test_a_bundle_is_known_by_its_name_and_an_order_by_its_id(desk: Desk) -> None:
    wrong = desk.run("credit", "order", "clinic", "--credits", 500, "--bundle", "501-1000")
    assert (wrong.status, wrong.err) == (
        1,
        "bad_request: 500 credits are of the bundle 1-500, not 501-1000\n",
    )
    order = ("credit", "order", "clinic", "--credits", 700, "--bundle", "501-1000", "--id", "po-1", "--json")
    first, again = desk.call(*order).json, desk.call(*order).json
    assert (first["id"], first["amount"], first["vat"], first["total"]) == (1, "63.00", "13.23", "76.23")
    assert again == first


def test_a_payment_that_is_taken_back_suspends_or_closes_as_the_terms_say(desk: Desk) -> None:
    for place, account in enumerate(("clinic", "shop"), 1):
        desk.call("credit", "order", account, "--credits", 100)
        desk.call("credit", "pay", place, "--amount", "11.50", "--ref", f"bank {place}")
    said = desk.call("credit", "chargeback", "bank 1")
    assert said.out.startswith("payment 1 of 11.50 EUR is taken back; account clinic is suspended\n")
    assert desk.call("credit", "statement", "clinic", "--json").json["balance"] == 100
    said = desk.call("credit", "chargeback", 2)
    assert said.out.startswith("payment 2 of 11.50 EUR is taken back; account shop is closed\n")
    told = desk.call("credit", "statement", "shop", "--json").json
    assert (told["balance"], told["revoked"]) == (0, 100)
    assert [each["open"] for each in desk.call("credit", "orders", "--open", "--json").json] == ["11.50"] * 2
    refused = desk.run("credit", "pay", 2, "--amount", "11.50", "--ref", "bank 3")
    assert (refused.status, refused.err[:15]) == (1, "account_closed:")


def test_orders_are_listed_shown_and_cancelled(desk: Desk) -> None:
    for account in ("clinic", "shop"):
        desk.call("credit", "order", account, "--credits", 100)
    lines = desk.call("credit", "orders").out.splitlines()
    assert [line.split()[0] for line in lines] == ["ORDER", "1", "2"]
    assert max(map(len, lines)) <= 80
    assert desk.call("credit", "cancel", 2).out.endswith("\ncancelled\n")
    assert [each["id"] for each in desk.call("credit", "orders", "--open", "--json").json] == [1]
    assert desk.call("credit", "orders", "shop", "--json").json[0]["state"] == "cancelled"
    assert "invoice" in desk.call("credit", "orders", "--order", 1).out
    assert desk.run("credit", "orders", "--order", 9).err == "bad_request: there is no order 9\n"


def test_an_invoice_is_text_a_page_or_json(desk: Desk) -> None:
    made = desk.call("credit", "order", "clinic", "--credits", 500, "--json").json
    desk.call("credit", "pay", 1, "--amount", "50.00", "--ref", "<b>bank</b>")
    text = desk.call("credit", "invoice", made["invoice"]).out
    lines = [line.split() for line in text.splitlines()]
    assert ["VAT", "21", "%", "9.98", "EUR"] in lines
    assert ["Total", "57.48", "EUR"] in lines
    assert ["Still", "to", "be", "paid", "7.48", "EUR"] in lines
    assert ["To", "Clinic", "Ltd", "(account", "clinic)"] in lines
    page = desk.call("credit", "invoice", made["invoice"], "--html").out
    assert page.startswith("<!DOCTYPE html>")
    assert "&lt;b&gt;bank&lt;/b&gt;" in page
    assert "<script" not in page
    assert desk.call("credit", "invoice", made["invoice"], "--json").json["payments"][0]["amount"] == "50.00"
    assert desk.run("credit", "invoice", "1999-0001").err == "bad_request: there is no invoice 1999-0001\n"
