"""Parts that wait for a channel's connector, and what was handed over for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import bindparam, literal_column, select, update

from modemd.store.schema import message, outbox, part, route
from modemd.store.schema_accounts import account
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from modemd.store.transaction import Tx


class WaitingPart(NamedTuple):
    """The first part on a channel's route, with its message; ``stopped``: its account's state, if not active.

    Times are microseconds since 1970.
    """

    id: int
    message_id: int
    route_id: int
    account: str
    client_id: str | None
    destination: str
    text: str | None
    note: str | None
    accepted_at: int
    deadline_at: int | None
    stopped: str | None


_OF_MESSAGE: Final = ("account", "client_id", "destination", "text", "note", "accepted_at", "deadline_at")
_ROUTES: Final = Statement(
    select(route.c.id, route.c.key)
    .where(route.c.key.like(literal_column("'channel:%'")))
    .order_by(route.c.id)
)
_FIRST: Final = Statement(
    select(
        part.c.id, part.c.message_id, part.c.route_id, *(message.c[name] for name in _OF_MESSAGE),
        account.c.state,
    )
    .join_from(part, message, message.c.id == part.c.message_id)
    .outerjoin(
        account,
        (account.c.name == message.c.account) & (account.c.state != literal_column("'active'")),
    )
    .where(part.c.state == literal_column("0"), part.c.route_id == bindparam("route_of"))
    .order_by(part.c.priority, part.c.id)
    .limit(literal_column("1"))
    .offset(literal_column("0"))
)  # fmt: skip
_TAKE: Final = Statement(
    update(part)
    .where(part.c.id == bindparam("wanted"))
    .values(
        state=literal_column("2"),
        submitted_at=bindparam("at"),
        attempts=part.c.attempts + literal_column("1"),
    )
)
_HANDED: Final = Statement(
    select(part.c.id, part.c.message_id)
    .join_from(outbox, part, part.c.message_id == outbox.c.message_id)
    .where(
        outbox.c.id == bindparam("told"),
        outbox.c.event == literal_column("'channel'"),
        part.c.state == literal_column("2"),
    )
)
_LATE: Final = Statement(
    select(outbox.c.id, part.c.id, part.c.message_id, part.c.route_id)
    .join_from(outbox, part, part.c.message_id == outbox.c.message_id)
    .join(message, message.c.id == part.c.message_id)
    .where(
        outbox.c.consumer == literal_column("'mqtt'"),
        outbox.c.gateway == bindparam("g"),
        outbox.c.event == literal_column("'channel'"),
        part.c.state == literal_column("2"),
        message.c.deadline_at < bindparam("before"),
    )
)


def routes(tx: Tx) -> list[tuple[int, str]]:
    """Return the routes of channels, each with its channel's name."""
    return [(int(route_id), str(key).partition(":")[2]) for route_id, key in tx.all(_ROUTES)]


def first(tx: Tx, route_id: int) -> WaitingPart | None:
    """Return the part that is next on a channel's route."""
    row = tx.one(_FIRST, route_of=route_id)
    return None if row is None else WaitingPart._make(row)


def take(tx: Tx, part_id: int, at_us: int) -> None:
    """Move a part to SUBMITTING: it is being handed over."""
    tx.run(_TAKE, wanted=part_id, at=at_us)


def handed(tx: Tx, outbox_id: int) -> tuple[int, int] | None:
    """Return the ``(part, message)`` that a row of the outbox hands over, while it does."""
    row = tx.one(_HANDED, told=outbox_id)
    return None if row is None else (int(row[0]), int(row[1]))


def late(tx: Tx, before_us: int) -> list[tuple[int, int, int, int]]:
    """Return ``(row of the outbox, part, message, route)`` of what nobody took until its deadline."""
    rows = tx.all(_LATE, g=tx.gateway, before=before_us)
    return [
        (int(row), int(part_id), int(message_id), int(route_id))
        for row, part_id, message_id, route_id in rows
    ]
