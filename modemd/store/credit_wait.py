"""Messages that wait for credits, in the order of their acceptance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import bindparam, delete, exists, insert, literal_column, select, update

from modemd.store.outbound import EVENT_COLUMNS, MessageRow
from modemd.store.schema import SCHEDULED, message, part
from modemd.store.schema_accounts import account
from modemd.store.schema_credit import balance, credit_wait
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modemd.store.transaction import Tx


class Waiting(NamedTuple):
    """A message that waits for so many credits; it may go from ``due_at`` on, microseconds since 1970."""

    message_id: int
    account_id: int
    credits: int
    due_at: int | None


_COLUMNS = tuple(credit_wait.c[name] for name in Waiting._fields)
_ADD: Final = Statement(insert(credit_wait), Waiting._fields)
_OF = credit_wait.c.account_id == bindparam("owner")
_ANY: Final = Statement(
    select(credit_wait.c.message_id).where(_OF).limit(literal_column("1")).offset(literal_column("0"))
)
_FIRST: Final = Statement(
    select(*_COLUMNS)
    .where(_OF)
    .order_by(credit_wait.c.message_id)
    .limit(bindparam("most"))
    .offset(literal_column("0"))
)
_NEXT_NEEDS = (
    select(credit_wait.c.credits)
    .where(credit_wait.c.account_id == balance.c.account_id)
    .order_by(credit_wait.c.message_id)
    .limit(literal_column("1"))
    .offset(literal_column("0"))
    .correlate(balance)
    .scalar_subquery()
)
_COVERABLE: Final = Statement(
    select(balance.c.account_id)
    .join_from(balance, account, account.c.id == balance.c.account_id)
    .where(
        balance.c.balance > literal_column("0"),
        account.c.state == literal_column("'active'"),
        balance.c.balance >= _NEXT_NEEDS,
    )
    .order_by(balance.c.account_id)
)
_WAITERS: Final = Statement(
    select(account.c.id, account.c.name)
    .where(
        account.c.state == literal_column("'active'"),
        exists().where(credit_wait.c.account_id == account.c.id),
    )
    .order_by(account.c.id)
)
_FORGET: Final = Statement(delete(credit_wait).where(credit_wait.c.message_id == bindparam("message")))
_PROMOTE: Final = Statement(
    update(message)
    .where(message.c.id == bindparam("message"))
    .values(state=bindparam("state_to"), credits=bindparam("credits_to"))
    .returning(*EVENT_COLUMNS)
)
_PROMOTE_PARTS: Final = Statement(
    update(part)
    .where(part.c.message_id == bindparam("message"), SCHEDULED)
    .values(state=bindparam("state_to"), not_before_at=bindparam("due"))
)


def add(tx: Tx, waiting: Sequence[Waiting]) -> None:
    """Write down that messages wait; they are in the store."""
    tx.many(_ADD, [each._asdict() for each in waiting])


def any_of(tx: Tx, account_id: int) -> bool:
    """Tell whether a message of an account waits."""
    return tx.one(_ANY, owner=account_id) is not None


def first(tx: Tx, account_id: int, most: int) -> list[Waiting]:
    """Return the messages of an account that have waited longest."""
    return [Waiting._make(row) for row in tx.all(_FIRST, owner=account_id, most=most)]


def coverable(tx: Tx) -> list[int]:
    """Return the accounts that may send and can pay what has waited longest of theirs."""
    return [int(row[0]) for row in tx.all(_COVERABLE)]


def waiters(tx: Tx) -> list[tuple[int, str]]:
    """Return key and name of the accounts that may send and of which anything waits."""
    return [(int(account_id), str(name)) for account_id, name in tx.all(_WAITERS)]


def forget(tx: Tx, message_id: int) -> None:
    """A message waits for credits no more."""
    tx.run(_FORGET, message=message_id)


def promote(
    tx: Tx, message_id: int, credits_: int, due_us: int | None, *, message_state: str, part_state: int
) -> MessageRow:
    """Put a message whose credits are held, and its parts, into the state that it would have begun in."""
    forget(tx, message_id)
    tx.run(_PROMOTE_PARTS, message=message_id, state_to=part_state, due=due_us)
    row = tx.one(_PROMOTE, message=message_id, state_to=message_state, credits_to=credits_)
    assert row is not None, "no such message"
    return MessageRow._make(row)
