"""Real stores for tests: one migrated store is made for each process, every test gets a copy.

Most are SQLite files; :func:`served` gives one on a PostgreSQL server.
"""

from __future__ import annotations

import resource
import shutil
import tempfile
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modemd.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Iterator


def url_of(path: Path) -> str:
    return f"sqlite:///{path}"


@lru_cache(maxsize=1)
def _pattern() -> tuple[tempfile.TemporaryDirectory[str], Path]:
    folder = tempfile.TemporaryDirectory(prefix="modemd-store-")
    path = Path(folder.name) / "pattern.db"
    Database(url_of(path)).close()
    return folder, path


def fresh(folder: Path, *, durable: bool = False) -> Database:
    """A store at HEAD in ``folder``; it is closed at the end of the test.

    It waits for no disk unless ``durable``: no test pulls the plug of the machine.
    """
    path = folder / "store.db"
    shutil.copyfile(_pattern()[1], path)
    database = opened(Database(url_of(path)))
    if not durable:
        database.connection.execute("PRAGMA synchronous=OFF")
    return database


def served() -> Database:
    """A store at HEAD on a PostgreSQL server; it is closed at the end of the test."""
    from tests.store import postgres

    return opened(Database(postgres.pool().take()))


def beside(database: Database) -> Database:
    """Another connection to the same store."""
    url = database.url if database.dialect == "postgresql" else url_of(database.path)
    return opened(Database(url))


_OPENED: list[Database] = []


def opened(database: Database) -> Database:
    """Remember to close it."""
    _OPENED.append(database)
    return database


def close_all() -> None:
    """Close what tests opened; closing twice does no harm."""
    on_server = any(each.dialect == "postgresql" for each in _OPENED)
    while _OPENED:
        _OPENED.pop().close()
    if on_server:
        from tests.store import postgres

        postgres.pool().give_back()


def rows(database: Database, sql: str) -> list[tuple[Any, ...]]:
    """What a query finds, outside any transaction."""
    found: list[tuple[Any, ...]] = database.connection.execute(sql).fetchall()
    return found


def dump(database: Database) -> str:
    """The whole contents as text."""
    return "\n".join(database.connection.iterdump())


@contextmanager
def full_disk(database: Database, room: int = 0) -> Iterator[None]:
    """No file of this process grows more than ``room`` octets beyond the store's log: a commit fails.

    The kernel refuses the write, as it does on a disk without room; SQLite's log is what grows first.
    """
    log = Path(f"{database.path}-wal")
    size = log.stat().st_size if log.exists() else 0
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
