"""What accounts were told of once, and are not to be told again before it has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, delete, insert, select

from modemd.store.schema_credit import account_told
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from modemd.store.transaction import Tx

_OF_EVENT = (account_told.c.account_id == bindparam("owner")) & (account_told.c.event == bindparam("named"))
_KEYS: Final = Statement(select(account_told.c.key).where(_OF_EVENT))
_NOTE: Final = Statement(insert(account_told), ("account_id", "event", "key", "at"))
_FORGET: Final = Statement(delete(account_told).where(_OF_EVENT, account_told.c.key == bindparam("known")))


def keys(tx: Tx, account_id: int, event: str) -> set[str]:
    """Return the cases of an event that an account was told of."""
    return {str(row[0]) for row in tx.all(_KEYS, owner=account_id, named=event)}


def note(tx: Tx, account_id: int, event: str, key: str, at_us: int) -> None:
    """Write down that an account was told; it was not before."""
    tx.run(_NOTE, account_id=account_id, event=event, key=key, at=at_us)


def forget(tx: Tx, account_id: int, event: str, key: str) -> None:
    """Let an account be told of this again."""
    tx.run(_FORGET, owner=account_id, named=event, known=key)
