"""Appointments by the spool: files that have done their work when they are kept, and calendars day by day."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from modemd.service.accounts import account_sync
from modemd.workers.calendars import Calendars
from tests.formats.test_ical import START as BEGINS
from tests.formats.test_ical import TO as FOR
from tests.formats.test_ical import WEEKLY, calendar, event
from tests.service.office import START, TO
from tests.store.files import rows
from tests.workers.spool_door import Door, play

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

FORMATS = ["smstools3", "json", "ical"]
HEADERS = f"To: {TO}\nClient_id: a1\nAppointment: 2026-11-25 09:30\nRemind: 24h, 2h\n\nSee you at {{time}}"


async def opened(here: Door, *, at: datetime = START) -> None:
    """The gateway's day has begun: its accounts have their rows."""
    floor = here.hall.floor
    floor.now = lambda: at
    await floor.store.run(lambda tx: account_sync.sync(tx, floor.rules, at))


def test_a_file_with_an_appointment_has_done_its_work_when_it_is_kept(tmp_path: Path) -> None:
    async def story(here: Door) -> None:
        await opened(here)
        for name in ("a", "b"):  # the same again
            here.lay(name, HEADERS)
            await here.emptied()
        assert (here.hall.names("sent"), here.hall.names("checked")) == (["a", "b"], [])
        assert rows(here.look, "SELECT client_id, state, file_id, text FROM message") == [
            ("a1/24h", "scheduled", None, "See you at 09:30"),
            ("a1/2h", "scheduled", None, "See you at 09:30"),
        ]

    play(tmp_path, story)


def test_an_appointment_that_is_past_is_refused(tmp_path: Path) -> None:
    async def story(here: Door) -> None:
        await opened(here)
        here.lay("a", HEADERS.replace("2026-11-25", "2026-11-21"))
        await here.emptied()
        assert "Fail_reason: appointment: it is past" in (here.spool / "failed" / "a").read_text()

    play(tmp_path, story)


def test_a_calendar_is_kept(tmp_path: Path) -> None:
    async def story(here: Door) -> None:
        await opened(here)
        here.lay("a.ics", calendar(WEEKLY))
        await here.emptied()
        assert here.hall.names("sent") == ["a.ics"]
        assert (here.spool / "sent" / "a.ics").read_bytes() == calendar(WEEKLY)
        assert [text for _, text in here.messages()] == [
            "Visit, 23/11/2026 08:30",
            "Visit, 30/11/2026 08:30",
            "Visit, 07/12/2026 08:30",
        ]
        assert rows(here.look, "SELECT count(*) FROM spool_file") == [(0,)]

    play(tmp_path, story, formats=FORMATS)


def test_a_calendar_with_a_bad_event_is_refused(tmp_path: Path) -> None:
    async def story(here: Door) -> None:
        await opened(here)
        here.lay("a.ics", calendar(WEEKLY, event(BEGINS, "SUMMARY:x", uid="u2")))
        here.lay("b.ics", calendar(event("DTSTART:20261101T090000Z", FOR, "SUMMARY:x")))
        await here.emptied()
        assert here.hall.names("failed") == ["a.ics", "b.ics"]
        said = [(here.spool / "failed" / name).read_text().splitlines()[0] for name in ("a.ics", "b.ics")]
        assert said[0].startswith("Fail_reason: event u2: concerns nobody")
        assert said[1] == "Fail_reason: event u1: it is past"
        assert here.messages() == []

    play(tmp_path, story, formats=FORMATS)


def test_calendars_are_read_where_they_are_asked_for(tmp_path: Path) -> None:
    async def story(here: Door) -> None:
        here.lay("a.ics", calendar(WEEKLY))
        await here.emptied()
        said = (here.spool / "failed" / "a.ics").read_text()
        assert said.startswith("Fail_reason: this is a file of the format ical, which spool.formats does not")

    play(tmp_path, story)


def test_what_recurs_is_looked_through_every_day(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def story(here: Door) -> None:
        await opened(here)
        here.lay("a.ics", calendar(WEEKLY.replace(";COUNT=3", "")))
        await here.emptied()
        floor, worker = here.hall.floor, Calendars(here.hall.floor)
        worker.stop()  # it does not wait
        before = len(here.messages())

        async def a_month_later(months: int) -> None:
            floor.now = lambda: START + timedelta(days=30 * months)
            worker.stopping = False
            await asyncio.wait_for(worker.step(), 20)
            worker.stop()

        await a_month_later(1)
        planned = len(here.messages())
        assert planned - before in {4, 5}
        # Meanwhile the account may no longer send there: it is said, and tried again a day later.
        strict = floor.rules.accounts["default"].model_copy(update={"allow": ("+49",)})
        floor.rules = replace(floor.rules, accounts={"default": strict})
        await a_month_later(2)
        assert len(here.messages()) == planned
        assert "is not reminded of today: not_allowed" in caplog.text

    play(tmp_path, story, formats=FORMATS)
