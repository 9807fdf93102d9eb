"""``modemd backup``: a whole copy of a store that is being written to, never over another file."""

from __future__ import annotations

import sqlite3
import stat
import threading
from pathlib import Path

import pytest

from modemd.store import mark
from modemd.store.database import Database
from tests.desk import Desk, Said


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk.begin(tmp_path)


def backup(desk: Desk, file: Path) -> Said:
    """In a process of its own: it closes its files to others by the process's umask."""
    return desk.process("backup", file)


def test_the_copy_is_a_store_of_its_own_and_private(desk: Desk, tmp_path: Path) -> None:
    desk.send("Hello")
    copy = tmp_path / "copies" / "one.db"
    copy.parent.mkdir()
    status, out, err = backup(desk, copy)
    assert (status, err) == (0, "")
    assert out.startswith(f"{copy}: ")
    assert out.endswith(" KiB\n")
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert [file.name for file in copy.parent.iterdir()] == ["one.db"]
    desk.send("after the copy")
    (tmp_path / "store.db").unlink()
    for left in ("store.db-wal", "store.db-shm"):
        (tmp_path / left).unlink(missing_ok=True)
    copy.rename(tmp_path / "store.db")
    assert [each["text"] for each in desk.call("messages", "--json").json] == ["Hello"]


def test_the_copys_events_are_no_repeats_of_what_the_store_tells(desk: Desk, tmp_path: Path) -> None:
    assert backup(desk, tmp_path / "one.db")[0] == 0
    tags = []
    for file in ("store.db", "one.db"):
        database = Database(f"sqlite:///{tmp_path}/{file}")
        tags.append(database.read(mark.tag))
        database.close()
    assert tags[0] != tags[1]
    assert all(len(tag) == 8 for tag in tags)


def test_a_store_that_is_written_to_is_copied_whole(desk: Desk, tmp_path: Path) -> None:
    """Each transaction writes a message and its three parts: the copy has both or neither."""
    written = threading.Semaphore(0)
    enough = threading.Event()

    def write() -> None:
        while not enough.is_set():
            desk.send("x" * 400)
            written.release()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        written.acquire()
        status, _, err = backup(desk, tmp_path / "copy.db")
        before = written.acquire()
    finally:
        enough.set()
        writer.join()
    assert (status, err, before) == (0, "", True)
    connection = sqlite3.connect(tmp_path / "copy.db")
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        count = connection.execute("SELECT count(*) FROM message").fetchone()[0]
        assert count >= 1
        assert connection.execute("SELECT count(*) FROM part").fetchone()[0] == 3 * count
    finally:
        connection.close()


@pytest.mark.parametrize("kind", ["file", "link", "directory"])
def test_nothing_is_written_over(desk: Desk, tmp_path: Path, kind: str) -> None:
    taken = tmp_path / "taken"
    if kind == "file":
        taken.write_text("mine")
    elif kind == "link":
        taken.symlink_to(tmp_path / "nowhere")
    else:
        taken.mkdir()
    assert backup(desk, taken) == (1, "", f"{taken} exists: name a new file\n")
    assert not (tmp_path / "nowhere").exists()
    assert kind != "file" or taken.read_text() == "mine"


def test_a_place_that_cannot_be_written_is_1_and_leaves_nothing(desk: Desk, tmp_path: Path) -> None:
    status, out, err = backup(desk, tmp_path / "no" / "copy.db")
    assert (status, out) == (1, "")
    assert "cannot be written" in err
    assert not (tmp_path / "no").exists()


def test_without_a_store_it_is_75(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(f"store: {{url: 'sqlite:///{tmp_path}/store.db'}}\n")
    assert Desk(tmp_path).run("backup", tmp_path / "copy.db").status == 75
    assert not (tmp_path / "copy.db").exists()
