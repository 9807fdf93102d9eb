"""What only a server can do to a store: be restarted, cut the line, end a session, have another's lock."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from modemd.errors import StoreError
from modemd.store import mark
from modemd.store.database import HEAD, Database
from modemd.store.schema import METADATA
from modemd.store.writer import Store
from tests.store import postgres
from tests.store.files import beside, close_all, opened, rows, served
from tests.store.test_writer import add, keys
from tests.store.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def database() -> Database:
    return served()


@pytest.fixture
def own_server() -> Iterator[postgres.Server]:
    """A server that this test may stop."""
    found = postgres.programs()
    if found is None:
        pytest.skip("PostgreSQL is not installed here")
    made = postgres.Server(found)
    yield made
    close_all()
    made.remove()


def end_session(other: Database, ended: Database) -> None:
    pid = ended.connection.info.backend_pid
    assert rows(other, f"SELECT pg_terminate_backend({pid}, 5000)") == [(True,)]


def test_what_is_a_partial_index_in_a_file_is_one_on_a_server(database: Database) -> None:
    said = (
        "SELECT indexname FROM pg_indexes WHERE schemaname = current_schema() AND indexdef LIKE '% WHERE (%'"
    )
    everywhere = [index for table in METADATA.tables.values() for index in table.indexes]
    meant = {index.name for index in everywhere if index.dialect_options["sqlite"]["where"] is not None}
    assert "part_ready" in meant
    assert {name for (name,) in rows(database, said)} == meant


def test_a_lost_connection_is_an_error_of_the_store_and_made_anew(database: Database) -> None:
    other = beside(database)

    async def main() -> None:
        async with Store(database) as store:
            await store.run(add("a"))
            end_session(other, database)
            with pytest.raises(StoreError, match="terminating connection"):
                await store.run(add("b"))
            assert keys(other) == ["a"]
            await store.run(add("b"))

    asyncio.run(main())
    assert keys(other) == ["a", "b"]


def test_what_rode_along_with_a_lost_batch_is_done_with_the_next(database: Database) -> None:
    other = beside(database)

    async def main() -> None:
        async with Store(database) as store:
            store.later(add("later"))
            end_session(other, database)
            with pytest.raises(StoreError):
                await store.run(add("a"))
            await store.run(add("b"))

    asyncio.run(main())
    assert keys(other) == ["b", "later"]


def test_a_restart_of_the_server_is_survived(own_server: postgres.Server) -> None:
    database = opened(Database(own_server.create("store")))
    database.transact(add("a"))
    own_server.stop()
    with pytest.raises(StoreError, match="cannot be written"):
        database.transact(add("b"))
    with pytest.raises(StoreError, match=r"No such file|refused"):
        database.transact(add("b"))
    own_server.start()
    database.transact(add("b"))
    assert keys(database) == ["a", "b"]


@pytest.mark.parametrize("arrives", [True, False], ids=["committed", "undone"])
def test_a_commit_that_is_not_answered_is_what_the_server_says(database: Database, *, arrives: bool) -> None:
    server = postgres.server()
    name = str(database.connection.info.dbname)
    with tempfile.TemporaryDirectory() as folder, Wire(Path(folder), server.folder) as wire:
        far = Database(f"postgresql://modemd@/{name}?host={folder}")
        wire.cut_at_commit(arrives=arrives)
        if arrives:
            assert far.transact(add("a")) == "a"
        else:
            with pytest.raises(StoreError):
                far.transact(add("a"))
        assert keys(database) == ["a"] * arrives
        far.transact(add("b"))
        far.close()
    assert keys(database)[-1] == "b"


def test_one_who_writes_is_alone_and_who_waits_too_long_is_told(database: Database) -> None:
    other = beside(database)
    other.connection.execute("SET lock_timeout = '50ms'")
    database.engine.begin()
    with pytest.raises(StoreError, match="lock timeout"):
        other.transact(add("b"))
    assert other.read(lambda _tx: keys(other)) == []
    database.engine.rollback()
    other.transact(add("b"))
    assert keys(database) == ["b"]


def test_a_gateway_that_froze_while_it_wrote_frees_the_store(database: Database) -> None:
    other = beside(database)
    database.connection.execute("SET idle_in_transaction_session_timeout = '50ms'")
    database.engine.begin()
    assert other.transact(add("b")) == "b"
    with pytest.raises(StoreError):
        database.transact(add("a"))
    assert database.transact(add("a")) == "a"
    assert keys(other) == ["b", "a"]


def test_a_transaction_in_which_something_failed_is_not_taken_for_committed(database: Database) -> None:
    engine = database.engine

    def careless(_tx: object) -> None:
        with pytest.raises(engine.errors):
            database.connection.execute("SELECT 1/0")

    with pytest.raises(StoreError):
        database.transact(careless)
    assert database.transact(add("a")) == "a"


def test_one_daemon_is_a_gateway(database: Database) -> None:
    other = beside(database)
    tenure = database.hold_tenure("gw1")
    other.hold_tenure("gw2").release()
    with pytest.raises(StoreError, match="gateway gw1 is running already on the store"):
        other.hold_tenure("gw1")
    tenure.release()
    other.hold_tenure("gw1").release()


def test_a_session_that_is_made_anew_is_the_gateway_again(database: Database) -> None:
    other = beside(database)
    database.hold_tenure("gw1")
    end_session(other, database)
    with pytest.raises(StoreError):
        database.transact(add("a"))
    database.transact(add("a"))
    with pytest.raises(StoreError, match="running already"):
        other.hold_tenure("gw1")


def test_who_lost_its_gateway_to_another_writes_nothing_until_that_ends(database: Database) -> None:
    other = beside(database)
    database.hold_tenure("gw1")
    end_session(other, database)
    theirs = other.hold_tenure("gw1")
    for _ in range(2):
        with pytest.raises(StoreError):
            database.transact(add("a"))
    with pytest.raises(StoreError, match="gateway gw1 is running already"):
        database.transact(add("a"))
    theirs.release()
    assert database.transact(add("a")) == "a"


def test_a_session_whose_line_was_cut_does_not_stand_in_its_own_way(database: Database) -> None:
    server = postgres.server()
    name = str(database.connection.info.dbname)
    with tempfile.TemporaryDirectory() as folder, Wire(Path(folder), server.folder) as wire:
        far = Database(f"postgresql://modemd@/{name}?host={folder}")
        far.hold_tenure("gw1")
        wire.cut_at_commit(arrives=True)
        assert far.transact(add("a")) == "a"
        with pytest.raises(StoreError, match="running already"):
            database.hold_tenure("gw1")
        far.close()


def test_two_that_begin_at_once_make_one_store() -> None:
    url = postgres.server().create("begun_at_once")

    async def main() -> list[Database]:
        return await asyncio.gather(*(asyncio.to_thread(Database, url) for _ in range(3)))

    made = asyncio.run(main())
    assert len({each.transact(mark.tag) for each in made}) == 1
    for each in made:
        assert rows(each, "SELECT version_num FROM alembic_version") == [(HEAD,)]
        each.close()


def test_what_cannot_be_a_store_is_refused_with_a_sentence() -> None:
    server = postgres.server()
    with pytest.raises(StoreError, match="holds no store of modemd yet"):
        Database(server.url("postgres"), create=False)
    with pytest.raises(StoreError, match='database "none" does not exist'):
        Database(server.url("none"))
    with pytest.raises(StoreError, match="cannot open the store"):
        Database("postgresql://modemd:secret@/store?host=/nonexistent")
    with pytest.raises(StoreError, match=r"store\.url"):
        Database("postgresql://modemd@/store?nonsense=1")
    server.sql("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    with pytest.raises(StoreError, match="encoded in LATIN1"):
        Database(server.url("latin"))


def test_no_password_is_told() -> None:
    with pytest.raises(StoreError) as caught:
        Database("postgresql://modemd:secret@/store?host=/nonexistent")
    assert "secret" not in str(caught.value)


def test_a_newer_store_is_left_alone(database: Database) -> None:
    database.connection.execute("UPDATE alembic_version SET version_num = '9999'")
    try:
        with pytest.raises(StoreError, match="newer modemd"):
            beside(database)
    finally:
        database.connection.execute(f"UPDATE alembic_version SET version_num = '{HEAD}'")


def test_a_copy_is_made_by_the_server_s_own_tools(database: Database, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"pg_dump -Fc -f modemd\.dump modemd$"):
        database.backup(tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_commits_reach_the_disk_whatever_the_server_says() -> None:
    server = postgres.server()
    url = server.create("hasty")
    server.sql("ALTER DATABASE hasty SET synchronous_commit = off")
    database = opened(Database(url))
    assert rows(database, "SHOW synchronous_commit") == [("on",)]


def test_characters_that_the_server_cannot_hold_are_replaced(database: Database) -> None:
    database.transact(add("a\0b"))
    assert keys(database) == ["a\u2400b"]
