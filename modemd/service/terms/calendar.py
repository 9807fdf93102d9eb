"""Days, months and years as a calendar on the wall of the gateway's zone counts them.

A period never comes out shorter than the calendar's: where the day does not exist in the last month it ends
with the first day of the next, and where the hour exists twice, or not at all, it ends with the later.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo

_DAY = timedelta(days=1)


def day_of(moment: datetime, zone: tzinfo) -> date:
    """Return the day on the wall at a moment."""
    return moment.astimezone(zone).date()


def start_of(day: date, zone: tzinfo) -> datetime:
    """Return the first moment of a day, in UTC."""
    return _later(datetime.combine(day, time()), zone)


def end_of(day: date, zone: tzinfo) -> datetime:
    """Return the first moment after a day, in UTC: what is valid until then is valid on that day."""
    return start_of(day + _DAY, zone)


def day_after(day: date, months: int) -> date:
    """Return the same day of the month so many months later (earlier where negative).

    Where there is none it is the first of the month after: 31 January and one month give 1 March.
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    try:
        return date(year, month + 1, day.day)
    except ValueError:
        return date(year, month + 2, 1)  # never December: that has 31 days


def months_after(moment: datetime, months: int, zone: tzinfo) -> datetime:
    """Return the moment, in UTC, that is so many calendar months later at the same time of day.

    31 January 10:00 and one month give 1 March 00:00, the first moment after all of February.
    """
    local = moment.astimezone(zone)
    target = day_after(local.date(), months)
    clock = local.time() if target.day == local.day else time()
    return _later(datetime.combine(target, clock.replace(fold=0)), zone)


def days_after(moment: datetime, days: int, zone: tzinfo) -> datetime:
    """Return the end of the day that is so many calendar days later, in UTC."""
    return end_of(day_of(moment, zone) + timedelta(days=days), zone)


def lot_end(opened_at: datetime, months: int, zone: tzinfo) -> datetime:
    """Return when credits expire that are valid for so many months: at the end of the last day (L §6.2)."""
    first = day_of(opened_at, zone)
    last = day_after(first, months)
    return end_of(last, zone) if last.day == first.day else start_of(last, zone)


def _later(wall: datetime, zone: tzinfo) -> datetime:
    """Return the later of the moments at which a clock on the wall can be meant to show this."""
    return max(wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
