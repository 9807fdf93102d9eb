"""What waits of one account: found by way of the parts that wait, however many messages there ever were."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, func, literal_column, select

from modemd.store.schema import QUEUED, SCHEDULED, message, part
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from sqlalchemy.sql.elements import ColumnElement

    from modemd.store.transaction import Tx


def _of_account(state: ColumnElement[bool], *more: ColumnElement[bool]) -> Statement:
    waiting_parts = select(part.c.message_id).where(state, *more)
    return Statement(
        select(message.c.id)
        .where(message.c.id.in_(waiting_parts), message.c.account == bindparam("of"))
        .order_by(message.c.id)
        .limit(bindparam("most"))
        .offset(literal_column("0"))
    )


_TO_PHONE = part.c.recipient == bindparam("phone")
_QUEUED: Final = _of_account(QUEUED)
_SCHEDULED: Final = _of_account(SCHEDULED)
_QUEUED_TO: Final = _of_account(QUEUED, _TO_PHONE)
_SCHEDULED_TO: Final = _of_account(SCHEDULED, _TO_PHONE)
_OPEN: Final = Statement(
    select(func.count()).where(
        message.c.account == bindparam("of"), message.c.ended_at.is_(literal_column("NULL"))
    )
)


def waiting(tx: Tx, account: str, most: int) -> list[int]:
    """Return an account's messages of which parts are queued or scheduled, the oldest first."""
    ids = [int(row[0]) for row in tx.all(_QUEUED, of=account, most=most)]
    if len(ids) < most:
        ids += [int(row[0]) for row in tx.all(_SCHEDULED, of=account, most=most - len(ids))]
    return sorted(set(ids))


def waiting_for(tx: Tx, account: str, recipient: str, most: int) -> list[int]:
    """Return an account's messages of which parts wait for a phone; ``recipient`` is as parts have it."""
    found = [
        int(row[0])
        for statement in (_QUEUED_TO, _SCHEDULED_TO)
        for row in tx.all(statement, of=account, phone=recipient, most=most)
    ]
    return sorted(set(found))


def unended(tx: Tx, account: str) -> int:
    """Return how many messages of an account have not ended. It looks through all of them."""
    return int(tx.scalar(_OPEN, of=account))
