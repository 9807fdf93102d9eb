"""What is still to be told, and to whom: a row is written with what it tells of, and deleted once told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, TypedDict

from sqlalchemy import bindparam, delete, func, insert, literal_column, select, update

from modemd.store.schema import gateway, message, outbox
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


# A message is told of by the gateway that accepted it, whoever sent it: its files, and who asked, are there.
_WHOSE = func.coalesce(
    select(message.c.gateway).where(message.c.id == bindparam("of")).scalar_subquery(), bindparam("acting")
)
_COLUMNS: Final = ("consumer", "event", "at", "message_id", "inbound_id", "report_id", "body")
_ADD: Final = Statement(insert(outbox).values(gateway=_WHOSE), _COLUMNS)
_BROADCAST_COLUMNS: Final = (
    "consumer", "event", "at", "message_id", "body", "topic", "correlation", "expires_at",
)  # fmt: skip
_BROADCAST: Final = Statement(insert(outbox).values(gateway=_WHOSE), _BROADCAST_COLUMNS)
_ROWS = select(*(outbox.c[name] for name in Untold._fields))
_UNTOLD: Final = Statement(
    _ROWS.where(
        outbox.c.consumer == bindparam("c"),
        outbox.c.gateway == bindparam("g"),
        outbox.c.id > bindparam("behind"),
    )
    .order_by(outbox.c.id)
    .limit(bindparam("most"))
    .offset(literal_column("0")),
)
_ANYBODYS: Final = Statement(
    _ROWS.where(outbox.c.consumer == bindparam("c"), outbox.c.topic == bindparam("topic")).order_by(
        outbox.c.id
    ),
)
_GATEWAYS: Final = Statement(
    select(gateway.c.name, gateway.c.seen_at, gateway.c.broker).where(gateway.c.name != bindparam("mine"))
)
_TAKE_OVER: Final = Statement(
    update(outbox)
    .where(outbox.c.consumer == bindparam("c"), outbox.c.gateway == bindparam("theirs"))
    .values(gateway=bindparam("mine")),
)
_OLDEST = (
    select(outbox.c.id)
    .where(outbox.c.consumer == bindparam("c"), outbox.c.gateway == bindparam("theirs"))
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
        report_id=report_id, body=body, of=message_id, acting=tx.gateway,
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
    acting = tx.gateway
    tx.many(_BROADCAST, [{**each, "of": each["message_id"], "acting": acting} for each in notices])


def untold(tx: Tx, consumer: str, behind: int, most: int) -> list[Untold]:
    """Return what this gateway's consumer is to be told, oldest first, from after row ``behind``."""
    rows = tx.all(_UNTOLD, c=consumer, g=tx.gateway, behind=behind, most=most)
    return [Untold._make(row) for row in rows]


def on_topic(tx: Tx, consumer: str, topic: str) -> list[Untold]:
    """Return what a consumer is to be told on one topic, whichever gateway has written it."""
    return [Untold._make(row) for row in tx.all(_ANYBODYS, c=consumer, topic=topic)]


def take_over(tx: Tx, consumer: str, before_us: int, *, by_broker: bool = False) -> int:
    """Make this gateway's what a consumer was to be told by gateways that were not seen since ``before_us``.

    ``by_broker``: also by those that have no broker. Return how many events.
    """
    gone = [""]
    gone += [
        str(name)
        for name, seen_at, broker in tx.all(_GATEWAYS, mine=tx.gateway)
        if seen_at < before_us or (by_broker and broker is None)
    ]
    return sum(
        tx.run(_TAKE_OVER, c=consumer, theirs=each, mine=tx.gateway) for each in gone if each != tx.gateway
    )


def told(tx: Tx, ids: Sequence[int]) -> None:
    """Forget what has been told."""
    tx.many(_TOLD, [{"told": each} for each in ids])


def forget(tx: Tx, consumer: str, before_us: int, most: int) -> int:
    """Forget what a consumer was not told of in time, of each gateway's ``most`` oldest; return how many."""
    everybody = {"", tx.gateway, *(str(row[0]) for row in tx.all(_GATEWAYS, mine=tx.gateway))}
    return sum(
        tx.run(_FORGET, c=consumer, theirs=each, before=before_us, most=most) for each in sorted(everybody)
    )
