"""The store's mark: what tells the rows of one store from those of every other."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, select, update

from modemd.store.schema import store_mark
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from modemd.store.transaction import Tx

_TAG: Final = Statement(select(store_mark.c.tag))
_RENEW: Final = Statement(update(store_mark).values(tag=bindparam("drawn")))


def tag(tx: Tx) -> str:
    """Return eight hexadecimal digits that were drawn when this store was made."""
    return str(tx.scalar(_TAG))


def renew(tx: Tx) -> None:
    """Draw another: what a copy tells has the row numbers of what the store itself has told since."""
    tx.run(_RENEW, drawn=secrets.token_hex(4))
