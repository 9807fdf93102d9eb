"""Requests: every verb, good and bad, is answered by one response; accounts touch nothing but their own."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modemd.model import Reply, SendRequest
from modemd.service import dispatch, intake, requests, routing
from modemd.service.accounts import account_sync
from modemd.service.modems import modem_orders
from modemd.service.outbox import MQTT
from modemd.service.reminders import appointments
from modemd.service.requests import MOST_QUOTED, Wake
from modemd.service.rules import Rules
from modemd.store import modems, outbox
from modemd.store.times import to_us
from tests.service.office import LONG, TO, Office, rules_of, with_broker
from tests.store.files import rows

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.store.transaction import Tx

OTHER = "+32475111111"


class Desk:
    """An office that answers requests."""

    def __init__(self, folder: Path, **sections: Any) -> None:
        rules = with_broker(rules_of(**{"accounts": {"clinic": {}, "shop": {}}} | sections))
        self.office = Office(folder, rules)
        for name in ("gsm1", "gsm2"):
            self.office.be(name, "ready")
        self.woken = Wake()
        self._behind = 0

    @property
    def rules(self) -> Rules:
        return self.office.rules

    def run(self, job: Any) -> Any:
        return self.office.run(job)

    def ask(
        self, verb: str, payload: Any = None, *, account: str | None = None, reply: Reply | None = None
    ) -> None:
        octets = payload if isinstance(payload, bytes) else json.dumps(payload or {}).encode()
        self.woken = self.run(
            lambda tx: requests.answer(tx, verb, account, octets, self.rules, self.office.now, reply)
        )

    def told(self) -> list[tuple[str, dict[str, Any]]]:
        """The responses since the last look, each with its topic."""
        found = self.run(lambda tx: outbox.untold(tx, MQTT, self._behind, 10_000))
        self._behind = max([self._behind, *(row.id for row in found)])
        return [(row.topic, json.loads(row.body)) for row in found if row.event == "RESPONSE"]

    def answer(self, verb: str, payload: Any = None, *, account: str | None = None) -> dict[str, Any]:
        """The one response."""
        self.told()
        self.ask(verb, payload, account=account)
        [(topic, body)] = self.told()
        assert topic == (f"response/{verb}" if account is None else f"response/{verb}/{account}")
        assert set(body) == {"transaction", "status", "data", "error"}
        assert (body["status"] == "ok") == (body["error"] is None)
        return body

    def data(self, verb: str, payload: Any = None, *, account: str | None = None) -> Any:
        body = self.answer(verb, payload, account=account)
        assert body["error"] is None, body
        return body["data"]

    def error(self, verb: str, payload: Any = None, *, account: str | None = None) -> tuple[str, str]:
        body = self.answer(verb, payload, account=account)
        assert body["data"] is None
        assert body["error"] is not None, body
        return body["error"]["code"], body["error"]["reason"]

    def begin(self, name: str = "gsm1") -> modem_orders.Order | None:
        order: modem_orders.Order | None = self.run(
            lambda tx: modem_orders.begin(tx, self.office.ids[name], self.office.now)
        )
        return order

    def finish(self, order_id: int, answer: Any) -> None:
        self.run(lambda tx: modem_orders.finish(tx, self.rules, order_id, answer, self.office.now))

    def overdue(self, **pause: float) -> int:
        count: int = self.run(lambda tx: modem_orders.overdue(tx, self.rules, self.office.later(**pause)))
        return count


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


# -- cancel -----------------------------------------------------------------------------------------
def test_a_message_is_cancelled_by_either_of_its_names(desk: Desk) -> None:
    first, second = desk.office.send(), desk.office.send(client_id="order-12", account="clinic")
    assert desk.data("cancel", {"id": first})["event"] == "cancelled"
    assert desk.woken == Wake(results=True)
    told = desk.data("cancel", {"client_id": "order-12", "account": "clinic"})
    assert (told["id"], told["client_id"], told["event"]) == (str(second), "order-12", "cancelled")
    third = desk.office.send(client_id="7")
    assert desk.data("cancel", {"client_id": 7})["id"] == str(third)
    assert desk.data("cancel", {"id": str(desk.office.send())})["event"] == "cancelled"


def test_an_appointment_is_cancelled_by_its_name(desk: Desk) -> None:
    office = desk.office
    wish = SendRequest(to=TO, text="x", client_id="a1", appointment_at=office.now + timedelta(days=3))
    office.run(lambda tx: account_sync.sync(tx, office.rules, office.now))
    prepared = [intake.prepare(wish, office.rules, office.now)]
    office.run(lambda tx: appointments.accept(tx, prepared, office.rules, office.now, source="mqtt"))
    told = desk.data("cancel", {"client_id": "a1"})
    assert (told["client_id"], told["event"]) == ("a1/24h", "cancelled")
    assert desk.error("cancel", {"client_id": "a1"})[0] == "too_late"


def test_what_cannot_be_cancelled_is_said(desk: Desk) -> None:
    sent = desk.office.send()
    desk.office.taken()
    assert desk.error("cancel", {"id": sent}) == (
        "too_late",
        f"message {sent} cannot be cancelled: the network has it",
    )
    assert desk.error("cancel", {"id": 99}) == ("bad_request", "id: there is no message 99")
    assert desk.error("cancel", {"client_id": "x"}) == ("bad_request", "client_id: there is no message 'x'")
    assert desk.error("cancel") == ("bad_request", "id: is missing; give id or client_id")
    assert desk.error("cancel", {"id": "one"})[1].startswith("id: is a whole number from 1 to ")


def test_an_account_cancels_its_own_messages_only(desk: Desk) -> None:
    theirs = desk.office.send(client_id="a", account="shop")
    own = desk.office.send(client_id="a", account="clinic")
    for payload in ({"id": theirs}, {"id": theirs, "account": "shop"}):
        assert desk.error("cancel", payload, account="clinic") == (
            "bad_request",
            f"id: there is no message {theirs}",
        )
    told = desk.data("cancel", {"client_id": "a", "account": "shop"}, account="clinic")
    assert told["id"] == str(own)
    assert (desk.office.state(theirs), desk.office.state(own)) == ("queued", "cancelled")


# -- pause and resume ----------------------------------------------------------------------------------------
def test_a_paused_modem_says_who_wanted_it_and_others_take_its_messages(desk: Desk) -> None:
    office = desk.office
    own = office.send(modem="gsm1")
    long = office.send(LONG)
    part = office.claimed()  # of the long one: its parts are now gsm1's
    office.run(lambda tx: dispatch.give_back(tx, office.rules, part, office.now))
    state = desk.data("pause", {"modem": "gsm1", "reason": "a new SIM"})
    assert (state["state"], state["error"]) == ("paused", "paused since 2026-11-22 12:00: a new SIM")
    assert desk.woken == Wake(queue=True, modems=frozenset({"gsm1"}))
    assert office.claimed("gsm2").message_id == long
    assert office.state(own) == "queued", "nobody but gsm1 may send it"
    assert desk.run(lambda tx: modems.unable(tx, "gw1")) == {"gsm1"}


def test_a_pause_outlives_the_states_that_the_modem_goes_through(desk: Desk) -> None:
    desk.data("pause", {"modem": "gsm1"})
    desk.office.be("gsm1", "ready")
    assert desk.run(lambda tx: modems.unable(tx, "gw1")) == {"gsm1"}
    desk.run(lambda tx: routing.sync(tx, desk.rules))
    assert desk.run(lambda tx: modems.unable(tx, "gw1")) == {"gsm1"}
    state = desk.data("resume", {"modem": "gsm1"})
    assert (state["state"], state["error"]) == ("ready", None)
    assert desk.run(lambda tx: modems.unable(tx, "gw1")) == set()


def test_an_absent_modem_can_be_paused_and_stays_absent(desk: Desk) -> None:
    desk.office.be("gsm1", "absent")
    assert desk.data("pause", {"modem": "gsm1"})["state"] == "absent"
    assert desk.data("resume", {"modem": "gsm1"})["state"] == "absent"


@pytest.mark.parametrize("verb", ["pause", "resume", "reset", "ussd"])
def test_a_modem_must_be_named_and_known(desk: Desk, verb: str) -> None:
    more = {"code": "*100#"}
    assert desk.error(verb, more) == ("bad_request", "modem: is missing")
    assert desk.error(verb, more | {"modem": "gsm9"}) == (
        "bad_request",
        "modem: there is no modem 'gsm9'; there are: gsm1, gsm2",
    )
    assert desk.error(verb, more | {"modem": ["gsm1"]}) == ("bad_request", "modem: is a list, not text")


def test_a_modem_that_left_the_configuration_is_not_known(desk: Desk) -> None:
    desk.run(lambda tx: modems.ensure_modem(tx, "gw1", "old"))
    assert desk.error("pause", {"modem": "old"})[0] == "bad_request"


# -- orders of modems ----------------------------------------------------------------------------------------
def test_an_order_is_begun_once_and_answered_once(desk: Desk) -> None:
    desk.ask("ussd", {"modem": "gsm1", "code": "*100#", "transaction": 7}, reply=Reply("mine", b"c"))
    assert desk.woken == Wake(modems=frozenset({"gsm1"}))
    assert desk.told() == []
    order = desk.begin()
    assert order is not None
    assert (order.verb, order.arguments) == ("ussd", {"code": "*100#"})
    assert desk.begin() is None
    assert desk.begin("gsm2") is None
    desk.finish(order.id, {"text": "12 EUR", "more": False})
    body = {"transaction": 7, "status": "ok", "data": {"text": "12 EUR", "more": False}, "error": None}
    assert desk.told() == [("response/ussd", body), ("=mine", body)]
    desk.finish(order.id, {"text": "again", "more": False})
    assert desk.told() == []


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ({}, "code: is missing"),
        ({"code": "*100#\r"}, "code: '\\r' cannot be sent as USSD"),
        ({"code": "x" * 183}, "code: it is longer than 182 characters"),
        ({"code": 100}, "code: is a number, not text"),
        ({"code": "1", "timeout": 0}, "timeout: is a length of time from 1 to 180 seconds"),
        ({"code": "1", "timeout": "soon"}, "timeout: 'soon' is not a length of time"),
        ({"code": "1", "cancel": 1}, "cancel: is a number; write true or false"),
    ],
)
def test_a_code_that_cannot_be_sent_is_refused_at_once(
    desk: Desk, payload: dict[str, Any], reason: str
) -> None:
    code, said = desk.error("ussd", {"modem": "gsm1"} | payload)
    assert code == "bad_request"
    assert said.startswith(reason)


@pytest.mark.parametrize("verb", ["ussd", "reset"])
def test_a_modem_that_is_away_is_said_to_be(desk: Desk, verb: str) -> None:
    desk.run(
        lambda tx: modems.write_modem(
            tx, desk.office.ids["gsm1"], {"state": "absent", "error": "no /dev/gsm1"}
        )
    )
    assert desk.error(verb, {"modem": "gsm1", "code": "1"}) == (
        "unavailable",
        "modem gsm1 is absent: no /dev/gsm1",
    )


def test_an_order_waits_for_a_modem_that_the_gateway_is_just_opening(desk: Desk) -> None:
    desk.office.be("gsm1", "stopped")
    desk.ask("ussd", {"modem": "gsm1", "code": "1"})
    assert desk.told() == []
    assert desk.begin() is not None


def test_what_no_modem_begins_in_time_is_answered_and_never_done(desk: Desk) -> None:
    desk.ask("ussd", {"modem": "gsm1", "code": "1", "timeout": "5s"})
    assert desk.run(modem_orders.next_due) == desk.office.now + timedelta(seconds=5)
    assert desk.overdue(seconds=4.9) == 0
    desk.office.be("gsm1", "lost")
    assert desk.overdue(seconds=0.1) == 1
    [(_, body)] = desk.told()
    assert body["error"] == {
        "code": "timeout",
        "reason": "modem gsm1 did not come to it within 5 seconds; it is lost",
    }
    assert desk.begin() is None
    assert desk.run(modem_orders.next_due) is None


def test_what_was_begun_when_the_gateway_died_is_uncertain(desk: Desk) -> None:
    desk.ask("ussd", {"modem": "gsm1", "code": "1"})
    desk.ask("reset", {"modem": "gsm2"})
    desk.begin()
    assert desk.run(lambda tx: modem_orders.recover(tx, desk.rules, desk.office.now)) == 1
    [(topic, body)] = desk.told()
    assert (topic, body["error"]["code"]) == ("response/ussd", "uncertain")
    assert desk.begin() is None
    assert desk.begin("gsm2") is not None, "what was not begun is done now"


def test_what_is_begun_is_its_modems_to_answer_for_a_while(desk: Desk) -> None:
    desk.ask("ussd", {"modem": "gsm1", "code": "1", "timeout": 5})
    desk.begin()
    assert desk.overdue(seconds=60) == 0
    assert desk.overdue(minutes=5) == 1
    assert desk.told()[0][1]["error"]["code"] == "uncertain"


# -- modems of other gateways on this store ---------------------------------------------------------
def _neighbour(tx: Tx, seen_us: int, *names: str) -> dict[str, int]:
    modems.gateway_started(tx, "gw2", 1, "1.0", seen_us)
    found = {name: modems.ensure_modem(tx, "gw2", name) for name in names}
    for each in found.values():
        modems.write_state(tx, each, "ready", None)
    return found


def test_another_gateways_modem_is_asked_through_the_store(desk: Desk) -> None:
    ids = desk.run(lambda tx: _neighbour(tx, to_us(desk.office.now), "gsm1", "gsm7"))
    desk.ask("ussd", {"modem": "gsm7", "code": "1"})
    desk.ask("ussd", {"modem": "gsm1", "gateway": "gw2", "code": "2"})
    desk.ask("ussd", {"modem": "gsm1", "code": "3"})
    found = rows(desk.office.database, "SELECT modem_id, gateway FROM modem_order ORDER BY id")
    assert found == [(ids["gsm7"], "gw2"), (ids["gsm1"], "gw2"), (desk.office.ids["gsm1"], "gw1")]
    assert desk.data("pause", {"modem": "gsm7"})["state"] == "paused"


def test_a_gateway_that_does_not_run_is_said_not_to(desk: Desk) -> None:
    long_ago = to_us(desk.office.now - timedelta(hours=1))
    desk.run(lambda tx: _neighbour(tx, long_ago, "gsm7"))
    assert desk.error("ussd", {"modem": "gsm7", "code": "1"}) == (
        "unavailable",
        "gateway gw2, which has modem gsm7, does not run",
    )


def test_a_gateway_that_has_died_meanwhile_leaves_no_order_unanswered(desk: Desk) -> None:
    desk.run(lambda tx: _neighbour(tx, to_us(desk.office.now), "gsm7"))
    desk.ask("ussd", {"modem": "gsm7", "code": "1", "timeout": 5})
    assert desk.overdue(seconds=5) == 1
    assert desk.told()[0][1]["error"]["code"] == "timeout"


def test_of_two_that_are_meant_neither_is_asked(desk: Desk) -> None:
    now_us = to_us(desk.office.now)
    desk.run(lambda tx: _neighbour(tx, now_us, "gsm7"))
    desk.run(lambda tx: modems.ensure_modem(tx, "gw3", "gsm7"))
    assert desk.error("pause", {"modem": "gsm7"}) == (
        "bad_request",
        "modem: 'gsm7' is on several gateways: say gateway, one of gw2, gw3",
    )
