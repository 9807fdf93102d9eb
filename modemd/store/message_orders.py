"""Writing down what an operator orders: parts that ended without being sent go back into the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, func, literal_column, select, update

from modemd.store.schema import UNCERTAIN, message, part
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from modemd.store.transaction import Tx

_UNSENT = part.c.state.in_([literal_column("5"), literal_column("9"), literal_column("10")])
_NO_LONGER_KEPT: Final = Statement(
    select(func.count()).where(
        part.c.message_id == bindparam("message"), _UNSENT, part.c.pdu == literal_column("''")
    ),
)
_REQUEUE: Final = Statement(
    update(part)
    .where(part.c.message_id == bindparam("message"), _UNSENT)
    .values(
        state=literal_column("0"),
        route_id=bindparam("route_to"),
        attempts=literal_column("0"),
        moves=literal_column("0"),
        not_before_at=literal_column("NULL"),
        error_code=literal_column("NULL"),
        error_reason=literal_column("NULL"),
    ),
)
_DEADLINE: Final = Statement(
    update(message).where(message.c.id == bindparam("message")).values(deadline_at=bindparam("until")),
)
_IN_DOUBT: Final = Statement(
    select(part.c.id, part.c.route_id)
    .where(part.c.message_id == bindparam("message"), UNCERTAIN)
    .order_by(part.c.part_no),
)


def forgotten_parts(tx: Tx, message_id: int) -> int:
    """Return how many of a message's unsent parts have lost their PDU to the retention."""
    return int(tx.scalar(_NO_LONGER_KEPT, message=message_id))


def requeue_unsent(tx: Tx, message_id: int, route_id: int) -> int:
    """Queue what failed, expired or was cancelled, as if it were new; return how many parts."""
    return tx.run(_REQUEUE, message=message_id, route_to=route_id)


def set_deadline(tx: Tx, message_id: int, until_us: int) -> None:
    """Say until when a message may be sent, in microseconds since 1970."""
    tx.run(_DEADLINE, message=message_id, until=until_us)


def parts_in_doubt(tx: Tx, message_id: int) -> list[tuple[int, int]]:
    """Return ``(part, route)`` of a message's parts that nobody can say were sent."""
    return [(int(part_id), int(route_id)) for part_id, route_id in tx.all(_IN_DOUBT, message=message_id)]
