"""Removing an erased account's files from the spool of this gateway.

What it received and was reported has its name from the store. What was dropped says whose it is: by its
folder, by ``Account:``, or by its recipient and text, or its events, as far as the store had them until now.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from modemd.errors import Rejected
from modemd.formats.smstools3.headers import split_file
from modemd.formats.spoolfile import MAX_FILE_OCTETS, format_of, read, without_rejection
from modemd.service.numbering import normalise
from modemd.service.reminders.reminders import filled
from modemd.workers.spool_dirs import SpoolDirs, join, read_regular

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modemd.model import SendRequest
    from modemd.service.accounts.erasure import Erased
    from modemd.service.rules import Rules

_DROPPED: Final = ("checked", "sent", "failed")
_FORMATS: Final = ("smstools3", "gammu", "json", "ical")


@dataclass(frozen=True, slots=True)
class Swept:
    """How many files were removed, by directory, and those that could not be."""

    removed: dict[str, int]
    left: tuple[str, ...]


def sweep(root: str, erased: Erased, rules: Rules) -> Swept:
    """Remove every file of an account that was erased, and its folder.

    Raises:
        OSError: a directory cannot be read.
    """
    dirs = SpoolDirs(os.fsencode(os.path.abspath(root)))  # noqa: PTH100 - paths are bytes here
    removed: dict[str, int] = {}
    left: list[str] = []
    for directory, path in _paths(dirs, erased, rules):
        try:
            _remove(path)
        except FileNotFoundError:
            continue
        except OSError as error:
            left.append(f"{os.fsdecode(path)}: {error.strerror}")
        else:
            removed[directory] = removed.get(directory, 0) + 1
    return Swept(removed, tuple(left))


def _paths(dirs: SpoolDirs, erased: Erased, rules: Rules) -> Iterator[tuple[str, bytes]]:
    for directory, told in erased.told:
        yield directory, join(dirs[directory], os.fsencode(told))
    folder = join(dirs["outgoing"], os.fsencode(erased.account))
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        for name in os.listdir(folder):  # noqa: PTH208
            yield "outgoing", join(folder, name)
        yield "folders", folder
    for directory in _DROPPED:
        with contextlib.suppress(FileNotFoundError):
            for name in os.listdir(dirs[directory]):  # noqa: PTH208
                path = join(dirs[directory], name)
                if _is_of(path, name, erased, rules):
                    yield directory, path


def _remove(path: bytes) -> None:
    if os.path.isdir(path) and not os.path.islink(path):  # noqa: PTH112, PTH114
        shutil.rmtree(path)
    else:
        os.unlink(path)  # noqa: PTH108


def _is_of(path: bytes, name: bytes, erased: Erased, rules: Rules) -> bool:
    try:
        contents = read_regular(path, MAX_FILE_OCTETS)[0]
    except OSError:
        return False
    said = _accounts_in(os.fsdecode(name), contents)
    return said == {erased.account} if said else _has_sent(os.fsdecode(name), contents, erased, rules)


def _accounts_in(name: str, contents: bytes) -> set[str]:
    """The accounts that a file names, be it in its results."""
    top = contents[: len(contents) - len(without_rejection(contents))]
    refused_for = {line[9:].decode() for line in top.splitlines() if line.startswith(b"Account: ")}
    if refused_for:
        return refused_for
    if format_of(name, without_rejection(contents)) != "json":
        try:
            said = split_file(without_rejection(contents)).values().get("Account")
        except Rejected:
            return set()
        return {said} if said else set()
    try:
        parsed = json.loads(without_rejection(contents))
    except ValueError:
        return set()
    return set(_named(parsed))


def _named(parsed: object) -> Iterator[str]:
    for each in parsed if isinstance(parsed, list) else [parsed]:
        if isinstance(each, dict):
            if isinstance(each.get("account"), str):
                yield each["account"]
            else:
                yield from _named(each.get("result"))


def _has_sent(name: str, contents: bytes, erased: Erased, rules: Rules) -> bool:
    """Whether a file holds nothing but what the account sent."""
    try:
        found = read(name, without_rejection(contents), _FORMATS, zone=rules.zone, contacts=rules.contacts)
        asked = {
            (normalise(each.to, rules.country, each.type_of_number), _text(each, rules))
            for each in found.requests
        }
    except Rejected:
        return False
    uids = {each.uid for each in found.calendars}
    return bool(asked or uids) and asked <= erased.texts and uids <= erased.uids


def _text(request: SendRequest, rules: Rules) -> str | None:
    """As the store has it: with the time of its appointment."""
    if request.appointment_at is None or request.text is None:
        return request.text
    return filled(request.text, request.appointment_at, rules.zone)
