"""Opening a store: made from nothing, found at HEAD, refused when newer; and its copies."""

from __future__ import annotations

import os
import resource
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from modemd.errors import StoreError
from modemd.store import mark
from modemd.store.database import HEAD, Database, sqlite_path
from modemd.store.schema import METADATA
from tests.store.files import dump, fresh, rows, url_of


def objects(database: Database) -> set[tuple[str, str]]:
    return {(str(kind), str(name)) for kind, name in rows(database, "SELECT type, name FROM sqlite_schema")}


def test_a_store_is_made_from_nothing(tmp_path: Path) -> None:
    database = Database(url_of(tmp_path / "deep" / "down" / "store.db"))
    found = objects(database)
    assert {("table", name) for name in METADATA.tables} <= found
    assert {
        ("index", str(index.name)) for table in METADATA.tables.values() for index in table.indexes
    } <= found
    assert rows(database, "SELECT version_num FROM alembic_version") == [(HEAD,)]
    assert rows(database, "PRAGMA integrity_check") == [("ok",)]
    database.close()


def test_a_store_at_head_is_opened_as_it_is(tmp_path: Path) -> None:
    database = fresh(tmp_path)
    before = dump(database)
    database.close()
    again = Database(url_of(tmp_path / "store.db"), create=False)
    assert dump(again) == before
    again.close()


def test_commits_reach_the_disk_before_they_are_told(tmp_path: Path) -> None:
    database = fresh(tmp_path, durable=True)
    assert rows(database, "PRAGMA journal_mode") == [("wal",)]
    assert rows(database, "PRAGMA synchronous") == [(2,)]
    assert rows(database, "PRAGMA foreign_keys") == [(1,)]
    database.close()


def test_a_newer_store_is_refused_and_left_alone(tmp_path: Path) -> None:
    database = fresh(tmp_path)
    database.connection.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    contents = (tmp_path / "store.db").read_bytes()
    with pytest.raises(StoreError, match="newer modemd"):
        Database(url_of(tmp_path / "store.db"))
    assert (tmp_path / "store.db").read_bytes() == contents


def test_a_disk_that_fills_while_the_store_is_made_leaves_nothing_half_done(tmp_path: Path) -> None:
    pattern = fresh(tmp_path)
    whole = objects(pattern)
    pattern.close()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    refused = 0
    for room in range(0, 400_000, 25_000):
        path = tmp_path / f"{room}.db"
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
        try:
            Database(url_of(path)).close()
        except StoreError:
            refused += 1
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        database = Database(url_of(path))
        assert objects(database) == whole
        database.close()
    assert refused > 1


@pytest.mark.parametrize("name", ["with blank.db", "50%.db", "a%20b.db", "é.db", "a?b#c.db"])
def test_a_file_may_be_called_as_it_likes(tmp_path: Path, name: str) -> None:
    url = f"sqlite:///{tmp_path}/{name.replace('%', '%25')}"
    Database(url).close()
    assert {path.name for path in tmp_path.iterdir()} == {name}
    assert sqlite_path(url) == tmp_path / name


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://user@host/db",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite://host/file.db",
        "x",
    ],
)
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(StoreError, match=r"store\.url"):
        sqlite_path(url)


def test_a_command_makes_no_store(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="has the daemon been started"):
        Database(url_of(tmp_path / "none.db"), create=False)
    sqlite3.connect(tmp_path / "empty.db").close()
    (tmp_path / "empty.db").touch()
    with pytest.raises(StoreError, match="holds no store of modemd yet"):
        Database(url_of(tmp_path / "empty.db"), create=False)
    assert not (tmp_path / "none.db").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a file to another user")
def test_what_root_makes_belongs_to_the_folders_owner(tmp_path: Path) -> None:
    os.chown(tmp_path, 12345, 12346)
    made = Database(url_of(tmp_path / "store.db"))
    assert made.is_new
    assert made.transact(mark.tag)
    owners = {file.name: (file.stat().st_uid, file.stat().st_gid) for file in tmp_path.iterdir()}
    assert owners == dict.fromkeys(("store.db", "store.db-wal", "store.db-shm"), (12345, 12346))
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o640}
    made.close()
    again = Database(url_of(tmp_path / "store.db"))
    assert not again.is_new
    again.close()


def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rubbish.db").write_bytes(b"rubbish" * 1000)
    with pytest.raises(StoreError, match="not a database"):
        Database(url_of(tmp_path / "rubbish.db"))
    with pytest.raises(StoreError, match="cannot open the store"):
        Database(url_of(tmp_path))


def test_a_job_that_fails_writes_nothing(tmp_path: Path) -> None:
    database = fresh(tmp_path)

    def fail() -> None:
        def job(tx: object) -> None:
            database.connection.execute("INSERT INTO route (key) VALUES ('x')")
            raise ZeroDivisionError

        database.transact(job)

    with pytest.raises(ZeroDivisionError):
        fail()
    assert rows(database, "SELECT * FROM route") == []
    database.close()


def test_a_reader_sees_one_state_and_stops_nobody(tmp_path: Path) -> None:
    writer, reader = fresh(tmp_path), Database(url_of(tmp_path / "store.db"))

    def look(_tx: object) -> list[tuple[Any, ...]]:
        seen = rows(reader, "SELECT count(*) FROM route")
        writer.connection.execute("INSERT INTO route (key) VALUES ('x')")
        return seen + rows(reader, "SELECT count(*) FROM route")

    assert reader.read(look) == [(0,), (0,)]
    assert rows(reader, "SELECT count(*) FROM route") == [(1,)]
    reader.close()
    writer.close()


def test_another_process_s_commit_is_noticed_and_one_s_own_is_not(tmp_path: Path) -> None:
    mine, other = fresh(tmp_path), Database(url_of(tmp_path / "store.db"))
    before = mine.changes()
    mine.connection.execute("INSERT INTO route (key) VALUES ('mine')")
    assert mine.changes() == before
    other.connection.execute("INSERT INTO route (key) VALUES ('other')")
    assert mine.changes() != before
    other.close()
    mine.close()


def test_a_backup_is_whole_while_the_store_is_written(tmp_path: Path) -> None:
    database = fresh(tmp_path)
    database.connection.execute("INSERT INTO route (key) VALUES ('kept')")
    database.backup(tmp_path / "copy.db")
    copy = Database(url_of(tmp_path / "copy.db"), create=False)
    marks = [each.read(mark.tag) for each in (database, copy)]
    assert marks[0] != marks[1]
    assert dump(copy).replace(marks[1], marks[0]) == dump(database)
    copy.close()
    with pytest.raises(StoreError, match="name a new file"):
        database.backup(tmp_path / "copy.db")
    with pytest.raises(StoreError, match="cannot write"):
        database.backup(tmp_path / "no such folder" / "copy.db")
    database.close()


def test_a_store_is_not_for_everybody(tmp_path: Path) -> None:
    database = Database(url_of(tmp_path / "store.db"))
    database.transact(lambda tx: tx.text("UPDATE alembic_version SET version_num = version_num"))
    modes = {path.name: path.stat().st_mode & 0o007 for path in tmp_path.glob("store.db*")}
    database.close()
    assert modes == {"store.db": 0, "store.db-wal": 0, "store.db-shm": 0}
