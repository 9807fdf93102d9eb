"""Moments that were counted from a clock which was wrong: moved with it, or not believed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import ColumnElement, bindparam, case, exists, literal_column, or_, select, update

from modemd.store.schema import (
    IN_DOUBT,
    ORPHAN,
    SCHEDULED,
    inbound_part,
    message,
    modem,
    modem_order,
    outbox,
    part,
    report,
)
from modemd.store.schema_accounts import reminder
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from modemd.store.transaction import Tx

_NULL: ColumnElement[None] = literal_column("NULL")
_BY: ColumnElement[int] = bindparam("by")
_MINE = part.c.modem_id.in_(select(modem.c.id).where(modem.c.gateway == bindparam("g")))
_MY_NAMES = select(modem.c.name).where(modem.c.gateway == bindparam("g"))
_JOINS = inbound_part.c.inbound_id.is_(_NULL) & inbound_part.c.concat_key.is_not(_NULL)
_RETRIED = SCHEDULED & part.c.submitted_at.is_not(_NULL) & _MINE
"""What was given to a modem before waits for its next try; other parts for a time that a person named."""
_NAMED = (message.c.state == literal_column("'scheduled'")) & message.c.submitted_at.is_(_NULL)

_ORPHANS = (
    ORPHAN
    & (report.c.recipient >= literal_column("''"))  # all that fit any part: so the index is gone through
    & report.c.modem.in_(_MY_NAMES)
)

_MOVE_DOUBTS: Final = Statement(
    update(part)
    .where(IN_DOUBT, _MINE, ~part.c.submitted_at.between(bindparam("new_from"), bindparam("new_to")))
    .values(
        submitted_at=part.c.submitted_at + _BY,
        not_before_at=part.c.not_before_at + _BY + bindparam("slept"),
    )
)
_MOVE_RETRIES: Final = Statement(
    update(part)
    .where(_RETRIED, part.c.not_before_at > bindparam("at"))
    .values(not_before_at=part.c.not_before_at + _BY)
)
_MOVE_DEADLINES: Final = Statement(
    update(message)
    .where(
        message.c.ended_at.is_(_NULL),
        message.c.deadline_at > literal_column("0"),
        message.c.gateway == bindparam("g"),
        message.c.accepted_at.between(bindparam("first"), bindparam("last")),
        ~message.c.accepted_at.between(bindparam("new_from"), bindparam("new_to")),
        or_(~_NAMED, message.c.deadline_at < bindparam("earliest")),
        ~exists().where(reminder.c.message_id == message.c.id),
    )
    .values(
        {name: message.c[name] + _BY for name in ("accepted_at", "submitted_at", "sent_at", "deadline_at")}
    )
)
_MOVE_JOINS: Final = Statement(
    update(inbound_part)
    .where(
        _JOINS,
        inbound_part.c.received_at.between(bindparam("first"), bindparam("last")),
        inbound_part.c.modem.in_(_MY_NAMES),
    )
    .values(received_at=inbound_part.c.received_at + _BY)
)
_MOVE_ORPHANS: Final = Statement(  # or none would be later than the part that it overtook
    update(report)
    .where(_ORPHANS, report.c.received_at.between(bindparam("first"), bindparam("last")))
    .values(received_at=report.c.received_at + _BY)
)
_MOVE_UNTOLD: Final = Statement(
    update(outbox)
    .where(
        outbox.c.consumer > literal_column("''"),  # all there are: so the index is gone through
        outbox.c.gateway == bindparam("g"),
        outbox.c.at.between(bindparam("first"), bindparam("last")),
    )
    .values(at=outbox.c.at + _BY, expires_at=outbox.c.expires_at + _BY)
)
_MOVE_ORDERS: Final = Statement(
    update(modem_order)
    .where(
        modem_order.c.gateway == bindparam("g"),
        modem_order.c.asked_at.between(bindparam("first"), bindparam("last")),
    )
    .values(asked_at=modem_order.c.asked_at + _BY, expires_at=modem_order.c.expires_at + _BY)
)
_MOVED_WITH: Final = (_MOVE_JOINS, _MOVE_ORPHANS, _MOVE_UNTOLD, _MOVE_ORDERS)


def move_doubts(tx: Tx, gateway: str, by_us: int, slept_us: int, *, but_us: tuple[int, int]) -> None:
    """Move what a gateway's modems have in hand or in doubt, and until when evidence is waited for.

    Not what they were given between the two moments ``but_us``.
    """
    tx.run(_MOVE_DOUBTS, g=gateway, by=by_us, slept=slept_us, new_from=but_us[0], new_to=but_us[1])


def move_retries(tx: Tx, gateway: str, by_us: int, at_us: int) -> None:
    """Move the next tries of a gateway's parts that would be after ``at_us``."""
    tx.run(_MOVE_RETRIES, g=gateway, by=by_us, at=at_us)


def move_open(
    tx: Tx, gateway: str, by_us: int, *, between: tuple[int, int], but_us: tuple[int, int], earliest_us: int
) -> None:
    """Move what a gateway took in between two moments and has not ended: messages, parts, reports, events.

    Not messages of between the two moments ``but_us``, nor what is due at a time that somebody named:
    reminders, and messages that wait for their time, unless they end before ``earliest_us``.
    """
    first_us, last_us = between
    tx.run(
        _MOVE_DEADLINES, g=gateway, by=by_us, first=first_us, last=last_us, new_from=but_us[0],
        new_to=but_us[1], earliest=earliest_us,
    )  # fmt: skip
    for statement in _MOVED_WITH:
        tx.run(statement, g=gateway, by=by_us, first=first_us, last=last_us)


_AHEAD = part.c.submitted_at > bindparam("at")
_TOO_FAR = part.c.not_before_at > bindparam("latest")
_HURRY_RETRIES: Final = Statement(
    update(part).where(_RETRIED, _TOO_FAR).values(not_before_at=bindparam("at"))
)
_HURRY_DOUBTS: Final = Statement(
    update(part)
    .where(IN_DOUBT, _MINE, or_(_AHEAD, _TOO_FAR))
    .values(
        not_before_at=case((_TOO_FAR, bindparam("latest")), else_=part.c.not_before_at),
        submitted_at=case((_AHEAD, bindparam("at")), else_=part.c.submitted_at),
    )
)
_HURRY_JOINS: Final = Statement(
    update(inbound_part)
    .where(_JOINS, inbound_part.c.received_at > bindparam("at"), inbound_part.c.modem.in_(_MY_NAMES))
    .values(received_at=bindparam("at"))
)
_HURRY_ORPHANS: Final = Statement(  # or parts of years to come would be told delivered by them
    update(report).where(_ORPHANS, report.c.received_at > bindparam("at")).values(received_at=bindparam("at"))
)
_HURRY_ORDERS: Final = Statement(
    update(modem_order)
    .where(modem_order.c.gateway == bindparam("g"), modem_order.c.expires_at > bindparam("latest"))
    .values(expires_at=bindparam("at"))
)


def hurry(tx: Tx, gateway: str, at_us: int, *, pauses_us: int, doubts_us: int) -> int:
    """Bring nearer what lies further ahead of ``at_us`` than it was ever put; return how many parts.

    ``pauses_us`` is longer than any pause before a next try, and any order; ``doubts_us`` is how long
    evidence is waited for.
    """
    latest_us = at_us + pauses_us
    found = tx.run(_HURRY_RETRIES, g=gateway, at=at_us, latest=latest_us)
    found += tx.run(_HURRY_DOUBTS, g=gateway, at=at_us, latest=at_us + doubts_us)
    for statement in (_HURRY_JOINS, _HURRY_ORPHANS):
        tx.run(statement, g=gateway, at=at_us)
    tx.run(_HURRY_ORDERS, g=gateway, at=at_us, latest=latest_us)
    return found
