"""What is still to be told, and to whom: a row is written with what it tells of, and deleted once told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, TypedDict

from sqlalchemy import bindparam, delete, insert, literal_column, select

from modemd.store.schema import outbox
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modemd.store.transaction import Tx


class Untold(NamedTuple):
    """One event that one consumer has not been told of yet.

    ``topic`` stands below the consumer's prefix, or behind ``=`` for itself; ``correlation`` goes with an
    answer; after ``expires_at`` (microseconds since 1970) nobody waits for it any more.
    """

    id: int
    event: str
    at: int
    message_id: int | None
    inbound_id: int | None
    report_id: int | None
    body: str | None
    topic: str | None = None
    correlation: bytes | None = None
    expires_at: int | None = None


_COLUMNS: Final = ("consumer", "event", "at", "message_id", "inbound_id", "report_id", "body")
_ADD: Final = Statement(insert(outbox), _COLUMNS)
_BROADCAST_COLUMNS: Final = (
    "consumer", "event", "at", "message_id", "body", "topic", "correlation", "expires_at",
)  # fmt: skip
_BROADCAST: Final = Statement(insert(outbox), _BROADCAST_COLUMNS)
_UNTOLD: Final = Statement(
    select(*(outbox.c[name] for name in Untold._fields))
    .where(outbox.c.consumer == bindparam("c"), outbox.c.id > bindparam("behind"))
    .order_by(outbox.c.id)
    .limit(bindparam("most"))
    .offset(literal_column("0")),
)
_OLDEST = (
    select(outbox.c.id)
    .where(outbox.c.consumer == bindparam("c"))
    .order_by(outbox.c.id)
    .limit(bindparam("most"))
    .offset(literal_column("0"))
)
_FORGET: Final = Statement(
    delete(outbox).where(outbox.c.id.in_(_OLDEST), outbox.c.at < bindparam("before")),
)
_TOLD: Final = Statement(delete(outbox).where(outbox.c.id == bindparam("told")))


def add(
    tx: Tx,
    consumer: str,
    event: str,
    at_us: int,
    *,
    message_id: int | None = None,
    inbound_id: int | None = None,
    report_id: int | None = None,
    body: str | None = None,
) -> None:
    """Write down that ``consumer`` is to be told of ``event``."""
    tx.run(
        _ADD, consumer=consumer, event=event, at=at_us, message_id=message_id, inbound_id=inbound_id,
        report_id=report_id, body=body,
    )  # fmt: skip


class Notice(TypedDict):
    """One event with all that is told of it, for a consumer that looks nothing up; see :class:`Untold`."""

    consumer: str
    event: str
    at: int
    message_id: int | None
    body: str
    topic: str
    correlation: bytes | None
    expires_at: int | None


def broadcast(tx: Tx, notices: Sequence[Notice]) -> None:
    """Write down events with their bodies, in this order."""
    tx.many(_BROADCAST, notices)


def untold(tx: Tx, consumer: str, behind: int, most: int) -> list[Untold]:
    """Return what a consumer is to be told, oldest first, from after row ``behind``."""
    return [Untold._make(row) for row in tx.all(_UNTOLD, c=consumer, behind=behind, most=most)]


def told(tx: Tx, ids: Sequence[int]) -> None:
    """Forget what has been told."""
    tx.many(_TOLD, [{"told": each} for each in ids])


def forget(tx: Tx, consumer: str, before_us: int, most: int) -> int:
    """Forget what a consumer was not told of in time, among its ``most`` oldest; return how many."""
    return tx.run(_FORGET, c=consumer, before=before_us, most=most)
