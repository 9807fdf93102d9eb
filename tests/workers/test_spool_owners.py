"""Folders of accounts that name a Unix user."""

from __future__ import annotations

import os
import pwd
import stat
from typing import TYPE_CHECKING

import pytest

from modemd.config.accounts import AccountConfig
from modemd.workers.spool_dirs import SpoolDirs
from modemd.workers.spool_owners import give_folders

if TYPE_CHECKING:
    from pathlib import Path

ME = pwd.getpwuid(os.geteuid()).pw_name


def give(dirs: SpoolDirs, user: str | None) -> list[str]:
    return give_folders(dirs, {"clinic": AccountConfig(unix_user=user), "default": AccountConfig()})


def test_the_folder_is_made_for_its_user_and_the_group_of_the_daemon(tmp_path: Path) -> None:
    dirs = SpoolDirs.make(str(tmp_path))
    assert give(dirs, ME) == []
    found = (tmp_path / "outgoing" / "clinic").stat()
    assert (found.st_uid, found.st_gid) == (os.geteuid(), (tmp_path / "outgoing").stat().st_gid)
    assert stat.S_IMODE(found.st_mode) == 0o2770
    assert give(dirs, ME) == []
    assert not (tmp_path / "outgoing" / "default").exists()


def test_without_a_user_nothing_is_made(tmp_path: Path) -> None:
    dirs = SpoolDirs.make(str(tmp_path))
    assert give(dirs, None) == []
    assert list((tmp_path / "outgoing").iterdir()) == []


def test_a_user_that_there_is_not_is_told(tmp_path: Path) -> None:
    [sentence] = give(SpoolDirs.make(str(tmp_path)), "nobody-of-this-name")
    assert "there is no such user" in sentence
    assert sentence.startswith("accounts.clinic.unix_user: ")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_root_gives_it_to_another_user(tmp_path: Path) -> None:
    other = pwd.getpwnam("nobody")
    assert give(SpoolDirs.make(str(tmp_path)), "nobody") == []
    assert (tmp_path / "outgoing" / "clinic").stat().st_uid == other.pw_uid


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    dirs = SpoolDirs.make(str(tmp_path))
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "outgoing" / "clinic").symlink_to(tmp_path / "elsewhere")
    [sentence] = give(dirs, ME)
    assert "cannot be given" in sentence
