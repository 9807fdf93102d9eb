"""What people who look are shown: lists, single messages, and counts that cost little in a large store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import bindparam, func, literal_column, select

from modemd.store.schema import (
    IN_DOUBT,
    QUEUED,
    SCHEDULED,
    TAKEN,
    inbound,
    message,
    modem,
    outbox,
    part,
    route,
    route_modem,
)
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from sqlalchemy import Select
    from sqlalchemy.sql.elements import ColumnElement

    from modemd.store.transaction import Tx


class OutboundRow(NamedTuple):
    """All that the store knows of a message; times are microseconds since 1970."""

    id: int
    account: str
    client_id: str | None
    source: str
    destination: str | None
    text: str | None
    coding: str
    state: str
    priority: int
    report: int
    part_count: int
    parts_done: int
    credits: int
    modem: str | None
    accepted_at: int
    submitted_at: int | None
    sent_at: int | None
    ended_at: int | None
    deadline_at: int | None
    error_code: str | None
    error_reason: str | None
    note: str | None


_OUTBOUND = tuple(message.c[name] for name in OutboundRow._fields)
_ONE: Final = Statement(select(*_OUTBOUND).where(message.c.id == bindparam("id")))

# A message is in one of these states because of a part for which there is a partial index, so that a few of
# them are found among millions. For the other states the newest messages are read until there are enough.
_BY_PARTS: Final[dict[str, ColumnElement[bool]]] = {"uncertain": IN_DOUBT, "scheduled": SCHEDULED}


def _listing(*, state: str | None, account: bool) -> Statement:
    wanted: Select[tuple[object, ...]] = select(*_OUTBOUND)
    if state is not None:
        wanted = wanted.where(message.c.state == bindparam("state"))
    if state in _BY_PARTS:
        wanted = wanted.where(message.c.id.in_(select(part.c.message_id).where(_BY_PARTS[state])))
    if account:
        wanted = wanted.where(message.c.account == bindparam("account"))
    return Statement(_newest(wanted, message.c.id))


def _newest(wanted: Select[tuple[object, ...]], by: ColumnElement[int]) -> Select[tuple[object, ...]]:
    return wanted.order_by(by.desc()).limit(bindparam("most")).offset(literal_column("0"))


_LISTS: Final = {
    (state, account): _listing(state=state, account=account)
    for state in (None, "", *_BY_PARTS)
    for account in (False, True)
}


def outbound(tx: Tx, *, state: str | None, account: str | None, most: int) -> list[OutboundRow]:
    """Return the newest messages first, of one state or account where that is asked for."""
    kind = state if state is None or state in _BY_PARTS else ""
    given = {name: value for name, value in (("state", state), ("account", account)) if value is not None}
    rows = tx.all(_LISTS[kind, account is not None], most=most, **given)
    return [OutboundRow._make(row) for row in rows]


def find_outbound(tx: Tx, message_id: int) -> OutboundRow | None:
    """Return one message."""
    row = tx.one(_ONE, id=message_id)
    return None if row is None else OutboundRow._make(row)


class PartRow(NamedTuple):
    """One part of a message; ``modem`` is who was handed it last."""

    part_no: int
    state: int
    route_id: int
    modem: str | None
    attempts: int
    tp_mr: int | None
    tp_status: int | None
    not_before_at: int | None
    submitted_at: int | None
    sent_at: int | None
    discharged_at: int | None
    error_code: str | None
    error_reason: str | None
    evidence: str | None


_PARTS: Final = Statement(
    select(*(modem.c.name if name == "modem" else part.c[name] for name in PartRow._fields))
    .select_from(part.outerjoin(modem, modem.c.id == part.c.modem_id))
    .where(part.c.message_id == bindparam("id"))
    .order_by(part.c.part_no),
)


def parts_of(tx: Tx, message_id: int) -> list[PartRow]:
    """Return a message's parts in order."""
    return [PartRow._make(row) for row in tx.all(_PARTS, id=message_id)]


class InboundRow(NamedTuple):
    """A received message."""

    id: int
    account: str
    originator: str | None
    text: str | None
    coding: str
    modem: str
    sc_at: int | None
    received_at: int
    part_count: int
    complete: int
    error: str | None
    mms: str | None


_INBOUND = tuple(inbound.c[name] for name in InboundRow._fields)
_RECEIVED: Final = Statement(_newest(select(*_INBOUND), inbound.c.id))
_RECEIVED_BY: Final = Statement(
    _newest(select(*_INBOUND).where(inbound.c.account == bindparam("account")), inbound.c.id)
)
_ONE_RECEIVED: Final = Statement(select(*_INBOUND).where(inbound.c.id == bindparam("id")))


def received(tx: Tx, *, account: str | None, most: int) -> list[InboundRow]:
    """Return the newest received messages first."""
    rows = (
        tx.all(_RECEIVED, most=most) if account is None else tx.all(_RECEIVED_BY, most=most, account=account)
    )
    return [InboundRow._make(row) for row in rows]


def find_received(tx: Tx, inbound_id: int) -> InboundRow | None:
    """Return one received message."""
    row = tx.one(_ONE_RECEIVED, id=inbound_id)
    return None if row is None else InboundRow._make(row)


# --- counts: each reads one partial index and nothing else --------------------------------------------------
_IN_HAND: Final = Statement(select(part.c.state, func.count()).where(IN_DOUBT).group_by(part.c.state))
_SCHEDULED: Final = Statement(select(func.count()).select_from(part).where(SCHEDULED))
_UNTOLD: Final = Statement(
    select(outbox.c.consumer, func.count()).group_by(outbox.c.consumer).order_by(outbox.c.consumer)
)
_SENT_SINCE: Final = Statement(
    select(part.c.modem_id, func.count())
    .where(TAKEN, part.c.sent_at >= bindparam("since"))
    .group_by(part.c.modem_id)
)
_FIRST_OF_EACH = select(func.min(part.c.id)).where(QUEUED).group_by(part.c.route_id)
_LONGEST_WAITING: Final = Statement(
    select(route.c.key, message.c.accepted_at)
    .select_from(
        part.join(message, message.c.id == part.c.message_id).join(route, route.c.id == part.c.route_id)
    )
    .where(part.c.id.in_(_FIRST_OF_EACH)),
)
_LAST_TAKEN: Final = Statement(
    select(part.c.sent_at)
    .where(TAKEN, part.c.modem_id.is_not(None))
    .order_by(part.c.sent_at.desc())
    .limit(literal_column("1"))
    .offset(literal_column("0")),
)
_MEMBERS: Final = Statement(
    select(route.c.id, route.c.key, route_modem.c.modem_id)
    .select_from(route.outerjoin(route_modem, route_modem.c.route_id == route.c.id))
    .order_by(route.c.id, route_modem.c.modem_id)
)
_MODEM_NAMES: Final = Statement(select(modem.c.id, modem.c.gateway, modem.c.name).order_by(modem.c.id))


def in_hand(tx: Tx) -> dict[int, int]:
    """Return how many parts are being submitted, and how many are in doubt, by their state."""
    return {int(state): int(count) for state, count in tx.all(_IN_HAND)}


def scheduled(tx: Tx) -> int:
    """Return how many parts wait for their time, be it the sender's or that of another try."""
    return int(tx.scalar(_SCHEDULED))


def longest_waiting(tx: Tx) -> list[tuple[str, int]]:
    """Return when that was accepted which waits longest on each route, by the route's key."""
    return [(str(key), int(accepted_at)) for key, accepted_at in tx.all(_LONGEST_WAITING)]


def last_taken(tx: Tx) -> int | None:
    """Return when the network took a part by a modem the last time."""
    found = tx.scalar(_LAST_TAKEN)
    return None if found is None else int(found)


def untold(tx: Tx) -> dict[str, int]:
    """Return how many events each consumer has still to be told of."""
    return {str(consumer): int(count) for consumer, count in tx.all(_UNTOLD)}


def sent_since(tx: Tx, since_us: int) -> dict[int, int]:
    """Return how many parts the network took from each modem, by its id, since then."""
    return {int(modem_id): int(count) for modem_id, count in tx.all(_SENT_SINCE, since=since_us) if modem_id}


def routes(tx: Tx) -> dict[int, tuple[str, list[int]]]:
    """Return each route's key and the ids of its modems, by its id."""
    found: dict[int, tuple[str, list[int]]] = {}
    for route_id, key, modem_id in tx.all(_MEMBERS):
        _key, members = found.setdefault(int(route_id), (str(key), []))
        if modem_id is not None:
            members.append(int(modem_id))
    return found


def modem_names(tx: Tx) -> dict[int, tuple[str, str]]:
    """Return ``(gateway, name)`` of each modem by its id."""
    return {int(each): (str(gateway), str(name)) for each, gateway, name in tx.all(_MODEM_NAMES)}
