"""Statements built with SQLAlchemy Core, compiled once to text and then run on the driver's connection.

Executing Core objects costs 4 to 40 times as much as running their text, and these run thousands of times a
second. Building them with Core still leaves one source for SQLite and PostgreSQL.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite.dml import OnConflictClause
from sqlalchemy.sql.crud import REQUIRED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Dialect
    from sqlalchemy.sql.compiler import Compiled
    from sqlalchemy.sql.elements import ClauseElement

DIALECTS: Final = ("sqlite", "postgresql")


@cache
def _dialect(name: str) -> Dialect:
    if name == "sqlite":
        return sqlite.dialect(paramstyle="named")
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - a store in a file is spared it

    # An upsert is written for SQLite, which names no constraints; PostgreSQL's compiler asks for the name.
    OnConflictClause.constraint_target = None  # type: ignore[attr-defined]
    made: Dialect = postgresql.dialect(paramstyle="pyformat")  # type: ignore[no-untyped-call]
    return made


class Statement:
    """One statement; ``columns`` names an INSERT's parameters where not every column is given.

    ``postgresql`` is what stands for ``clause`` there, with the same parameters, for the few things that each
    database does in its own way.
    """

    __slots__ = ("_clause", "_columns", "_postgresql", "_texts")

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
        self._texts: dict[str, str] = {}

    def text(self, dialect: str) -> str:
        """Return its text in one dialect (a name in ``DIALECTS``); the parameters are named."""
        text = self._texts.get(dialect)
        if text is None:
            text = self._texts[dialect] = str(self._compiled(dialect))
        return text

    def _compiled(self, dialect: str) -> Compiled:
        clause = self._postgresql if dialect == "postgresql" else self._clause
        compiled = clause.compile(
            dialect=_dialect(dialect),
            column_keys=self._columns,
            compile_kwargs={"render_postcompile": True},
        )
        stray = {name: value for name, value in compiled.params.items() if value not in (None, REQUIRED)}
        if stray:  # a value that Core made a parameter would be lost: only the text is kept
            raise AssertionError(f"constants must be literals in {compiled}: {stray}")
        return compiled
