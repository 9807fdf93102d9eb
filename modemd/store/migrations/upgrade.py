"""Bringing a database up to a revision. Imported only when there is something to do."""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic import command
from alembic.config import Config
from alembic.script.revision import RevisionError
from alembic.util import CommandError
from sqlalchemy import URL, Table, create_engine, event
from sqlalchemy.exc import SQLAlchemyError

from modemd.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Engine


log = logging.getLogger(__name__)


def _leave_transactions_alone(connection: sqlite3.Connection, _record: object) -> None:
    # The driver commits before each CREATE otherwise, and half a schema could be left.
    connection.isolation_level = None


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _same_predicates(table: Table, connection: Connection, **_: object) -> None:
    """Make what is a partial index on SQLite one on PostgreSQL: the schema says its predicate once."""
    for index in table.indexes if connection.dialect.name == "postgresql" else ():
        index.dialect_kwargs["postgresql_where"] = index.dialect_kwargs.get("sqlite_where")


def _run(engine: Engine, place: str, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
        log.info("the store %s is new, or was brought up to date: revision %s", place, revision)
    except (CommandError, RevisionError) as error:
        raise StoreError(f"the store was made by a newer modemd: {error}") from error
    except SQLAlchemyError as error:
        raise StoreError(f"the store {place} cannot be brought up to date: {error}") from error
    finally:
        engine.dispose()


def upgrade(path: Path, revision: str) -> None:
    """Run the missing revisions on an SQLite file, in one transaction.

    Raises:
        StoreError: the database is at a revision that this program does not know, or cannot be written.
    """
    # From the path: a URL would be read once more, and by other rules.
    engine = create_engine(URL.create("sqlite", database=str(path)))
    event.listen(engine, "connect", _leave_transactions_alone)
    event.listen(engine, "begin", _begin)
    _run(engine, str(path), revision)


def upgrade_server(connect: Callable[[], Any], place: str, lock: int, revision: str) -> None:
    """Run the missing revisions on a PostgreSQL database, in one transaction that begins by taking ``lock``.

    Raises:
        StoreError: as for :func:`upgrade`.
    """
    engine = create_engine("postgresql+psycopg://", creator=connect)
    event.listen(Table, "before_create", _same_predicates)

    def alone(connection: Connection) -> None:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({lock})")

    event.listen(engine, "begin", alone)
    _run(engine, place, revision)
