"""An account that is suspended sends nothing more, and the others go on (S §6.3, L §19.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modemd.model import PartState
from modemd.service import dispatch, routing, upkeep
from modemd.service.accounts import account_sync, accounts
from modemd.service.credits import suspension
from modemd.service.outcomes import Taken
from modemd.store import parts
from tests.service.office import LONG, Office, rules_of

if TYPE_CHECKING:
    from pathlib import Path


def office_of(folder: Path, *more: str) -> Office:
    rules = rules_of(accounts={name: {} for name in ("acme", "clinic", *more)})
    office = Office(folder, rules)
    office.run(lambda tx: account_sync.sync(tx, office.rules, office.now))
    return office


def suspend(office: Office, name: str = "acme") -> None:
    office.run(
        lambda tx: accounts.suspend(tx, office.rules, name, reason="bad words", by="op", now=office.now)
    )


def resume(office: Office, name: str = "acme") -> None:
    office.run(lambda tx: accounts.resume(tx, office.rules, name, by="op", now=office.now))
    while office.run(lambda tx: suspension.go_on(tx, office.rules, office.now)):
        pass


def test_what_is_queued_stays_queued_and_others_are_sent(tmp_path: Path) -> None:
    office = office_of(tmp_path)
    mine = [office.send(account="acme") for _ in range(3)]
    theirs = office.send(account="clinic")
    suspend(office)
    assert office.taken().message_id == theirs
    assert office.claim() is None
    assert [office.state(each) for each in mine] == ["queued"] * 3
    assert not office.run(lambda tx: suspension.go_on(tx, office.rules, office.now))
    assert office.claim() is None


def test_it_goes_on_after_resume_in_the_same_order(tmp_path: Path) -> None:
    office = office_of(tmp_path)
    mine = [office.send(account="acme") for _ in range(3)]
    suspend(office)
    assert office.claim() is None
    resume(office)
    assert [office.taken(each).message_id for each in (1, 2, 3)] == mine
    assert {office.facts(each).state for each in mine} == {"sent"}


def test_it_stops_before_the_next_part_and_goes_on_by_the_same_sim(tmp_path: Path) -> None:
    office = office_of(tmp_path)
    long = office.send(LONG, account="acme")
    first = office.taken(1)
    suspend(office)
    assert office.claim() is None
    assert office.claim("gsm2") is None
    assert office.facts(long).states == (PartState.SENT, PartState.QUEUED, PartState.QUEUED)
    resume(office)
    assert office.claim("gsm2") is None, "the rest goes by the SIM that sent the first part"
    assert [office.taken(each).part_no for each in (2, 3)] == [2, 3]
    assert first.message_id == long
    assert office.state(long) == "sent"


def test_a_long_message_that_was_not_begun_may_go_by_any_modem_afterwards(tmp_path: Path) -> None:
    office = office_of(tmp_path)
    long = office.send(LONG, account="acme")
    claimed = office.claimed()
    office.run(lambda tx: dispatch.give_back(tx, office.rules, claimed, office.now))
    suspend(office)
    assert office.claim() is None
    resume(office)
    assert office.taken(1, "gsm2").message_id == long


def test_what_was_being_submitted_is_recorded_all_the_same(tmp_path: Path) -> None:
    office = office_of(tmp_path)
    one = office.send(account="acme")
    part = office.claimed()
    suspend(office)
    office.record(part, Taken(7))
    assert office.state(one) == "sent"


def test_a_claim_puts_so_much_aside_at_a_time_and_asks_to_be_called_again(tmp_path: Path) -> None:
    names = [f"stopped{each}" for each in range(9)]
    office = office_of(tmp_path, *names)
    for name in names:
        office.send(account=name)
    theirs = office.send(account="clinic")
    for name in names:
        suspend(office, name)
    first = office.claim()
    assert first is not None
    assert first.stopped == "suspended"
    assert office.part(first.id, "state") == PartState.QUEUED
    assert office.claimed().message_id == theirs


def test_the_parked_route_has_no_modem_whatever_the_configuration_says(tmp_path: Path) -> None:
    office = office_of(tmp_path)
    one = office.send(account="acme")
    suspend(office)
    assert office.claim() is None
    office.run(lambda tx: routing.sync(tx, office.rules))
    assert office.claim() is None
    [row] = office.run(lambda tx: parts.parts_of(tx, one))
    assert office.route_of(row[0]) == "stopped:acme"


def test_a_scheduled_part_is_caught_when_it_falls_due(tmp_path: Path) -> None:
    office = office_of(tmp_path)
    at = office.now.replace(hour=13)
    one = office.send(account="acme", not_before_at=at)
    suspend(office)
    office.later(hours=2)
    office.run(lambda tx: upkeep.promote(tx, office.rules, office.now))
    assert office.claim() is None
    assert office.state(one) == "queued"
