"""Group commit: nobody goes on before the commit, or pays for another's error; a full disk writes nothing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import bindparam, insert, select

from modemd.errors import StoreError
from modemd.store.schema import concat, route
from modemd.store.statement import Statement
from modemd.store.writer import BATCH, Store
from tests.store.files import beside, fresh, full_disk, rows

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path

    from modemd.store.database import Database
    from modemd.store.transaction import Tx

ADD = Statement(insert(route), ("key",))
KEYS = Statement(select(route.c.key).order_by(route.c.id))
FIND = Statement(select(route.c.id).where(route.c.key == bindparam("k")))
FILL = Statement(insert(concat), ("destination", "concat_ref", "used_at"))


def add(key: str) -> Callable[[Tx], str]:
    """A job that writes one row and returns its key."""

    def job(tx: Tx) -> str:
        tx.run(ADD, key=key)
        return key

    return job


def big(key: str) -> Callable[[Tx], str]:
    """A job that writes more than a page holds."""

    def job(tx: Tx) -> str:
        tx.run(FILL, destination=key + "x" * 6000, concat_ref=0, used_at=0)
        tx.run(ADD, key=key)
        return key

    return job


def keys(database: Database) -> list[str]:
    return [str(key) for (key,) in rows(database, "SELECT key FROM route ORDER BY id")]


def with_store(database: Database, play: Callable[[Store, Database], Coroutine[Any, Any, None]]) -> None:
    """A store with its thread; ``play`` gets another connection as well, to look with."""
    other = beside(database)

    async def main() -> None:
        async with Store(database) as store:
            await play(store, other)

    asyncio.run(main())


def test_a_result_comes_after_its_commit(database: Database) -> None:
    async def play(store: Store, other: Database) -> None:
        for key in ("a", "b", "c"):
            assert await store.run(add(key)) == key
            assert keys(other)[-1] == key

    with_store(database, play)


def test_what_waits_is_committed_together(database: Database) -> None:
    async def play(store: Store, other: Database) -> None:
        names = [f"k{place}" for place in range(2 * BATCH)]
        seen: list[int] = []

        async def one(name: str) -> None:
            await store.run(add(name))
            seen.append(len(keys(other)))

        await asyncio.gather(*(one(name) for name in names))
        assert keys(other) == names
        # The first goes alone, what gathered behind it in two batches at most.
        assert len(set(seen)) <= 4

    with_store(database, play)


def test_one_job_s_error_leaves_the_others(database: Database) -> None:
    def fail(tx: Tx) -> None:
        tx.run(ADD, key="undone")
        raise ZeroDivisionError

    async def play(store: Store, other: Database) -> None:
        jobs: list[Callable[[Tx], Any]] = [add("a"), fail, add("a"), add("b")]
        answers = await asyncio.gather(*(store.run(job) for job in jobs), return_exceptions=True)
        assert answers[0] == "a"
        assert isinstance(answers[1], ZeroDivisionError)
        assert isinstance(answers[2], database.engine.errors)
        assert answers[3] == "b"
        assert keys(other) == ["a", "b"]

    with_store(database, play)


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("written", [False, True], ids=["before it wrote", "half done"])
def test_a_job_without_a_savepoint_that_fails_leaves_the_others(
    database: Database, place: int, *, written: bool
) -> None:
    """Those beside it that may be run again are, and what each wrote is there once."""

    def fail(tx: Tx) -> None:
        if written:
            tx.run(ADD, key="undone")
        raise ZeroDivisionError

    async def play(store: Store, other: Database) -> None:
        jobs: list[Callable[[Tx], Any]] = [add("a"), add("b"), add("c")]
        jobs.insert(place, fail)
        first = store.run(add("first"))  # the others gather behind it
        once = store.run(add("once"))
        answers = await asyncio.gather(
            first, once, *(store.run(job, again=True) for job in jobs), return_exceptions=True
        )
        assert isinstance(answers.pop(2 + place), ZeroDivisionError)
        assert answers == ["first", "once", "a", "b", "c"]
        assert sorted(keys(other)) == ["a", "b", "c", "first", "once"]

    with_store(database, play)


@pytest.mark.parametrize("wrong", [object(), 2**80, "\ud83d"], ids=["object", "integer", "surrogate"])
def test_a_value_that_no_database_takes_is_its_own_job_s_error(database: Database, wrong: object) -> None:
    def put_wrong(tx: Tx) -> None:
        tx.run(FILL, destination="x", concat_ref=wrong, used_at=0)

    async def play(store: Store, other: Database) -> None:
        jobs: list[Callable[[Tx], Any]] = [add("a"), put_wrong, add("b")]
        answers = await asyncio.gather(*(store.run(job) for job in jobs), return_exceptions=True)
        assert answers[0::2] == ["a", "b"]
        assert isinstance(answers[1], Exception)
        assert not isinstance(answers[1], StoreError)
        assert keys(other) == ["a", "b"]

    with_store(database, play)


@pytest.mark.parametrize("nth", range(6))
def test_a_commit_that_fails_gives_store_error_to_all_and_writes_nothing(tmp_path: Path, nth: int) -> None:
    """The disk is full for the n-th of six batches; all that was refused is written by a second try."""

    async def play(store: Store, other: Database) -> None:
        for turn in range(6):
            names = [f"{turn}{letter}" for letter in "abc"]
            jobs = [big(name) for name in names]
            before = keys(other)
            if turn == nth:
                with full_disk(other):
                    failed = await asyncio.gather(*map(store.run, jobs), return_exceptions=True)
                assert [type(answer) for answer in failed] == [StoreError] * 3
                assert keys(other) == before
            assert await asyncio.gather(*map(store.run, jobs)) == names
            assert keys(other) == before + names
        assert rows(other, "PRAGMA integrity_check") == [("ok",)]

    with_store(fresh(tmp_path), play)


@pytest.mark.parametrize("pages", range(0, 8, 2))
def test_a_store_that_may_not_grow_fails_within_a_job(tmp_path: Path, pages: int) -> None:
    """SQLite says no in the middle of a statement, and takes the whole transaction back by itself."""

    async def play(store: Store, other: Database) -> None:
        used = int(rows(other, "PRAGMA page_count")[0][0])
        await store.run(lambda tx: tx.text(f"PRAGMA max_page_count={used + pages}"))
        jobs = [big(str(place)) for place in range(12)]
        answers = await asyncio.gather(*map(store.run, jobs), return_exceptions=True)
        refused = [answer for answer in answers if isinstance(answer, StoreError)]
        written = [answer for answer in answers if isinstance(answer, str)]
        assert refused
        assert len(refused) + len(written) == 12
        assert keys(other) == written
        await store.run(lambda tx: tx.text("PRAGMA max_page_count=1000000"))
        assert await store.run(big("last")) == "last"
        assert keys(other) == [*written, "last"]

    with_store(fresh(tmp_path), play)


def test_a_locked_store_is_an_error_of_the_store(tmp_path: Path) -> None:
    async def play(store: Store, other: Database) -> None:
        await store.run(lambda _tx: None)
        await store.run(lambda tx: tx.text("PRAGMA busy_timeout=0"))
        other.connection.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="locked"):
            await store.run(add("a"))
        other.connection.execute("ROLLBACK")
        assert await store.run(add("a")) == "a"

    with_store(fresh(tmp_path), play)


def test_later_jobs_ride_along(database: Database) -> None:
    async def play(store: Store, other: Database) -> None:
        store.later(add("later"))
        assert keys(other) == []
        await store.run(add("now"))
        assert keys(other) == ["now", "later"]

    with_store(database, play)


def test_later_jobs_go_by_themselves_before_long(database: Database) -> None:
    async def play(store: Store, other: Database) -> None:
        done = asyncio.Event()
        loop = asyncio.get_running_loop()
        store.later(lambda tx: (add("later")(tx), loop.call_soon_threadsafe(done.set)))
        await asyncio.wait_for(done.wait(), 5)
        await store.run(lambda _tx: None)
        assert keys(other) == ["later"]

    with_store(database, play)


def test_later_jobs_survive_a_failed_commit_and_are_done_once(tmp_path: Path) -> None:
    async def play(store: Store, other: Database) -> None:
        store.later(big("later"))
        with full_disk(other), pytest.raises(StoreError):
            await store.run(big("now"))
        assert keys(other) == []
        await store.run(add("again"))
        assert keys(other) == ["again", "later"]
        await store.run(add("end"))
        assert keys(other) == ["again", "later", "end"]

    with_store(fresh(tmp_path), play)


def test_a_later_job_that_fails_stops_nobody(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    async def play(store: Store, other: Database) -> None:
        store.later(lambda tx: tx.run(ADD, key=None))
        store.later(add("b"))
        assert await store.run(add("a")) == "a"
        assert keys(other) == ["a", "b"]

    with_store(database, play)
    assert "nobody waits for" in caplog.text


def test_later_jobs_are_written_at_the_end(database: Database) -> None:
    async def main() -> None:
        async with Store(database) as store:
            store.later(add("later"))

    asyncio.run(main())
    assert keys(database) == ["later"]


def test_a_caller_that_gave_up_is_not_missed(database: Database) -> None:
    async def play(store: Store, other: Database) -> None:
        task = asyncio.ensure_future(store.run(add("a")))
        await asyncio.sleep(0)
        task.cancel()
        await store.run(add("b"))
        assert task.cancelled()
        assert keys(other) == ["a", "b"]

    with_store(database, play)


def test_changes_tells_another_process_s_commits(database: Database) -> None:
    async def play(store: Store, other: Database) -> None:
        before = await store.changes()
        await store.run(add("mine"))
        assert await store.changes() == before
        other.transact(add("other"))
        assert await store.changes() != before

    with_store(database, play)
