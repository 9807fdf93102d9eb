"""When the events of a calendar object take place, whom they concern, and what is said to them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, Final

from modemd.errors import Rejected
from modemd.formats.ical import BAD, bad_event, events_of, is_cancelled, is_change, parse
from modemd.formats.leads import LONGEST_S, MOST, SHORTEST_S

MOST_OCCURRENCES: Final = 1_000
_WIDE: Final = timedelta(days=2)
"""More than zones differ by: what has none is looked for in the gateway's afterwards."""
_TEL: Final = re.compile(r"(?:tel|sms):([^;?]+)", re.IGNORECASE)
_VISUAL: Final = str.maketrans("", "", "-.() ")
_SEPARATOR: Final = re.compile(r"[;,]")


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One appointment: ``which`` tells it from the others of its event, whenever it takes place."""

    which: str
    at: datetime
    to: tuple[str, ...]
    text: str
    leads_s: tuple[int, ...] | None


def occurrences(
    uid: str, body: str, since: datetime, until: datetime, zone: tzinfo
) -> tuple[list[Occurrence], bool]:
    """Return what takes place between two moments, and whether there may be more after them.

    Recurrence keeps the time of day in the event's own zone; times without a zone, and whole days, are in
    ``zone``: a day begins at midnight. Cancelled ones are left out.

    Raises:
        Rejected: an event concerns nobody, says nothing, or takes place too often; its UID is named.
    """
    try:
        return _occurrences(uid, body, since, until, zone)
    except Rejected:
        raise
    except BAD as wrong:
        sentence = " ".join(str(wrong).split())[:200] or type(wrong).__name__
        raise bad_event(uid, sentence) from wrong


def _occurrences(
    uid: str, body: str, since: datetime, until: datetime, zone: tzinfo
) -> tuple[list[Occurrence], bool]:
    import recurring_ical_events  # noqa: PLC0415 - as its parser

    calendar = parse(body.encode())
    events = events_of(calendar)
    main = next((event for event in events if not is_change(event)), None)
    if main is not None and is_cancelled(main):
        return [], False
    found: list[Occurrence] = []
    recurs = main is None or "RRULE" in main or "RDATE" in main
    for event in recurring_ical_events.of(calendar).between(since - _WIDE, until + _WIDE):
        at = _moment(uid, event, "DTSTART", zone)
        if is_cancelled(event) or not since < at <= until:
            continue
        found.append(_occurrence(uid, event, main, at, _which(uid, event, zone) if recurs else ""))
        if len(found) > MOST_OCCURRENCES:
            raise bad_event(uid, f"takes place more than {MOST_OCCURRENCES} times until {until:%d/%m/%Y}")
    starts = [_moment(uid, event, "DTSTART", zone) for event in events if not is_cancelled(event)]
    return found, recurs or any(at > until for at in starts)


def _occurrence(uid: str, event: Any, main: Any, at: datetime, which: str) -> Occurrence:
    """What an occurrence does not say itself is as in its event."""
    from_main = [event] if main is None else [event, main]
    to = next(filter(None, map(_recipients, from_main)), ())
    if not to:
        raise bad_event(uid, "concerns nobody: it wants an ATTENDEE such as ATTENDEE:tel:+32475123456")
    text = next(filter(None, map(_text, from_main)), "")
    if not text:
        raise bad_event(uid, "says nothing: it has neither DESCRIPTION nor SUMMARY")
    leads = next(filter(None, (_leads(each, recurs=bool(which)) for each in from_main)), None)
    return Occurrence(which, at, to, text, leads)


def _moment(uid: str, event: Any, name: str, zone: tzinfo) -> datetime:
    value = event[name]
    return _aware(uid, value.dt, value.params.get("TZID"), zone)


def _aware(uid: str, given: date, named: str | None, zone: tzinfo) -> datetime:
    if not isinstance(given, datetime):
        given = datetime.combine(given, time())
    elif given.tzinfo is None and named:
        raise bad_event(uid, f"the time zone {named[:60]!r} is not known")
    return (given if given.tzinfo else given.replace(tzinfo=zone)).astimezone(UTC)


def _which(uid: str, event: Any, zone: tzinfo) -> str:
    name = "RECURRENCE-ID" if is_change(event) else "DTSTART"
    return f"{_moment(uid, event, name, zone):%Y%m%dT%H%M%SZ}"


def _recipients(event: Any) -> tuple[str, ...]:
    """Attendees with a phone, but for those who declined; or the numbers and names of X-MODEMD-TO."""
    found = [
        piece.strip()
        for value in _all(event, "X-MODEMD-TO")
        for piece in _SEPARATOR.split(str(value).replace("\\", ""))
    ]
    for value in _all(event, "ATTENDEE"):
        phone = _TEL.match(str(value).strip())
        if phone and str(value.params.get("PARTSTAT", "")).upper() != "DECLINED":
            found.append(phone[1].translate(_VISUAL))
    return tuple(dict.fromkeys(each for each in found if each))


def _text(event: Any) -> str:
    """The description, or the summary and when it is; the placeholders are those of every reminder."""
    said = str(event.get("DESCRIPTION", "")).strip()
    summary = str(event.get("SUMMARY", "")).strip()
    if said or not summary:
        return said
    has_time = "DTSTART" in event and isinstance(event["DTSTART"].dt, datetime)
    return f"{summary}, {{date}} {{time}}" if has_time else f"{summary}, {{date}}"


def _leads(event: Any, *, recurs: bool) -> tuple[int, ...] | None:
    """Each alarm's time before the event (RFC 5545, 3.8.6.3), as far as it is one that reminders have."""
    seconds = {
        lead
        for alarm in event.walk("VALARM")
        if str(alarm.get("ACTION", "")).upper() != "NONE" and "TRIGGER" in alarm
        if (lead := _lead(event, alarm["TRIGGER"], recurs=recurs)) is not None
    }
    fitting = sorted((each for each in seconds if SHORTEST_S <= each <= LONGEST_S), reverse=True)
    return tuple(fitting[:MOST]) or None


def _lead(event: Any, trigger: Any, *, recurs: bool) -> int | None:
    before = trigger.dt
    if isinstance(before, timedelta):
        if str(trigger.params.get("RELATED", "")).upper() == "END":
            before += event.end - event.start
        return -int(before.total_seconds())
    begins = event["DTSTART"].dt
    if recurs or not isinstance(begins, datetime) or begins.tzinfo is None or before.tzinfo is None:
        return None  # an absolute time says nothing of the other occurrences
    return int((begins - before).total_seconds())


def _all(event: Any, name: str) -> list[Any]:
    value = event.get(name, [])
    return value if isinstance(value, list) else [value]
