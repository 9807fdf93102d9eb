"""Whom an invoice names: the seller and the holder of the day on which it was issued."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import pytest

from modemd.service.accounts import accounts
from tests.desk import Desk, now

ACCOUNTS: Final = (
    '{clinic: {terms: sms4less, holder: "Clinic Ltd", address: [Kerkstraat 5, 9000 Gent],'
    ' vat_number: "BE0987.654.394"}}'
)
TARIFFS: Final = (
    'tariffs: {standard: [{valid_from: 2020-01-01, vat: "21", bundles: [{up_to: 500, price: "0.095"}]}]}\n'
)
SELLER: Final = (
    "seller: {name: Example <b>Messaging, address: Stationsstraat 1, iban: BE68 5390 0754 7034,"
    " email: billing@sms.example}\n"
)
FIRST: Final = f"{now().astimezone():%Y}-0001"
HOLDER_LINES: Final = ["Kerkstraat 5", "9000 Gent", "VAT number BE0987.654.394"]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk.begin(tmp_path, accounts=ACCOUNTS, more=TARIFFS + SELLER)
    desk.call("credit", "order", "clinic", "--credits", 500)
    return desk


def configured(desk: Desk, was: str, now_is: str) -> None:
    """Another configuration from now on."""
    text = desk.config.read_text("utf-8")
    assert was in text
    desk.config.write_text(text.replace(was, now_is), "utf-8")


def test_it_names_seller_and_holder_and_says_where_to_pay(desk: Desk) -> None:
    lines = desk.call("credit", "invoice", FIRST).out.splitlines()
    assert lines[3:10] == [
        "From     Example <b>Messaging",
        "         Stationsstraat 1",
        "         billing@sms.example",
        "To       Clinic Ltd (account clinic)",
        *(f"         {each}" for each in HOLDER_LINES),
    ]
    assert lines[-2:] == ["IBAN     BE68 5390 0754 7034", f"Mention  {FIRST}"]
    page = desk.call("credit", "invoice", FIRST, "--html").out
    assert "<p>From: Example &lt;b&gt;Messaging<br>\nStationsstraat 1<br>\n" in page
    assert f"Mention: {FIRST}</p>" in page
    told = desk.call("credit", "invoice", FIRST, "--json").json
    assert told["holder_lines"] == HOLDER_LINES
    assert told["seller"] == {
        "name": "Example <b>Messaging", "address": ["Stationsstraat 1"], "vat_number": None,
        "iban": "BE68539007547034", "bic": None, "email": "billing@sms.example", "note": None,
    }  # fmt: skip


def test_what_is_issued_keeps_those_of_its_day(desk: Desk) -> None:
    before = desk.call("credit", "invoice", FIRST).out
    configured(desk, "Example <b>Messaging", "Another Seller")
    configured(desk, "Kerkstraat 5", "Nieuwstraat 6")
    desk.write(lambda tx: accounts.known(tx, desk.rules, now()))  # as the daemon does at a reload
    desk.call("credit", "order", "clinic", "--credits", 100)
    assert desk.call("credit", "invoice", FIRST).out == before
    second = desk.call("credit", "invoice", FIRST.replace("0001", "0002")).out
    assert "From     Another Seller\n" in second
    assert "         Nieuwstraat 6\n" in second
    assert "Example" not in second


def test_without_a_seller_it_names_none_and_check_says_so(desk: Desk) -> None:
    note = "note: seller: invoices name no seller without this section\n"
    assert note not in desk.call("check", "--offline").out
    configured(desk, SELLER, "")
    assert note in desk.call("check", "--offline").out
    desk.call("credit", "order", "clinic", "--credits", 100)
    second = FIRST.replace("0001", "0002")
    assert "From" not in desk.call("credit", "invoice", second).out
    assert "IBAN" not in desk.call("credit", "invoice", second, "--html").out
    assert desk.call("credit", "invoice", second, "--json").json["seller"] is None
    configured(desk, 'vat: "21", ', "")
    assert note not in desk.call("check", "--offline").out


def test_an_account_that_is_added_has_address_and_vat_number_too(desk: Desk) -> None:
    desk.call(
        "account", "add", "surgery", "--terms", "sms4less", "--holder", "Surgery Ltd", "--address", "Dorp 1",
        "--address", "9800 Deinze", "--vat-number", "BE0111.222.333",
    )  # fmt: skip
    desk.call("credit", "order", "surgery", "--credits", 100)
    second = FIRST.replace("0001", "0002")
    told = desk.call("credit", "invoice", second, "--json").json
    assert told["holder_lines"] == ["Dorp 1", "9800 Deinze", "VAT number BE0111.222.333"]
    desk.call("account", "change", "surgery", 'address=["Dorp 2"]', "vat_number=null")
    shown = desk.call("account", "show", "surgery").out
    assert "Dorp 2" in shown
    assert "BE0111" not in shown
    exported = json.loads(desk.call("account", "export", "surgery").out)
    assert exported["account"]["settings"]["address"] == ["Dorp 2"]
    (invoice,) = exported["invoices"]
    assert invoice["holder_lines"][0] == "Dorp 1"
    assert invoice["seller"]["email"] == "billing@sms.example"
    said = desk.run("account", "add", "other", "--vat-number", "?")
    assert (said.status, "no VAT number" in said.err) == (1, True)


def test_a_transfer_takes_no_address_along_and_erasing_leaves_none(desk: Desk) -> None:
    configured(desk, ACCOUNTS, "{}")
    desk.call("account", "add", "surgery", "--terms", "sms4less", "--holder", "S", "--address", "Dorp 1")
    desk.call("credit", "order", "surgery", "--credits", 100)
    second = FIRST.replace("0001", "0002")
    desk.call("credit", "cancel", 2)
    desk.call("account", "transfer", "surgery", "next", "--holder", "N")
    assert "Dorp 1" not in desk.call("account", "show", "next").out
    desk.call("account", "erase", "surgery", "--yes")
    told = desk.call("credit", "invoice", second, "--json").json
    assert (told["holder"], told["holder_lines"]) == (None, [])
    assert told["seller"]["name"] == "Example <b>Messaging"
