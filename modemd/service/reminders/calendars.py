"""Calendar objects as a source of appointments: taken, brought up to date, looked through day by day.

What recurs is planned 60 days ahead. An occurrence is an appointment by the name ``<UID>/<its own time>``: it
is replaced when it moves, and called off when it is cancelled or no longer in its calendar.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from modemd.errors import Rejected
from modemd.formats.ical import CalendarObject, merged
from modemd.formats.ical_dates import occurrences
from modemd.formats.sendfields import recipients
from modemd.model import SendRequest
from modemd.service import intake
from modemd.service.checks import DEFAULT_ACCOUNT
from modemd.service.clock_set import EARLIEST
from modemd.service.outbox import announce_rejected
from modemd.service.reminders import appointments
from modemd.service.told import rejected_event
from modemd.store import accounts
from modemd.store import appointments as planned
from modemd.store import calendars as store
from modemd.store.times import to_us

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from modemd.formats.ical_dates import Occurrence
    from modemd.service.checks import Prepared
    from modemd.service.rules import Rules
    from modemd.store.calendars import CalendarRow
    from modemd.store.transaction import Tx

log = logging.getLogger(__name__)

AHEAD: Final = timedelta(days=60)
"""So far ahead of a reminder its appointment is planned, and its credits are held."""
AGAIN: Final = timedelta(days=1)
_BEYOND: Final = timedelta(days=365)
"""What was looked through up to then was so by a clock that was years ahead: no right one was."""
_OVER: Final = frozenset({"closed", "erased"})
_MOST: Final = 10_000
"""Reminders of one file: one transaction takes them all."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a calendar object brings: appointments, checked and encoded; ``more`` if later ones may come."""

    calendar: CalendarObject
    account: str
    prepared: tuple[Prepared, ...]
    more: bool


def look_ahead(calendar: CalendarObject, account: str | None, rules: Rules, now: datetime) -> Outlook:
    """Look through a calendar object, as far ahead as its reminders are planned. Needs no store.

    Raises:
        Rejected: as any message can be; the sentence names the event's UID.
    """
    name = account or DEFAULT_ACCOUNT
    if name not in rules.accounts:
        raise Rejected("account_unknown", f"there is no account {name!r}")
    reach = AHEAD + timedelta(seconds=max(rules.accounts[name].remind, default=0))
    found, more = occurrences(calendar.uid, calendar.body, now, now + reach, rules.zone)
    longest_s = max((max(each.leads_s) for each in found if each.leads_s), default=0)
    if timedelta(seconds=longest_s) + AHEAD > reach:
        reach = AHEAD + timedelta(seconds=longest_s)
        found, more = occurrences(calendar.uid, calendar.body, now, now + reach, rules.zone)
    try:
        prepared = [
            intake.prepare(request, rules, now)
            for each in found
            for request in _requests(calendar.uid, each, name, rules)
        ]
    except Rejected as refused:
        raise Rejected(refused.code, f"event {calendar.uid[:80]}: {refused.reason}") from refused
    return Outlook(calendar, name, tuple(prepared), more)


def look_through(
    found: Sequence[CalendarObject], account: str | None, rules: Rules, now: datetime
) -> tuple[Outlook, ...]:
    """Look through all that a file holds. It takes its time: some milliseconds for what recurs.

    Changes of single occurrences are looked through when it is known what they change.

    Raises:
        Rejected: one of its events is wrong, or they bring too much at once; then none of it is taken.
    """
    made = tuple(
        look_ahead(each, account, rules, now)
        if each.whole
        else Outlook(each, account or DEFAULT_ACCOUNT, (), more=True)
        for each in found
    )
    if sum(len(one.plan.messages) for each in made for one in each.prepared if one.plan) > _MOST:
        raise Rejected("bad_request", f"the calendar brings more than {_MOST} reminders at once")
    return made


def _requests(uid: str, each: Occurrence, account: str, rules: Rules) -> list[SendRequest]:
    to = recipients({"to": list(each.to)}, rules.contacts)
    key = f"{uid}/{each.which}" if each.which else uid
    return [
        SendRequest(
            to=one, account=account, text=each.text, client_id=key if len(to) == 1 else f"{key}/{one}",
            appointment_at=each.at, remind_s=each.leads_s,
        )
        for one in to
    ]  # fmt: skip


def take(tx: Tx, rules: Rules, file: Sequence[Outlook], now: datetime) -> Rejected | None:
    """Keep the objects of a file, and plan what they bring; return why, where nothing of it can be taken.

    Of an object that is known, an older version (``SEQUENCE``) is ignored, and a newer one kept whatever
    becomes of its reminders. A new one is kept if any of its reminders can be accepted, or may be later.
    """
    outcomes = [_take(tx, rules, each, now) for each in file]
    refusals = [each for each in outcomes if each is not None]
    return refusals[0] if refusals and len(refusals) == len(outcomes) else None


def _take(tx: Tx, rules: Rules, new: Outlook, now: datetime) -> Rejected | None:
    owner = accounts.find(tx, new.account)
    if owner is None:
        return Rejected("account_unknown", f"there is no account {new.account!r}")
    known, calendar = store.find(tx, owner.id, new.calendar.uid), new.calendar
    if not calendar.whole:
        try:
            calendar = calendar if known is None else merged(known.body, calendar)
            new = look_ahead(calendar, new.account, rules, now)
        except Rejected as refused:
            return refused
    elif known is not None and calendar.sequence < known.sequence:
        log.info("a calendar of account %s holds an older version of an event: ignored", new.account)
        return None
    if known is None:
        return _take_new(tx, rules, new, owner.id, now)
    store.change(tx, known.id, max(calendar.sequence, known.sequence), calendar.body, to_us(now))
    _tell(tx, rules, new.prepared, _plan(tx, rules, known.id, new, now), now)
    return None


def _take_new(tx: Tx, rules: Rules, new: Outlook, account_id: int, now: datetime) -> Rejected | None:
    if not new.prepared and not new.more:
        if new.calendar.cancelled:
            return None  # of what was never heard of
        return Rejected("too_late", f"event {new.calendar.uid[:80]}: it is past")
    made_of = new.calendar
    calendar_id = store.add(tx, account_id, made_of.uid, made_of.sequence, made_of.body, to_us(now))
    answers = _plan(tx, rules, calendar_id, new, now)
    refusals = [each for each in answers if isinstance(each, Rejected)]
    if refusals and len(refusals) == len(answers) and not new.more:
        store.remove(tx, calendar_id)
        first = refusals[0]
        return Rejected(
            first.code, f"event {made_of.uid[:80]}: {first.reason}", fail_reason=first.fail_reason
        )
    _tell(tx, rules, new.prepared, answers, now)
    return None


def _plan(tx: Tx, rules: Rules, calendar_id: int, new: Outlook, now: datetime) -> list[appointments.Answer]:
    """Call off what is no longer in a calendar, and plan what is: known ones stay as they are."""
    keys = {each.request.client_id for each in new.prepared}
    for row in planned.of_calendar(tx, calendar_id, to_us(now)):
        if row.key not in keys:
            appointments.call_off(tx, rules, row, now)
    answers = appointments.accept(
        tx, new.prepared, rules, now, source="spool", calendar_id=calendar_id
    )  # fmt: skip
    store.set_expanded(tx, calendar_id, to_us(now + AHEAD) if new.more else None)
    return answers


def _tell(
    tx: Tx, rules: Rules, prepared: Sequence[Prepared], answers: Sequence[appointments.Answer], now: datetime
) -> None:
    """What is kept for later, or was replaced, and could not be accepted: it is tried again every day."""
    refused = 0
    for each, answer in zip(prepared, answers, strict=True):
        if isinstance(answer, Rejected):
            refused += 1
            event = rejected_event(answer, each.account, each.request.client_id, each.request.to, now)
            announce_rejected(tx, rules, event, to_us(now), None)
    if refused:
        log.warning(
            "%d appointments of a calendar of account %s are not reminded of", refused, prepared[0].account
        )


def due(tx: Tx, now: datetime, most: int) -> list[CalendarRow]:
    """Return objects that were not looked through for a day; none by a clock that was never set.

    By that one all that is planned would lie further ahead than it looks, and be called off.
    """
    if now < EARLIEST:
        return []
    return store.due(tx, to_us(now + AHEAD - AGAIN), to_us(now + _BEYOND), most)


def account_of(tx: Tx, row: CalendarRow) -> str | None:
    """Return the name of the account that a calendar object is of, as it is called now."""
    owner = accounts.find_by_id(tx, row.account_id)
    return None if owner is None else owner.name


def look_again(row: CalendarRow, account: str, rules: Rules, now: datetime) -> Outlook:
    """Look through an object that was kept. Needs no store.

    Raises:
        Rejected: what was in order once is so no more, such as a number that the account may not send to.
    """
    calendar = CalendarObject(row.uid, row.sequence, whole=True, cancelled=False, body=row.body)
    return look_ahead(calendar, account, rules, now)


def go_on(tx: Tx, rules: Rules, row: CalendarRow, new: Outlook | None, now: datetime) -> int:
    """Plan what has come near of an object that was kept; return how many appointments could not be.

    ``None``: it could not be looked through, and is tomorrow. One that was changed meanwhile is left alone.
    """
    present = store.find_by_id(tx, row.id)
    if present is None or (present.body, present.expanded_to) != (row.body, row.expanded_to):
        return 0
    owner = accounts.find_by_id(tx, row.account_id)
    if owner is None or owner.state in _OVER:
        store.set_expanded(tx, row.id, None)
        return 0
    if new is None:
        store.set_expanded(tx, row.id, to_us(now + AHEAD))
        return 0
    return sum(isinstance(each, Rejected) for each in _plan(tx, rules, row.id, new, now))
