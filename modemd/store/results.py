"""What the spool is to be told, read in one statement with all that the file of a plain message will say.

Plain is a message of one part that is alone in its file: nearly every one. A report of a message of one part
comes with what its file will say, too. For the others the row only names what it is about.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import bindparam, exists, literal_column, select

from modemd.store import spool
from modemd.store.outbound import EVENT_COLUMNS, MessageRow, MessageTimes
from modemd.store.outbox import Untold
from modemd.store.schema import message, outbox, part, report, spool_file
from modemd.store.spool import SpoolRow
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from modemd.store.transaction import Tx


class Plain(NamedTuple):
    """All that a plain message's result consists of."""

    message: MessageRow
    times: MessageTimes
    file: SpoolRow
    tp_mr: int | None
    evidence: str | None


class Reported(NamedTuple):
    """A status report as it came, and the message that it was matched to, if any."""

    pdu: str
    modem: str
    received_at: int
    message_id: int | None
    account: str | None


_OTHER = message.alias("other")
_ALONE = ~exists().where(_OTHER.c.file_id == message.c.file_id, _OTHER.c.id != message.c.id)
_TOLD_BY_ROW = ("id", "event", "at", "message_id", "inbound_id", "report_id", "body")
_SECTIONS: Final[tuple[tuple[Any, ...], ...]] = (
    tuple(outbox.c[name] for name in _TOLD_BY_ROW),
    EVENT_COLUMNS,
    tuple(message.c[name] for name in MessageTimes._fields),
    tuple(spool_file.c[name] for name in SpoolRow._fields),
    (part.c.tp_mr, part.c.evidence),
    (report.c.pdu, report.c.modem, report.c.received_at),
)
_UNTOLD: Final = Statement(
    select(*(column.label(f"c{place}") for place, column in enumerate(sum(_SECTIONS, ()))))
    .select_from(
        outbox.outerjoin(
            message, (message.c.id == outbox.c.message_id) & (message.c.part_count == literal_column("1"))
        )
        .outerjoin(spool_file, (spool_file.c.id == message.c.file_id) & _ALONE)
        .outerjoin(part, (part.c.message_id == message.c.id) & (part.c.part_no == literal_column("1")))
        .outerjoin(report, report.c.id == outbox.c.report_id),
    )
    .where(
        outbox.c.consumer == bindparam("c"),
        outbox.c.gateway == bindparam("g"),
        outbox.c.id > bindparam("behind"),
    )
    .order_by(outbox.c.id)
    .limit(bindparam("most"))
    .offset(literal_column("0")),
)
_CUTS: Final = tuple(sum(len(each) for each in _SECTIONS[:place]) for place in range(1, len(_SECTIONS)))


def untold(tx: Tx, consumer: str, behind: int, most: int) -> list[tuple[Untold, Plain | Reported | None]]:
    """Return what this gateway's consumer is to be told, oldest first, from after row ``behind``."""
    rows = tx.all(_UNTOLD, c=consumer, g=tx.gateway, behind=behind, most=most)
    return [_read(row) for row in rows]


def _read(row: tuple[Any, ...]) -> tuple[Untold, Plain | Reported | None]:
    about, times, file, tp_mr, reported = _CUTS
    one = Untold(*row[:about])
    if one.report_id is not None:
        known = row[reported] is not None and one.message_id == row[about]
        return one, Reported(*row[reported:], *row[about : about + 2]) if known else None
    if row[times] is None or row[file] is None:
        return one, None
    return one, Plain(
        MessageRow._make(row[about:times]),
        MessageTimes._make(row[times:file]),
        spool.read(row[file:tp_mr]),
        *row[tp_mr:reported],
    )
