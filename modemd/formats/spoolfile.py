"""The spool's front door: any octets are a message of some format, or :class:`~modemd.errors.Rejected`."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Final, Literal

from modemd.formats.rejections import bad_request, nothing_to_send
from modemd.formats.smstools3.headers import split_file
from modemd.formats.smstools3.outcome import finished_file, rejected_lines
from modemd.formats.smstools3.request import PRIORITIES, read_request
from modemd.model import OutboundResult, Priority, SendRequest

Format = Literal["smstools3", "gammu", "json"]

MAX_FILE_OCTETS: Final = 1024 * 1024
"""A file with more is no message; a reader need not read further."""

_REJECTED_TOP: Final = re.compile(rb"(?:Fail_reason: [^\n]*\nFailed: [0-9: -]{17}\n)+")


@dataclass(frozen=True, slots=True)
class SpoolFile:
    """What one dropped file asks for: a request for each recipient, in the file's order."""

    format: Format
    requests: tuple[SendRequest, ...]


def read(
    name: str,
    octets: bytes,
    accepted: Collection[str] = ("smstools3", "gammu", "json"),
    *,
    zone: tzinfo = UTC,
) -> SpoolFile:
    """Read a dropped file; ``zone`` is where times without an offset are meant.

    Raises:
        Rejected: with ``fail_reason`` for the file's user, in smstools3's words where it has some.
    """
    if len(octets) > MAX_FILE_OCTETS:
        raise bad_request(f"the file is longer than {MAX_FILE_OCTETS} octets: this is not a message")
    contents = without_rejection(octets)
    if not contents.strip():
        raise nothing_to_send("the file is empty")
    return SpoolFile("smstools3", (read_request(contents, zone),))


def peek_priority(name: str, head: bytes) -> Priority:
    """The priority of a file by its name and first octets, to order files before they are read whole."""
    headers = split_file(without_rejection(head)).values()
    return PRIORITIES.get(headers.get("Priority", "").lower(), Priority.NORMAL)


def finished(
    form: Format,
    original: bytes,
    result: OutboundResult | Sequence[OutboundResult],
    *,
    zone: tzinfo = UTC,
) -> bytes:
    """The contents of the file in ``sent/`` or ``failed/``; results in the order of the file's requests.

    Done twice it gives the same: results of an earlier try are taken out first.
    """
    results = (result,) if isinstance(result, OutboundResult) else tuple(result)
    contents = without_rejection(original)
    return finished_file(contents, results[0], zone) if results else contents


def rejected(original: bytes, fail_reason: str, at: datetime, *, zone: tzinfo = UTC) -> bytes:
    """``Fail_reason:`` and ``Failed:``, and below them the file as it came, octet by octet."""
    return rejected_lines(fail_reason, at, zone) + without_rejection(original)


def without_rejection(octets: bytes) -> bytes:
    """The file as it was before :func:`rejected`, so that a repaired one can simply be dropped again."""
    top = _REJECTED_TOP.match(octets)
    return octets[top.end() :] if top else octets
