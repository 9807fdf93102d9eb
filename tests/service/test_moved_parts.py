"""Which modem a part goes by: another one where the first cannot, and one SIM for all parts of a message."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from modemd.model import PartState
from modemd.service import dispatch
from modemd.service.outcomes import Denied, Taken
from tests.service.office import LONG, Office, promote

if TYPE_CHECKING:
    from pathlib import Path

P = PartState


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


# -- another modem ----------------------------------------------------------------------------
def test_a_part_moves_to_another_modem_once_each(office: Office) -> None:
    message = office.send()
    part = office.claimed()
    office.record(part, Denied("CMS", 8, "barred"))
    assert office.route_of(part.id) == "any !gsm1"
    assert office.claim("gsm1") is None
    assert office.state(message) == "queued"
    office.denied(8, name="gsm2")
    assert office.route_of(part.id) == "any !gsm1", "there is no third modem"
    promote(office, minutes=10)
    office.taken(1, "gsm2")
    assert office.facts(message).message.modem == "gsm2"


def test_a_message_that_asks_for_a_modem_stays_with_it(office: Office) -> None:
    message = office.send(modem="gsm1")
    assert office.claim("gsm2") is None
    office.denied(8)
    assert office.claim("gsm2") is None
    promote(office, minutes=10)
    assert office.claim("gsm2") is None
    office.taken(1, "gsm1")
    assert office.state(message) == "sent"


@pytest.mark.parametrize("state", ["absent", "lost", "searching", "paused", "sim_absent"])
def test_nothing_moves_to_a_modem_that_cannot_send(office: Office, state: str) -> None:
    office.be("gsm2", state)
    part = office.claimed() if office.send() else None
    assert part is not None
    office.record(part, Denied("CMS", 8, "barred"))
    assert office.route_of(part.id) == "any"
    promote(office, minutes=10)
    office.taken(1, "gsm1")


def test_what_moved_comes_back_when_its_modem_goes(office: Office) -> None:
    message = office.send()
    office.denied(8)
    office.be("gsm2", "ready")
    assert office.claim("gsm1") is None
    office.be("gsm2", "lost")
    office.taken(1, "gsm1")
    assert office.state(message) == "sent"


# -- one SIM for all parts --------------------------------------------------------------------
def test_all_parts_go_by_the_modem_that_took_the_first(office: Office) -> None:
    office.send(LONG)
    other = office.send("short")
    first = office.claimed("gsm1")
    assert office.claimed("gsm2").message_id == other
    assert office.claim("gsm2") is None
    office.record(first, Taken(1))
    assert [office.taken(tp_mr, "gsm1").part_no for tp_mr in (2, 3)] == [2, 3]


def test_the_first_part_that_waits_for_another_try_stays_too(office: Office) -> None:
    message = office.send(LONG)
    office.denied(38)
    office.taken(1)
    promote(office, minutes=1)
    assert office.claim("gsm2") is None
    for tp_mr in (2, 3):
        office.taken(tp_mr)
    assert office.state(message) == "sent"


def test_a_long_message_moves_as_a_whole(office: Office) -> None:
    message = office.send(LONG)
    office.denied(8, name="gsm1")
    assert office.claim("gsm1") is None
    for tp_mr in (1, 2, 3):
        office.taken(tp_mr, "gsm2")
    assert office.state(message) == "sent"


def test_once_a_part_has_gone_the_others_wait_for_its_sim(office: Office) -> None:
    office.send(LONG)
    office.taken(1, "gsm1")
    office.denied(8, name="gsm1")
    office.be("gsm1", "lost")
    assert office.claim("gsm2") is None
    office.be("gsm1", "ready")
    promote(office, minutes=5)
    assert [office.taken(tp_mr, "gsm1").part_no for tp_mr in (2, 3)] == [2, 3]


def test_a_modem_that_goes_before_the_first_part_went_keeps_nothing(office: Office) -> None:
    message = office.send(LONG)
    part = office.claimed("gsm1")
    office.run(lambda tx: dispatch.give_back(tx, office.rules, part, office.now))
    assert office.state(message) == "queued"
    for tp_mr in (1, 2, 3):
        office.taken(tp_mr, "gsm2")
    assert office.state(message) == "sent"


def test_one_failed_part_cancels_those_that_wait(office: Office) -> None:
    message = office.send(LONG)
    office.taken(1)
    office.denied(1)
    facts = office.facts(message)
    assert facts.states == (P.SENT, P.FAILED, P.CANCELLED)
    assert (facts.state, facts.message.error_code, facts.ended) == ("failed", "CMS 1", True)
    assert office.claim() is None
    for tp_status in (0x20, 0x46):
        office.later(minutes=1)
        office.reported(1, tp_status)
        assert office.facts(message) == replace(facts, states=office.facts(message).states)
    assert office.told(message) == ["FAILED"]
