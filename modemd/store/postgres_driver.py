"""psycopg as the store wants it: values bound by the client, whole numbers whole, many rows in one go."""

from __future__ import annotations

from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Self

import psycopg
from psycopg.adapt import Loader
from psycopg.types.string import StrDumperUnknown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from psycopg.abc import Buffer, Params, Query

_AT_ONCE: Final = 500
"""So many statements travel together; a message's parts are a few hundred octets each."""
_NUL: Final = "\u2400"
"""What stands for the character that PostgreSQL's texts cannot hold."""


class _Text(StrDumperUnknown):
    def dump(self, obj: str) -> Buffer | None:
        return super().dump(obj.replace("\0", _NUL) if "\0" in obj else obj)

    def quote(self, obj: str) -> Buffer:
        return super().quote(obj.replace("\0", _NUL) if "\0" in obj else obj)


class _Whole(Loader):
    """A sum of whole numbers is ``numeric`` to the server, and a whole number to us."""

    def load(self, octets: Buffer) -> int | Decimal:
        text = bytes(octets).decode()
        return int(text) if text.lstrip("-").isdigit() else Decimal(text)


class Cursor(psycopg.ClientCursor[tuple[Any, ...]]):
    """A cursor that notes on its connection when something was changed."""

    def execute(self, query: Any, params: Params | None = None, **options: Any) -> Self:
        """Run one statement, its values written into it: the server then has nothing to guess."""
        super().execute(query, params, **options)
        self._note(str(query))
        return self

    def executemany(self, query: Query, params_seq: Iterable[Params], *, returning: bool = False) -> None:  # noqa: ARG002
        """Run a statement for each row; hundreds travel together and come back with one answer."""
        rows = iter(params_seq)
        while chunk := list(islice(rows, _AT_ONCE)):
            super().execute("; ".join(self.mogrify(query, row) for row in chunk).encode())
            self._note(str(query))

    def _note(self, query: str) -> None:
        connection = self.connection
        if isinstance(connection, Connection) and self.rowcount > 0 and not query.startswith("SELECT"):
            connection.written += 1


class Connection(psycopg.Connection[tuple[Any, ...]]):
    """A connection that counts what it changed."""

    written: int = 0

    @classmethod
    def connect(cls, conninfo: str = "", **options: Any) -> Self:
        """Connect; options as psycopg has them."""
        connection = super().connect(conninfo, cursor_factory=Cursor, **options)
        connection.adapters.register_dumper(str, _Text)
        connection.adapters.register_loader("numeric", _Whole)
        return connection


def says(error: Exception) -> str:
    """Return what an error says, on one line, but for its details: they may be a row with all that it has."""
    primary = error.diag.message_primary if isinstance(error, psycopg.Error) else None
    return " ".join((primary or str(error)).split())
