"""A file in the spool is taken once: over a crash, a full disk, two announcements, one Client_id."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from modemd.errors import StoreError
from modemd.workers.spool_batch import key_of
from tests.service.office import TO
from tests.store.files import full_disk, rows
from tests.workers.spool_door import HELLO, Door, play

if TYPE_CHECKING:
    from pathlib import Path


def test_a_crash_between_the_commit_and_the_rename_sends_nothing_twice(tmp_path: Path) -> None:
    async def story(here: Door) -> None:
        dropped = here.hall.drop("a", HELLO)
        path = here.lay("a")
        await here.hall.accept(replace(dropped, key=key_of(dropped.path, path.stat())))
        assert here.hall.names("outgoing") == ["a"]
        await here.emptied()
        assert here.messages() == [(TO, "Hello")]
        assert here.hall.names("checked") == ["a"]

    play(tmp_path, story)


def test_another_file_of_the_same_name_is_another_message(tmp_path: Path) -> None:
    async def story(here: Door) -> None:
        for _ in range(2):
            here.lay("a")
            await here.emptied()
        assert len(here.messages()) == 2

    play(tmp_path, story)


def test_the_same_client_id_in_another_file_sends_nothing(tmp_path: Path) -> None:
    async def story(here: Door) -> None:
        here.lay("a", f"To: {TO}\nClient_id: 7\n\nHello")
        await here.emptied()
        here.lay("b", f"To: {TO}\nClient_id: 7\n\nHello")
        here.lay("c", f"To: {TO}\nClient_id: 7\n\nBye")
        await here.emptied()
        assert here.messages() == [(TO, "Hello")]
        assert here.hall.names("checked") == ["a"]
        assert here.hall.names("failed") == ["c"]
        assert len(rows(here.look, "SELECT * FROM spool_file")) == 1

    play(tmp_path, story)


def test_with_the_disk_full_every_file_stays_where_it_is(tmp_path: Path) -> None:
    async def story(here: Door) -> None:
        for name in ("a", "b"):
            here.lay(name)
        await here.hall.floor.store.run(lambda _tx: None)
        with full_disk(here.look), pytest.raises(StoreError):
            await here.emptied()
        assert here.hall.names("outgoing") == ["a", "b"]
        assert here.messages() == []
        await here.emptied()
        assert len(here.messages()) == 2

    play(tmp_path, story)


def test_what_is_announced_twice_is_taken_once(tmp_path: Path) -> None:
    """A file written in place, and renamed over by another of its name before it was taken."""

    async def story(here: Door) -> None:
        await here.looked()
        (here.spool / "outgoing" / "a").write_text(HELLO)
        here.rename_in("a", f"To: {TO}\n\nBye")
        await here.emptied()
        assert here.messages() == [(TO, "Bye")]

    play(tmp_path, story, scan="1h")
