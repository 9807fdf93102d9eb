"""What the spool is to be told, with all that the files will say, read in one go."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from modemd.gsm.values import value
from modemd.service import told
from modemd.service.modems.dialogues import EVENT as USSD
from modemd.service.outbox import SPOOL
from modemd.store import modems, outbound, results, spool
from modemd.store.results import Plain, Reported
from modemd.store.times import from_us

if TYPE_CHECKING:
    from modemd.formats.spoolfile import Format
    from modemd.model import Inbound, OutboundResult, StatusReportFacts
    from modemd.store.outbox import Untold
    from modemd.store.spool import SpoolRow
    from modemd.store.transaction import Tx


@value(frozen=True, slots=True)
class CheckedFile:
    """A file that lies in ``checked/``."""

    id: int
    name: bytes
    form: Format
    key: str


@dataclass(slots=True)
class Due:
    """One event for the spool; ``file`` is ``None`` while other messages of its file are on their way."""

    id: int
    event: str
    body: str | None = None
    file: CheckedFile | None = None
    results: list[OutboundResult] = field(default_factory=list)
    inbound: Inbound | None = None
    report: StatusReportFacts | None = None
    report_id: int | None = None
    hook: tuple[str, bytes, str] | None = None

    @property
    def hook_argument(self) -> str:
        """A hook's third argument, as smstools3 has it: message references of what went out with a report.

        Of what the network says it is the modem.
        """
        if self.event == USSD and self.body is not None:
            return str(json.loads(self.body)["modem"])
        return " ".join(str(tp_mr) for result in self.results if result.report for tp_mr in result.tp_mrs)


def due(tx: Tx, behind: int, most: int) -> list[Due]:
    """Return what is to be told, oldest first, from after row ``behind``."""
    rows = results.untold(tx, SPOOL, behind, most)
    if not rows:
        return []
    known = modems.subscribers(tx)
    return [_one(tx, row, found, known) for row, found in rows]


def _one(tx: Tx, row: Untold, found: Plain | Reported | None, known: told.ModemFacts) -> Due:
    if found is None:
        return _due(tx, row, known)
    if isinstance(found, Plain):
        return _plain(row, found, known)
    return Due(row.id, row.event, report_id=row.report_id, report=told.facts_of(found, known))


def _checked(row: SpoolRow) -> CheckedFile:
    return CheckedFile(row.id, row.name, cast("Format", row.format), row.key)


def _plain(row: Untold, plain: Plain, known: told.ModemFacts) -> Due:
    at = from_us(row.at)
    assert at is not None
    tp_mrs = () if plain.tp_mr is None else (plain.tp_mr,)
    file = _checked(plain.file)
    result = told.result_of(plain.message, plain.times, tp_mrs, known, at, plain.evidence)
    return Due(row.id, row.event, file=file, results=[result])


def _due(tx: Tx, row: Untold, known: told.ModemFacts) -> Due:
    one = Due(row.id, row.event, row.body)
    if row.report_id is not None:
        one.report_id = row.report_id
        one.report = told.report_facts(tx, row.report_id, row.message_id, known)
    elif row.inbound_id is not None:
        one.inbound = told.inbound_value(tx, row.inbound_id, known)
    elif row.message_id is not None:
        _fill_results(tx, one, row, known)
    return one


def _fill_results(tx: Tx, one: Due, row: Untold, known: told.ModemFacts) -> None:
    assert row.message_id is not None
    message = outbound.find_message(tx, row.message_id)
    if message is None or message.file_id is None:
        return
    found = spool.file_of(tx, message.file_id)
    if found is None:
        return
    ids = spool.messages_of(tx, found.id)
    if len(ids) > 1 and spool.unfinished(tx, found.id):
        return
    at = from_us(row.at)
    assert at is not None
    ended = (told.outbound_result(tx, each, known, at) for each in ids)
    one.results = [result for result in ended if result is not None]
    one.file = _checked(found)
