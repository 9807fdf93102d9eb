"""Keys of rows that go in by executemany, which returns none: a batch takes its keys beforehand.

No key is ever given twice, whatever was deleted: SQLite's AUTOINCREMENT remembers the last, and so does a
sequence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import ColumnElement, bindparam, column, func, literal_column, select, table

from modemd.store.statement import Statement

if TYPE_CHECKING:
    from modemd.store.transaction import Tx

_SEQUENCE = table("sqlite_sequence", column("name"), column("seq"))


class Keys:
    """The keys of one table; another's rows have other keys."""

    __slots__ = ("last",)

    def __init__(self, name: str) -> None:
        sequence: ColumnElement[str] = literal_column(f"'{name}_id_seq'")
        self.last: Final = Statement(
            select(_SEQUENCE.c.seq + bindparam("count")).where(
                _SEQUENCE.c.name == literal_column(f"'{name}'")
            ),
            postgresql=select(
                func.setval(sequence, func.nextval(sequence) + bindparam("count") - literal_column("1"))
            ),
        )

    def take(self, tx: Tx, count: int) -> int:
        """Take so many keys, one at least; return the first. Those of rows that are not written are lost."""
        most = max(count, 1)
        return int(tx.scalar(self.last, count=most) or most) - most + 1
