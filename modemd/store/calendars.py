"""Calendar objects that are kept, so that what recurs is reminded of as its time comes nearer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import bindparam, delete, insert, select, update

from modemd.store.schema_accounts import calendar
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from modemd.store.transaction import Tx


class CalendarRow(NamedTuple):
    """One object; ``expanded_to``: what begins before it has been looked through, ``None``: all has."""

    id: int
    account_id: int
    uid: str
    sequence: int
    body: str
    expanded_to: int | None


_ROW: Final = tuple(calendar.c[name] for name in CalendarRow._fields)
_FIND: Final = Statement(
    select(*_ROW).where(calendar.c.account_id == bindparam("owner"), calendar.c.uid == bindparam("named"))
)
_BY_ID: Final = Statement(select(*_ROW).where(calendar.c.id == bindparam("wanted")))
_DUE: Final = Statement(
    select(*_ROW)
    .where((calendar.c.expanded_to < bindparam("before")) | (calendar.c.expanded_to > bindparam("beyond")))
    .order_by(calendar.c.expanded_to)
    .limit(bindparam("most"))
    .offset(bindparam("skipped"))
)
_ADD: Final = Statement(
    insert(calendar).returning(calendar.c.id), ("account_id", "uid", "sequence", "body", "taken_at")
)
_CHANGE: Final = Statement(
    update(calendar)
    .where(calendar.c.id == bindparam("wanted"))
    .values(sequence=bindparam("new_sequence"), body=bindparam("new_body"), taken_at=bindparam("at"))
)
_EXPANDED: Final = Statement(
    update(calendar).where(calendar.c.id == bindparam("wanted")).values(expanded_to=bindparam("until"))
)
_REMOVE: Final = Statement(delete(calendar).where(calendar.c.id == bindparam("wanted")))


def find(tx: Tx, account_id: int, uid: str) -> CalendarRow | None:
    """Return an account's calendar object of that UID."""
    row = tx.one(_FIND, owner=account_id, named=uid)
    return None if row is None else CalendarRow._make(row)


def find_by_id(tx: Tx, calendar_id: int) -> CalendarRow | None:
    """Return one calendar object."""
    row = tx.one(_BY_ID, wanted=calendar_id)
    return None if row is None else CalendarRow._make(row)


def due(tx: Tx, before_us: int, beyond_us: int, most: int) -> list[CalendarRow]:
    """Return objects that were looked through up to a moment before the first, the longest ago first.

    Also those that were looked through beyond the second: the clock was ahead.
    """
    rows = tx.all(_DUE, before=before_us, beyond=beyond_us, most=most, skipped=0)
    return [CalendarRow._make(row) for row in rows]


def add(tx: Tx, account_id: int, uid: str, sequence: int, body: str, at_us: int) -> int:
    """Keep a calendar object; return its id."""
    added = tx.scalar(_ADD, account_id=account_id, uid=uid, sequence=sequence, body=body, taken_at=at_us)
    return int(added)


def change(tx: Tx, calendar_id: int, sequence: int, body: str, at_us: int) -> None:
    """Keep a newer version of it."""
    tx.run(_CHANGE, wanted=calendar_id, new_sequence=sequence, new_body=body, at=at_us)


def set_expanded(tx: Tx, calendar_id: int, until_us: int | None) -> None:
    """Write down up to when it has been looked through; ``None``: nothing more is to come of it."""
    tx.run(_EXPANDED, wanted=calendar_id, until=until_us)


def remove(tx: Tx, calendar_id: int) -> None:
    """Forget it; no appointment may be of it."""
    tx.run(_REMOVE, wanted=calendar_id)
