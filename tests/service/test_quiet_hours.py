"""Quiet hours: over midnight, over the changes of the clock; at acceptance, and at the claim."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modemd.errors import Rejected
from modemd.model import MessageState, Priority
from modemd.service.admission import quiet
from modemd.store.times import to_us
from tests.service.office import LONG, rules_of
from tests.service.senders import Senders
from tests.store.files import rows

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.store.database import Database

BRUSSELS = {"name": "gw1", "country": "BE", "timezone": "Europe/Brussels"}
ACCOUNTS = {
    "clinic": {"quiet_hours": "21:00-08:00"},
    "noon": {"quiet_hours": "12:00-14:00"},
    "small": {"quiet_hours": "01:30-02:30"},
    "none": {"quiet_hours": "10:00-10:00"},
}
RULES = rules_of(gateway=BRUSSELS, accounts=ACCOUNTS)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("account", "moment", "until"),
    [
        ("clinic", "2026-11-22T19:59:59", None),
        ("clinic", "2026-11-22T20:00:00", "2026-11-23T07:00:00"),
        ("clinic", "2026-11-23T06:59:59", "2026-11-23T07:00:00"),
        ("clinic", "2026-11-23T07:00:00", None),
        # The night of 29 March 2026 is an hour shorter, that of 25 October an hour longer.
        ("clinic", "2026-03-28T20:30:00", "2026-03-29T06:00:00"),
        ("clinic", "2026-10-24T19:30:00", "2026-10-25T07:00:00"),
        ("noon", "2026-07-01T10:00:00", "2026-07-01T12:00:00"),
        ("noon", "2026-12-01T10:00:00", None),
        ("none", "2026-12-01T09:00:00", None),
        ("default", "2026-11-22T20:00:00", None),
        ("nobody", "2026-11-22T20:00:00", None),
    ],
)
def test_when_they_end(account: str, moment: str, until: str | None) -> None:
    assert quiet.until(RULES, account, utc(moment)) == (None if until is None else utc(until))


@given(
    account=st.sampled_from(sorted(ACCOUNTS)),
    moment=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_their_end_comes_within_a_day_and_is_in_none(account: str, moment: datetime) -> None:
    until = quiet.until(RULES, account, moment)
    if until is not None:
        assert moment < until <= moment + timedelta(hours=25)
        assert quiet.until(RULES, account, until) is None


@pytest.fixture
def office(tmp_path: Path, database: Database) -> Senders:
    """It is 12:00 UTC on 22 November: 13:00 in Brussels."""
    return Senders(tmp_path, database, gateway=BRUSSELS, accounts=ACCOUNTS)


def due_of(office: Senders, message_id: int) -> list[int]:
    found = rows(office.database, f"SELECT not_before_at FROM part WHERE message_id = {message_id}")
    return [at for (at,) in found]


def test_what_comes_in_then_is_scheduled_to_their_end(office: Senders) -> None:
    message = office.send(account="noon", validity_s=3600)
    assert office.state(message) == MessageState.SCHEDULED
    assert due_of(office, message) == [to_us(utc("2026-11-22T13:00:00"))]
    deadline = office.facts(message).message.deadline_at
    assert deadline == to_us(utc("2026-11-22T14:00:00"))
    office.tick()
    assert office.claim() is None
    office.later(hours=1)
    office.tick()
    assert office.claimed().message_id == message


def test_priority_does_not_go_before_them(office: Senders) -> None:
    message = office.send(account="noon", priority=Priority.HIGH)
    assert office.state(message) == MessageState.SCHEDULED


def test_a_wished_time_within_them_is_moved_to_their_end(office: Senders) -> None:
    message = office.send(account="clinic", not_before_at=utc("2026-11-22T22:00:00"))
    assert due_of(office, message) == [to_us(utc("2026-11-23T07:00:00"))]


def test_what_would_be_too_late_then_is_refused(office: Senders) -> None:
    answer = office.ask_for("noon", deadline_at=utc("2026-11-22T12:59:00"))
    assert isinstance(answer, Rejected)
    assert answer.code == "too_late"


def test_what_still_waits_when_they_begin_is_not_sent_before_their_end(office: Senders) -> None:
    mine = [office.send(account="clinic") for _ in range(3)]
    other = office.send()
    office.now = utc("2026-11-22T20:00:00")
    assert office.claimed().message_id == other
    assert office.claim("gsm2") is None
    assert {office.state(each) for each in mine} == {"queued"}
    office.tick()
    assert office.claim("gsm2") is None
    office.now = utc("2026-11-23T07:00:00")
    office.tick()
    assert office.claimed("gsm2").message_id == mine[0]


def test_what_is_over_before_their_end_expires(office: Senders) -> None:
    message = office.send(account="clinic", validity_s=9 * 3600)
    office.now = utc("2026-11-22T20:30:00")
    assert office.claim() is None
    office.later(hours=1)
    office.tick()
    assert office.state(message) == "expired"


def test_a_message_that_was_begun_is_not_left_half(office: Senders) -> None:
    office.now = utc("2026-11-22T19:59:59")
    message = office.send(LONG, account="clinic")
    office.taken()
    office.later(seconds=1)
    office.taken(2)
    office.taken(3)
    assert office.state(message) == MessageState.SENT


def test_a_long_one_that_was_not_waits_as_a_whole(office: Senders) -> None:
    office.now = utc("2026-11-22T19:59:59")
    message = office.send(LONG, account="clinic")
    office.later(seconds=1)
    assert office.claim() is None
    assert office.state(message) == MessageState.QUEUED
    office.now = utc("2026-11-23T07:00:00")
    office.tick()
    assert [office.taken(each).message_id for each in (1, 2, 3)] == [message] * 3
