"""The manual's examples of reminders are what the gateway reads."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from modemd.formats.ical import read_calendar
from modemd.formats.ical_dates import occurrences
from modemd.formats.sendjson import read_send
from modemd.formats.smstools3 import read_request
from tests.house import ROOT

BRUSSELS = ZoneInfo("Europe/Brussels")
MANUAL = (ROOT / "docs" / "reminders.md").read_text("utf-8")
BLOCKS = re.findall(r"```\w*\n(.*?)```", MANUAL, re.DOTALL)


def block(begins: str) -> bytes:
    [found] = [each for each in BLOCKS if each.startswith(begins)]
    return str(found).encode()


def test_an_appointment_is_the_same_in_either_format() -> None:
    [by_json] = read_send(block("{"), BRUSSELS).requests
    by_header = read_request(block("To:").rstrip(), BRUSSELS)
    for one in (by_json, by_header):
        assert (one.client_id, one.remind_s) == ("visit-4711", (172_800, 7200))
        assert one.appointment_at == datetime(2026, 11, 30, 8, 30, tzinfo=UTC)
        assert one.text == "See you on {date} at {time}. The clinic"


def test_the_calendar_is_read() -> None:
    [one] = read_calendar(block("BEGIN:VCALENDAR"))
    found, _ = occurrences(
        one.uid, one.body, datetime(2026, 11, 1, tzinfo=UTC), datetime(2027, 3, 1, tzinfo=UTC), BRUSSELS
    )
    assert len(found) == 9
    assert {(each.to, each.leads_s) for each in found} == {(("+32475123456",), (86_400,))}
