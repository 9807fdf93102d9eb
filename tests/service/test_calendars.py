"""Calendars as a source of reminders: taken, moved, cancelled, looked through again day by day."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from modemd.errors import Rejected
from modemd.formats.ical import read_calendar
from modemd.service.reminders import appointments, calendars
from modemd.store import accounts
from modemd.store import calendars as store
from modemd.store.times import from_us, to_us
from tests.formats.test_ical import DROPPED, MOVED, START, TO, WEEKLY, alarm, calendar, event
from tests.service.clinic import DAY, Desk, H
from tests.service.office import START as CLOCK
from tests.store.files import rows

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.store.calendars import CalendarRow
    from modemd.store.database import Database
    from modemd.store.transaction import Tx

VISIT = event(START, TO, "SUMMARY:Visit", alarm("TRIGGER:-PT2H"))
# The clock of these tests begins on 22 November 2026 at 12:00 UTC: 13:00 in Brussels.


class Practice(Desk):
    """A clinic that drops calendars."""

    def drop(self, *components: str, account: str = "clinic") -> str | None:
        """Take a file; return the code and sentence of a refusal."""
        try:
            made = calendars.look_through(read_calendar(calendar(*components)), account, self.rules, self.now)
        except Rejected as refused:
            return f"{refused.code}: {refused.reason}"
        refused_for = self.run(lambda tx: calendars.take(tx, self.rules, made, self.now))
        return None if refused_for is None else f"{refused_for.code}: {refused_for.reason}"

    def plans(self) -> dict[str, str]:
        """What waits: by name, when it goes, in the clock of UTC."""
        return {str(name): f"{CLOCK + pause:%m-%d %H:%M}" for name, pause in self.waiting()}

    def kept(self) -> list[CalendarRow]:
        return [store.CalendarRow._make(row) for row in rows(self.database, _KEPT)]

    def roll(self) -> int:
        """Look through what is due; return how many objects were."""
        found = self.run(lambda tx: calendars.due(tx, self.now, 100))
        for row in found:
            self.go_on_with(row)
        return len(found)

    def go_on_with(self, row: CalendarRow, account: str = "clinic") -> int:
        new = calendars.look_again(row, account, self.rules, self.now)
        return self.run(lambda tx: calendars.go_on(tx, self.rules, row, new, self.now))


_KEPT = "SELECT id, account_id, uid, sequence, body, expanded_to FROM calendar ORDER BY id"


@pytest.fixture
def desk(tmp_path: Path, database: Database) -> Practice:
    return Practice(tmp_path, database=database)


def test_an_event_is_reminded_of(desk: Practice) -> None:
    assert desk.drop(VISIT) is None
    assert desk.plans() == {"u1/2h": "11-23 06:30"}
    [row] = desk.kept()
    assert (row.uid, row.sequence, row.expanded_to) == ("u1", 0, None)
    desk.go_on(DAY)
    assert desk.claim() is None  # nobody is reminded of what is over
    assert "Visit, 23/11/2026 08:30" in str(rows(desk.database, "SELECT text FROM message"))


def test_without_alarms_the_accounts_leads_count(desk: Practice) -> None:
    far = "DTSTART;TZID=Europe/Brussels:20261126T093000"
    assert desk.drop(event(far, TO, "SUMMARY:Visit")) is None
    assert desk.plans() == {"u1/2d": "11-24 08:30", "u1/2h": "11-26 06:30"}


def test_the_same_file_again_changes_nothing(desk: Practice) -> None:
    for _ in range(2):
        assert desk.drop(WEEKLY) is None
        assert len(desk.plans()) == 3
    assert rows(desk.database, "SELECT count(*) FROM message") == [(3,)]


def test_each_recipient_has_reminders_of_his_own(desk: Practice) -> None:
    assert desk.drop(VISIT.replace(TO, f"{TO}\nATTENDEE:tel:0475000000")) is None
    assert set(desk.plans()) == {"u1/+32475123456/2h", "u1/0475000000/2h"}


# -- changes ------------------------------------------------------------------------------------
def test_an_event_moves(desk: Practice) -> None:
    assert desk.drop(VISIT) is None
    assert (
        desk.drop(VISIT.replace("20261123T09", "20261124T10").replace("SUMMARY", "SEQUENCE:1\nSUMMARY"))
        is None
    )
    assert desk.plans() == {"u1/2h/2": "11-24 07:30"}


def test_an_older_version_is_ignored(desk: Practice) -> None:
    newer = VISIT.replace("SUMMARY", "SEQUENCE:2\nSUMMARY")
    assert desk.drop(newer) is None
    assert desk.drop(VISIT.replace("20261123T09", "20261124T10")) is None
    assert desk.plans() == {"u1/2h": "11-23 06:30"}


@pytest.mark.parametrize(
    "components",
    [
        ["METHOD:CANCEL", event(START, "SEQUENCE:1")],
        [VISIT.replace("SUMMARY", "STATUS:CANCELLED\nSUMMARY")],
        [VISIT.replace("20261123T09", "20261101T09")],  # moved into the past
    ],
)
def test_an_event_is_cancelled_and_comes_back(desk: Practice, components: list[str]) -> None:
    assert desk.drop(VISIT) is None
    assert desk.drop(*components) is None
    assert desk.plans() == {}
    assert desk.drop(VISIT.replace("SUMMARY", "SEQUENCE:2\nSUMMARY")) is None
    assert desk.plans() == {"u1/2h/2": "11-23 06:30"}


def test_occurrences_are_moved_and_cancelled(desk: Practice) -> None:
    assert desk.drop(WEEKLY) is None
    first, second, third = desk.plans().items()
    assert (first[0], second[1]) == ("u1/20261123T083000Z/2h", "11-30 06:30")
    assert desk.drop(MOVED) is None
    assert desk.plans() == dict([first, third, (f"{second[0]}/2", "12-01 08:00")])
    assert desk.drop("METHOD:CANCEL", DROPPED) is None
    assert desk.plans() == dict([first, third])
    assert desk.drop(WEEKLY) is None
    assert desk.plans() == dict([first, third, (f"{second[0]}/3", "11-30 06:30")])


def test_an_occurrence_that_is_no_longer_there_is_called_off(desk: Practice) -> None:
    assert desk.drop(WEEKLY) is None
    assert desk.drop(WEEKLY.replace("COUNT=3", "COUNT=2")) is None
    assert list(desk.plans().values()) == ["11-23 06:30", "11-30 06:30"]
    assert desk.drop(WEEKLY.replace("T0930", "T1030")) is None  # the whole series moves
    assert list(desk.plans().values()) == ["11-23 07:30", "11-30 07:30", "12-07 07:30"]


# -- as time goes by -----------------------------------------------------------------------------
def test_what_recurs_is_planned_sixty_days_ahead(desk: Practice) -> None:
    forever = WEEKLY.replace(";COUNT=3", "")
    assert desk.drop(forever) is None
    assert desk.roll() == 0  # it was looked through today
    assert (len(desk.plans()), max(desk.plans().values())) == (9, "12-28 06:30")
    desk.now += 10 * DAY
    assert (desk.roll(), desk.roll()) == (1, 0)
    last = max(from_us(due) for (due,) in rows(desk.database, "SELECT not_before_at FROM part"))
    assert last == datetime(
        2027, 2, 1, 6, 30, tzinfo=UTC
    )  # what has leads of two days is seen so much earlier


def test_what_ends_is_not_looked_through_for_ever(desk: Practice) -> None:
    assert desk.drop(VISIT) is None
    desk.now += 5 * DAY
    assert desk.roll() == 0


def test_what_was_changed_meanwhile_is_left_alone(desk: Practice) -> None:
    assert desk.drop(WEEKLY) is None
    desk.now += 2 * DAY
    [row] = desk.run(lambda tx: calendars.due(tx, desk.now, 9))
    stale = calendars.look_again(row, "clinic", desk.rules, desk.now)
    assert desk.drop(WEEKLY.replace("T0930", "T1030")) is None
    before = desk.plans()
    assert desk.run(lambda tx: calendars.go_on(tx, desk.rules, row, stale, desk.now)) == 0
    assert desk.plans() == before


def test_what_cannot_be_looked_through_is_tomorrow(desk: Practice) -> None:
    assert desk.drop(WEEKLY) is None
    desk.now += 2 * DAY
    [row] = desk.run(lambda tx: calendars.due(tx, desk.now, 9))
    assert desk.run(lambda tx: calendars.account_of(tx, row)) == "clinic"
    clinic = desk.rules.accounts["clinic"].model_copy(update={"allow": ("+49",)})
    strict = replace(desk.rules, accounts={"clinic": clinic})
    with pytest.raises(Rejected, match="event u1: account 'clinic' may not send"):
        calendars.look_again(row, "clinic", strict, desk.now)
    desk.run(lambda tx: calendars.go_on(tx, strict, row, None, desk.now))
    assert desk.roll() == 0


def test_a_closed_accounts_calendars_rest(desk: Practice) -> None:
    assert desk.drop(WEEKLY) is None
    desk.now += 2 * DAY
    [row] = desk.run(lambda tx: calendars.due(tx, desk.now, 9))

    def close(tx: Tx) -> None:
        accounts.set_state(
            tx, row.account_id, "closed", to_us(desk.now), code="customer", reason=None, by="test"
        )

    desk.run(close)
    assert desk.go_on_with(row) == 0
    assert [each.expanded_to for each in desk.kept()] == [None]


# -- refusals and credits --------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("component", "account", "said"),
    [
        (VISIT.replace("20261123T09", "20261101T09"), "clinic", "too_late: event u1: it is past"),
        (VISIT.replace("+32475123456", "+1"), "clinic", "bad_number: event u1: "),
        (VISIT, "nobody", "account_unknown: there is no account 'nobody'"),
        (VISIT, "paid", "insufficient_credit: event u1: "),
    ],
)
def test_a_file_that_is_refused_leaves_nothing(
    desk: Practice, component: str, account: str, said: str
) -> None:
    told = desk.drop(component, account=account)
    assert told is not None
    assert told.startswith(said)
    assert (desk.kept(), desk.plans()) == ([], {})


def test_one_bad_event_and_nothing_is_taken(desk: Practice) -> None:
    assert desk.drop(VISIT, event(START, "SUMMARY:x", uid="u2")) is not None
    assert desk.kept() == []


def test_of_several_events_the_past_ones_do_no_harm(desk: Practice) -> None:
    past = event("DTSTART:20261101T090000Z", TO, "SUMMARY:x", uid="u2")
    assert desk.drop(past, VISIT) is None
    assert [row.uid for row in desk.kept()] == ["u1"]


def test_to_cancel_what_nobody_knows_is_no_fault(desk: Practice) -> None:
    assert desk.drop("METHOD:CANCEL", event(START)) is None
    assert desk.kept() == []


def test_what_was_not_covered_is_tried_again(desk: Practice) -> None:
    account_id = desk.grant(2)
    assert desk.drop(WEEKLY, account="paid") is None
    assert (len(desk.plans()), desk.balance(account_id)) == (2, (0, 2))
    desk.grant(5)
    desk.now += DAY + H
    [row] = desk.run(lambda tx: calendars.due(tx, desk.now, 9))
    assert desk.go_on_with(row, "paid") == 0
    assert (len(desk.plans()), desk.balance(account_id)) == (3, (4, 3))
    assert desk.drop("METHOD:CANCEL", event(START, "SEQUENCE:1"), account="paid") is None
    assert desk.balance(account_id)[1] == 1  # its time is past, and its part still waits


def test_a_calendars_names_are_its_own(desk: Practice) -> None:
    assert desk.drop(VISIT) is None
    answer = desk.plan(key="u1")
    assert isinstance(answer, Rejected)
    assert answer.code == "duplicate_id"

    def called_off(tx: Tx) -> str:
        return appointments.cancel(tx, desk.rules, "clinic", "u1", desk.now).state

    assert desk.run(called_off) == "cancelled"


def test_a_clock_that_was_years_ahead_does_not_end_the_looking_nor_one_never_set_call_anything_off(
    desk: Practice,
) -> None:
    assert desk.drop(WEEKLY) is None
    right = desk.now
    desk.now += timedelta(days=5000)
    assert desk.roll() == 1
    desk.now = right + 2 * DAY
    assert desk.roll() == 1
    assert desk.roll() == 0
    before = desk.plans()
    desk.now = datetime(1970, 1, 1, tzinfo=UTC)
    assert desk.roll() == 0
    assert desk.plans() == before
