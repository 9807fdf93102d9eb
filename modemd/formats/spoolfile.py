"""The spool's front door: any octets are a message of some format, or :class:`~modemd.errors.Rejected`."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Final, Literal

from modemd.formats.gammu import is_gammu_name, name_priority, read_gammu
from modemd.formats.ical import CalendarObject, is_installed, read_calendar
from modemd.formats.jsonresult import finished_json
from modemd.formats.rejections import bad_request, nothing_to_send
from modemd.formats.sendfields import NO_CONTACTS
from modemd.formats.sendjson import read_send
from modemd.formats.smstools3.headers import BOM, split_file
from modemd.formats.smstools3.outcome import finished_file, is_sent, rejected_lines, why_failed
from modemd.formats.smstools3.request import PRIORITIES, read_request
from modemd.gsm.values import value
from modemd.model import OutboundResult, Priority, SendRequest

Format = Literal["smstools3", "gammu", "json", "ical"]

MAX_FILE_OCTETS: Final = 1024 * 1024
"""A file with more is no message; a reader need not read further."""

_JSON_PRIORITY: Final = re.compile(rb'"priority"\s*:\s*"([A-Za-z]{1,10})"')
_REJECTED_TOP: Final = re.compile(
    rb"(?:Fail_reason: [^\n]*\n(?:Account: [A-Za-z0-9_-]+\n)?Failed: [0-9: -]{17}\n)+"
)


@value(frozen=True, slots=True)
class SpoolFile:
    """What one dropped file asks for: a request for each recipient, or calendars, in the file's order."""

    format: Format
    requests: tuple[SendRequest, ...]
    calendars: tuple[CalendarObject, ...] = ()


def read(
    name: str,
    octets: bytes,
    accepted: Collection[str] = ("smstools3", "gammu", "json"),
    *,
    zone: tzinfo = UTC,
    contacts: Mapping[str, tuple[str, ...]] = NO_CONTACTS,
) -> SpoolFile:
    """Read a dropped file; ``zone`` is where times without an offset are meant.

    ``contacts`` are names that may stand for numbers in a JSON file.

    Raises:
        Rejected: with ``fail_reason`` for the file's user, in smstools3's words where it has some.
    """
    if len(octets) > MAX_FILE_OCTETS:
        raise bad_request(f"the file is longer than {MAX_FILE_OCTETS} octets: this is not a message")
    contents = without_rejection(octets)
    if not contents.strip():
        raise nothing_to_send("the file is empty")
    form = format_of(name, contents)
    if form not in accepted:
        raise bad_request(f"this is a file of the format {form}, which spool.formats does not name")
    if form == "json":
        return SpoolFile(form, read_send(contents, zone, contacts).requests)
    if form == "ical":
        return SpoolFile(form, (), _calendars(contents))
    if form == "gammu":
        return SpoolFile(form, (read_gammu(name, contents),))
    return SpoolFile(form, (read_request(contents, zone),))


def is_calendar(name: str) -> bool:
    """Whether a file's name says that it is one: reading it takes its time."""
    return name.lower().endswith((".ics", ".ical"))


def _calendars(contents: bytes) -> tuple[CalendarObject, ...]:
    if not is_installed():
        raise bad_request("calendars are not read here: what reads them (the extra ical) is not installed")
    return tuple(read_calendar(contents))


def format_of(name: str, head: bytes) -> Format:
    """By name or first octets: gammu's ``OUT….txt``, ``.ics``, ``.json`` or a bracket; else smstools3."""
    if is_gammu_name(name):
        return "gammu"
    if is_calendar(name):
        return "ical"
    is_json = name.lower().endswith(".json") or head.removeprefix(BOM).lstrip()[:1] in {b"{", b"["}
    return "json" if is_json else "smstools3"


def peek_priority(name: str, head: bytes) -> Priority:
    """The priority of a file by its name and first octets, to order files before they are read whole."""
    if is_gammu_name(name):
        return name_priority(name)
    if b"riority" not in head:
        return Priority.NORMAL
    contents = without_rejection(head)
    form = format_of(name, contents)
    if form == "json":
        named = _JSON_PRIORITY.search(contents)
        word = named[1].decode("ascii") if named else ""
    else:
        word = split_file(contents).values().get("Priority", "")
    return PRIORITIES.get(word.lower(), Priority.NORMAL)


def finished(
    form: Format,
    original: bytes,
    result: OutboundResult | Sequence[OutboundResult],
    *,
    zone: tzinfo = UTC,
    contacts: Mapping[str, tuple[str, ...]] = NO_CONTACTS,
) -> bytes:
    """The contents of the file in ``sent/`` or ``failed/``; results in the order of the file's requests.

    smstools3's get headers, JSON objects a ``result``; gammu's stay as they are, with ``Fail_reason:`` on top
    where the message failed. Done twice it gives the same: results of an earlier try are taken out first.
    """
    results = (result,) if isinstance(result, OutboundResult) else tuple(result)
    contents = without_rejection(original)
    if not results:
        return contents
    if form == "json":
        return finished_json(contents, results, contacts)
    if form == "smstools3":
        return finished_file(contents, results[0], zone)
    if is_sent(results[0]):
        return contents
    ended = results[0].ended_at or results[0].event.at
    return rejected(contents, why_failed(results[0]), ended, zone=zone)


def rejected(
    original: bytes, fail_reason: str, at: datetime, *, zone: tzinfo = UTC, account: str | None = None
) -> bytes:
    """``Fail_reason:`` and ``Failed:``, and below them the file as it came, octet by octet.

    ``account``: whose folder it was dropped into; it stands between them.
    """
    return rejected_lines(fail_reason, at, zone, account) + without_rejection(original)


def without_rejection(octets: bytes) -> bytes:
    """The file as it was before :func:`rejected`, so that a repaired one can simply be dropped again."""
    top = _REJECTED_TOP.match(octets)
    return octets[top.end() :] if top else octets
