"""A batch of dropped files as one transaction: which are new, which known, and what they are called now."""

from __future__ import annotations

import ast
import os
from typing import TYPE_CHECKING

from modemd.errors import Rejected
from modemd.gsm.values import value
from modemd.model import SendRequest
from modemd.service import intake
from modemd.service.outbox import SPOOL
from modemd.service.reminders import appointments
from modemd.store import outbox, spool
from modemd.store.spool import SpoolRow
from modemd.store.times import to_us

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from modemd.service.reminders.calendars import Outlook
    from modemd.service.rules import Rules
    from modemd.store.transaction import Tx
    from modemd.workers.spool_dirs import SpoolDirs


@value(frozen=True, slots=True)
class Dropped:
    """A file that was read and found good."""

    path: bytes
    name: bytes
    format: str
    prepared: tuple[intake.Prepared, ...]
    key: str
    calendars: tuple[Outlook, ...] = ()

    @property
    def asked(self) -> SendRequest:
        """What is told of it where it is refused."""
        if self.prepared:
            return self.prepared[0].request
        return SendRequest(to="", account=self.calendars[0].account if self.calendars else None)


@value(frozen=True, slots=True)
class Entered:
    """Where a file goes now that the store knows its messages, or why it is refused."""

    directory: str
    name: bytes
    refusal: Rejected | None = None


def key_of(path: bytes, found: os.stat_result) -> str:
    """Return what tells one dropped file from every other, so that it is one message when met again.

    It is compared only while the file is on its way, so a name that is used again is a new message.
    """
    return f"{os.fsdecode(path)!a} {found.st_dev}:{found.st_ino} {found.st_mtime_ns} {found.st_size}"


def left_at(key: str) -> bytes | None:
    """Return where the file of this key still lies as it was dropped; ``None`` where it has gone."""
    shown = key.rsplit(" ", 3)[0]
    path = os.fsencode(ast.literal_eval(shown))
    try:
        return path if key_of(path, os.lstat(path)) == key else None
    except OSError:
        return None


def enter(tx: Tx, dirs: SpoolDirs, files: Sequence[Dropped], rules: Rules, now: datetime) -> list[Entered]:
    """Write the messages of new files; find those of files that were entered before a crash."""
    known = {each.key: row for each in files if (row := spool.find_file(tx, each.key)) is not None}
    fresh = [each for each in files if each.key not in known]
    rows = _rows(tx, dirs, fresh)
    spool.add_files(tx, rows)
    for row in known.values():
        _tell_again(tx, row, now)
    prepared = [prepared for each in fresh for prepared in each.prepared]
    owners = [row.id for row, each in zip(rows, fresh, strict=True) for _ in each.prepared]
    answers = iter(appointments.accept(tx, prepared, rules, now, source="spool", file_ids=owners))
    entered = {each.key: Entered("checked", known[each.key].name) for each in files if each.key in known}
    for each, row in zip(fresh, rows, strict=True):
        entered[each.key] = _entered(tx, row, each.prepared, [next(answers) for _ in each.prepared])
        if each.calendars:
            from modemd.service.reminders import calendars  # noqa: PLC0415 - rarely met

            refusal = calendars.take(tx, rules, each.calendars, now)
            entered[each.key] = Entered("failed" if refusal else "sent", row.name, refusal)
    return [entered[each.key] for each in files]


def _tell_again(tx: Tx, row: SpoolRow, now: datetime) -> None:
    """The file came back though its messages are done (a power cut undid its renames): finish it again."""
    if spool.unfinished(tx, row.id) == 0:
        for message_id in spool.messages_of(tx, row.id)[-1:]:
            outbox.add(tx, SPOOL, "SENT", to_us(now), message_id=message_id)


def _rows(tx: Tx, dirs: SpoolDirs, fresh: Sequence[Dropped]) -> list[SpoolRow]:
    first_id = spool.next_file_id(tx, len(fresh))
    taken: set[bytes] = set()
    rows = []
    for file_id, each in enumerate(fresh, first_id):
        name = dirs.free_name("checked", each.name, taken)
        taken.add(name)
        rows.append(SpoolRow(file_id, each.key, name, each.format))
    return rows


def _entered(
    tx: Tx,
    row: SpoolRow,
    prepared: Sequence[intake.Prepared],
    answers: Sequence[intake.Accepted | Rejected],
) -> Entered:
    """A file of which nothing is new needs no result: refused, or known by its ``Client_id:`` already.

    Nor does an appointment: once it is kept, the file has done its work, whenever its reminders go out.
    """
    for each, answer in zip(prepared, answers, strict=True):
        if each.plan is None and isinstance(answer, intake.Accepted) and not answer.known:
            return Entered("checked", row.name)
    spool.forget_files(tx, [row.id])
    refusals = [answer for answer in answers if isinstance(answer, Rejected)]
    return Entered("failed", row.name, refusals[0]) if refusals else Entered("sent", row.name)
