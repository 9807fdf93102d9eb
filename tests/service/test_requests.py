"""Requests: every verb, good and bad, is answered by one response; a quote takes nothing."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modemd.model import Reply
from modemd.service import requests
from modemd.service.requests import MOST_QUOTED
from modemd.store.times import to_us
from tests.service.office import LONG, TO, Office
from tests.service.request_desk import OTHER, Desk
from tests.store.files import rows

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


# -- all verbs -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (b"{", "not JSON: Expecting property name enclosed in double quotes in line 1, column 2"),
        (b"\xff\xfe", "not JSON: octet 1 is not UTF-8"),
        (b"[]", 'payload: is a list; a request is an object, such as {"transaction": 1}'),
        (b'"text"', 'payload: is text; a request is an object, such as {"transaction": 1}'),
        (b"[" * 100_000, "not JSON that anybody would send: too many digits or too deep"),
        (b" " * 1_000_001, "payload: has 1000001 octets, and 1000000 are allowed"),
        (b'{"transaction": NaN}', "transaction: is nothing that can be given back"),
        (b'{"transaction": "\\ud800"}', "transaction: is nothing that can be given back"),
        (b'{"transaction": "%s"}' % (b"x" * 1000), "transaction: is longer than 1000 characters"),
    ],
)
def test_a_payload_that_is_no_request_is_said_to_be_none(desk: Desk, octets: bytes, reason: str) -> None:
    assert desk.error("balance", octets) == ("bad_request", reason)


@pytest.mark.parametrize("transaction", [1, "seven", None, 2.5, {"a": [1]}, [None], True, 2**70])
def test_a_transaction_comes_back_as_it_was(desk: Desk, transaction: Any) -> None:
    for verb in ("balance", "order", "quote"):
        assert desk.answer(verb, {"transaction": transaction})["transaction"] == transaction


def test_an_empty_payload_is_a_request_without_wishes(desk: Desk) -> None:
    assert desk.data("balance", b"")["state"] == "active"


def test_an_unknown_verb_is_told_the_known_ones(desk: Desk) -> None:
    verbs = "quote, cancel, balance, order, ussd, pause, resume, reset"
    assert desk.error("fly") == ("bad_request", f"there is no verb 'fly'; there are {verbs}")
    own = "quote, cancel, balance, order"
    assert desk.error("fly", account="clinic") == ("bad_request", f"there is no verb 'fly'; there are {own}")
    for verb in ("ussd", "pause", "resume", "reset"):
        code, reason = desk.error(verb, {"modem": "gsm1"}, account="clinic")
        assert (code, reason) == ("not_allowed", f"{verb} is the operator's; an account may ask {own}")


@pytest.mark.parametrize("verb", ["", "a b", "x" * 65_000, "$SYS", "\u202e"])
def test_what_is_no_name_is_not_repeated_in_a_topic(desk: Desk, verb: str) -> None:
    desk.ask(verb, account=verb)
    [(topic, body)] = desk.told()
    assert topic == "response/unknown"
    assert body["error"]["code"] == "account_unknown"


def test_an_unknown_account_is_told_so(desk: Desk) -> None:
    assert desk.error("balance", account="nobody") == ("account_unknown", "there is no account 'nobody'")
    assert desk.error("balance", {"account": "nobody"}) == (
        "account_unknown",
        "account: there is no account 'nobody'",
    )


def test_the_answer_goes_to_who_asked_as_well(desk: Desk) -> None:
    until = desk.office.now + timedelta(seconds=9)
    desk.ask("balance", {"transaction": 1}, reply=Reply("answers/7", b"\x00\xff", until))
    found = rows(desk.office.database, "SELECT topic, correlation, expires_at, body FROM outbox ORDER BY id")
    assert [row[:3] for row in found] == [
        ("response/balance", b"\x00\xff", to_us(until)),
        ("=answers/7", b"\x00\xff", to_us(until)),
    ]
    assert found[0][3] == found[1][3]


def test_without_a_broker_nobody_is_told(tmp_path: Path) -> None:
    office = Office(tmp_path, broker=False)
    office.run(lambda tx: requests.answer(tx, "balance", None, b"", office.rules, office.now))
    assert rows(office.database, "SELECT count(*) FROM outbox") == [(0,)]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


FIELDS = st.sampled_from(
    ["transaction", "to", "text", "id", "client_id", "account", "credits", "bundle", "modem", "code",
     "timeout", "cancel", "reason", "gateway", "at", "validity", "priority", "data", "udh", "port"]
)  # fmt: skip


PAYLOADS = (
    st.binary(max_size=200)
    | JSON.map(lambda value: json.dumps(value).encode())
    | st.dictionaries(
        FIELDS, JSON | st.sampled_from(["gsm1", TO, "*100#", 1, "1", "default"]), max_size=8
    ).map(lambda value: json.dumps(value).encode())
)


VERBS = st.sampled_from(["quote", "cancel", "balance", "order", "ussd", "pause", "resume", "reset", "x"])


@given(VERBS, st.sampled_from([None, "default", "clinic", "nobody"]), PAYLOADS)
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_anything_at_all_gets_exactly_one_answer(
    desk: Desk, verb: str, account: str | None, octets: bytes
) -> None:
    """Now, or once a modem has done what was asked."""
    desk.told()
    desk.ask(verb, octets, account=account)
    waiting = rows(desk.office.database, "SELECT id FROM modem_order")
    assert len(desk.told()) + len(waiting) == 1
    for (order_id,) in waiting:
        desk.finish(int(order_id), {"text": "", "more": False})
        assert len(desk.told()) == 1


# -- quote -----------------------------------------------------------------------------------------
def test_a_quote_is_what_accepting_it_would_take(desk: Desk) -> None:
    assert desk.data("quote", {"to": "0475 12 34 56", "text": "Hello"}) == {
        "parts": 1, "coding": "gsm7", "credits": 0, "to": TO,
    }  # fmt: skip
    assert desk.data("quote", {"to": [TO, OTHER], "text": LONG}) == {
        "parts": 6, "coding": "gsm7", "credits": 0, "to": [TO, OTHER],
    }  # fmt: skip
    assert desk.data("quote", {"number": TO, "body": "Привет"})["coding"] == "ucs2"
    assert rows(desk.office.database, "SELECT count(*) FROM message") == [(0,)]


@pytest.mark.parametrize(
    ("payload", "error"),
    [
        ({"text": "Hello"}, ("bad_request", "to: is missing")),
        ({"to": TO}, ("empty", "text: is missing or empty")),
        (
            {"to": 475, "text": "x"},
            ("bad_request", "to: a number is written as text, in quotes, not as a number"),
        ),
        ({"to": TO, "text": "x", "modem": "gsm9"}, ("no_route", "there is no modem 'gsm9'")),
        ({"to": TO, "text": "x", "account": "nobody"}, ("account_unknown", "there is no account 'nobody'")),
        (
            {"to": [f"+3247{place:07}" for place in range(MOST_QUOTED + 1)], "text": "x"},
            ("bad_request", f"to: a quote is for {MOST_QUOTED} recipients at most"),
        ),
    ],
)
def test_what_would_be_rejected_cannot_be_quoted(
    desk: Desk, payload: dict[str, Any], error: tuple[str, str]
) -> None:
    assert desk.error("quote", payload) == error


def test_an_account_is_quoted_under_its_own_rules(tmp_path: Path) -> None:
    desk = Desk(tmp_path, accounts={"clinic": {"allow": ["+32"]}, "shop": {}})
    abroad = {"to": "+31612345678", "text": "x", "account": "shop"}
    assert desk.error("quote", abroad, account="clinic")[0] == "not_allowed"
    assert desk.data("quote", abroad)["parts"] == 1
