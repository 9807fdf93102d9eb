"""Looking through ``outgoing/``: what lies there, in priority then age order, in bounded memory."""

from __future__ import annotations

import heapq
import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from modemd.formats.spoolfile import peek_priority
from modemd.workers.spool_dirs import join, read_regular

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST: Final = 10_000
"""So many files are remembered at a time, however many there are; the rest is met by the next scan."""
_HEAD: Final = 4096
_KEPT: Final = 1024


class Candidate(NamedTuple):
    """A file to be taken; they sort by priority, then age, then name. ``account`` owns its folder."""

    priority: int
    mtime_ns: int
    name: bytes
    account: bytes = b""
    head: bytes = b""
    """The whole of a short file that was looked into, so that it need not be opened twice."""
    seen: tuple[int, int, int] = (0, 0, 0)
    """``st_ino``, ``st_mtime_ns`` and ``st_size`` when ``head`` was read."""

    def read(self, path: bytes, most: int) -> tuple[bytes, os.stat_result]:
        """Return the file's contents, at most ``most`` octets and one more, and what it is.

        Raises:
            OSError: it is no regular file, or cannot be read.
        """
        if self.head:
            found = os.lstat(path)
            if self.seen == _identity(found):
                return self.head, found
        return read_regular(path, most)

    def path(self, outgoing: bytes) -> bytes:
        """Return where it lies."""
        return join(join(outgoing, self.account), self.name) if self.account else join(outgoing, self.name)


def is_ignored(name: bytes) -> bool:
    """Tell names that smstools3 leaves alone: hidden files and lock files."""
    return name.startswith((b".", b"LOCKED")) or name.endswith(b".LOCK")


@dataclass(frozen=True, slots=True)
class Scan:
    """What one look found: files to take now, and whether there are more than were remembered."""

    ready: list[Candidate]
    fresh: list[Candidate]
    """Files that were written so recently that their writer may not be done."""
    more: bool
    odd: list[bytes]
    """Paths of what is neither a message nor an account's folder: links, pipes, devices, deeper folders."""


def scan(
    outgoing: bytes,
    accounts: frozenset[bytes],
    settled_before_ns: int,
    being_written: frozenset[tuple[bytes, bytes]] = frozenset(),
) -> Scan:
    """Look through the directory and the accounts' folders in it.

    ``being_written`` are ``(account, name)`` of files that their writers have not closed yet.

    Raises:
        OSError: the directory itself cannot be read.
    """
    odd: list[bytes] = []
    fresh: list[Candidate] = []
    found = 0

    def ready() -> Iterator[Candidate]:
        nonlocal found
        for candidate in _candidates(outgoing, accounts, odd):
            if (candidate.account, candidate.name) in being_written:
                continue
            found += 1
            if candidate.mtime_ns > settled_before_ns:
                if len(fresh) < MOST:
                    fresh.append(candidate)
            else:
                yield candidate

    first = heapq.nsmallest(MOST, ready())
    return Scan(first, fresh, found > len(first) + len(fresh), odd)


def _candidates(outgoing: bytes, accounts: frozenset[bytes], odd: list[bytes]) -> Iterator[Candidate]:
    yield from _files(outgoing, b"", accounts, odd)
    for account in sorted(accounts):
        folder = join(outgoing, account)
        if os.path.isdir(folder) and not os.path.islink(folder):  # noqa: PTH112, PTH114
            yield from _files(folder, account, frozenset(), odd)


def _files(folder: bytes, account: bytes, folders: frozenset[bytes], odd: list[bytes]) -> Iterator[Candidate]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if is_ignored(entry.name) or (entry.name in folders and entry.is_dir(follow_symlinks=False)):
                continue
            candidate = None
            if entry.is_file(follow_symlinks=False):
                candidate = _looked_into(entry.path, entry.name, account)
            if candidate is not None:
                yield candidate
            elif os.path.lexists(entry.path):
                odd.append(entry.path)


def candidate_of(folder: bytes, name: bytes, account: bytes) -> Candidate | None:
    """Return what is known of a file without reading it whole; ``None`` where it is no regular file."""
    path = join(folder, name)
    try:
        regular = stat.S_ISREG(os.lstat(path).st_mode)
    except OSError:
        return None
    return _looked_into(path, name, account) if regular else None


def _looked_into(path: bytes, name: bytes, account: bytes) -> Candidate | None:
    try:
        head, found = read_regular(path, _HEAD)
    except OSError:
        try:  # it is reported when it is taken
            head, found = b"", os.lstat(path)
        except OSError:
            return None
    priority = int(peek_priority(os.fsdecode(name), head))
    if 0 < len(head) == found.st_size <= _KEPT:
        return Candidate(priority, found.st_mtime_ns, name, account, head, _identity(found))
    return Candidate(priority, found.st_mtime_ns, name, account)


def _identity(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_ino, found.st_mtime_ns, found.st_size
