"""Files dropped into the spool: taken once, in every format, only then moved; or refused with a reason."""

from __future__ import annotations

import asyncio
import json
import os
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from modemd.config.sections import SpoolConfig
from modemd.errors import StoreError
from modemd.store.database import Database
from modemd.workers.bell import Bell
from modemd.workers.spool_batch import key_of
from modemd.workers.spool_intake import SpoolIntake
from tests.service.office import TO, rules_of, with_broker
from tests.store.files import full_disk, opened, rows, url_of
from tests.workers.spool_floor import Hall, hall

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine
    from pathlib import Path

    from modemd.workers.floor import Floor

HELLO = f"To: {TO}\n\nHello"


class Door:
    """The spool's intake, turned by hand."""

    def __init__(self, here: Hall, look: Database, **config: Any) -> None:
        self.hall = here
        self.spool = here.spool
        self.look = look
        given = {"dir": str(here.spool), "settle": "0s"} | config
        self.intake = SpoolIntake(here.floor, SpoolConfig.model_validate(given), here.dirs)

    def lay(self, name: str | bytes, contents: str | bytes = HELLO, *, age_s: float = 60) -> Path:
        """A file that was there before the intake looked."""
        path = self.spool / "outgoing" / os.fsdecode(name)
        path.write_bytes(contents if isinstance(contents, bytes) else contents.encode())
        now = path.stat().st_mtime
        os.utime(path, (now - age_s, now - age_s))
        return path

    def rename_in(self, name: str, contents: str = HELLO) -> None:
        """A file that is written elsewhere and renamed into place, as it should be."""
        draft = self.spool / name
        draft.write_text(contents)
        draft.rename(self.spool / "outgoing" / name)

    async def turn(self, done: Callable[[], bool]) -> None:
        """Turn after turn, until it is done."""
        for _ in range(30):
            if done():
                return
            await asyncio.wait_for(self.intake.step(), 10)
        raise AssertionError(
            {name: self.hall.names(name) for name in ("outgoing", "checked", "failed", "sent")}
        )

    async def looked(self) -> None:
        """The first look through the directory is over: from here on only the kernel tells."""
        self.intake.look()
        await asyncio.wait_for(self.intake.step(), 10)

    async def emptied(self) -> None:
        await self.turn(lambda: self.hall.names("outgoing") == [])

    def has(self, text: str) -> bool:
        return (TO, text) in self.messages()

    def messages(self) -> list[tuple[Any, ...]]:
        return rows(self.look, "SELECT destination, text FROM message ORDER BY id")


@asynccontextmanager
async def door(folder: Path, **config: Any) -> AsyncIterator[Door]:
    async with hall(folder) as here:
        made = Door(here, opened(Database(url_of(folder / "store.db"))), **config)
        try:
            yield made
        finally:
            await made.intake.finish()


def play(folder: Path, story: Callable[[Door], Coroutine[Any, Any, None]], **config: Any) -> None:
    async def main() -> None:
        async with door(folder, **config) as made:
            await story(made)

    asyncio.run(main())


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


def test_one_bad_recipient_refuses_the_whole_file(tmp_path: Path) -> None:
    async def story(here: Door) -> None:
        here.lay("a.json", json.dumps({"to": [TO, "nobody"], "text": "Hello"}))
        await here.emptied()
        assert here.messages() == []
        assert here.hall.names("failed") == ["a.json"]
        told = (here.spool / "failed" / "a.json").read_bytes()
        assert told.startswith(b"Fail_reason: 'nobody' is no phone number\n"), "it says which"

    play(tmp_path, story)


@pytest.mark.parametrize(
    ("contents", "reason"),
    [
        (b"", "No text or data"),
        (b"Hello", "No destination"),
        (f"To: {TO}\n\n".encode(), "No text or data"),
        (b"To: 1\nAlphabet: klingon\n\nx", None),
        (bytes(range(256)), None),
        (f"To: {TO}\nAccount: nobody\n\nx".encode(), "there is no account 'nobody'"),
        (f"To: {TO}\nQueue: gsm9\n\nx".encode(), "Wrong provider queue"),
    ],
    ids=["empty", "no To", "no text", "alphabet", "rubbish", "account", "queue"],
)
def test_what_is_no_message_goes_to_failed_with_the_reason_on_top(
    tmp_path: Path, contents: bytes, reason: str | None
) -> None:
    async def story(here: Door) -> None:
        here.lay("a", contents)
        here.lay("b")
        await here.emptied()
        said = (here.spool / "failed" / "a").read_bytes()
        first, second, below = said.split(b"\n", 2)
        assert first.startswith(b"Fail_reason: ")
        assert second.startswith(b"Failed: ")
        assert below == contents
        if reason is not None:
            assert first == f"Fail_reason: {reason}".encode()
        assert here.messages() == [(TO, "Hello")], "the queue goes on"
        counted = here.hall.floor.tally.requests
        assert (counted.total(), counted["spool", "accepted"]) == (2, 1)

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


def rejected(here: Door) -> list[tuple[str, str, str, str | None]]:
    """What the broker is to be told was refused: topic, code, recipient, id."""
    sql = "SELECT topic, body FROM outbox WHERE consumer = 'mqtt' AND event = 'rejected'"
    told = [(topic, json.loads(body)) for topic, body in rows(here.look, sql)]
    return [(topic, body["error"]["code"], body["to"], body["client_id"]) for topic, body in told]


def test_the_broker_is_told_of_what_is_refused(tmp_path: Path) -> None:
    async def story(here: Door) -> None:
        here.hall.floor.rules = with_broker(rules_of(accounts={"clinic": {"allow": ["+32"]}}))
        folder = here.spool / "outgoing" / "clinic"
        folder.mkdir()
        here.lay("clinic/a", "To: +31612345678\nClient_id: 7\n\nHello")
        here.lay("b", f"To: {TO}\nAccount: no/such\n\nHello")
        here.lay("c.json", "not JSON")
        here.lay("d", f"To: {TO}\nClient_id: 8\n\nHello")
        await here.turn(lambda: here.hall.names("outgoing") == ["clinic"] and len(rejected(here)) == 3)
        here.lay("e", f"To: {TO}\nClient_id: 8\n\nBye")
        await here.looked()
        await here.turn(lambda: len(rejected(here)) == 4)
        assert sorted(rejected(here), key=str) == [
            ("status/clinic", "not_allowed", "+31612345678", "7"),
            ("status/default", "account_unknown", TO, None),
            ("status/default", "bad_request", "", None),
            ("status/default", "duplicate_id", TO, "8"),
        ]
        assert await here.hall.floor.mqtt.wait(0)

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


def test_what_is_announced_twice_is_taken_once(tmp_path: Path) -> None:
    """A file written in place, and renamed over by another of its name before it was taken."""

    async def story(here: Door) -> None:
        await here.looked()
        (here.spool / "outgoing" / "a").write_text(HELLO)
        here.rename_in("a", f"To: {TO}\n\nBye")
        await here.emptied()
        assert here.messages() == [(TO, "Bye")]

    play(tmp_path, story, scan="1h")


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
