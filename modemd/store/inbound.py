"""What came in: raw parts, unique by SIM and PDU, the messages joined from them, and status reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import bindparam, func, insert, literal_column, select, update

from modemd.store.schema import AWAITING, ORPHAN, UNCERTAIN, inbound, inbound_part, message, part, report
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from modemd.store.transaction import Row, Tx

_PART_COLUMNS: Final = (
    "sim", "digest", "pdu", "modem", "account", "received_at", "originator", "concat_key", "part_no",
    "part_count",
)  # fmt: skip
_SEEN: Final = Statement(
    select(inbound_part.c.id).where(
        inbound_part.c.sim == bindparam("sim"), inbound_part.c.digest == bindparam("digest")
    ),
)
_ADD_PART: Final = Statement(insert(inbound_part).returning(inbound_part.c.id), _PART_COLUMNS)
_WAITING: Final = Statement(
    select(inbound_part.c.id, inbound_part.c.part_no, inbound_part.c.pdu, inbound_part.c.received_at)
    .where(
        inbound_part.c.inbound_id.is_(literal_column("NULL")),
        inbound_part.c.concat_key.is_not(literal_column("NULL")),
        inbound_part.c.concat_key == bindparam("k"),
    )
    .order_by(inbound_part.c.part_no, inbound_part.c.id),
)
_JOINED: Final = Statement(
    update(inbound_part)
    .where(inbound_part.c.id == bindparam("part_id"))
    .values(inbound_id=bindparam("inbound_to")),
)
_INBOUND_COLUMNS: Final = (
    "account", "originator", "text", "coding", "modem", "sim", "sc_at", "received_at", "part_count",
    "complete", "error", "mms",
)  # fmt: skip
_ADD_INBOUND: Final = Statement(insert(inbound).returning(inbound.c.id), _INBOUND_COLUMNS)
_INBOUND: Final = Statement(
    select(inbound.c.id, *(inbound.c[name] for name in _INBOUND_COLUMNS)).where(
        inbound.c.id == bindparam("id"),
    ),
)
_INBOUND_PDUS: Final = Statement(
    select(inbound_part.c.pdu)
    .where(inbound_part.c.inbound_id == bindparam("id"))
    .order_by(inbound_part.c.part_no, inbound_part.c.id),
)
_STALE: Final = Statement(
    select(
        inbound_part.c.concat_key, func.min(inbound_part.c.modem), func.min(inbound_part.c.account),
        func.min(inbound_part.c.sim), func.min(inbound_part.c.part_count),
    )
    .where(
        inbound_part.c.inbound_id.is_(literal_column("NULL")),
        inbound_part.c.concat_key.is_not(literal_column("NULL")),
    )
    .group_by(inbound_part.c.concat_key)
    .having(func.min(inbound_part.c.received_at) <= bindparam("before")),
)  # fmt: skip


class InboundRow(NamedTuple):
    """A received message as the store keeps it."""

    id: int
    account: str
    originator: str | None
    text: str | None
    coding: str
    modem: str
    sim: str
    sc_at: int | None
    received_at: int
    part_count: int
    complete: int
    error: str | None
    mms: str | None
    """As JSON, what the notification of a picture message says."""


def add_part(tx: Tx, **values: object) -> int | None:
    """Keep a raw part; return its id, or ``None`` when this SIM gave this very PDU before."""
    if tx.one(_SEEN, sim=values["sim"], digest=values["digest"]) is not None:
        return None
    return int(tx.scalar(_ADD_PART, **values))


def waiting_parts(tx: Tx, concat_key: str) -> list[Row]:
    """Return ``(id, part_no, pdu, received_at)`` of the parts that wait to be joined under a key."""
    return tx.all(_WAITING, k=concat_key)


def stale_keys(tx: Tx, before_us: int) -> list[Row]:
    """Return ``(concat_key, modem, account, sim, part_count)`` of what has waited since ``before_us``."""
    return tx.all(_STALE, before=before_us)


def add_inbound(tx: Tx, part_ids: list[int], **values: object) -> int:
    """Write a joined message; its parts then belong to it."""
    inbound_id = int(tx.scalar(_ADD_INBOUND, **values))
    tx.many(_JOINED, [{"part_id": each, "inbound_to": inbound_id} for each in part_ids])
    return inbound_id


def find_inbound(tx: Tx, inbound_id: int) -> tuple[InboundRow, list[str]] | None:
    """Return a received message and its PDUs in order."""
    row = tx.one(_INBOUND, id=inbound_id)
    if row is None:
        return None
    return InboundRow._make(row), [str(each[0]) for each in tx.all(_INBOUND_PDUS, id=inbound_id)]


# --- status reports ----------------------------------------------------------------------------------------
_REPORT_COLUMNS: Final = (
    "sim", "digest", "pdu", "modem", "received_at", "tp_mr", "recipient", "tp_status", "discharged_at",
    "sc_at", "part_id", "orphan",
)  # fmt: skip
_REPORT_SEEN: Final = Statement(
    select(report.c.id).where(report.c.sim == bindparam("sim"), report.c.digest == bindparam("digest")),
)
_ADD_REPORT: Final = Statement(insert(report).returning(report.c.id), _REPORT_COLUMNS)
_REPORT: Final = Statement(
    select(report.c.pdu, report.c.modem, report.c.received_at, report.c.part_id).where(
        report.c.id == bindparam("id")
    ),
)
_AWAITED: Final = Statement(
    select(part.c.id, part.c.message_id)
    .where(
        AWAITING,
        part.c.recipient == bindparam("to"),
        part.c.tp_mr == bindparam("mr"),
        part.c.sim == bindparam("sim"),
    )
    .order_by(part.c.id.desc())
    .limit(literal_column("1"))
    .offset(literal_column("0")),
)
_DOUBTFUL: Final = Statement(
    select(part.c.id, part.c.message_id, part.c.submitted_at)
    .join(message, message.c.id == part.c.message_id)
    .where(
        UNCERTAIN,
        message.c.report == literal_column("1"),
        part.c.recipient == bindparam("to"),
        part.c.sim == bindparam("sim"),
    )
    # Not by id alone: SQLite would then walk all parts in that order instead of the few in doubt.
    .order_by(part.c.submitted_at.desc(), part.c.id.desc()),
)
_LAG: Final = Statement(
    select(report.c.sc_at - part.c.submitted_at)
    .select_from(report.join(part, part.c.id == report.c.part_id))
    # The concatenation keeps SQLite from its index on the SIM: the newest report is near the table's end.
    .where(report.c.sim.concat(literal_column("''")) == bindparam("sim"), report.c.sc_at.is_not(None))
    .order_by(report.c.id.desc())
    .limit(literal_column("1"))
    .offset(literal_column("0")),
)
_REPORTED: Final = Statement(
    update(part)
    .where(part.c.id == bindparam("part_id"), part.c.awaiting == literal_column("1"))
    .values(
        tp_status=bindparam("st"),
        discharged_at=bindparam("at"),
        state=func.coalesce(bindparam("state_to"), part.c.state),
        awaiting=bindparam("still"),
    ),
)
_EXPIRED: Final = Statement(
    select(func.count()).where(
        part.c.message_id == bindparam("message"),
        part.c.state == literal_column("6"),
        part.c.tp_status == literal_column("70"),  # 0x46: 3GPP TS 23.040, 9.2.3.15
    ),
)
_ORPHANS: Final = Statement(
    select(report.c.id, report.c.pdu)
    .select_from(part)
    .join(
        report,
        ORPHAN
        & (report.c.recipient == part.c.recipient)
        & (report.c.tp_mr == part.c.tp_mr)
        & (report.c.sim == part.c.sim)
        & (report.c.received_at >= part.c.submitted_at),
    )
    .where(part.c.id == bindparam("id"))
    .order_by(report.c.id),
)
_ADOPT: Final = Statement(
    update(report)
    .where(report.c.id == bindparam("report_id"))
    .values(part_id=bindparam("part_to"), orphan=literal_column("0")),
)


def is_known_report(tx: Tx, sim: str, digest: bytes) -> bool:
    """Tell whether this SIM gave this very PDU before."""
    return tx.one(_REPORT_SEEN, sim=sim, digest=digest) is not None


def add_report(tx: Tx, **values: object) -> int:
    """Keep a report that is not known yet; return its id."""
    return int(tx.scalar(_ADD_REPORT, **values))


def find_report(tx: Tx, report_id: int) -> Row | None:
    """Return ``(pdu, modem, received_at, part_id)``."""
    return tx.one(_REPORT, id=report_id)


def awaited_part(tx: Tx, recipient: str, tp_mr: int, sim: str) -> tuple[int, int] | None:
    """Return ``(part, message)``: the newest that went by this SIM to this recipient under this TP-MR."""
    row = tx.one(_AWAITED, to=recipient, mr=tp_mr, sim=sim)
    return None if row is None else (int(row[0]), int(row[1]))


def doubtful_parts(tx: Tx, recipient: str, sim: str) -> list[tuple[int, int, int]]:
    """Return ``(part, message, submitted_at)`` in doubt, that this SIM had for a phone, newest first.

    Times are in microseconds since 1970.
    """
    rows = tx.all(_DOUBTFUL, to=recipient, sim=sim)
    return [(int(part_id), int(message_id), int(at)) for part_id, message_id, at in rows]


def service_centre_lag(tx: Tx, sim: str) -> int:
    """Return by how much the service centre's time of this SIM's last reported part was after ours, in us."""
    lag = tx.scalar(_LAG, sim=sim)
    return 0 if lag is None else int(lag)


def part_reported(
    tx: Tx, part_id: int, tp_status: int, at_us: int | None, state: int | None, *, final: bool
) -> bool:
    """Note what a report says of a part that awaits one; a final one ends the wait for others.

    Return whether it awaited one: the first final report counts.
    """
    changed = tx.run(_REPORTED, part_id=part_id, st=tp_status, at=at_us, state_to=state, still=int(not final))
    return bool(changed)


def expired_parts(tx: Tx, message_id: int) -> int:
    """Return how many parts of a message the network kept until their validity ended."""
    return int(tx.scalar(_EXPIRED, message=message_id))


def orphans(tx: Tx, part_id: int) -> list[Row]:
    """Return ``(id, pdu)`` of reports without a part that came after this one was submitted and fit it."""
    return tx.all(_ORPHANS, id=part_id)


def adopt(tx: Tx, report_id: int, part_id: int) -> None:
    """Say which part an orphan belongs to."""
    tx.run(_ADOPT, report_id=report_id, part_to=part_id)
