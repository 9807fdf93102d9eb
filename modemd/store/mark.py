"""The store's mark: what tells the rows of one store from those of every other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from modemd.store.schema import store_mark
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from modemd.store.transaction import Tx

_TAG: Final = Statement(select(store_mark.c.tag))


def tag(tx: Tx) -> str:
    """Return eight hexadecimal digits that were drawn when this store was made."""
    return str(tx.scalar(_TAG))
