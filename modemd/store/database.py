"""Opening a database: the URL, the version of the schema, and transactions for who is no daemon."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from modemd.errors import StoreError
from modemd.store.sqlite import Sqlite, sqlite_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import TypeVar

    from modemd.store.engine import Engine, Released
    from modemd.store.transaction import Tx

    T = TypeVar("T")

HEAD: Final = "0004"
"""The revision of the schema that this program works on."""

__all__ = ["HEAD", "Database", "sqlite_path"]


def _engine_of(url: str, *, create: bool) -> Engine:
    if urlsplit(url).scheme.partition("+")[0] not in {"postgresql", "postgres"}:
        return Sqlite(sqlite_path(url), create=create)
    try:
        from modemd.store.postgres import Postgres  # noqa: PLC0415 - its driver is an extra
    except ImportError as error:
        raise StoreError(
            f"a store in PostgreSQL needs its driver: pip install 'modemd[postgres]' ({error})"
        ) from error
    return Postgres(url)


def reach(url: str) -> tuple[bool, str]:
    """Look whether a server's store can be reached, and change nothing; return that, and a sentence.

    Raises:
        StoreError: it refuses us, or is nothing that can be a store: only a person can put that right.
    """
    engine = _engine_of(url, create=False)
    try:
        engine.connect()
    except engine.errors as error:
        said = f"the store {engine.place} cannot be reached: {engine.say(error)}"
        if engine.refuses(error):
            raise StoreError(said) from error
        return False, said
    try:
        revision = engine.revision()
    except engine.errors as error:
        raise StoreError(f"the store {engine.place} cannot be read: {engine.say(error)}") from error
    finally:
        engine.close()
    holds = "is empty: the daemon will make its tables" if revision is None else f"has revision {revision}"
    return True, f"store {engine.place} can be reached, and {holds}"


class Database:
    """One connection to the store, for one thread; ``transact`` is the way in."""

    def __init__(self, url: str, *, create: bool = True) -> None:
        """Open, and bring the schema up to ``HEAD`` where ``create`` allows it.

        Raises:
            StoreError: it cannot be opened, is no database, or is newer than this program.
        """
        self.url: Final = url
        self.engine = _engine_of(url, create=create)
        self.dialect = self.engine.dialect
        with self._opening():
            self.engine.connect()
        self.is_new = False
        try:
            with self._opening():
                self._prepare(create=create)
        except StoreError:
            self.engine.close()
            raise

    @contextmanager
    def _opening(self) -> Iterator[None]:
        place = self.engine.place
        try:
            yield
        except self.engine.errors as error:
            raise StoreError(f"cannot open the store {place}: {self.engine.say(error)}") from error
        except OSError as error:
            raise StoreError(f"cannot open the store {place}: {error}") from error

    def _prepare(self, *, create: bool) -> None:
        revision = self.engine.revision()
        if revision is None and not create:
            raise StoreError(f"{self.engine.place} holds no store of modemd yet: start the daemon once")
        self.is_new = revision is None
        if revision != HEAD:
            self.engine.upgrade(HEAD)

    @property
    def on_this_machine(self) -> bool:
        """Whether all who use the store are here: so it is with a file."""
        return self.dialect == "sqlite"

    @property
    def path(self) -> Path:
        """The file that an SQLite store is."""
        assert isinstance(self.engine, Sqlite), "a store on a server has no path"
        return self.engine.path

    @property
    def connection(self) -> Any:
        """The driver's connection, as it is now."""
        return self.engine.connection

    def act_as(self, gateway: str) -> None:
        """Say which gateway acts by this connection: it tells of what is done, see :class:`Tx`."""
        self.engine.act_as(gateway)

    def transact(self, job: Callable[[Tx], T]) -> T:
        """Run one job as one transaction; for commands, tests and tools. The daemon uses ``Store``.

        Raises:
            StoreError: it could not be written; nothing was.
        """
        engine = self.engine
        try:
            tx = engine.begin()
            result = job(tx)
            engine.commit()
        except engine.errors as error:
            engine.rollback()
            raise StoreError(f"the store cannot be written: {engine.say(error)}") from error
        except BaseException:
            engine.rollback()
            raise
        return result

    def read(self, job: Callable[[Tx], T]) -> T:
        """Run one job that only reads, on one state of the store; nobody who writes waits for it.

        Raises:
            StoreError: it cannot be read.
        """
        engine = self.engine
        try:
            return job(engine.begin_reading())
        except engine.errors as error:
            raise StoreError(f"the store cannot be read: {engine.say(error)}") from error
        finally:
            engine.rollback()

    def changes(self) -> int:
        """Return a number that differs after another process has committed."""
        return self.engine.changes()

    def hold_tenure(self, gateway: str) -> Released:
        """Become this gateway on this store, the only one, until it is released or the process ends.

        Raises:
            StoreError: another daemon is it.
        """
        return self.engine.hold_tenure(gateway)

    def backup(self, target: Path) -> None:
        """Copy the live store into ``target``, whole and consistent.

        The copy gets a mark of its own: once it is put back, its events are no repeats of those since.

        Raises:
            StoreError: the target exists, or cannot be written, or the server's own tools are to be used.
        """
        self.engine.backup(target)

    def close(self) -> None:
        """Close the connection."""
        self.engine.close()
