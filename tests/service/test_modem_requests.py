"""Requests about modems: paused and resumed, orders done once, the modems of other gateways."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from modemd.model import Reply
from modemd.service import dispatch, routing
from modemd.service.modems import modem_orders
from modemd.service.requests import Wake
from modemd.store import modems
from modemd.store.times import to_us
from tests.service.office import LONG
from tests.service.request_desk import Desk
from tests.store.files import rows

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.store.transaction import Tx


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


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
