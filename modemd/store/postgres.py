"""The store in PostgreSQL, where several gateways share one queue and one ledger.

One writer at a time, as in SQLite: each transaction that may write begins by taking one advisory lock. What
is true of a file with one writer is then true here, without a thought for how transactions interleave.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import TransactionStatus

from modemd.errors import StoreError
from modemd.store.engine import Engine
from modemd.store.postgres_driver import Connection, says
from modemd.store.transaction import Tx

if TYPE_CHECKING:
    from pathlib import Path

    from psycopg import Notify

WRITER: Final = 0x6D6F64656D64
"""The advisory lock of who writes: "modemd" in octets."""
_TENURE: Final = 0x6D6F646D
_OLDEST: Final = 130000
_FIND_OUT_S: Final = 30.0
_PAUSE_S: Final = 0.1
_CHANNEL: Final = "modemd"
_DEFAULTS: Final[dict[str, str | int | None]] = {
    "application_name": "modemd",
    "client_encoding": "utf8",
    "connect_timeout": "10",
    # A server that is gone without a word is noticed within a minute or so.
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}
# The idle time frees the writer's lock of a gateway that is frozen; the keepalives that of one whose machine
# is gone. Nothing is acknowledged that the server has not on disk, whatever its own settings say.
_SESSION: Final = (
    "SET lock_timeout = '10s'; SET statement_timeout = 0;"
    " SET idle_in_transaction_session_timeout = '30s';"
    " SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3;"
    " SELECT set_config('synchronous_commit', 'on', false)"
    " WHERE current_setting('synchronous_commit') = 'off';"
    f" LISTEN {_CHANNEL}"
)
_BEGIN: Final = (
    "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;"
    f" SELECT pg_advisory_xact_lock({WRITER})"
)  # fmt: skip
_BEGIN_READING: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_BEFORE_COMMIT: Final = f"SELECT pg_notify('{_CHANNEL}', ''), pg_current_xact_id()::text"

_TAKE: Final = (
    f"SELECT pg_try_advisory_lock({_TENURE}, hashtext(%s)), backend_start::text"  # noqa: S608 - a constant
    " FROM pg_stat_activity WHERE pid = pg_backend_pid()"
)
_GIVE_BACK: Final = f"SELECT pg_advisory_unlock({_TENURE}, hashtext(%s))"
_END_OLD: Final = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = %s AND backend_start::text = %s"
)
_STORES_CLASSES: Final = frozenset({"08", "25", "28", "3D", "40", "53", "57", "58", "F0", "XX"})
"""Connection, transaction's state, authorization, database, rollback, resources, operator, system, files."""
_PASSING: Final = ("starting up", "shutting down", "recovery", "too many", "remaining connection slots")
_STORES_CODES: Final = frozenset({"42501", "55P03", "55P02"})
"""No right to the table; the lock was not to be had in time; a setting that cannot be changed now."""


class PostgresTenure:
    """The right to be one gateway on one store: it lives as long as the writer's own session."""

    def __init__(self, engine: Postgres) -> None:
        self._engine = engine

    def release(self) -> None:
        """Give it back: the session's end does so as well."""
        self._engine.drop_tenure()


class Postgres(Engine):
    """One connection to a PostgreSQL database; a lost one is made anew."""

    dialect = "postgresql"
    errors = (psycopg.Error,)

    def __init__(self, url: str) -> None:
        """Read the URL; nothing is connected to yet.

        Raises:
            StoreError: libpq cannot read it.
        """
        try:
            wanted = _DEFAULTS | conninfo_to_dict(_plain(url))
            self._conninfo = make_conninfo("", **wanted)
        except psycopg.Error as error:
            raise StoreError(f"store.url: {says(error)}") from error
        self.place = f"{wanted.get('host') or 'local'}/{wanted.get('dbname') or ''}".rstrip("/")
        self._connection: Connection
        self._tx: Tx
        self._gateway: str | None = None
        self._session: tuple[int, str] | None = None
        self._heard = 0
        self._before = 0

    @property
    def connection(self) -> Any:
        """The driver's connection."""
        return self._connection

    # -- connecting ------------------------------------------------------------------------------------------

    def connect(self) -> None:
        """Connect, and set up the session."""
        connection = Connection.connect(self._conninfo, autocommit=True)
        try:
            self._look_at(connection)
            connection.execute(_SESSION)
            connection.add_notify_handler(self._hear)
            self._retake(connection)
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        self._tx = Tx(connection, self.dialect, self.gateway)

    def _look_at(self, connection: Connection) -> None:
        if connection.info.server_version < _OLDEST:
            raise StoreError(f"the server of {self.place} is older than PostgreSQL 13")
        encoding = connection.info.parameter_status("server_encoding")
        if encoding not in {"UTF8", "SQL_ASCII"}:
            raise StoreError(f"the database {self.place} is encoded in {encoding}: make one with -E UTF8")

    def _hear(self, notify: Notify) -> None:
        """Count what others have committed; the driver calls this when it reads the server's words."""
        self._heard += notify.pid != self._connection.info.backend_pid

    def _again(self) -> None:
        """Have a connection: what is lost is made anew, as after a restart of the server."""
        if self._connection.closed:
            self.connect()
            self._heard += 1  # what was committed meanwhile nobody told us

    def revision(self) -> str | None:
        """Return what Alembic wrote down."""
        found = self._connection.execute("SELECT to_regclass('alembic_version') IS NOT NULL").fetchone()
        if found is None or not found[0]:
            return None
        row = self._connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return None if row is None else str(row[0])

    def upgrade(self, revision: str) -> None:
        """Run what is missing, alone: of two daemons that start at once one waits and then finds it done."""
        from modemd.store.migrations.upgrade import upgrade_server  # noqa: PLC0415 - Alembic takes its time

        upgrade_server(lambda: psycopg.connect(self._conninfo), self.place, WRITER, revision)

    # -- transactions ----------------------------------------------------------------------------------------

    def act_as(self, gateway: str) -> None:
        """Note it for this connection and those that replace it."""
        self.gateway = self._tx.gateway = gateway

    def begin(self) -> Tx:
        """Begin, and wait until nobody else writes: 10 s at most."""
        self._again()
        self._connection.execute(_BEGIN)
        self._before = self._connection.written
        return self._tx

    def begin_reading(self) -> Tx:
        """Begin; the first look fixes what is seen."""
        self._again()
        self._connection.execute(_BEGIN_READING)
        self._before = self._connection.written
        return self._tx

    def commit(self) -> None:
        """Commit; where the connection breaks at that, find out whether it was committed."""
        xid = None
        if self.writes() != self._before:
            row = self._connection.execute(_BEFORE_COMMIT).fetchone()
            assert row is not None
            xid = str(row[1])
        try:
            said = self._connection.execute("COMMIT").statusmessage
        except psycopg.OperationalError:
            if xid is None or not self._connection.closed or not self._was_committed(xid):
                raise
            return
        if said != "COMMIT":  # a broken transaction is undone without an error
            raise StoreError("the store has undone a transaction in which something failed")

    def _was_committed(self, xid: str) -> bool:
        """Ask the server what became of a transaction whose commit it did not answer.

        Raises:
            StoreError: it cannot be asked.
        """
        until = time.monotonic() + _FIND_OUT_S
        while time.monotonic() < until:
            with suppress(psycopg.Error, StoreError):
                self._again()
                row = self._connection.execute("SELECT pg_xact_status(%s::xid8)", (xid,)).fetchone()
                if row is not None and row[0] != "in progress":
                    return bool(row[0] == "committed")
            time.sleep(_PAUSE_S)
        raise StoreError("the server was lost at a commit, and cannot be asked whether it took place")

    def rollback(self) -> None:
        """Undo it; a connection that cannot even do that is of no use any more."""
        connection = self._connection
        if connection.closed or connection.info.transaction_status == TransactionStatus.IDLE:
            return
        try:
            connection.execute("ROLLBACK")
        except psycopg.Error:
            connection.close()

    def writes(self) -> int:
        """Return how many statements changed something; a broken transaction counts as one more."""
        broken = self._connection.info.transaction_status == TransactionStatus.INERROR
        return self._connection.written + broken

    def is_the_stores(self, error: Exception) -> bool:
        """Go by the SQLSTATE; without one the connection is lost."""
        if not isinstance(error, psycopg.Error):
            return False
        code = error.sqlstate
        if code is None:
            return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
        return code[:2] in _STORES_CLASSES or code in _STORES_CODES

    def refuses(self, error: Exception) -> bool:
        """Go by what the server says: an error of connecting has no SQLSTATE."""
        said = str(error)
        return "FATAL:" in said and not any(each in said for each in _PASSING)

    def say(self, error: Exception) -> str:
        """Return what the server or libpq says, on one line."""
        return says(error)

    def changes(self) -> int:
        """Return how often another connection has committed something, as far as we were told."""
        if not self._connection.closed and self._connection.info.transaction_status == TransactionStatus.IDLE:
            self._connection.execute("SELECT 1")  # the driver reads what the server has said meanwhile
        return self._heard

    # -- being one gateway -----------------------------------------------------------------------------------

    def hold_tenure(self, gateway: str) -> PostgresTenure:
        """Take the lock of this name for the session; a session made anew takes it again before all else."""
        self._take(self._connection, gateway)
        self._gateway = gateway
        return PostgresTenure(self)

    def drop_tenure(self) -> None:
        """Give it back."""
        gateway, self._gateway = self._gateway, None
        if gateway is not None and not self._connection.closed:
            with suppress(psycopg.Error):
                self._connection.execute(_GIVE_BACK, (gateway,))

    def _retake(self, connection: Connection) -> None:
        if self._gateway is not None:
            if self._session is not None:  # the old session may linger where only the line was cut
                connection.execute(_END_OLD, self._session)
            self._take(connection, self._gateway)

    def _take(self, connection: Connection, gateway: str) -> None:
        row = connection.execute(_TAKE, (gateway,)).fetchone()
        assert row is not None
        if not row[0]:
            raise StoreError(f"gateway {gateway} is running already on the store {self.place}")
        self._session = (connection.info.backend_pid, str(row[1]))

    def backup(self, target: Path) -> None:  # noqa: ARG002 - no copy is made here
        """Say what does it: the server's own tools."""
        raise StoreError(
            f"{self.place} is a PostgreSQL database: pg_dump copies it while it is in use,"
            " as in pg_dump -Fc -f modemd.dump modemd"
        )

    def close(self) -> None:
        """Close the connection; the server ends what it had begun."""
        self._connection.close()


def _plain(url: str) -> str:
    """Return the URL as libpq knows it: SQLAlchemy's users write the driver into it."""
    scheme, sep, rest = url.partition("://")
    return f"{scheme.partition('+')[0]}{sep}{rest}"
