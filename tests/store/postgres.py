"""A real PostgreSQL server for tests, on a socket of its own; one for each process that runs tests.

Debian's package starts a cluster of its own, which the tests leave alone: they run its programs.
A server refuses to run as root, so root's tests run it as the package's user.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from modemd.store.database import Database
from tests.store import watch

pytest.importorskip("psycopg", reason="the driver of PostgreSQL is not installed: modemd[postgres]")
import psycopg

_PACKAGED = Path("/usr/lib/postgresql")
_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",  # no test pulls the plug of the machine
    "full_page_writes": "off",
    "shared_buffers": "16MB",
    "max_connections": "60",
    "autovacuum": "off",
    "log_min_messages": "fatal",
}
_PR_SET_PDEATHSIG = 1
_START_S = 20
_LIBC = ctypes.CDLL(None)


def programs() -> Path | None:
    """Where the server's programs are; Debian keeps them off the PATH."""
    found = shutil.which("postgres")
    if found is not None and Path(found).resolve().with_name("initdb").exists():
        return Path(found).resolve().parent
    versions = sorted(_PACKAGED.glob("*/bin/postgres"), key=lambda path: float(path.parts[-3]))
    return versions[-1].parent if versions else None


def _other_user() -> dict[str, Any]:
    """Who runs the server, as options of ``subprocess``."""
    if os.geteuid() != 0:
        return {}
    try:
        user = pwd.getpwnam("postgres")
    except KeyError:
        user = pwd.getpwnam("nobody")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _die_with_me() -> None:
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)


class Server:
    """A cluster in a folder of its own."""

    def __init__(self, found: Path, **settings: str) -> None:
        self._programs = found
        self._settings = _SETTINGS | settings
        self._user = _other_user()
        self.folder = Path(tempfile.mkdtemp(prefix="modemd-pg-"))
        if self._user:
            os.chown(self.folder, self._user["user"], self._user["group"])
        made = subprocess.run(
            [
                found / "initdb", "-D", self.folder / "cluster", "-U", "modemd", "-A", "trust", "-N",
                "-E", "UTF8", "--locale=C", "--no-instructions",
            ],
            capture_output=True, text=True, check=False, cwd=self.folder, **self._user,
        )  # fmt: skip
        assert made.returncode == 0, made.stderr
        self.start()

    def start(self) -> None:
        """Start it; return when it answers."""
        command: list[str | Path] = [
            self._programs / "postgres", "-D", self.folder / "cluster", "-k", self.folder,
        ]  # fmt: skip
        for name, value in self._settings.items():
            command += ["-c", f"{name}={value}"]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, cwd=self.folder,
                preexec_fn=_die_with_me,  # noqa: PLW1509 - no thread of the tests' holds a lock of the C library
                **self._user,
            )  # fmt: skip
        waited = subprocess.run(
            ["/bin/sh", "-c", f'until "{self._programs}/pg_isready" -q -h "{self.folder}"; do :; done'],
            capture_output=True, timeout=_START_S, check=False,
        )  # fmt: skip
        assert waited.returncode == 0, (self.folder / "log").read_text()

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it: SIGINT is fast and clean, SIGQUIT is as if it crashed."""
        self._process.send_signal(how)
        self._process.wait(_START_S)

    def remove(self) -> None:
        """Stop it, and take away what it wrote."""
        if self._process.poll() is None:
            self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, name: str) -> str:
        """The URL of one of its databases."""
        return f"postgresql://modemd@/{name}?host={self.folder}"

    def sql(self, command: str, name: str = "postgres") -> list[tuple[Any, ...]]:
        """Run SQL in one of its databases; return what the last statement found."""
        with psycopg.connect(self.url(name), autocommit=True) as connection:
            cursor = connection.execute(command.encode())
            return cursor.fetchall() if cursor.description else []

    def create(self, name: str) -> str:
        """Make an empty database; return its URL."""
        self.sql(f"CREATE DATABASE {name}")
        return self.url(name)


@lru_cache(maxsize=1)
def server() -> Server:
    """This process's server; the test is skipped where there is no PostgreSQL."""
    found = programs()
    if found is None:
        pytest.skip("PostgreSQL is not installed here (Debian: apt-get install postgresql)")
    made = Server(found)
    atexit.register(made.remove)
    return made


class _Pool:
    """Databases that are at HEAD and empty: emptied after each test, which is quicker than a new one."""

    def __init__(self) -> None:
        self._free: list[str] = []
        self._taken: list[str] = []
        self._made = 0
        pattern = server().create("pattern")
        Database(pattern).close()
        server().sql(watch.POSTGRESQL, "pattern")
        tables = server().sql(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            " AND tablename NOT IN ('alembic_version', 'store_mark')",
            "pattern",
        )
        sequences = server().sql("SELECT sequencename FROM pg_sequences", "pattern")
        self._empty = "SET session_replication_role = replica;" + "".join(
            [f"DELETE FROM {name};" for (name,) in tables]
            + [f"SELECT setval('{name}', 1, false);" for (name,) in sequences]
            + ["SET session_replication_role = origin"]
        )

    def take(self) -> str:
        """A database that nobody uses."""
        if self._free:
            name = self._free.pop()
        else:
            self._made += 1
            name = f"store_{self._made}"
            server().sql(f"CREATE DATABASE {name} TEMPLATE pattern")
        self._taken.append(name)
        return server().url(name)

    def give_back(self) -> None:
        """Empty what was taken."""
        while self._taken:
            name = self._taken.pop()
            server().sql(self._empty, name)
            self._free.append(name)


@lru_cache(maxsize=1)
def pool() -> _Pool:
    """This process's databases."""
    return _Pool()
