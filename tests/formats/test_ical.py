"""Calendars (RFC 5545): which events, when, whom for; recurrence, changes, and what is no calendar."""

from __future__ import annotations

import warnings
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modemd.errors import Rejected
from modemd.formats.ical import merged, read_calendar
from modemd.formats.ical_dates import Occurrence, occurrences
from tests.formats.made import BRUSSELS

SINCE = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
UNTIL = SINCE + timedelta(days=60)
TO = "ATTENDEE;CN=Jan:tel:+32475123456"
START = "DTSTART;TZID=Europe/Brussels:20261123T093000"


def event(*lines: str, uid: str = "u1") -> str:
    return "\n".join(["BEGIN:VEVENT", f"UID:{uid}", *lines, "END:VEVENT"])


def calendar(*components: str) -> bytes:
    text = "\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", *components, "END:VCALENDAR"])
    return text.replace("\n", "\r\n").encode() + b"\r\n"


def found(octets: bytes, *, since: datetime = SINCE, until: datetime = UNTIL) -> list[Occurrence]:
    return [
        each
        for one in read_calendar(octets)
        for each in occurrences(one.uid, one.body, since, until, BRUSSELS)[0]
    ]


def times(*lines: str) -> list[str]:
    """Local times of one event's occurrences."""
    made = found(calendar(event(TO, "SUMMARY:Visit", *lines)))
    return [each.at.astimezone(BRUSSELS).strftime("%m-%d %H:%M") for each in made]


def refusal(octets: bytes) -> str:
    with pytest.raises(Rejected) as caught:
        found(octets)
    assert caught.value.code == "bad_request"
    return caught.value.reason


# -- when ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([START], ["11-23 09:30"]),
        (["DTSTART:20261123T083000Z"], ["11-23 09:30"]),
        (["DTSTART:20261123T093000"], ["11-23 09:30"]),  # the gateway's own time
        (["DTSTART;VALUE=DATE:20261123"], ["11-23 00:00"]),
        (["DTSTART;TZID=Romance Standard Time:20261123T093000"], ["11-23 09:30"]),  # as Outlook names it
        (["DTSTART;TZID=America/New_York:20261123T093000"], ["11-23 15:30"]),
        (["DTSTART:20261122T113000Z"], []),  # it is past
        (["DTSTART:20270301T113000Z"], []),  # it is far
        ([START, "RRULE:FREQ=WEEKLY;COUNT=3"], ["11-23 09:30", "11-30 09:30", "12-07 09:30"]),
        ([START, "RRULE:FREQ=WEEKLY;UNTIL=20261130T083000Z"], ["11-23 09:30", "11-30 09:30"]),
        (
            [START, "RRULE:FREQ=WEEKLY;COUNT=3", "EXDATE;TZID=Europe/Brussels:20261130T093000"],
            ["11-23 09:30", "12-07 09:30"],
        ),
        ([START, "RDATE;TZID=Europe/Brussels:20261124T110000"], ["11-23 09:30", "11-24 11:00"]),
        (["DTSTART:20200101T090000", "RRULE:FREQ=YEARLY"], ["01-01 09:00"]),
        ([START, "STATUS:CANCELLED"], []),
    ],
)
def test_an_event_takes_place(lines: list[str], expected: list[str]) -> None:
    assert times(*lines) == expected


def test_a_zone_of_the_files_own() -> None:
    zone = """BEGIN:VTIMEZONE
TZID:Home
BEGIN:STANDARD
DTSTART:19701025T030000
TZOFFSETFROM:+0500
TZOFFSETTO:+0500
END:STANDARD
END:VTIMEZONE"""
    one = event(TO, "SUMMARY:Visit", "DTSTART;TZID=Home:20261123T093000")
    assert [each.at.hour for each in found(calendar(zone, one))] == [4]


@given(
    st.integers(0, 334 * 86400).map(lambda s: (SINCE - timedelta(days=325, seconds=-s)).replace(tzinfo=None)),
    st.sampled_from(["DAILY", "WEEKLY"]),
)
@settings(max_examples=25, deadline=None)
def test_the_time_of_day_stays_when_the_clocks_are_changed(at: datetime, frequency: str) -> None:
    lines = [f"DTSTART;TZID=Europe/Brussels:{at:%Y%m%dT%H%M%S}", f"RRULE:FREQ={frequency}"]
    since = at.replace(tzinfo=UTC)
    made = found(calendar(event(TO, "SUMMARY:x", *lines)), since=since, until=since + timedelta(days=200))
    assert len(made) >= 28
    clocks = {each.at.astimezone(BRUSSELS).replace(tzinfo=None).time() for each in made}
    # In the hour that the clock leaves out, the time of the day before the change is an hour on.
    assert {at.time()} <= clocks
    assert len(clocks) <= 2
    assert len({each.which for each in made}) == len(made)


# -- whom for, and what -------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("lines", "to"),
    [
        ([TO], ("+32475123456",)),
        (["ATTENDEE:TEL:+32-475-12.34.56;ext=1", "ATTENDEE:mailto:a@example.org"], ("+32475123456",)),
        (["ATTENDEE:sms:0475123456", TO], ("0475123456", "+32475123456")),
        (["ATTENDEE;PARTSTAT=DECLINED:tel:+32475000000", TO], ("+32475123456",)),
        (["X-MODEMD-TO:+32475000000;nurse", TO], ("+32475000000", "nurse", "+32475123456")),
        (["X-MODEMD-TO:+32475000000,+32475000001"], ("+32475000000", "+32475000001")),
    ],
)
def test_whom_it_concerns(lines: list[str], to: tuple[str, ...]) -> None:
    [one] = found(calendar(event(START, "SUMMARY:Visit", *lines)))
    assert one.to == to


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["SUMMARY:Visit", "DESCRIPTION:See you on {date}\\, Jan"], "See you on {date}, Jan"),
        (["SUMMARY:Visit"], "Visit, {date} {time}"),
    ],
)
def test_what_is_said(lines: list[str], text: str) -> None:
    [one] = found(calendar(event(START, TO, *lines)))
    assert one.text == text


def test_a_whole_day_has_no_time_in_its_text() -> None:
    [one] = found(calendar(event("DTSTART;VALUE=DATE:20261123", TO, "SUMMARY:Holiday")))
    assert one.text == "Holiday, {date}"


def alarm(trigger: str, action: str = "DISPLAY") -> str:
    return f"BEGIN:VALARM\nACTION:{action}\nDESCRIPTION:x\n{trigger}\nEND:VALARM"


@pytest.mark.parametrize(
    ("alarms", "leads_s"),
    [
        ([], None),
        ([alarm("TRIGGER:-PT2H"), alarm("TRIGGER:-P1D")], (86400, 7200)),
        ([alarm("TRIGGER;RELATED=END:-PT2H")], (5400,)),
        ([alarm("TRIGGER;VALUE=DATE-TIME:20261123T073000Z")], (3600,)),
        ([alarm("TRIGGER;VALUE=DATE-TIME:19760401T005545Z", "NONE")], None),
        ([alarm("TRIGGER:PT0S")], None),
        ([alarm("TRIGGER:PT5M"), alarm("TRIGGER:-P400D")], None),
    ],
)
def test_alarms_say_how_long_before(alarms: list[str], leads_s: tuple[int, ...] | None) -> None:
    [one] = found(
        calendar(event(START, "DTEND;TZID=Europe/Brussels:20261123T100000", TO, "SUMMARY:Visit", *alarms))
    )
    assert one.leads_s == leads_s


# -- changes of single occurrences ----------------------------------------------------------------
WEEKLY = event(START, "RRULE:FREQ=WEEKLY;COUNT=3", TO, "SUMMARY:Visit", alarm("TRIGGER:-PT2H"))
SECOND = "RECURRENCE-ID;TZID=Europe/Brussels:20261130T093000"
MOVED = event(SECOND, "DTSTART;TZID=Europe/Brussels:20261201T110000", "SUMMARY:Later")
DROPPED = event(SECOND, "DTSTART;TZID=Europe/Brussels:20261130T093000", "STATUS:CANCELLED")


def test_an_occurrence_is_moved() -> None:
    plain, changed = found(calendar(WEEKLY)), found(calendar(WEEKLY, MOVED))
    assert [each.which for each in changed] == [each.which for each in plain]
    assert changed[1].at == datetime(2026, 12, 1, 10, 0, tzinfo=UTC)
    # What it does not say itself is as in its event.
    assert (changed[1].text, changed[1].to, changed[1].leads_s) == (
        "Later, {date} {time}",
        plain[0].to,
        (7200,),
    )


def test_an_occurrence_is_cancelled() -> None:
    assert [each.at.day for each in found(calendar(WEEKLY, DROPPED))] == [23, 7]


def test_a_change_alone_goes_into_what_was_kept() -> None:
    [kept] = read_calendar(calendar(WEEKLY))
    [change] = read_calendar(calendar(MOVED))
    assert (kept.whole, change.whole) == (True, False)
    both = merged(kept.body, change)
    days = [each.at.day for each in occurrences("u1", both.body, SINCE, UNTIL, BRUSSELS)[0]]
    assert days == [23, 1, 7]
    [dropped] = read_calendar(calendar(DROPPED))
    again = merged(both.body, dropped)
    assert [each.at.day for each in occurrences("u1", again.body, SINCE, UNTIL, BRUSSELS)[0]] == [23, 7]


def test_an_older_change_stays_out() -> None:
    [kept] = read_calendar(calendar(WEEKLY, MOVED.replace("SUMMARY", "SEQUENCE:2\nSUMMARY")))
    [older] = read_calendar(calendar(DROPPED.replace("STATUS", "SEQUENCE:1\nSTATUS")))
    body = merged(kept.body, older).body
    assert [each.at.day for each in occurrences("u1", body, SINCE, UNTIL, BRUSSELS)[0]] == [23, 1, 7]


def test_method_cancel_cancels_what_is_in_it() -> None:
    [one] = read_calendar(calendar("METHOD:CANCEL", event("SEQUENCE:4", START)))
    assert (one.sequence, occurrences("u1", one.body, SINCE, UNTIL, BRUSSELS)) == (4, ([], False))


def test_whether_there_may_be_more() -> None:
    def more(*lines: str) -> bool:
        [one] = read_calendar(calendar(event(TO, "SUMMARY:x", *lines)))
        return occurrences("u1", one.body, SINCE, UNTIL, BRUSSELS)[1]

    assert more(START, "RRULE:FREQ=WEEKLY")
    assert more("DTSTART:20280101T090000Z")
    assert not more(START)
    assert not more("DTSTART:20200101T090000Z")


def test_each_event_is_an_object_of_its_own() -> None:
    made = read_calendar(calendar(WEEKLY, event(START, TO, "SUMMARY:y", uid="u2"), MOVED))
    assert [(each.uid, each.whole) for each in made] == [("u1", True), ("u2", True)]
    assert made[0].body.count("BEGIN:VEVENT") == 2


# -- what is refused --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (b"", "no iCalendar file"),
        (b"hello", "no iCalendar file"),
        (b"\xff\xfe\x00", "no iCalendar file"),
        (b"BEGIN:VCARD\r\nEND:VCARD\r\n", "it begins with VCARD"),
        (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n", "no iCalendar file"),
        (calendar() + calendar(), "no iCalendar file"),
        (calendar(), "has no event"),
        (calendar("BEGIN:VEVENT\nSUMMARY:x\nEND:VEVENT"), "an event has no UID (SUMMARY: 'x')"),
        (calendar(event(START, TO, uid="u" * 201)), "its UID is longer than 200 characters"),
        (calendar(event(TO, "SUMMARY:x")), "event u1: DTSTART: is missing"),
        (calendar(event("DTSTART:soon", TO, "SUMMARY:x")), "event u1: DTSTART: "),
        (calendar(event(START, "SUMMARY:x")), "event u1: concerns nobody"),
        (calendar(event(START, "ATTENDEE:mailto:a@example.org", "SUMMARY:x")), "concerns nobody"),
        (calendar(event(START, TO)), "event u1: says nothing"),
        (calendar(WEEKLY, WEEKLY), "event u1: is there twice"),
        (
            calendar(event("DTSTART;TZID=Moon/Sea:20261123T093000", TO, "SUMMARY:x")),
            "'Moon/Sea' is not known",
        ),
        (calendar(event(START, TO, "SUMMARY:" + "x" * 70_000)), "is longer than 64 KB"),
        (calendar(event("DTSTART:19010101T090000", TO, "SUMMARY:x")), "is before 1970"),
    ],
)
def test_what_is_wrong_is_said(octets: bytes, words: str) -> None:
    assert words in refusal(octets)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("FREQ=SECONDLY", "appointments recur daily at most"),
        ("FREQ=HOURLY", "appointments recur daily at most"),
        ("COUNT=3", "FREQ"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL is 1 or more"),
        ("FREQ=DAILY;BYHOUR=1,2,3,4,5;BYMINUTE=0,10,20,30,40", "25 appointments a day"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "never come"),
        ("FREQ=WEEKLY;BYSETPOS=5;BYDAY=MO", "BYSETPOS does not go with WEEKLY"),
        ("FREQ=DAILY;BYHOUR=" + ",".join(map(str, range(24))), "takes place more than 1000 times"),
    ],
)
def test_rules_that_nobody_can_go_by(rule: str, words: str) -> None:
    assert words in refusal(calendar(event(START, f"RRULE:{rule}", TO, "SUMMARY:x")))


_PIECES = [
    START, TO, "SUMMARY:x", SECOND, "RRULE:FREQ=WEEKLY", "RRULE:FREQ=MONTHLY;BYDAY=5MO;BYSETPOS=-1",
    "RRULE:FREQ=YEARLY;BYWEEKNO=53", "EXDATE:20261130", "RDATE;VALUE=PERIOD:20261201T090000Z/PT1H",
    "DTEND:20261101T000000Z", "DTEND;VALUE=DATE:20261201", "DURATION:PT1H", "DURATION:-P1D", "SEQUENCE:x",
    "STATUS:CANCELLED", "TRIGGER:-PT1H", "BEGIN:VALARM", "END:VALARM", "BEGIN:VEVENT", "UID:u2",
    "DTSTART:20261123", "DTSTART;VALUE=DATE:20261123", "X-MODEMD-TO:", "ATTENDEE:tel:", "EXRULE:FREQ=DAILY",
    "RECURRENCE-ID;RANGE=THISANDFUTURE:20261130T083000Z", "RRULE:FREQ=DAILY;UNTIL=20261124",
]  # fmt: skip


@given(st.lists(st.sampled_from(_PIECES) | st.text(max_size=12), max_size=9))
@settings(max_examples=150, deadline=None)
def test_anything_is_a_calendar_or_refused(lines: list[Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            made = found(calendar(event(*lines)))
        except Rejected as refused:
            assert refused.code == "bad_request"  # noqa: PT017 - one of two ends
            return
    assert all(SINCE < each.at <= UNTIL and each.to and each.text for each in made)
