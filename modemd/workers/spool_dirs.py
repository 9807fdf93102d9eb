"""The spool's directories, and moving files between them without ever following a link or leaving them."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES: Final = ("outgoing", "checked", "sent", "failed", "incoming", "report", "phonecalls")
_MODE: Final = 0o2770


@dataclass(frozen=True, slots=True)
class SpoolDirs:
    """Paths are bytes: a file's name is whatever its writer chose."""

    root: bytes

    def __getitem__(self, name: str) -> bytes:
        return _path(self.root, name)

    @classmethod
    def make(cls, root: str) -> SpoolDirs:
        """Create what is missing.

        Raises:
            OSError: a directory cannot be created, is none, or may not be used by this user.
        """
        dirs = cls(os.fsencode(Path(root).absolute()))
        for name in NAMES:
            path = dirs[name]
            if not os.path.isdir(path):  # noqa: PTH112
                os.makedirs(path, mode=_MODE)  # noqa: PTH103
            if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
                raise PermissionError(
                    errno.EACCES, "this user may not read and write there", os.fsdecode(path)
                )
        if len({os.stat(dirs[name]).st_dev for name in NAMES}) > 1:  # noqa: PTH116
            raise OSError(f"the directories in {root} are on different file systems: renaming needs one")
        return dirs

    def hold(self) -> int:
        """Take the spool for this process, which keeps it until it ends; return the descriptor that does so.

        Two daemons in one spool would both accept the same file.

        Raises:
            OSError: another process has it.
        """
        descriptor = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            raise OSError("another gateway uses it") from error
        return descriptor

    @staticmethod
    def owners_let_go(directory: bytes) -> set[int] | None:
        """Return whose files may be renamed out of a directory; ``None``: anybody's.

        A file that cannot leave must never be accepted: its message would be met again and again.
        """
        if not os.access(directory, os.W_OK | os.X_OK):
            return set()
        folder, me = os.stat(directory), os.geteuid()  # noqa: PTH116
        if me in {0, folder.st_uid} or not folder.st_mode & stat.S_ISVTX:
            return None
        return {me}

    def free_name(self, directory: str, name: bytes, taken: set[bytes]) -> bytes:
        """Return ``name``, or one like it that no file in ``directory`` has and that is not ``taken``."""
        candidate, serial = name, 0
        while candidate in taken or os.path.lexists(join(self[directory], candidate)):
            serial += 1
            candidate = name + b".%d" % serial
        return candidate

    def write_whole(self, directory: str, name: bytes, contents: bytes, mode: int = 0o660) -> bytes:
        """Write a file that appears whole, by rename; one of the same name is replaced. Return its path."""
        draft = join(self[directory], b"." + name[:200] + b".new")
        path = join(self[directory], name)
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:  # noqa: PTH123
            file.write(contents)
        os.rename(draft, path)  # noqa: PTH104
        return path

    def sync(self, *names: str) -> None:
        """Put the renames in these directories on disk."""
        for name in names:
            descriptor = os.open(self[name], os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


@lru_cache
def _path(root: bytes, name: str) -> bytes:
    return os.path.join(root, name.encode())  # noqa: PTH118 - bytes, which pathlib has no path for


def join(directory: bytes, name: bytes) -> bytes:
    """Return the path of a plain name in a directory."""
    return directory + b"/" + name


def read_regular(path: bytes, most: int) -> tuple[bytes, os.stat_result]:
    """Read a regular file, at most ``most`` octets and one more; no link is followed, no pipe waited for.

    Raises:
        OSError: it is no regular file, or cannot be read.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        return _read(descriptor, most)
    finally:
        os.close(descriptor)


def _read(descriptor: int, most: int) -> tuple[bytes, os.stat_result]:
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        raise OSError("not a regular file")
    # No more than there is: a buffer for the most there might be costs more than all the rest.
    return os.read(descriptor, min(most, found.st_size) + 1) if found.st_size else b"", found


def rewrite(path: bytes, most: int, change: Callable[[bytes], bytes]) -> None:
    """Put new contents, made of the old ones, into a regular file of at most ``most`` octets.

    Its inode stays, which costs a sixth of creating one. One ``write`` of contents that are longer than
    before: a crash of ours never leaves half of them.

    Raises:
        OSError: no room, or no right to write.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        old, found = _read(descriptor, most)
        new = change(old)
        if len(new) > found.st_blocks * 512:
            os.posix_fallocate(descriptor, 0, len(new))  # a full disk shows before anything is lost
        if os.pwrite(descriptor, new, 0) != len(new):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if len(new) < found.st_size:
            os.ftruncate(descriptor, len(new))
    finally:
        os.close(descriptor)
