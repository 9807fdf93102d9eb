"""What a verb of ``service`` is handed: it runs statements, and knows not when they are committed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from modemd.store.statement import Statement

Row = tuple[Any, ...]


class Tx:
    """A transaction in progress, on one database connection.

    ``gateway`` says who acts: what it writes for somebody to tell is told by this gateway, unless it is about
    a message of another's.
    """

    __slots__ = ("_connection", "_execute", "_executemany", "dialect", "gateway")

    def __init__(self, connection: Any, dialect: str, gateway: str = "") -> None:
        self._connection = connection
        # One cursor for all: every row is fetched before the next statement runs.
        cursor = connection.cursor()
        self._execute = cursor.execute
        self._executemany = cursor.executemany
        self.dialect = dialect
        self.gateway = gateway

    def run(self, statement: Statement, **values: object) -> int:
        """Run a statement that returns no rows; return how many rows it changed."""
        ready = statement.ready(self.dialect)
        changed: int = self._execute(ready.text, ready.bind(values)).rowcount
        return changed

    def many(self, statement: Statement, rows: Sequence[Mapping[str, object]]) -> None:
        """Run a statement once for each row of values."""
        if rows:
            ready = statement.ready(self.dialect)
            self._executemany(ready.text, map(ready.bind, rows))

    def one(self, statement: Statement, **values: object) -> Row | None:
        """Return the first row, or ``None``; the rest is fetched and dropped (RETURNING wants it so)."""
        ready = statement.ready(self.dialect)
        rows = self._execute(ready.text, ready.bind(values)).fetchall()
        return rows[0] if rows else None

    def all(self, statement: Statement, **values: object) -> list[Row]:
        """Return every row."""
        ready = statement.ready(self.dialect)
        rows: list[Row] = self._execute(ready.text, ready.bind(values)).fetchall()
        return rows

    def scalar(self, statement: Statement, **values: object) -> Any:
        """Return the first column of the first row, or ``None``."""
        row = self.one(statement, **values)
        return None if row is None else row[0]

    def text(self, sql: str) -> None:
        """Run SQL text: for savepoints and pragmas, inside ``store`` only."""
        self._connection.execute(sql)
