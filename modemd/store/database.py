"""Opening a database: the URL, the pragmas, the version of the schema."""

from __future__ import annotations

import os
import pwd
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

from modemd.errors import StoreError
from modemd.store.transaction import Tx

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    T = TypeVar("T")

HEAD: Final = "0003"
"""The revision of the schema that this program works on."""

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


def sqlite_path(url: str) -> Path:
    """Return the file of a ``sqlite:///relative`` or ``sqlite:////absolute`` URL.

    Raises:
        StoreError: it is another URL.
    """
    if urlsplit(url).scheme != "sqlite":
        raise StoreError(
            f"store.url {url!r}: this version keeps its store in SQLite (sqlite:////path/to/file.db)"
        )
    path = unquote(url.removeprefix("sqlite:///"))
    if not path or path == ":memory:" or not url.startswith("sqlite:///"):
        raise StoreError(f"store.url {url!r}: name a file, as in sqlite:////var/lib/modemd/modemd.db")
    return Path(path)


def _hint(path: Path) -> str:
    """Whose the store is, for who may not write it."""
    try:
        owner = path.stat().st_uid
    except OSError:
        return ""
    if os.access(path, os.R_OK | os.W_OK) or owner == os.geteuid():
        return ""
    return f" (it belongs to {_user(owner)}, and this is {_user(os.geteuid())})"


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


class Database:
    """One connection to the store, for one thread; ``transact`` is the way in."""

    def __init__(self, url: str, *, create: bool = True) -> None:
        """Open, and bring the schema up to ``HEAD`` where ``create`` allows it.

        Raises:
            StoreError: the file cannot be opened, is no database, or is newer than this program.
        """
        self.dialect = "sqlite"
        self.path = sqlite_path(url)
        try:
            self._prepare(create=create)
            self._connection = self._connect()
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"cannot open the store {self.path}: {error}{_hint(self.path)}") from error

    def _prepare(self, *, create: bool) -> None:
        if not self.path.exists():
            if not create:
                raise StoreError(f"there is no store at {self.path}: has the daemon been started once?")
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # Texts and phone numbers are in it: not for everybody. SQLite's -wal and -shm get the same mode.
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _MODE))
        revision = self._revision()
        if revision == HEAD:
            return
        if not create and revision is None:
            raise StoreError(f"{self.path} holds no store of modemd yet: start the daemon once")
        from modemd.store.migrations.upgrade import upgrade  # noqa: PLC0415 - Alembic costs a quarter second

        upgrade(self.path, HEAD)

    def _revision(self) -> str | None:
        connection = self._connect()
        try:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.OperationalError as error:
            if "no such table" not in str(error):
                raise
            return None
        finally:
            connection.close()
        return None if row is None else str(row[0])

    def _connect(self) -> sqlite3.Connection:
        # The store's thread is the only user, but it is not the thread that opens.
        connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        try:
            for pragma in _PRAGMAS:
                connection.execute(pragma)
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    @property
    def connection(self) -> Any:
        """The driver's connection, for the group commit."""
        return self._connection

    def transact(self, job: Callable[[Tx], T]) -> T:
        """Run one job as one transaction; for commands, tests and tools. The daemon uses ``Store``.

        Raises:
            StoreError: it could not be written; nothing was.
        """
        tx = Tx(self._connection, self.dialect)
        try:
            tx.text("BEGIN IMMEDIATE")
            try:
                result = job(tx)
            except BaseException:
                if self._connection.in_transaction:
                    tx.text("ROLLBACK")
                raise
            tx.text("COMMIT")
        except sqlite3.Error as error:
            if self._connection.in_transaction:
                tx.text("ROLLBACK")
            raise StoreError(f"the store cannot be written: {error}{_hint(self.path)}") from error
        return result

    def read(self, job: Callable[[Tx], T]) -> T:
        """Run one job that only reads, on one state of the store; nobody who writes waits for it.

        Raises:
            StoreError: it cannot be read.
        """
        tx = Tx(self._connection, self.dialect)
        try:
            tx.text("BEGIN")
            try:
                return job(tx)
            finally:
                tx.text("ROLLBACK")
        except sqlite3.Error as error:
            raise StoreError(f"the store cannot be read: {error}") from error

    def changes(self) -> int:
        """Return a number that differs after another process has committed (``PRAGMA data_version``)."""
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def backup(self, target: Path) -> None:
        """Copy the live store into ``target``, whole and consistent, by SQLite's backup API.

        The copy gets a mark of its own: once it is put back, its events are no repeats of those since.

        Raises:
            StoreError: the target exists, or cannot be written.
        """
        from modemd.store import mark  # noqa: PLC0415 - statements are made when they are needed

        if target.exists():
            raise StoreError(f"{target} exists: name a new file")
        try:
            copy = sqlite3.connect(target)
            try:
                # In one step: between steps, a commit of the daemon's would start the copy anew, without end.
                self._connection.backup(copy)
                mark.renew(Tx(copy, "sqlite"))
                copy.commit()
            finally:
                copy.close()
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"cannot write {target}: {error}") from error

    def close(self) -> None:
        """Close the connection; SQLite folds the WAL into the file when it is the last one."""
        self._connection.close()
