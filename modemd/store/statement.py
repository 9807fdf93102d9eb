"""Statements built with SQLAlchemy Core, compiled once to text and then run on the driver's connection.

Executing Core objects costs 4 to 40 times as much as running their text, and these run thousands of times a
second. Building them with Core still leaves one source for SQLite and PostgreSQL.
"""

from __future__ import annotations

from functools import cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite.dml import OnConflictClause
from sqlalchemy.sql.crud import REQUIRED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import Dialect
    from sqlalchemy.sql.compiler import SQLCompiler
    from sqlalchemy.sql.elements import ClauseElement

DIALECTS: Final = ("sqlite", "postgresql")


@cache
def _dialect(name: str) -> Dialect:
    if name == "sqlite":
        return sqlite.dialect(paramstyle="qmark")
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - a store in a file is spared it

    # An upsert is written for SQLite, which names no constraints; PostgreSQL's compiler asks for the name.
    OnConflictClause.constraint_target = None  # type: ignore[attr-defined]
    made: Dialect = postgresql.dialect(paramstyle="pyformat")  # type: ignore[no-untyped-call]
    return made


class Ready(NamedTuple):
    """What the driver is given: the text, and the values in the form that it takes fastest.

    SQLite's looks up each name at each turn, which costs more than the rest of a small statement; so it is
    given a row of values. ``names`` are the parameters in the text's order.
    """

    text: str
    bind: Callable[[Mapping[str, object]], Any]
    names: tuple[str, ...]


class Statement:
    """One statement; ``columns`` names an INSERT's parameters where not every column is given.

    ``postgresql`` is what stands for ``clause`` there, with the same parameters, for the few things that each
    database does in its own way.
    """

    __slots__ = ("_clause", "_columns", "_postgresql", "_ready")

    def __init__(
        self,
        clause: ClauseElement,
        columns: Sequence[str] | None = None,
        *,
        postgresql: ClauseElement | None = None,
    ) -> None:
        self._clause = clause
        self._postgresql = clause if postgresql is None else postgresql
        self._columns = list(columns) if columns is not None else None
        self._ready: dict[str, Ready] = {}

    def ready(self, dialect: str) -> Ready:
        """Return it as it is run in one dialect (a name in ``DIALECTS``)."""
        ready = self._ready.get(dialect)
        if ready is None:
            ready = self._ready[dialect] = _ready(self._compiled(dialect))
        return ready

    def _compiled(self, dialect: str) -> SQLCompiler:
        clause = self._postgresql if dialect == "postgresql" else self._clause
        compiled = cast(
            "SQLCompiler",
            clause.compile(
                dialect=_dialect(dialect),
                column_keys=self._columns,
                compile_kwargs={"render_postcompile": True},
            ),
        )
        stray = {name: value for name, value in compiled.params.items() if value not in (None, REQUIRED)}
        if stray:  # a value that Core made a parameter would be lost: only the text is kept
            raise AssertionError(f"constants must be literals in {compiled}: {stray}")
        return compiled


def _ready(compiled: SQLCompiler) -> Ready:
    text = str(compiled)
    if not compiled.positional:
        return Ready(text, lambda values: values, tuple(compiled.params))
    names = tuple(compiled.positiontup or ())
    return Ready(text, _in_a_row(names), names)


def _in_a_row(names: tuple[str, ...]) -> Callable[[Mapping[str, object]], Any]:
    if len(names) != 1:
        return itemgetter(*names) if names else lambda _values: ()
    (name,) = names
    return lambda values: (values[name],)
