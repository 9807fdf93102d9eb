"""A clock that is set moves what was counted from it, and nothing that somebody named by day and hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from modemd.model import PartState
from modemd.service import arrival, clock_set, upkeep
from modemd.service.clock_set import Jump
from modemd.service.modems import modem_orders, traffic
from modemd.service.modems.modem_orders import Asker
from modemd.service.modems.traffic import Used
from modemd.service.outcomes import Taken
from modemd.store import modems, outbox
from modemd.store.times import from_us, to_us
from tests.service.clinic import Desk
from tests.service.office import START, Office, rules_of
from tests.service.test_arrival import parts_of
from tests.store.files import rows

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.store.database import Database
    from modemd.store.modems import ModemRow
    from modemd.store.transaction import Tx

AGES = timedelta(days=20_000)
"""From 1970 to some time in 2024: the machine's clock had never been set."""
NEVER = timedelta()
OTHER = "+32475999999"
P = PartState


@pytest.fixture
def office(tmp_path: Path, database: Database) -> Office:
    return Office(tmp_path, rules_of(sending={"validity": "1h"}), database=database)


def set_clock(office: Office, by: timedelta, *, ran: timedelta = timedelta(minutes=10)) -> None:
    """The clock is set, after the gateway had run by it for so long."""
    jump = Jump(by, NEVER, office.now - ran, office.now)
    office.now += by
    office.run(lambda tx: clock_set.follow(tx, office.rules, jump, office.now))


def tick(office: Office) -> None:
    def all_that_is_due(tx: Tx) -> None:
        upkeep.promote(tx, office.rules, office.now)
        upkeep.resolve_doubts(tx, office.rules, office.now)
        upkeep.expire(tx, office.rules, office.now)
        upkeep.stop_waiting(tx, office.now)
        upkeep.doubt_lost(tx, office.rules, office.now)
        arrival.hand_out_incomplete(tx, office.rules, office.now)

    office.run(all_that_is_due)


def test_a_message_that_was_accepted_before_the_clock_was_set_keeps_its_validity(office: Office) -> None:
    office.now = START - AGES
    message, begun = office.send(), office.send()
    office.claimed()
    office.later(minutes=5)
    set_clock(office, AGES)
    tick(office)
    assert [office.state(each) for each in (message, begun)] == ["sending", "queued"]
    office.later(minutes=55)
    tick(office)
    assert office.state(begun) == "expired"


def test_one_of_an_earlier_run_ends_when_its_time_is_over(office: Office) -> None:
    message = office.send()
    office.later(minutes=30)
    set_clock(office, timedelta(hours=1))
    tick(office)
    assert office.state(message) == "expired"


def test_a_clock_that_was_ahead_for_a_minute_changes_nothing(office: Office) -> None:
    held, queued = office.send(not_before_at=START + timedelta(days=7)), office.send(report=True)
    office.doubted()
    before = rows(office.database, "SELECT accepted_at, submitted_at, deadline_at FROM message ORDER BY id")
    set_clock(office, AGES)
    set_clock(office, -AGES)
    after = rows(office.database, "SELECT accepted_at, submitted_at, deadline_at FROM message ORDER BY id")
    assert after == before
    assert [office.state(held), office.state(queued)] == ["scheduled", "uncertain"]


def test_doubts_wait_for_evidence_as_long_as_ever(office: Office) -> None:
    message = office.send(report=True)
    office.doubted()
    for by in (timedelta(hours=3), timedelta(hours=-5), AGES):
        set_clock(office, by)
        tick(office)
        assert office.state(message) == "uncertain"
    assert office.reported(9)
    assert office.state(message) == "delivered"


def test_what_was_given_to_a_modem_before_the_new_clock_was_followed_is_not_moved(office: Office) -> None:
    message, jump = office.send(report=True), Jump(AGES, NEVER, START - AGES, START - AGES)
    office.doubted()
    office.later(seconds=1)
    office.run(lambda tx: clock_set.follow(tx, office.rules, jump, office.now))
    assert office.reported(9)
    assert office.state(message) == "delivered"


def test_while_the_machine_slept_no_evidence_could_come(office: Office) -> None:
    message = office.send(report=True)
    office.doubted()
    jump = Jump(NEVER, timedelta(minutes=30), START, START)
    office.later(minutes=30)
    office.run(lambda tx: clock_set.follow(tx, office.rules, jump, office.now))
    tick(office)
    assert office.state(message) == "uncertain"
    office.later(minutes=10)
    tick(office)
    assert office.state(message) == "queued"


def test_a_next_try_is_not_put_off_by_a_clock_that_is_set_back(office: Office) -> None:
    message = office.send()
    office.denied(42)
    set_clock(office, timedelta(hours=-4))
    office.later(seconds=30)
    tick(office)
    assert office.state(message) == "queued"


def test_what_somebody_named_by_day_and_hour_goes_by_the_clock_as_it_is(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.plan(START + timedelta(hours=2, minutes=1))
    named = desk.send(not_before_at=START + timedelta(hours=3))
    desk.later(minutes=1)
    tick(desk)
    sql = "SELECT state, deadline_at FROM message ORDER BY id"
    before = rows(desk.database, sql)
    assert [state for state, _ in before] == ["queued", "scheduled"]
    set_clock(desk, timedelta(minutes=-20))
    assert rows(desk.database, sql) == before
    assert desk.state(named) == "scheduled"


def test_parts_that_wait_for_others_events_and_orders_move_with_it(office: Office) -> None:
    office.now = START - AGES
    first = parts_of()[:1]
    office.run(lambda tx: modems.gateway_started(tx, "gw1", 1, "1", to_us(office.now)))
    office.run(lambda tx: arrival.take(tx, office.rules, office.seat(), "default", first, office.now))
    office.send()
    office.run(lambda tx: modem_orders.ask(tx, row_of(office, tx), "ussd", {}, Asker(), office.now, 45))
    set_clock(office, AGES)
    tick(office)
    assert rows(office.database, "SELECT count(*) FROM inbound") == [(0,)]
    assert office.run(lambda tx: outbox.forget(tx, "mqtt", to_us(office.now - timedelta(days=30)), 9)) == 0
    assert office.run(lambda tx: modem_orders.overdue(tx, office.rules, office.now)) == 0


def test_a_report_that_overtakes_its_answer_is_adopted_whatever_befalls_the_clock(office: Office) -> None:
    for tp_mr, by in ((1, AGES), (2, -AGES)):
        message, part = office.send(report=True), office.claimed()
        assert office.reported(tp_mr)
        set_clock(office, by)
        office.record(part, Taken(tp_mr))
        assert office.state(message) == "delivered"


def row_of(office: Office, tx: Tx) -> ModemRow:
    row = modems.find(tx, office.ids["gsm1"])
    assert row is not None
    return row


def test_another_gateway_s_clock_is_its_own(office: Office) -> None:
    message = office.send(report=True)
    office.doubted()
    jump = Jump(AGES, NEVER, START, START)
    theirs = rules_of(gateway={"name": "gw2", "country": "BE"}, modems={"list": []})
    office.run(lambda tx: clock_set.follow(tx, theirs, jump, office.now))
    office.later(minutes=10)
    tick(office)
    assert office.state(message) == "queued"


def test_at_a_start_nothing_waits_that_a_clock_which_was_ahead_has_put_far_off(office: Office) -> None:
    office.now = START + AGES
    doubtful, refused, killed = office.send("1", report=True), office.send("2"), office.send("4", to=OTHER)
    office.doubted()
    office.denied(42)
    office.claimed()
    named = office.send("3", not_before_at=START + AGES + timedelta(hours=1))
    office.now = START
    assert office.run(lambda tx: clock_set.disbelieve(tx, office.rules, office.now)) == 3
    assert office.run(lambda tx: clock_set.disbelieve(tx, office.rules, office.now)) == 0
    office.run(lambda tx: upkeep.recover(tx, office.rules, office.now))
    assert office.reported(9, to=OTHER)
    assert office.state(killed) == "delivered"
    tick(office)
    assert [office.state(each) for each in (doubtful, refused, named)] == ["uncertain", "queued", "scheduled"]
    office.later(minutes=10)
    tick(office)
    assert office.state(doubtful) == "queued"


def test_no_report_of_years_ahead_tells_what_became_of_a_later_part(office: Office) -> None:
    office.now = START + AGES
    assert office.reported(5)
    office.now = START
    office.run(lambda tx: clock_set.disbelieve(tx, office.rules, office.now))
    office.later(minutes=1)
    message = office.send(report=True)
    office.taken(5)
    assert office.state(message) == "sent"


def test_a_gateway_is_seen_by_a_clock_that_is_set_back(office: Office) -> None:
    office.run(lambda tx: modems.gateway_started(tx, "gw1", 1, "1", to_us(START + AGES)))
    office.run(lambda tx: modems.gateway_seen(tx, "gw1", to_us(START)))
    [(seen_at,)] = rows(office.database, "SELECT seen_at FROM gateway")
    assert from_us(seen_at) == START


def test_what_a_sim_sent_years_ahead_counts_against_no_month_until_then(office: Office) -> None:
    office.send()
    office.now = START + AGES
    office.taken(1)
    office.now = START
    found = office.run(lambda tx: traffic.used(tx, office.rules, office.seat(), office.now))
    assert found == Used(0, 0)


def test_no_clock_that_is_right_is_earlier() -> None:
    assert datetime(2025, 12, 31, tzinfo=UTC) < clock_set.EARLIEST < START
