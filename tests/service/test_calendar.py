"""Days, months and years on the wall: month ends, leap days, and the days on which clocks are changed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modemd.service.terms.calendar import (
    day_after,
    day_of,
    days_after,
    end_of,
    lot_end,
    months_after,
    start_of,
)

BRUSSELS = ZoneInfo("Europe/Brussels")
ZONES = [
    BRUSSELS,
    ZoneInfo("America/St_Johns"),
    ZoneInfo("Africa/Cairo"),
    ZoneInfo("Australia/Lord_Howe"),
    UTC,
]
MOMENTS = st.integers(631_152_000, 3_786_912_000).map(lambda s: datetime.fromtimestamp(s, UTC))
"""From 1990 to 2090."""


def local(*when: int) -> datetime:
    return datetime(*when, tzinfo=BRUSSELS)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("moment", "months", "after"),
    [
        (local(2026, 1, 15, 10), 1, local(2026, 2, 15, 10)),
        (local(2026, 1, 31, 10), 1, local(2026, 3, 1)),
        (local(2024, 1, 31, 10), 1, local(2024, 3, 1)),
        (local(2026, 1, 31, 10), 3, local(2026, 5, 1)),
        (local(2026, 8, 31, 10), 6, local(2027, 3, 1)),
        (local(2024, 2, 29, 10), 12, local(2025, 3, 1)),
        (local(2024, 2, 29, 10), 48, local(2028, 2, 29, 10)),
        (local(2026, 12, 31, 23, 59), 12, local(2027, 12, 31, 23, 59)),
        (local(2026, 11, 30, 10), 3, local(2027, 3, 1)),
        (local(2025, 12, 1, 0), 60, local(2030, 12, 1)),
    ],
)
def test_a_month_later_is_the_same_day_or_the_first_of_the_month_after(
    moment: datetime, months: int, after: datetime
) -> None:
    assert months_after(moment, months, BRUSSELS) == after


def test_the_time_of_day_is_that_of_the_wall_though_clocks_were_changed() -> None:
    assert months_after(local(2026, 2, 28, 10), 1, BRUSSELS) == datetime(2026, 3, 28, 9, tzinfo=UTC)
    assert months_after(local(2026, 3, 1, 10), 1, BRUSSELS) == datetime(2026, 4, 1, 8, tzinfo=UTC)


def test_an_hour_that_does_not_exist_is_the_later_one() -> None:
    """On 29 March 2026 at 2:00 it was 3:00."""
    assert months_after(local(2026, 2, 28, 2, 30) + timedelta(days=1), 1, BRUSSELS) == local(
        2026, 4, 1, 2, 30
    )
    assert months_after(local(2025, 3, 29, 2, 30), 12, BRUSSELS) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_an_hour_that_exists_twice_is_the_second_one() -> None:
    """On 25 October 2026 at 3:00 it was 2:00 again."""
    assert months_after(local(2025, 10, 25, 2, 30), 12, BRUSSELS) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 1), 24)]
)
def test_a_day_has_the_hours_that_it_has(day: date, hours: int) -> None:
    assert end_of(day, BRUSSELS) - start_of(day, BRUSSELS) == timedelta(hours=hours)


def test_the_zone_says_which_day_it_is() -> None:
    moment = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    assert (day_of(moment, BRUSSELS), day_of(moment, UTC)) == (date(2027, 1, 1), date(2026, 12, 31))
    assert days_after(moment, 30, BRUSSELS) == local(2027, 2, 1)
    assert days_after(moment, 30, UTC) == datetime(2027, 1, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    ("opened", "end"),
    [
        (local(2026, 11, 22, 12), local(2028, 11, 23)),
        (local(2026, 11, 22), local(2028, 11, 23)),
        (local(2028, 2, 29, 12), local(2030, 3, 1)),
        (local(2026, 2, 28, 23, 59), local(2028, 2, 29)),
    ],
)
def test_credits_are_valid_to_the_end_of_the_day(opened: datetime, end: datetime) -> None:
    assert lot_end(opened, 24, BRUSSELS) == end


@given(MOMENTS, st.integers(1, 120), st.sampled_from(ZONES))
def test_a_period_is_never_shorter_than_the_calendar_s(moment: datetime, months: int, zone: ZoneInfo) -> None:
    after = months_after(moment, months, zone)
    began, ended = moment.astimezone(zone), after.astimezone(zone)
    counted = (ended.year - began.year) * 12 + ended.month - began.month
    assert counted in {months, months + 1}
    assert ended.day == (1 if counted > months else began.day)
    assert lot_end(moment, months, zone) >= after
    assert months_after(moment, months + 1, zone) > after


@given(MOMENTS, MOMENTS, st.integers(1, 60), st.sampled_from(ZONES))
def test_who_begins_later_ends_no_sooner(one: datetime, other: datetime, months: int, zone: ZoneInfo) -> None:
    first, second = sorted((one, other))
    assert lot_end(first, months, zone) <= lot_end(second, months, zone)
    # Within the hour that exists twice, or on the last days of a long month, two may end together.
    assert months_after(first, months, zone) <= months_after(second, months, zone) + timedelta(hours=1)


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(-1200, 1200))
def test_the_same_day_months_later_is_a_day(day: date, months: int) -> None:
    later = day_after(day, months)
    assert later.day in {day.day, 1}
    assert (later > day) == (months > 0) or months == 0
