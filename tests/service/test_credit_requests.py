"""What accounts ask about their credits by MQTT, and what the operator asks for them; on both databases."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from modemd.errors import Rejected
from modemd.model import SendRequest
from modemd.service import requests
from modemd.service.accounts import accounts
from modemd.service.credits import credit
from modemd.service.rules import Rules
from modemd.store import accounts as rows_of
from tests.service.office import TO, Office, rules_of
from tests.store.files import rows

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.store.database import Database

TARIFFS = {
    "standard": [
        {
            "valid_from": "2026-01-01",
            "vat": "21",
            "bundles": [{"up_to": 500, "price": "0.095"}, {"up_to": 1000, "price": "0.09"}],
            "credits": {"+1": 2},
        }
    ]
}
ACCOUNTS = {
    "clinic": {"terms": "sms4less", "low_credit": 20},
    "shop": {"terms": "smstools"},
    "free": {},
}


def paying_rules() -> Rules:
    return rules_of(accounts=ACCOUNTS, tariffs=TARIFFS)


class Counter:
    """An office whose accounts pay, and who answers requests."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.office = Office(folder, paying_rules(), database=database)
        self.office.rules = self.office.run(lambda tx: accounts.known(tx, self.office.rules, self.office.now))
        self._told = 0

    def ask(self, verb: str, payload: Any = None, *, account: str | None = None) -> dict[str, Any]:
        """The response to a request, on its topic."""
        office = self.office
        octets = json.dumps(payload or {}).encode()
        office.run(lambda tx: requests.answer(tx, verb, account, octets, office.rules, office.now))
        topic = f"response/{verb}" + (f"/{account}" if account else "")
        [*_, (found, body)] = rows(
            office.database, "SELECT topic, body FROM outbox WHERE event = 'RESPONSE' ORDER BY id"
        )
        assert found == topic
        answer: dict[str, Any] = json.loads(body)
        return answer

    def data(self, verb: str, payload: Any = None, *, account: str | None = None) -> dict[str, Any]:
        answer = self.ask(verb, payload, account=account)
        assert answer["status"] == "ok", answer
        found: dict[str, Any] = answer["data"]
        return found

    def error(self, verb: str, payload: Any = None, *, account: str | None = None) -> tuple[str, str]:
        error = self.ask(verb, payload, account=account)["error"]
        return error["code"], error["reason"]

    def grant(self, account: str, credits_: int, **more: Any) -> None:
        office = self.office

        def job(tx: Any) -> int:
            row = rows_of.find(tx, account)
            assert row is not None
            return credit.grant(
                tx, row.id, credits_, source="grant", by="op", reason="test", now=office.now, **more
            )

        office.run(job)


@pytest.fixture
def counter(tmp_path: Path, database: Database) -> Counter:
    return Counter(tmp_path, database)


def test_a_balance_is_what_can_be_spent(counter: Counter) -> None:
    assert counter.data("balance", {"account": "clinic"}) == {
        "balance": 0, "held": 0, "available": 0, "expiring": [], "state": "active", "low": True,
    }  # fmt: skip
    later = counter.office.now.replace(year=2028, month=11, day=23, hour=0)
    counter.grant("clinic", 100, expires_at=later)
    counter.grant("clinic", 50)
    counter.office.send(account="clinic", file=False)
    assert counter.data("balance", account="clinic") == {
        "balance": 149, "held": 1, "available": 149,
        "expiring": [{"credits": 99, "at": "2028-11-23T00:00:00.000+00:00"}], "state": "active", "low": False,
    }  # fmt: skip


def test_S_7_4_what_is_lost_when_nothing_is_sent_is_told(counter: Counter) -> None:
    office = counter.office
    counter.grant("shop", 10, expires_at=office.now.replace(year=2027))
    office.later(days=2)
    assert counter.data("balance", account="shop")["expiring"] == [
        {"credits": 10, "at": "2027-11-22T12:00:00.000+00:00"}
    ]
    office.send(account="shop", file=False)
    office.taken()
    assert counter.data("balance", account="shop")["expiring"] == [
        {"credits": 9, "at": "2027-11-24T12:00:00.000+00:00"}
    ]


def test_an_account_without_charge_is_not_limited(counter: Counter) -> None:
    unlimited: dict[str, Any] = {
        "balance": None, "held": 0, "available": None, "expiring": [], "state": "active", "low": False,
    }  # fmt: skip
    assert counter.data("balance", account="free") == unlimited
    assert counter.data("balance") == unlimited
    assert counter.error("balance", {"account": "nobody"})[0] == "account_unknown"


def test_a_suspended_account_is_told_so(counter: Counter) -> None:
    office = counter.office
    office.run(lambda tx: accounts.suspend(tx, office.rules, "shop", reason="abuse", by="op", now=office.now))
    assert counter.data("balance", account="shop")["state"] == "suspended"


def test_L_6_1_an_application_orders_where_its_terms_allow_it(counter: Counter) -> None:
    ordered = counter.data("order", {"transaction": "po-1", "credits": 500}, account="clinic")
    assert {name: ordered[name] for name in ordered if name != "due_at"} == {
        "order": ordered["order"],
        "account": "clinic",
        "invoice": "2026-0001",
        "credits": 500,
        "bundle": "1-500",
        "amount": "47.50",
        "vat": "9.98",
        "total": "57.48",
        "currency": "EUR",
        "state": "open",
        "usable": False,
    }
    assert ordered["due_at"] == "2026-12-23T00:00:00.000+00:00"
    code, reason = counter.error("order", {"credits": 500}, account="shop")
    assert code == "not_allowed"
    assert reason.endswith("(L §6.1)")
    assert counter.data("order", {"credits": 500, "account": "shop"})["account"] == "shop"


def test_an_order_that_comes_again_is_the_same_one(counter: Counter) -> None:
    first = counter.data("order", {"transaction": {"n": 1}, "credits": 600}, account="clinic")
    assert first["bundle"] == "501-1000"
    again = counter.data("order", {"credits": 600, "transaction": {"n": 1}}, account="clinic")
    assert again == first
    code, _ = counter.error("order", {"transaction": {"n": 1}, "credits": 601}, account="clinic")
    assert code == "duplicate_id"
    other = counter.data("order", {"transaction": {"n": 2}, "credits": 600}, account="clinic")
    assert other["order"] != first["order"]
    assert rows(counter.office.database, "SELECT count(*) FROM credit_order") == [(2,)]


def test_a_long_transaction_is_as_good_as_a_short_one(counter: Counter) -> None:
    long = {"transaction": "x" * 900, "credits": 5}
    assert counter.data("order", long, account="clinic") == counter.data("order", long, account="clinic")


@pytest.mark.parametrize(
    ("payload", "begins"),
    [
        ({}, "credits: is missing"),
        ({"credits": 0}, "credits: is a whole number from 1 "),
        ({"credits": -5}, "credits: is a whole number from 1 "),
        ({"credits": 2.5}, "credits: is a whole number from 1 "),
        ({"credits": 10**12}, "credits: is a whole number from 1 "),
        ({"credits": 5, "bundle": 1}, "bundle: is a number, not text"),
        ({"credits": 5, "bundle": "huge"}, ""),
        ({"credits": 100_000}, ""),
        ({"credits": 5, "account": "free"}, "the terms unlimited charge nothing"),
    ],
)
def test_what_cannot_be_ordered_is_refused_and_nothing_written(
    counter: Counter, payload: dict[str, Any], begins: str
) -> None:
    code, reason = counter.error("order", {"account": "clinic"} | payload)
    assert code == "bad_request"
    assert reason.startswith(begins)
    assert rows(counter.office.database, "SELECT count(*) FROM credit_order") == [(0,)]


def test_a_quote_says_whether_the_credits_cover_it(counter: Counter) -> None:
    counter.grant("clinic", 3)
    message = {"to": [TO, "+12025550123"], "text": "Hello"}
    assert counter.data("quote", message, account="clinic") == {
        "parts": 2, "coding": "gsm7", "credits": 3, "to": [TO, "+12025550123"],
        "available": 3, "covered": True,
    }  # fmt: skip
    dear = counter.data("quote", message | {"to": [TO, "+12025550123", "+32475111111"]}, account="clinic")
    assert (dear["credits"], dear["available"], dear["covered"]) == (4, 3, False)
    assert "covered" not in counter.data("quote", message, account="free")


def test_what_is_not_covered_says_what_it_needs_and_what_there_is(counter: Counter) -> None:
    counter.grant("clinic", 1)
    [refused] = counter.office.ask(SendRequest(to=TO, text="x" * 161, account="clinic"))
    assert isinstance(refused, Rejected)
    assert refused.code == "insufficient_credit"
    assert refused.reason == "the message needs 2 credits, and account 'clinic' has 1"
