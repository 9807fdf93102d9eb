"""Looking through ``outgoing/``: in priority, then age order, not more than can be remembered."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from modemd.workers import spool_scan
from modemd.workers.spool_dirs import SpoolDirs, read_regular, rewrite
from modemd.workers.spool_scan import candidate_of, is_ignored, scan

if TYPE_CHECKING:
    from pathlib import Path

SETTLED = time.time_ns() + 10**12


def lay(folder: Path, name: str, contents: str = "To: 1\n\nx", *, mtime: int = 1_000) -> None:
    path = folder / name
    path.write_text(contents)
    os.utime(path, (mtime, mtime))


def found(folder: Path, accounts: tuple[str, ...] = ()) -> list[str]:
    seen = scan(os.fsencode(folder), frozenset(os.fsencode(each) for each in accounts), SETTLED)
    return [os.fsdecode(each.path(b""))[1:] for each in seen.ready]


def test_priority_goes_before_age_and_age_before_the_name(tmp_path: Path) -> None:
    lay(tmp_path, "low", "To: 1\nPriority: low\n\nx", mtime=1)
    lay(tmp_path, "b", mtime=5)
    lay(tmp_path, "a", mtime=5)
    lay(tmp_path, "old", mtime=4)
    lay(tmp_path, "high", "To: 1\nPriority: high\n\nx", mtime=9)
    lay(tmp_path, "OUTA20261122_120000_00_+32475123456_a.txt", mtime=8)
    lay(tmp_path, "x.json", '{"to": "1", "priority": "bulk"}', mtime=1)
    assert found(tmp_path) == [
        "OUTA20261122_120000_00_+32475123456_a.txt",
        "high",
        "old",
        "a",
        "b",
        "low",
        "x.json",
    ]


def test_accounts_folders_are_looked_into_and_others_are_odd(tmp_path: Path) -> None:
    for folder in ("clinic", "stranger"):
        (tmp_path / folder).mkdir()
        lay(tmp_path / folder, "a")
    (tmp_path / "clinic" / "deeper").mkdir()
    (tmp_path / "linked").symlink_to(tmp_path / "stranger")
    lay(tmp_path, "b")
    seen = scan(os.fsencode(tmp_path), frozenset({b"clinic", b"linked", b"absent"}), SETTLED)
    assert {(each.account, each.name) for each in seen.ready} == {(b"", b"b"), (b"clinic", b"a")}
    assert {os.path.basename(path) for path in seen.odd} == {b"stranger", b"deeper", b"linked"}  # noqa: PTH119


@pytest.mark.parametrize("name", [b".x", b"LOCKED", b"LOCKEDgsm1", b"a.LOCK", b".a.new"])
def test_names_of_others_are_ignored(name: bytes) -> None:
    assert is_ignored(name)
    assert not is_ignored(name.strip(b".LOCKED") + b"x")


def test_what_is_fresh_or_still_open_waits(tmp_path: Path) -> None:
    for name in ("old", "fresh", "open"):
        lay(tmp_path, name, mtime=10 if name == "fresh" else 1)
    seen = scan(os.fsencode(tmp_path), frozenset(), 5 * 10**9, frozenset({(b"", b"open")}))
    assert [each.name for each in seen.ready] == [b"old"]
    assert [each.name for each in seen.fresh] == [b"fresh"]
    assert not seen.more


def test_so_many_are_remembered_and_the_rest_is_met_by_the_next_look(tmp_path: Path) -> None:
    lay(tmp_path, "00000")
    for place in range(1, spool_scan.MOST + 500):
        os.link(tmp_path / "00000", tmp_path / f"{place:05}")
    lay(tmp_path, "the oldest", mtime=1)
    seen = scan(os.fsencode(tmp_path), frozenset(), SETTLED)
    assert len(seen.ready) == spool_scan.MOST
    assert seen.more
    assert [each.name for each in seen.ready[:3]] == [b"the oldest", b"00000", b"00001"]


def test_no_link_is_followed_and_no_pipe_waited_for(tmp_path: Path) -> None:
    lay(tmp_path, "a")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    os.mkfifo(tmp_path / "pipe")
    root = os.fsencode(tmp_path)
    assert candidate_of(root, b"a", b"") is not None
    for name in ("link", "pipe", "absent"):
        assert candidate_of(root, name.encode(), b"") is None
        with pytest.raises(OSError, match=r"regular|symbolic|No such"):
            read_regular(os.fsencode(tmp_path / name), 10)


def test_no_more_is_read_than_may_be(tmp_path: Path) -> None:
    lay(tmp_path, "a", "x" * 1000)
    assert len(read_regular(os.fsencode(tmp_path / "a"), 10)[0]) == 11


def test_a_file_appears_whole_and_names_make_way(tmp_path: Path) -> None:
    dirs = SpoolDirs.make(str(tmp_path / "spool"))
    path = dirs.write_whole("sent", b"a", b"contents")
    assert read_regular(path, 100)[0] == b"contents"
    assert os.listdir(dirs["sent"]) == [b"a"]  # noqa: PTH208 - names are bytes
    assert dirs.free_name("sent", b"a", set()) == b"a.1"
    assert dirs.free_name("sent", b"a", {b"a.1"}) == b"a.2"
    assert dirs.free_name("sent", b"b", set()) == b"b"


def test_a_file_is_rewritten_in_its_place(tmp_path: Path) -> None:
    lay(tmp_path, "a", "short")
    path = os.fsencode(tmp_path / "a")
    inode = (tmp_path / "a").stat().st_ino
    for contents in (b"x" * 10_000, b"shorter again"):
        rewrite(path, 100_000, lambda _old, new=contents: new)  # type: ignore[misc]
        assert (tmp_path / "a").read_bytes() == contents
    assert (tmp_path / "a").stat().st_ino == inode
