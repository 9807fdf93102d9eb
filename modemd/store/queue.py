"""The queue: claiming the next part, keeping a message's parts together, waking what waited for its time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import ColumnElement, Select, bindparam, exists, func, literal_column, select, update

from modemd.store.outbound import EVENT_COLUMNS, MessageRow
from modemd.store.schema import QUEUED, SCHEDULED, message, part, route_modem
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from modemd.store.transaction import Tx


class ClaimedPart(NamedTuple):
    """A part that a modem now has to submit."""

    id: int
    message_id: int
    part_no: int
    part_count: int
    pdu: str
    tpdu_length: int
    attempts: int
    route_id: int
    doubted: int
    account: str
    stopped: str | None
    """The state of an account that may not send, or ``quiet`` in its quiet hours."""


QUIET: Final = "quiet"
IsQuiet = Callable[["Tx", ClaimedPart], bool]
"""Tells whether a part may not go out at this hour."""


_COLUMNS = tuple(part.c[name] for name in ClaimedPart._fields[:-2])
# As text: in RETURNING, Core leaves the tables' names out, of inner columns as well.
_ACCOUNT: Final = "(SELECT m.account FROM message AS m WHERE m.id = part.message_id)"
_STOPPED: Final = (
    "(SELECT a.state FROM message AS m JOIN account AS a ON a.name = m.account"
    " WHERE m.id = part.message_id AND a.state <> 'active')"
)
_CLAIMED = (
    *_COLUMNS,
    literal_column(_ACCOUNT).label("account"),
    literal_column(_STOPPED).label("stopped"),
)
_Q = part.alias("q")
_P = part.alias("p")
_R = route_modem.alias("r")


def _first_of(*fitting: ColumnElement[bool]) -> Select[tuple[int]]:
    """The first part that a modem may take: of the heads of its routes the foremost."""
    head = (
        select(_Q.c.id)
        .where(_Q.c.state == literal_column("0"), _Q.c.route_id == _R.c.route_id, *fitting)
        .order_by(_Q.c.priority, _Q.c.id)
        .limit(literal_column("1"))
        .offset(literal_column("0"))
        .correlate(_R)
        .scalar_subquery()
    )
    return (
        select(_P.c.id)
        .select_from(_R.join(_P, _P.c.id == head))
        .where(_R.c.modem_id == bindparam("modem_id"))
        .order_by(_P.c.priority, _P.c.id)
        .limit(literal_column("1"))
        .offset(literal_column("0"))
    )


def _claiming(first: Select[tuple[int]]) -> Statement:
    return Statement(
        update(part)
        .where(part.c.id == first.scalar_subquery())
        .values(
            state=literal_column("2"),
            modem_id=bindparam("modem_id"),
            sim=bindparam("sim"),
            submitted_at=bindparam("at"),
            attempts=part.c.attempts + literal_column("1"),
        )
        .returning(*_CLAIMED),
    )


CLAIM: Final = _claiming(_first_of())
_M = message.alias("of_first")
_BEGUN = exists().where(_M.c.id == _Q.c.message_id, _M.c.parts_done > literal_column("0")).correlate(_Q)
_CLAIM_FITTING: Final = _claiming(_first_of((_Q.c.part_count <= bindparam("fits")) | _BEGUN))
_WAITS: Final = Statement(_first_of())
_MARK_SENDING = (
    update(message)
    .where(
        message.c.id == bindparam("message_id"),
        message.c.state.in_([literal_column("'queued'"), literal_column("'uncertain'")]),
    )
    .values(
        state=literal_column("'sending'"),
        modem=bindparam("name"),
        submitted_at=func.coalesce(message.c.submitted_at, bindparam("at")),
    )
)
_SENDING: Final = Statement(_MARK_SENDING)
_SENDING_TOLD: Final = Statement(_MARK_SENDING.returning(*EVENT_COLUMNS))
_PIN: Final = Statement(
    update(part)
    .where(
        part.c.message_id == bindparam("message"),
        part.c.state.in_([literal_column("0"), literal_column("2"), literal_column("8")]),
    )
    .values(route_id=bindparam("route_to")),
)


def claim(
    tx: Tx,
    modem_id: int,
    name: str,
    sim: str,
    at_us: int,
    is_quiet: IsQuiet | None = None,
    fits: int | None = None,
) -> ClaimedPart | None:
    """Move the first part that this modem may take to SUBMITTING; return ``None`` when there is none.

    Its message is not touched where the account is ``stopped``: the part is to be given back. No message of
    more than ``fits`` parts is begun.

    The cost is one index seek for each route that the modem is in, whatever is waiting.
    """
    claimed = _first(tx, modem_id, sim, at_us, is_quiet, fits)
    if claimed is None or claimed.stopped is not None:
        return claimed
    tx.run(_SENDING, message_id=claimed.message_id, name=name, at=at_us)
    return claimed


def _first(
    tx: Tx, modem_id: int, sim: str, at_us: int, is_quiet: IsQuiet | None, fits: int | None
) -> ClaimedPart | None:
    if fits is None:
        row = tx.one(CLAIM, modem_id=modem_id, sim=sim, at=at_us)
    else:
        row = tx.one(_CLAIM_FITTING, modem_id=modem_id, sim=sim, at=at_us, fits=fits)
    if row is None:
        return None
    claimed = ClaimedPart._make(row)
    if is_quiet is not None and claimed.stopped is None and is_quiet(tx, claimed):
        return claimed._replace(stopped=QUIET)
    return claimed


def waits(tx: Tx, modem_id: int) -> bool:
    """Tell whether there is a part that this modem could take, however long its message is."""
    return tx.scalar(_WAITS, modem_id=modem_id) is not None


def claim_to_tell(
    tx: Tx,
    modem_id: int,
    name: str,
    sim: str,
    at_us: int,
    is_quiet: IsQuiet | None = None,
    fits: int | None = None,
) -> tuple[ClaimedPart | None, MessageRow | None]:
    """Do as :func:`claim` does; return the message too where its state changed thereby."""
    claimed = _first(tx, modem_id, sim, at_us, is_quiet, fits)
    if claimed is None or claimed.stopped is not None:
        return claimed, None
    changed = tx.one(_SENDING_TOLD, message_id=claimed.message_id, name=name, at=at_us)
    return claimed, None if changed is None else MessageRow._make(changed)


def mark_sending(tx: Tx, message_id: int, name: str, at_us: int) -> MessageRow | None:
    """Write down that a message is being sent, and by what; return it if it was not before."""
    changed = tx.one(_SENDING_TOLD, message_id=message_id, name=name, at=at_us)
    return None if changed is None else MessageRow._make(changed)


_TAKEN_PART: Final = Statement(
    select(*_CLAIMED).where(part.c.id == bindparam("id")),
)


def claimed_part(tx: Tx, part_id: int) -> ClaimedPart:
    """Return a part as its modem was given it."""
    row = tx.one(_TAKEN_PART, id=part_id)
    assert row is not None, "no such part"
    return ClaimedPart._make(row)


def pin(tx: Tx, message_id: int, route_id: int) -> None:
    """Keep a message's parts together on one route: those that wait, and the one that is being submitted."""
    tx.run(_PIN, message=message_id, route_to=route_id)


_PROMOTE_PARTS: Final = Statement(
    update(part)
    .where(
        part.c.id.in_(
            select(_Q.c.id)
            .where(_Q.c.state == literal_column("8"), _Q.c.not_before_at <= bindparam("at"))
            .order_by(_Q.c.not_before_at)
            .limit(bindparam("most"))
            .offset(literal_column("0"))
        )
    )
    .values(state=literal_column("0"), not_before_at=literal_column("NULL"))
    .returning(part.c.message_id),
)
_PROMOTE_MESSAGE: Final = Statement(
    update(message)
    .where(message.c.id == bindparam("message"), message.c.state == literal_column("'scheduled'"))
    .values(state=literal_column("'queued'")),
)
_NEXT_DUE: Final = Statement(select(func.min(part.c.not_before_at)).where(SCHEDULED))


def promote(tx: Tx, at_us: int, most: int) -> list[int]:
    """Queue scheduled parts whose time has come; return the messages that left ``scheduled`` thereby."""
    message_ids = {int(row[0]) for row in tx.all(_PROMOTE_PARTS, at=at_us, most=most)}
    return [each for each in sorted(message_ids) if tx.run(_PROMOTE_MESSAGE, message=each)]


def next_due(tx: Tx) -> int | None:
    """Return when the next scheduled part is due, in microseconds since 1970."""
    due = tx.scalar(_NEXT_DUE)
    return None if due is None else int(due)


_UNTOUCHED = (
    select(message.c.id)
    .where(
        message.c.id == part.c.message_id,
        message.c.route_id != bindparam("pinned"),
        message.c.parts_done == literal_column("0"),
        ~exists().where(
            _Q.c.message_id == message.c.id, _Q.c.state.in_([literal_column("2"), literal_column("7")])
        ),
    )
    .correlate(part)
)
_UNPIN: Final = Statement(
    update(part)
    .where(QUEUED, part.c.route_id == bindparam("pinned"), _UNTOUCHED.exists())
    .values(
        route_id=select(message.c.route_id).where(message.c.id == part.c.message_id).scalar_subquery(),
    ),
)
_LEFT_ALONE = (
    select(message.c.id)
    .where(
        message.c.id == part.c.message_id,
        message.c.route_id != bindparam("pinned"),
        ~exists().where(
            _Q.c.message_id == message.c.id, _Q.c.submitted_at.between(bindparam("before"), bindparam("at"))
        ),
    )
    .correlate(part)
)
_UNPIN_BEGUN: Final = Statement(
    update(part)
    .where(QUEUED, part.c.route_id == bindparam("pinned"), _LEFT_ALONE.exists())
    .values(
        route_id=select(message.c.route_id).where(message.c.id == part.c.message_id).scalar_subquery(),
    ),
)
_WAITING: Final = Statement(
    select(part.c.route_id, func.count()).where(QUEUED).group_by(part.c.route_id),
)


def unpin(tx: Tx, route_id: int) -> int:
    """Give parts that wait on a route back to their messages' own routes; return how many.

    Not those of a message of which the network took a part, or may yet: they follow it by the same SIM.
    """
    return tx.run(_UNPIN, pinned=route_id)


def unpin_begun(tx: Tx, route_id: int, before_us: int, at_us: int) -> int:
    """The same for messages that were begun, but of which nothing was submitted between two moments.

    What lies behind that, by a clock which was ahead, is no reason to wait until then.
    """
    return tx.run(_UNPIN_BEGUN, pinned=route_id, before=before_us, at=at_us)


def waiting(tx: Tx) -> dict[int, int]:
    """Return how many parts wait on each route. It counts them: for people who look, not for the hot path."""
    return {int(route_id): int(count) for route_id, count in tx.all(_WAITING)}
