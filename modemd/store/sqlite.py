"""The store as one SQLite file: WAL, every commit on disk, one writer at a time by its own lock."""

from __future__ import annotations

import contextlib
import os
import pwd
import sqlite3
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from modemd.errors import StoreError
from modemd.store import mark
from modemd.store.engine import Engine
from modemd.store.tenure import Tenure
from modemd.store.transaction import Tx

_MODE: Final = 0o640
_BUSY_MS: Final = 10_000
_PRAGMAS: Final = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    f"PRAGMA busy_timeout={_BUSY_MS}",
    "PRAGMA foreign_keys=ON",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA cache_size=-16384",
)
_STORES_ERRORS: Final = frozenset(
    {
        sqlite3.SQLITE_PERM, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY, sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_NOTADB,
    }
)  # fmt: skip


def sqlite_path(url: str) -> Path:
    """Return the file of a ``sqlite:///relative`` or ``sqlite:////absolute`` URL.

    Raises:
        StoreError: it is another URL.
    """
    if urlsplit(url).scheme != "sqlite":
        raise StoreError(
            f"store.url {url!r}: write sqlite:////path/to/file.db or postgresql://user@host/database"
        )
    path = unquote(url.removeprefix("sqlite:///"))
    if not path or path == ":memory:" or not url.startswith("sqlite:///"):
        raise StoreError(f"store.url {url!r}: name a file, as in sqlite:////var/lib/modemd/modemd.db")
    return Path(path)


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def _make(path: Path) -> None:
    """Make an empty file, for its folder's owner: what root's command makes, the daemon has to write.

    SQLite gives its -wal and -shm the same owner and mode.
    """
    made = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _MODE)
    try:
        if os.geteuid() == 0:
            folder = path.parent.stat()
            os.fchown(made, folder.st_uid, folder.st_gid)
    finally:
        os.close(made)


class Sqlite(Engine):
    """One connection to an SQLite file."""

    dialect = "sqlite"
    errors = (sqlite3.Error,)

    def __init__(self, path: Path, *, create: bool) -> None:
        self.path = path
        self.place = str(path)
        self._create = create
        self._connection: sqlite3.Connection
        self._tx: Tx

    @property
    def connection(self) -> Any:
        """The driver's connection; it is never lost."""
        return self._connection

    def connect(self) -> None:
        """Open the file, or make it: not for everybody, as texts and phone numbers are in it."""
        if not self.path.exists():
            if not self._create:
                raise StoreError(f"there is no store at {self.path}: has the daemon been started once?")
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(FileExistsError):  # another process makes it at this moment
                _make(self.path)
        # The store's thread is the only user, but it is not the thread that opens.
        self._connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        try:
            for pragma in _PRAGMAS:
                self._connection.execute(pragma)
        except sqlite3.Error:
            self._connection.close()
            raise
        self._tx = Tx(self._connection, self.dialect, self.gateway)

    def revision(self) -> str | None:
        """Return what Alembic wrote down."""
        try:
            row = self._connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.OperationalError as error:
            if "no such table" not in str(error):
                raise
            return None
        return None if row is None else str(row[0])

    def upgrade(self, revision: str) -> None:
        """Run what is missing, on a connection of its own."""
        from modemd.store.migrations.upgrade import upgrade  # noqa: PLC0415 - Alembic costs a quarter second

        self._connection.close()
        upgrade(self.path, revision)
        self.connect()

    def act_as(self, gateway: str) -> None:
        """Note it for this connection and those that replace it."""
        self.gateway = self._tx.gateway = gateway

    def begin(self) -> Tx:
        """Begin with the write lock."""
        self._connection.execute("BEGIN IMMEDIATE")
        return self._tx

    def begin_reading(self) -> Tx:
        """Begin; the first look fixes what is seen."""
        self._connection.execute("BEGIN")
        return self._tx

    def commit(self) -> None:
        """Commit; returns after the disk has it."""
        self._connection.execute("COMMIT")

    def rollback(self) -> None:
        """Undo it, where SQLite has not done so already."""
        if self._connection.in_transaction:
            try:
                self._connection.execute("ROLLBACK")
            except sqlite3.Error:  # it did so in between
                return

    def writes(self) -> int:
        """Return SQLite's own count of changed rows."""
        return int(self._connection.total_changes)

    def is_the_stores(self, error: Exception) -> bool:
        """Go by SQLite's primary error code."""
        return (
            isinstance(error, sqlite3.Error)
            and getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF in _STORES_ERRORS
        )

    def say(self, error: Exception) -> str:
        """Return what SQLite says, and whose the store is, for who may not write it."""
        return f"{error}{self._hint()}"

    def _hint(self) -> str:
        try:
            owner = self.path.stat().st_uid
        except OSError:
            return ""
        if os.access(self.path, os.R_OK | os.W_OK) or owner == os.geteuid():
            return ""
        return f" (it belongs to {_user(owner)}, and this is {_user(os.geteuid())})"

    def changes(self) -> int:
        """Return ``PRAGMA data_version``."""
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def hold_tenure(self, gateway: str) -> Tenure:
        """Lock a file beside the store."""
        return Tenure(self.path, gateway)

    def backup(self, target: Path) -> None:
        """Copy the live store by SQLite's backup API; see :meth:`Database.backup`."""
        if target.exists():
            raise StoreError(f"{target} exists: name a new file")
        try:
            copy = sqlite3.connect(target)
            try:
                # In one step: between steps, a commit of the daemon's would start the copy anew, without end.
                self._connection.backup(copy)
                mark.renew(Tx(copy, self.dialect))
                copy.commit()
            finally:
                copy.close()
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"cannot write {target}: {error}") from error

    def close(self) -> None:
        """Close the connection; SQLite folds the WAL into the file when it is the last one."""
        self._connection.close()
