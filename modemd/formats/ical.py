"""iCalendar files (RFC 5545): each event, by its UID, is a calendar object that is kept and looked through.

The parser is icalendar's: it takes a twentieth of a second to import, so only where calendars are read it is
loaded with the program (:func:`load`). Recurrence is ``ical_dates``' business.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from modemd.errors import Rejected
from modemd.formats.ical_rules import check_rules
from modemd.formats.rejections import bad_request, checked_text

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_EVENTS: Final = 2_000
_PACKAGES: Final = ("icalendar", "recurring_ical_events")
_LONGEST_BODY: Final = 64 * 1024
_LONGEST_UID: Final = 200
_HIGHEST_SEQUENCE: Final = 2**31 - 1
BAD: Final = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError)
"""What the parser raises of what is no calendar."""


@dataclass(frozen=True, slots=True)
class CalendarObject:
    """All components of one UID, as a calendar of their own; ``whole`` if the event itself is among them.

    Without it there are only changes of single occurrences (``RECURRENCE-ID``). ``cancelled``: nothing of it
    takes place.
    """

    uid: str
    sequence: int
    whole: bool
    cancelled: bool
    body: str


def read_calendar(octets: bytes) -> list[CalendarObject]:
    """Read an .ics file: the objects in it, in its order. ``METHOD:CANCEL`` cancels each event in it.

    Raises:
        Rejected: it is no calendar, has no event, or one of them cannot be read; the sentence names its UID.
    """
    calendar = parse(octets)
    found: dict[str, list[Any]] = {}
    for event in events_of(calendar):
        found.setdefault(_uid(event), []).append(event)
    if not found:
        raise bad_request("the calendar has no event (VEVENT)")
    if sum(map(len, found.values())) > MOST_EVENTS:
        raise bad_request(f"the calendar has more than {MOST_EVENTS} events")
    calls_off = _word(calendar, "METHOD") == "CANCEL"
    return [_object(uid, events, calendar, calls_off=calls_off) for uid, events in found.items()]


def is_installed(packages: tuple[str, ...] = _PACKAGES) -> bool:
    """Tell whether calendars can be read here: what reads them comes with the extra ``ical``."""
    return all(find_spec(each) is not None for each in packages)


def load() -> None:
    """Import what reads calendars, before there are any.

    Raises:
        ImportError: it is not installed.
    """
    for each in _PACKAGES:
        import_module(each)


def merged(kept: str, change: CalendarObject) -> CalendarObject:
    """Bring changes of single occurrences into the object that was kept; of two for one the newer stays.

    Raises:
        Rejected: the result is longer than may be kept.
    """
    calendar, newer = parse(kept.encode()), parse(change.body.encode())
    events = {_which(event): event for event in events_of(calendar)}
    for event in events_of(newer):
        known = events.get(_which(event))
        if known is None or sequence_of(event) >= sequence_of(known):
            events[_which(event)] = event
    for zone in newer.walk("VTIMEZONE"):
        if zone.get("TZID") not in {each.get("TZID") for each in calendar.walk("VTIMEZONE")}:
            calendar.add_component(zone)
    return _object(change.uid, list(events.values()), calendar, calls_off=False)


def parse(octets: bytes) -> Any:
    """Make a calendar of octets.

    Raises:
        Rejected: they are none.
    """
    from icalendar import Calendar  # noqa: PLC0415 - few need it

    try:
        calendar = Calendar.from_ical(octets)
    except BAD as wrong:
        raise bad_request(f"this is no iCalendar file: {_sentence(wrong)}") from wrong
    if calendar.name != "VCALENDAR":
        raise bad_request(f"this is no iCalendar file: it begins with {str(calendar.name)[:40]}")
    return calendar


def events_of(calendar: Any) -> list[Any]:
    """The events right below a calendar."""
    return [each for each in calendar.subcomponents if each.name == "VEVENT"]


def is_change(event: Any) -> bool:
    """Whether it stands for one occurrence of an event only."""
    return "RECURRENCE-ID" in event


def is_cancelled(event: Any) -> bool:
    """Whether it says that it does not take place."""
    return _word(event, "STATUS") == "CANCELLED"


def sequence_of(event: Any) -> int:
    """How often its organiser has changed it (RFC 5545, 3.8.7.4)."""
    try:
        return min(max(int(event.get("SEQUENCE", 0)), 0), _HIGHEST_SEQUENCE)
    except BAD:
        return 0


def bad_event(uid: str, sentence: str) -> Rejected:
    """Say of which event something is wrong."""
    return bad_request(f"event {uid[:80]}: {sentence}")


def _uid(event: Any) -> str:
    uid = str(event.get("UID", "")).strip()
    if not uid:
        summary = str(event.get("SUMMARY", ""))[:40]
        raise bad_request(f"an event has no UID (SUMMARY: {summary!r}): it could never be moved or cancelled")
    if len(uid) > _LONGEST_UID:
        raise bad_event(uid, f"its UID is longer than {_LONGEST_UID} characters")
    return checked_text(uid, "UID:")


def _object(uid: str, events: list[Any], calendar: Any, *, calls_off: bool) -> CalendarObject:
    for event in events:
        _check(uid, event)
        if calls_off:
            event.pop("STATUS", None)
            event.add("STATUS", "CANCELLED")
    wholes = [event for event in events if not is_change(event)]
    if len(wholes) > 1:
        raise bad_event(uid, "is there twice")
    body = _body(events, calendar.walk("VTIMEZONE"), str(calendar.get("X-WR-TIMEZONE", "")))
    if len(body) > _LONGEST_BODY:
        raise bad_event(uid, f"is longer than {_LONGEST_BODY // 1024} KB")
    sequence = max(map(sequence_of, wholes or events))
    return CalendarObject(uid, sequence, bool(wholes), all(map(is_cancelled, wholes or events)), body)


def _check(uid: str, event: Any) -> None:
    for name, sentence in event.errors:
        if name in {"DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "TRIGGER"}:
            raise bad_event(uid, f"{name}: {sentence}")
    if "DTSTART" not in event and not is_cancelled(event):
        raise bad_event(uid, "DTSTART: is missing")
    try:
        check_rules(event)
    except BAD as wrong:
        raise bad_event(uid, _sentence(wrong)) from wrong


def _body(events: list[Any], zones: Iterable[Any], default_zone: str) -> str:
    from icalendar import Calendar  # noqa: PLC0415 - as above

    body = Calendar()
    body.add("VERSION", "2.0")
    body.add("PRODID", "modemd")
    if default_zone:
        body.add("X-WR-TIMEZONE", default_zone)
    named = {str(value.params.get("TZID")) for event in events for value in _dates(event)}
    kept: set[str] = set()
    for zone in zones:
        if (name := str(zone.get("TZID"))) in named - kept:
            kept.add(name)
            body.add_component(zone)
    for event in events:
        body.add_component(event)
    written: str = body.to_ical().decode("utf-8", "replace")
    return written


def _dates(event: Any) -> list[Any]:
    names = ("DTSTART", "DTEND", "RDATE", "EXDATE", "RECURRENCE-ID")
    values = [event[name] for name in names if name in event]
    flat = [one for value in values for one in (value if isinstance(value, list) else [value])]
    return [one for one in flat if hasattr(one, "params")]


def _which(event: Any) -> str:
    return str(event["RECURRENCE-ID"].to_ical()) if is_change(event) else ""


def _word(component: Any, name: str) -> str:
    return str(component.get(name, "")).strip().upper()


def _sentence(wrong: BaseException) -> str:
    return " ".join(str(wrong).split())[:200] or type(wrong).__name__
