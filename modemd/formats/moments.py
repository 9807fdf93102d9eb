"""Points in time as files say them, and as smstools3 writes them."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

_EARLIEST_YEAR, _LATEST_YEAR = 1970, 2199


def parse_moment(text: str, zone: tzinfo) -> datetime:
    """Read ``2026-11-22T14:30:00+01:00`` or ``2026-11-22 14:30``; without an offset it is ``zone``'s time.

    Returns:
        An aware time in UTC.

    Raises:
        ValueError: with a sentence.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(
            f"{text[:40]!r} is not a time; write for example 2026-11-22 14:30 or 2026-11-22T14:30:00+01:00",
        ) from None
    # The years first: near the calendar's ends a change of zone overflows.
    if not _EARLIEST_YEAR <= moment.year <= _LATEST_YEAR:
        raise ValueError(f"{text[:40]!r} is before {_EARLIEST_YEAR} or after {_LATEST_YEAR}")
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def stamp(moment: datetime, zone: tzinfo) -> str:
    """The time as smstools3 writes it by default: ``26-11-22 14:30:00``, local time."""
    return str(moment.astimezone(zone))[2:19]  # strftime takes twice as long, several times a message
