"""What housekeeping asks of the store: deadlines, and what may be forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, delete, func, literal_column, select, update

from modemd.store.schema import concat, conversation, inbound, inbound_part, message, part, report
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from modemd.store.transaction import Tx

_OPEN = message.c.ended_at.is_(None) & message.c.deadline_at.is_not(None)
_UNSENT: Final = message.c.state.in_(
    [literal_column(f"'{state}'") for state in ("queued", "scheduled", "sending", "uncertain", "accepted")]
)
_WAITING = (
    select(part.c.id)
    .where(part.c.message_id == message.c.id, part.c.state.in_([literal_column("0"), literal_column("8")]))
    .correlate(message)
)
_OVERDUE: Final = Statement(
    select(message.c.id)
    .where(_OPEN, message.c.deadline_at <= bindparam("at"), _UNSENT, _WAITING.exists())
    .order_by(message.c.deadline_at)
    .limit(bindparam("most"))
    .offset(literal_column("0")),
)
_NEXT_DEADLINE: Final = Statement(
    select(func.min(message.c.deadline_at)).where(_OPEN, message.c.deadline_at > bindparam("after"), _UNSENT),
)
_CLOSE_MESSAGES: Final = Statement(
    update(message)
    .where(_OPEN, message.c.deadline_at <= bindparam("before"), message.c.state == literal_column("'sent'"))
    .values(ended_at=bindparam("at"))
    .returning(message.c.id),
)
_STOP_AWAITING: Final = Statement(
    update(part).where(part.c.message_id == bindparam("message")).values(awaiting=literal_column("0")),
)


def overdue(tx: Tx, at_us: int, most: int) -> list[int]:
    """Return messages of which parts still wait though their deadline is over, the oldest first."""
    return [int(row[0]) for row in tx.all(_OVERDUE, at=at_us, most=most)]


def next_deadline(tx: Tx, after_us: int) -> int | None:
    """Return the next deadline of a message that is not sent yet, in microseconds since 1970."""
    at = tx.scalar(_NEXT_DEADLINE, after=after_us)
    return None if at is None else int(at)


def close_unreported(tx: Tx, before_us: int, at_us: int) -> int:
    """Close sent messages whose deadline was before ``before_us``; return how many."""
    closed = [int(row[0]) for row in tx.all(_CLOSE_MESSAGES, before=before_us, at=at_us)]
    for message_id in closed:
        tx.run(_STOP_AWAITING, message=message_id)
    return len(closed)


_FORGET_TEXTS: Final = Statement(
    update(message)
    .where(message.c.ended_at <= bindparam("before"), message.c.text.is_not(literal_column("NULL")))
    .values(text=literal_column("NULL"), note=literal_column("NULL")),
)
_FORGET_PDUS: Final = Statement(
    update(part)
    .where(
        part.c.pdu != literal_column("''"),
        part.c.message_id.in_(select(message.c.id).where(message.c.ended_at <= bindparam("before"))),
    )
    .values(pdu=literal_column("''")),
)
_FORGET_INBOUND_TEXTS: Final = Statement(
    update(inbound)
    .where(
        inbound.c.received_at <= bindparam("before"),
        inbound.c.text.is_not(literal_column("NULL")) | inbound.c.mms.is_not(literal_column("NULL")),
    )
    .values(text=literal_column("NULL"), mms=literal_column("NULL")),
)
_FORGET_INBOUND_PARTS: Final = Statement(
    delete(inbound_part).where(
        inbound_part.c.received_at <= bindparam("before"),
        inbound_part.c.inbound_id.is_not(literal_column("NULL")),
    ),
)
_FORGET_REPORTS: Final = Statement(delete(report).where(report.c.received_at <= bindparam("before")))
# Each only where there is something to forget: else every day would write all of the past anew.
_FORGET_NUMBERS: Final = tuple(
    Statement(clause)
    for clause in (
        update(message)
        .where(
            message.c.ended_at <= bindparam("before"), message.c.destination.is_not(literal_column("NULL"))
        )
        .values(destination=literal_column("NULL")),
        update(part)
        .where(
            part.c.message_id.in_(select(message.c.id).where(message.c.ended_at <= bindparam("before"))),
            part.c.recipient.is_not(literal_column("NULL")),
        )
        .values(recipient=literal_column("NULL")),
        update(inbound)
        .where(
            inbound.c.received_at <= bindparam("before"), inbound.c.originator.is_not(literal_column("NULL"))
        )
        .values(originator=literal_column("NULL")),
        delete(concat).where(concat.c.used_at <= bindparam("before")),
        delete(conversation).where(conversation.c.at <= bindparam("before")),
    )
)


def forget_texts(tx: Tx, before_us: int) -> None:
    """Remove the texts and PDUs of what ended before then."""
    for statement in (
        _FORGET_TEXTS,
        _FORGET_PDUS,
        _FORGET_INBOUND_TEXTS,
        _FORGET_INBOUND_PARTS,
        _FORGET_REPORTS,
    ):
        tx.run(statement, before=before_us)


def forget_numbers(tx: Tx, before_us: int) -> None:
    """Remove the phone numbers of what ended before then."""
    for statement in _FORGET_NUMBERS:
        tx.run(statement, before=before_us)
