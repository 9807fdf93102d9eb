"""Where a part went, and what that makes of its message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import bindparam, case, exists, func, literal_column, select, update

from modemd.store.outbound import EVENT_COLUMNS, MessageRow
from modemd.store.schema import IN_DOUBT, SUBMITTING, UNCERTAIN, gateway, message, modem, part
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from modemd.model import Evidence
    from modemd.store.transaction import Row, Tx

_PART_SENT: Final = Statement(
    update(part)
    .where(part.c.id == bindparam("part_id"), IN_DOUBT)
    .values(
        state=literal_column("3"),
        tp_mr=bindparam("tp_mr_given"),
        sent_at=bindparam("at"),
        # Without a TP-MR no report can be matched.
        awaiting=case(
            (bindparam("tp_mr_given").is_(literal_column("NULL")), literal_column("0")),
            else_=select(message.c.report).where(message.c.id == part.c.message_id).scalar_subquery(),
        ),
        error_code=literal_column("NULL"),
        error_reason=literal_column("NULL"),
        evidence=func.coalesce(bindparam("by"), part.c.evidence),
    ),
)
_WHOLE = message.c.part_count == literal_column("1")
_MESSAGE_PART_SENT: Final = Statement(
    update(message)
    .where(message.c.id == bindparam("message_id"))
    .values(
        parts_done=message.c.parts_done + literal_column("1"),
        modem=func.coalesce(bindparam("name"), message.c.modem),
        sent_at=bindparam("at"),
        state=case((_WHOLE, literal_column("'sent'")), else_=message.c.state),
        ended_at=case(
            (_WHOLE & (message.c.report * bindparam("reportable") == literal_column("0")), bindparam("at")),
            (_WHOLE, literal_column("NULL")),
            else_=message.c.ended_at,
        ),
        error_code=case((_WHOLE, literal_column("NULL")), else_=message.c.error_code),
        error_reason=case((_WHOLE, literal_column("NULL")), else_=message.c.error_reason),
    )
    .returning(*EVENT_COLUMNS),
)
_PART_STATE: Final = Statement(
    update(part)
    .where(part.c.id == bindparam("part_id"))
    .values(
        state=bindparam("state_to"),
        route_id=bindparam("route_to"),
        not_before_at=bindparam("until"),
        moves=part.c.moves + bindparam("moved"),
        attempts=part.c.attempts - bindparam("uncounted"),
        doubted=part.c.doubted + bindparam("doubt"),
        evidence=func.coalesce(bindparam("by"), part.c.evidence),
        error_code=bindparam("code"),
        error_reason=bindparam("why"),
    ),
)
_MESSAGE_STATE: Final = Statement(
    update(message)
    .where(message.c.id == bindparam("message_id"))
    .values(
        state=bindparam("state_to"),
        ended_at=bindparam("ended"),
        error_code=bindparam("code"),
        error_reason=bindparam("why"),
    )
    .returning(*EVENT_COLUMNS),
)
_STATES: Final = Statement(
    select(part.c.state, func.count()).where(part.c.message_id == bindparam("id")).group_by(part.c.state),
)
_AWAITED: Final = Statement(
    select(func.count()).where(part.c.message_id == bindparam("id"), part.c.awaiting == literal_column("1")),
)
_CLOSE_WAITING: Final = Statement(
    update(part)
    .where(
        part.c.message_id == bindparam("message"),
        part.c.state.in_([literal_column("0"), literal_column("8")]),
    )
    .values(state=bindparam("state_to")),
)


def part_sent(tx: Tx, part_id: int, tp_mr: int | None, at_us: int, evidence: Evidence | None = None) -> bool:
    """Move a part that was submitted (or in doubt) to SENT; tell whether it was in such a state.

    ``evidence`` is what settled a doubt.
    """
    return bool(tx.run(_PART_SENT, part_id=part_id, tp_mr_given=tp_mr, at=at_us, by=evidence))


def count_sent(tx: Tx, message_id: int, modem: str | None, at_us: int, *, reportable: bool) -> MessageRow:
    """Count one more of a message's parts as taken by the network; return the message as it is then.

    A message of one part is ``sent`` thereby, and has ended unless a report of it can come.
    """
    row = tx.one(_MESSAGE_PART_SENT, message_id=message_id, name=modem, at=at_us, reportable=int(reportable))
    assert row is not None, "a part outlived its message"
    return MessageRow._make(row)


def move_part(
    tx: Tx,
    part_id: int,
    state: int,
    route_id: int,
    *,
    until_us: int | None = None,
    moved: bool = False,
    counts: bool = True,
    doubts: int = 0,
    code: str | None = None,
    reason: str | None = None,
    evidence: Evidence | None = None,
) -> None:
    """Put a part into a state, with its route, until when it waits there, and what trouble it met.

    ``counts``: whether what came before was one of its tries; ``doubts``: by how much it has more doubts
    behind it of which nobody can say how they ended; ``evidence``: what settled the last of them.
    """
    tx.run(
        _PART_STATE, part_id=part_id, state_to=state, route_to=route_id, until=until_us, moved=int(moved),
        uncounted=int(not counts), doubt=doubts, code=code, why=reason, by=evidence,
    )  # fmt: skip


def move_message(
    tx: Tx,
    message_id: int,
    state: str,
    *,
    ended_us: int | None = None,
    code: str | None = None,
    reason: str | None = None,
) -> MessageRow:
    """Put a message into a state; return it as it is then."""
    row = tx.one(
        _MESSAGE_STATE, message_id=message_id, state_to=state, ended=ended_us, code=code, why=reason,
    )  # fmt: skip
    assert row is not None, "no such message"
    return MessageRow._make(row)


_CHARGE: Final = Statement(
    update(message)
    .where(message.c.id == bindparam("message"))
    .values(credits=message.c.credits + bindparam("more")),
)
_IDS: Final = Statement(
    select(part.c.message_id, part.c.id)
    .where(part.c.message_id.between(bindparam("first"), bindparam("last")))
    .order_by(part.c.message_id, part.c.part_no),
)


def charge(tx: Tx, message_id: int, credits_: int) -> None:
    """Note that a message costs so many credits more than before, or less."""
    tx.run(_CHARGE, message=message_id, more=credits_)


def ids_of(tx: Tx, first: int, last: int) -> dict[int, list[int]]:
    """Return the parts, in order, of each of the messages from the key ``first`` to ``last``."""
    found: dict[int, list[int]] = {}
    for message_id, part_id in tx.all(_IDS, first=first, last=last):
        found.setdefault(message_id, []).append(part_id)
    return found


def part_states(tx: Tx, message_id: int) -> dict[int, int]:
    """Return how many of a message's parts are in which state."""
    return {int(state): int(count) for state, count in tx.all(_STATES, id=message_id)}


def awaited(tx: Tx, message_id: int) -> int:
    """Return how many of a message's parts still expect a status report."""
    return int(tx.scalar(_AWAITED, id=message_id))


def close_waiting(tx: Tx, message_id: int, state: int) -> int:
    """Move a message's parts that no modem holds to ``state``; return how many there were."""
    return tx.run(_CLOSE_WAITING, message=message_id, state_to=state)


_REWRITE: Final = Statement(
    update(part)
    .where(part.c.id == bindparam("part_id"))
    .values(pdu=bindparam("pdu_to"), tpdu_length=bindparam("length_to")),
)


def rewrite(tx: Tx, part_id: int, pdu: str, tpdu_length: int) -> None:
    """Give a part another PDU for its next try."""
    tx.run(_REWRITE, part_id=part_id, pdu_to=pdu, length_to=tpdu_length)


_PARTS: Final = Statement(
    select(
        part.c.id, part.c.part_no, part.c.state, part.c.tp_mr, part.c.tp_status, part.c.attempts,
        part.c.sent_at, part.c.discharged_at, part.c.error_code, part.c.error_reason, part.c.pdu,
        part.c.route_id, part.c.modem_id, part.c.evidence,
    )
    .where(part.c.message_id == bindparam("id"))
    .order_by(part.c.part_no),
)  # fmt: skip


def parts_of(tx: Tx, message_id: int) -> list[Row]:
    """Return each part, in order, with the columns of the statement above."""
    return tx.all(_PARTS, id=message_id)


_IN_DOUBT: Final = Statement(
    select(part.c.id, part.c.message_id, part.c.pdu).where(UNCERTAIN, part.c.modem_id == bindparam("modem")),
)
_SUBMITTING: Final = Statement(
    select(part.c.id, part.c.message_id, part.c.route_id).where(
        SUBMITTING, part.c.modem_id == bindparam("modem")
    ),
)
_SUBMITTING_LONG: Final = Statement(
    select(part.c.id, part.c.message_id, part.c.route_id).where(
        SUBMITTING, part.c.submitted_at < bindparam("before"), part.c.modem_id.is_not(literal_column("NULL"))
    ),
)
# A gateway looks for evidence of what went by its modems, as long as there is such a gateway.
_OF_ANOTHER = (
    exists()
    .where(
        modem.c.id == part.c.modem_id,
        modem.c.gateway != bindparam("mine"),
        gateway.c.name == modem.c.gateway,
        gateway.c.seen_at >= bindparam("gone"),
    )
    .correlate(part)
)


class Doubt(NamedTuple):
    """A part in doubt; ``doubted`` counts its doubts, ``evidence`` is what is known of it all the same."""

    part_id: int
    message_id: int
    route_id: int
    doubted: int
    tp_mr: int | None
    evidence: str | None


_DOUBT = (
    part.c.id, part.c.message_id, part.c.route_id, part.c.doubted, part.c.tp_mr, part.c.evidence,
)  # fmt: skip
_DOUBTS_OVER: Final = Statement(
    select(*_DOUBT).where(UNCERTAIN, part.c.not_before_at <= bindparam("at"), ~_OF_ANOTHER),
)
_NEXT_DOUBT: Final = Statement(select(func.min(part.c.not_before_at)).where(UNCERTAIN, ~_OF_ANOTHER))


def in_doubt(tx: Tx, modem_id: int) -> list[Row]:
    """Return ``(part, message, pdu)`` of what this modem was handed and has not answered for in time."""
    return tx.all(_IN_DOUBT, modem=modem_id)


def submitting(tx: Tx, modem_id: int) -> list[Row]:
    """Return ``(part, message, route)`` of what was being submitted by this modem."""
    return tx.all(_SUBMITTING, modem=modem_id)


def submitting_long(tx: Tx, before_us: int) -> list[Row]:
    """Return ``(part, message, route)`` of what any modem was given before then and has not answered for.

    What no modem was given is with the broker, which takes it for a connector sooner or later.
    """
    return tx.all(_SUBMITTING_LONG, before=before_us)


def doubts_over(tx: Tx, at_us: int, gone_us: int) -> list[Row]:
    """Return the columns of :class:`Doubt` of uncertain parts for which evidence was waited for long enough.

    They went by this gateway's modems, or by those of one that was not seen since ``gone_us``.
    """
    return tx.all(_DOUBTS_OVER, at=at_us, mine=tx.gateway, gone=gone_us)


def next_doubt(tx: Tx, gone_us: int) -> int | None:
    """Return when the next such part's time is over, in microseconds since 1970."""
    at = tx.scalar(_NEXT_DOUBT, mine=tx.gateway, gone=gone_us)
    return None if at is None else int(at)


_BLAME: Final = Statement(
    update(part)
    .where(
        part.c.id == bindparam("part_id"),
        # One in doubt has been counted; of one that has ended nobody asks any more.
        part.c.state.in_([literal_column("0"), literal_column("2"), literal_column("8")]),
    )
    .values(attempts=part.c.attempts + literal_column("1")),
)


def blame(tx: Tx, part_id: int) -> None:
    """Count one more try of a part that waits, or is tried elsewhere."""
    tx.run(_BLAME, part_id=part_id)


_UNCLAIM: Final = Statement(
    update(part)
    .where(part.c.id == bindparam("part_id"), SUBMITTING)
    .values(state=literal_column("0"), attempts=part.c.attempts - literal_column("1")),
)


def unclaim(tx: Tx, part_id: int) -> None:
    """Put a part that no modem was given back into the queue."""
    tx.run(_UNCLAIM, part_id=part_id)
