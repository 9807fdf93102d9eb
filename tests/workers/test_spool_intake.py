"""Files dropped into the spool: taken in every format, under any name, and only then moved."""

from __future__ import annotations

import asyncio
import json
import os
from functools import partial
from typing import TYPE_CHECKING

import pytest

from modemd.workers.bell import Bell
from tests.service.office import TO, rules_of
from tests.store.files import rows
from tests.workers.spool_door import HELLO, Door, play

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.workers.floor import Floor


@pytest.mark.parametrize(
    ("name", "contents", "form"),
    [
        ("a", HELLO, "smstools3"),
        (f"OUT{TO}.txt", "Hello", "gammu"),
        ("a.json", json.dumps({"to": TO, "text": "Hello"}), "json"),
    ],
)
def test_a_file_of_each_format_is_taken(tmp_path: Path, name: str, contents: str, form: str) -> None:
    async def story(here: Door) -> None:
        path = here.lay(name, contents)
        before = path.read_bytes()
        await here.emptied()
        assert here.messages() == [(TO, "Hello")]
        assert here.hall.names("checked") == [name]
        assert (here.spool / "checked" / name).read_bytes() == before
        assert rows(here.look, "SELECT name, format FROM spool_file") == [(name.encode(), form)]
        assert rows(here.look, "SELECT source, file_id FROM message") == [("spool", 1)]

    play(tmp_path, story)


def test_a_file_that_is_renamed_in_is_taken_at_once(tmp_path: Path) -> None:
    async def story(here: Door) -> None:
        await here.looked()
        here.rename_in("a")
        await here.emptied()
        assert here.messages() == [(TO, "Hello")]

    play(tmp_path, story, scan="1h")


def test_a_file_written_in_place_is_taken_when_it_rests(tmp_path: Path) -> None:
    async def story(here: Door) -> None:
        await here.looked()
        path = here.spool / "outgoing" / "a"
        with path.open("w") as file:
            file.write(f"To: {TO}\n\nHel")
            file.flush()
            with pytest.raises(TimeoutError):  # it is not closed yet
                await asyncio.wait_for(here.turn(lambda: here.messages() != []), 0.3)
            file.write("lo")
        await here.emptied()
        assert here.messages() == [(TO, "Hello")]

    play(tmp_path, story, settle="0.1s", scan="1h")


def test_the_urgent_is_taken_first(tmp_path: Path) -> None:
    async def story(here: Door) -> None:
        for place, priority in enumerate(("low", "normal", "high", "bulk", "normal", "high")):
            here.lay(f"{place}", f"To: {TO}\nPriority: {priority}\n\n{place}", age_s=60 - place)
        await here.emptied()
        assert [text for _, text in here.messages()] == ["2", "5", "1", "4", "0", "3"]

    play(tmp_path, story)


def test_a_list_of_recipients_is_a_message_each_and_one_file(tmp_path: Path) -> None:
    async def story(here: Door) -> None:
        here.lay("a.json", json.dumps({"to": [TO, "+32475999999"], "text": "Hello"}))
        await here.emptied()
        assert here.messages() == [(TO, "Hello"), ("+32475999999", "Hello")]
        assert rows(here.look, "SELECT DISTINCT file_id FROM message") == [(1,)]

    play(tmp_path, story)


def test_a_folder_of_an_account_sends_as_that_account(tmp_path: Path) -> None:
    async def story(here: Door) -> None:
        here.hall.floor.rules = rules_of(accounts={"clinic": {}})
        (here.spool / "outgoing" / "clinic").mkdir()
        (here.spool / "outgoing" / "stranger").mkdir()
        here.lay("clinic/a", f"To: {TO}\nAccount: default\n\nHello")
        here.lay("stranger/b")
        await here.turn(lambda: here.hall.names("checked") == ["a"])
        assert rows(here.look, "SELECT account FROM message") == [("clinic",)]
        assert here.hall.names("outgoing") == ["clinic", "stranger"]
        assert (here.spool / "outgoing" / "stranger" / "b").exists()

    play(tmp_path, story)


def test_an_account_that_is_added_while_outgoing_is_looked_through_is_looked_for_again(
    tmp_path: Path,
) -> None:
    async def story(here: Door) -> None:
        (here.spool / "outgoing" / "clinic").mkdir()
        here.lay("clinic/a")
        await here.looked()  # and the kernel has told of the folder
        looking = asyncio.ensure_future(here.intake.step())
        await asyncio.sleep(0)  # it has begun, with the accounts of before
        here.hall.floor.rules = rules_of(accounts={"clinic": {}})
        here.intake.look()
        await asyncio.wait_for(looking, 10)
        await here.turn(lambda: here.hall.names("checked") == ["a"])
        assert here.messages() == [(TO, "Hello")]

    play(tmp_path, story, scan="1h")


def test_a_name_that_is_taken_in_checked_gets_a_number(tmp_path: Path) -> None:
    async def story(here: Door) -> None:
        for text in ("1", "2", "3"):
            here.lay("a", f"To: {TO}\n\n{text}")
            await here.emptied()
        assert here.hall.names("checked") == ["a", "a.1", "a.2"]
        assert [(here.spool / "checked" / name).read_text()[-1] for name in ("a", "a.1", "a.2")] == [
            "1",
            "2",
            "3",
        ]
        assert [name for (name,) in rows(here.look, "SELECT name FROM spool_file ORDER BY id")] == [
            b"a",
            b"a.1",
            b"a.2",
        ]

    play(tmp_path, story)


@pytest.mark.parametrize(
    "name", [b"with\nnewline", b"\xff\xfe", "é ü".encode(), b"-rf", b"a;b|c", b"%s", b"x" * 200]
)
def test_a_name_may_be_anything(tmp_path: Path, name: bytes) -> None:
    async def story(here: Door) -> None:
        here.lay(name)
        await here.emptied()
        assert here.hall.names("checked") == [os.fsdecode(name)]

    play(tmp_path, story)


def test_links_pipes_and_folders_are_left_alone_with_one_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def story(here: Door) -> None:
        outgoing = here.spool / "outgoing"
        (tmp_path / "secret").write_text(HELLO)
        (outgoing / "link").symlink_to(tmp_path / "secret")
        os.mkfifo(outgoing / "pipe")
        (outgoing / "folder").mkdir()
        for name in (".hidden", "LOCKED1", "a.LOCK"):
            here.lay(name)
        here.lay("b")
        await here.turn(lambda: here.hall.names("checked") == ["b"])
        here.intake.look()
        here.lay("c")
        await here.turn(lambda: here.hall.names("checked") == ["b", "c"])
        assert len(here.messages()) == 2
        assert here.hall.names("failed") == []

    play(tmp_path, story)
    assert [caplog.text.count(f"outgoing/{name}'") for name in ("link", "pipe", "folder")] == [1, 1, 1]
    assert caplog.text.count("outgoing/folder' is left alone: a folder, and no account has this name") == 1
    assert "hidden" not in caplog.text


def test_bells_ring_for_modems_and_for_the_clock(tmp_path: Path) -> None:
    async def story(here: Door) -> None:
        floor: Floor = here.hall.floor
        floor.queue_bells["gsm1"] = Bell()
        here.lay("a")
        await here.emptied()
        assert await floor.queue_bells["gsm1"].wait(0)
        assert not await floor.clock.wait(0)
        here.lay("b", f"To: {TO}\nAt: 2099-01-01 12:00\n\nlater")
        await here.emptied()
        assert await floor.clock.wait(0)

    play(tmp_path, story)


def test_an_account_s_folder_that_was_made_anew_is_watched_again(tmp_path: Path) -> None:
    async def story(here: Door) -> None:
        here.hall.floor.rules = rules_of(accounts={"clinic": {}})
        folder = here.spool / "outgoing" / "clinic"
        folder.mkdir()
        await here.looked()
        for text in ("One", "Two", "Three"):
            draft = here.spool / "draft"
            draft.write_text(f"To: {TO}\n\n{text}")
            draft.rename(folder / "a")
            await here.turn(partial(here.has, text))
            if text == "One":
                folder.rmdir()
            else:
                folder.rename(here.spool / "old")
            folder.mkdir()
            await asyncio.wait_for(here.intake.step(), 10)
            await here.looked()
        assert here.messages() == [(TO, "One"), (TO, "Two"), (TO, "Three")]

    play(tmp_path, story)
