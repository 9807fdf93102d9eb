"""Files that were taken from the spool, from their acceptance until their result is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import bindparam, delete, func, insert, literal_column, select

from modemd.store.keys import Keys
from modemd.store.schema import message, spool_file
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modemd.store.transaction import Row, Tx


class SpoolRow(NamedTuple):
    """One file: ``key`` is who it was in ``outgoing/``, ``name`` what it is called in ``checked/``.

    Keys are those of one gateway's spool: in the store its name stands before them.
    """

    id: int
    key: str
    name: bytes
    format: str


_COLUMNS = tuple(spool_file.c[name] for name in SpoolRow._fields)
_ADD: Final = Statement(insert(spool_file), (*SpoolRow._fields, "gateway"))
_BY_KEY: Final = Statement(select(*_COLUMNS).where(spool_file.c.key == bindparam("k")))
_BY_ID: Final = Statement(select(*_COLUMNS).where(spool_file.c.id == bindparam("id")))
_FORGET: Final = Statement(delete(spool_file).where(spool_file.c.id == bindparam("finished")))
_KEYS: Final = Keys("spool_file")
_UNFINISHED: Final = Statement(
    select(func.count()).where(
        message.c.file_id == bindparam("file"),
        message.c.ended_at.is_(None),
        message.c.state.not_in([literal_column("'sent'"), literal_column("'delivered'")]),
    ),
)
_MESSAGES: Final = Statement(
    select(message.c.id).where(message.c.file_id == bindparam("file")).order_by(message.c.id),
)


def next_file_id(tx: Tx, count: int = 1) -> int:
    """Take the keys of so many files that are written in this transaction; return the first."""
    return _KEYS.take(tx, count)


def add_files(tx: Tx, rows: Sequence[SpoolRow]) -> None:
    """Write down files that were accepted."""
    mine = tx.gateway
    tx.many(
        _ADD,
        [
            {
                "id": row.id,
                "key": f"{mine} {row.key}",
                "name": row.name,
                "format": row.format,
                "gateway": mine,
            }
            for row in rows
        ],
    )


def find_file(tx: Tx, key: str) -> SpoolRow | None:
    """Return the file that was accepted under this key and whose result is not yet written."""
    row = tx.one(_BY_KEY, k=f"{tx.gateway} {key}")
    return None if row is None else read(row)


def read(row: Row) -> SpoolRow:
    """Return a file from its columns in the store."""
    file_id, key, name, form = row
    return SpoolRow(file_id, key.partition(" ")[2], name, form)


def file_of(tx: Tx, file_id: int) -> SpoolRow | None:
    """Return a file by its id."""
    row = tx.one(_BY_ID, id=file_id)
    return None if row is None else read(row)


def unfinished(tx: Tx, file_id: int) -> int:
    """Return how many of a file's messages are still on their way to the network."""
    return int(tx.scalar(_UNFINISHED, file=file_id))


def messages_of(tx: Tx, file_id: int) -> list[int]:
    """Return a file's messages in its order."""
    return [int(row[0]) for row in tx.all(_MESSAGES, file=file_id)]


def forget_files(tx: Tx, file_ids: Sequence[int]) -> None:
    """Forget files whose result has been written."""
    tx.many(_FORGET, [{"finished": each} for each in file_ids])
