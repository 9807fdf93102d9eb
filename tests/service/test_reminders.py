"""When reminders go out (L §1.3): before the appointment, and outside quiet hours."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from modemd.errors import Rejected
from modemd.service.reminders.reminders import Hours, filled, plan

BRUSSELS = ZoneInfo("Europe/Brussels")
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
H = 3600
NIGHT = Hours.of("21:00-08:00", BRUSSELS)
NOON = Hours.of("12:00-13:30", BRUSSELS)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BRUSSELS).astimezone(UTC)


def times(at: str, *leads_h: float, quiet: Hours | None = None, now: str = "2026-11-22 13:00") -> list[str]:
    """Local times of what is planned; ``now`` for what goes at once."""
    planned = plan(local(at), [int(lead * H) for lead in leads_h], quiet, local(now))
    return [
        "now" if each.due_at is None else each.due_at.astimezone(BRUSSELS).strftime("%d %H:%M")
        for each in planned
    ]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (("2026-11-25 09:30", 24), ["24 09:30"]),
        (("2026-11-25 09:30", 2, 48, 24), ["23 09:30", "24 09:30", "25 07:30"]),
        (("2026-11-25 09:30", 24, 24), ["24 09:30"]),
        (("2026-11-23 09:30", 24, 2), ["23 07:30"]),  # one is past, the other is to come
        (("2026-11-22 15:00", 24, 3), ["now"]),  # all are past, the appointment is to come
        (("2026-11-23 13:00", 24), ["now"]),  # due this very moment
        (("2026-11-25 09:30",), ["24 09:30"]),
        (("2026-11-25 09:30", 0), ["24 09:30"]),  # nothing goes out at the appointment itself
    ],
)
def test_leads_are_counted_back_from_the_appointment(asked: tuple[Any, ...], expected: list[str]) -> None:
    assert times(*asked) == expected


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (("2026-11-25 10:00", 14), ["24 20:00"]),
        (("2026-11-25 10:00", 13), ["25 08:00"]),
        (("2026-11-25 10:00", 13, 3, 12), ["25 08:00"]),  # three are held, and would come at once
        (("2026-11-25 07:30", 2), ["24 20:45"]),  # held, it would come too late: before they begin
        (("2026-11-25 08:00", 1), ["24 20:45"]),
        (("2026-11-25 08:01", 1), ["25 08:00"]),
        (("2026-11-25 22:30", 1), ["25 20:45"]),
    ],
)
def test_quiet_hours_are_kept(asked: tuple[Any, ...], expected: list[str]) -> None:
    assert times(*asked, quiet=NIGHT) == expected


def test_what_cannot_wait_until_before_quiet_hours_goes_at_once() -> None:
    assert times("2026-11-23 07:00", 2, quiet=NIGHT, now="2026-11-22 20:50") == ["now"]


@pytest.mark.parametrize(
    ("at", "now", "quiet"),
    [
        ("2026-11-22 12:59", "2026-11-22 13:00", None),
        ("2026-11-22 13:00", "2026-11-22 13:00", None),
        ("2026-11-23 07:00", "2026-11-22 21:00", NIGHT),
        ("2026-11-23 07:00", "2026-11-23 03:00", NIGHT),
        ("2026-11-22 13:15", "2026-11-22 12:30", NOON),
    ],
)
def test_what_cannot_go_before_the_appointment_is_too_late(at: str, now: str, quiet: Hours | None) -> None:
    with pytest.raises(Rejected) as caught:
        times(at, 2, quiet=quiet, now=now)
    assert caught.value.code == "too_late"


@pytest.mark.parametrize(
    ("moment", "begin", "end"),
    [
        # Summer time begins on 29 March 2026 at 02:00 and ends on 25 October at 03:00.
        ("2026-03-29T00:30:00+00:00", "2026-03-28T20:00:00+00:00", "2026-03-29T06:00:00+00:00"),
        ("2026-10-25T03:30:00+00:00", "2026-10-24T19:00:00+00:00", "2026-10-25T07:00:00+00:00"),
    ],
)
def test_quiet_hours_are_the_clocks_when_it_is_changed(moment: str, begin: str, end: str) -> None:
    assert NIGHT is not None
    found = NIGHT.around(datetime.fromisoformat(moment))
    assert found == (datetime.fromisoformat(begin), datetime.fromisoformat(end))


def test_an_end_that_the_clock_shows_twice_is_the_one_to_come() -> None:
    hours = Hours.of("22:00-02:30", BRUSSELS)
    assert hours is not None
    for moment in ("2026-10-25T00:10:00+00:00", "2026-10-25T01:10:00+00:00"):
        at = datetime.fromisoformat(moment)
        found = hours.around(at)
        assert found is not None
        assert found[0] < at < found[1]


def test_hours_that_end_as_they_begin_are_none() -> None:
    assert Hours.of("08:00-08:00", UTC) is None
    assert Hours.of(None, UTC) is None


_CLOCKS = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 59]))
_HOURS = st.none() | st.builds(Hours, _CLOCKS, _CLOCKS, st.sampled_from([UTC, BRUSSELS]))
_MOMENTS = st.integers(0, 500 * 86400).map(lambda s: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=s))


@given(_MOMENTS, st.integers(-H, 10 * 86400), st.lists(st.integers(60, 9 * 86400), max_size=5), _HOURS)
def test_a_reminder_is_never_after_its_appointment_nor_in_quiet_hours(
    now: datetime, ahead_s: int, leads_s: list[int], quiet: Hours | None
) -> None:
    assume(quiet is None or quiet.begin != quiet.end)
    at = now + timedelta(seconds=ahead_s)
    try:
        planned = plan(at, leads_s, quiet, now)
    except Rejected:
        assert ahead_s <= 0 or quiet is not None  # it is past, or all that was wanted is in quiet hours
        return
    going = [each.due_at or now for each in planned]
    assert going == sorted(set(going))
    assert all(now <= moment < at for moment in going)
    assert quiet is None or not any(quiet.around(moment) for moment in going)
    assert {each.lead_s for each in planned} <= set(leads_s or [86400])


@settings(max_examples=50)
@given(_MOMENTS, _HOURS)
def test_quiet_hours_are_around_what_is_in_them(moment: datetime, quiet: Hours | None) -> None:
    assume(quiet is not None and quiet.begin != quiet.end)
    assert quiet is not None
    found = quiet.around(moment)
    clock = moment.astimezone(quiet.zone).time()
    if quiet.begin < quiet.end:
        inside = quiet.begin <= clock < quiet.end
    else:
        inside = clock >= quiet.begin or clock < quiet.end
    assert (found is not None) == inside
    if found is not None:
        assert found[0] <= moment < found[1]
        assert quiet.around(found[1]) is None


def test_the_text_says_when() -> None:
    at = local("2026-12-01 09:30")
    assert filled("{date} at {time}: {name}", at, BRUSSELS) == "01/12/2026 at 09:30: {name}"
