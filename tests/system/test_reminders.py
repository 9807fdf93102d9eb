"""Reminders as their users have them: a calendar and an appointment are dropped, and phones hear of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tests.formats.test_ical import alarm, calendar, event

if TYPE_CHECKING:
    from tests.system.gateway import Site


def test_calendars_and_appointments_are_reminded_of(site: Site) -> None:
    site.simulate("--no-reports", modems=1)
    site.configure(sending={"reports": False}, spool={"formats": ["json", "ical"]})
    site.start()
    soon, later = (datetime.now(UTC) + timedelta(minutes=minutes) for minutes in (90, 5000))
    visit = ("ATTENDEE:tel:+32475000001", "DESCRIPTION:Visit at {time}", alarm("TRIGGER:-PT2H"))
    weekly = (f"DTSTART:{soon:%Y%m%dT%H%M%SZ}", "RRULE:FREQ=WEEKLY;COUNT=2")
    site.drop("visit.ics", calendar(event(*weekly, *visit)).decode())
    for name, at in (("a.json", later), ("b.json", soon)):  # it moves
        wish = {"to": "+32475000002", "text": "Yours: {time}", "id": "a1", "appointment": at.isoformat()}
        site.drop(name, json.dumps(wish))
        site.until_in("sent", name)
    site.until(lambda: len(site.air()) == 2, "both are reminded")
    assert {one["text"] for one in site.air()} == {f"Visit at {soon:%H:%M}", f"Yours: {soon:%H:%M}"}
    assert site.names("sent") == ["a.json", "b.json", "visit.ics"]
    site.until(lambda: sorted(site.states()) == ["cancelled", "scheduled", "sent", "sent"], "all is as it is")
    assert "+32475" not in site.log
