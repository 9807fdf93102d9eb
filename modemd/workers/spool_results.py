"""From the store back to files: ``sent/``, ``failed/``, ``incoming/``, ``report/``, ``phonecalls/``.

A row of the outbox is told by a file. Each step may be done twice and gives the same, so a crash between the
file and the mark that it was written costs nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import logging
import os
import time
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from modemd.errors import StoreError
from modemd.formats import smstools3
from modemd.formats.smstools3.outcome import is_sent
from modemd.formats.spoolfile import finished
from modemd.formats.veil import veiled
from modemd.model import Call
from modemd.service.modems.dialogues import EVENT as USSD
from modemd.store import outbox, spool
from modemd.store.times import to_us
from modemd.workers import hooks
from modemd.workers.spool_batch import left_at
from modemd.workers.spool_dirs import join, read_regular, rewrite
from modemd.workers.spool_due import CheckedFile, Due, due
from modemd.workers.supervisor import Worker

if TYPE_CHECKING:
    from collections.abc import Callable

    from modemd.store.transaction import Tx
    from modemd.workers.floor import Floor
    from modemd.workers.spool_dirs import SpoolDirs

log = logging.getLogger(__name__)

_BATCH: Final = 200
_AT_ONCE: Final = 4
"""So many files are written, in well under a millisecond, before the modems have their turn again."""
_GATHER_S: Final = 0.02
_FORGET_S: Final = 600.0
"""Putting renames on disk holds up the store's commits for a tenth of a second on a slow disk: seldom."""
_LOOK_S: Final = 30.0
_MANY: Final = 5_000
_LARGEST: Final = 8 * 1024 * 1024


class SpoolResults(Worker):
    """Writes what the spool is to be told, oldest first."""

    name = "spool results"

    def __init__(self, floor: Floor, dirs: SpoolDirs) -> None:
        super().__init__()
        self._floor = floor
        self._dirs = dirs
        self._behind = 0
        self._finished: list[int] = []
        self.forget_at = 0.0
        """When the files that are done may be forgotten, by the monotonic clock."""

    def stop(self) -> None:
        """Ask for the turn in hand to be the last."""
        super().stop()
        self._floor.results.ring()

    async def step(self) -> None:
        """Write one batch; wait where there is none."""
        told_up_to = self._behind
        batch = await self._floor.store.run(lambda tx: due(tx, told_up_to, _BATCH), again=True)
        if batch:
            await self._write(batch)
            if len(self._finished) >= _MANY:  # it may never be quiet
                await self._forget()
            # While there is much to tell it is told by the dozen: each look costs the store a turn.
            await self._pause.wait(_GATHER_S)
        elif self._finished and time.monotonic() >= self.forget_at:
            await self._forget()
        elif not await self._floor.results.wait(_LOOK_S):
            self._behind = (
                0  # now and then from the beginning: another gateway's rows may commit out of order
            )

    async def finish(self) -> None:
        """Write what the others' last turns brought about; what is not written now is at the next start."""
        with contextlib.suppress(StoreError, OSError):
            while batch := await self._floor.store.run(lambda tx: due(tx, self._behind, _BATCH)):
                await self._write(batch)
            if self._finished:
                await self._forget()

    async def _write(self, batch: list[Due]) -> None:
        for place, each in enumerate(batch):
            if place % _AT_ONCE == 0:
                await asyncio.sleep(0)  # the modems first
            try:
                path, calling = self._tell(each)
            except OSError:
                self._mark(batch[:place])  # a full disk: this one and those behind it are tried again
                raise
            self._behind = each.id
            if path is not None:
                each.hook = (calling, path, each.hook_argument)
        self._mark(batch)

    def _mark(self, batch: list[Due]) -> None:
        calls: list[tuple[str, bytes, str]] = []
        if hooks.CONSUMER in self._floor.rules.consumers:
            calls = [each.hook for each in batch if each.hook is not None]
        self._floor.store.later(self._marker([each.id for each in batch], calls))
        if calls:
            asyncio.get_running_loop().call_later(0.6, self._floor.hooks.ring)

    def _marker(self, ids: list[int], calls: list[tuple[str, bytes, str]]) -> _Marker:
        return _Marker(ids, calls, to_us(self._floor.now()))

    def _tell(self, each: Due) -> tuple[bytes | None, str]:
        if each.file is not None:
            return self._finish(each), each.event
        if each.inbound is not None:
            name = f"{each.inbound.modem}.{each.inbound.id:0>6}".encode()
            contents = smstools3.received(each.inbound, zone=self._floor.zone)
            return self._dirs.write_whole("incoming", name, contents), "RECEIVED"
        if each.report is not None:
            name = f"{each.report.modem}.{each.report_id:0>6}".encode()
            contents = smstools3.report(each.report, zone=self._floor.zone)
            return self._dirs.write_whole("report", name, contents), "REPORT"
        if each.event == "CALL" and each.body is not None:
            return self._tell_call(each.id, each.body), "CALL"
        if each.event == USSD and each.body is not None:
            return self._tell_ussd(each.id, each.body), USSD
        return None, each.event

    def _tell_call(self, event_id: int, body: str) -> bytes:
        said = json.loads(body)
        rang = Call(
            originator=said["from"], at=datetime.fromisoformat(said["at"]), modem=said["modem"],
            kind=said["kind"], originator_toa=said["toa"],
        )  # fmt: skip
        name = f"{rang.modem}.{event_id:0>6}".encode()
        return self._dirs.write_whole("phonecalls", name, smstools3.call(rang, zone=self._floor.zone))

    def _tell_ussd(self, event_id: int, body: str) -> bytes:
        said = json.loads(body)
        name = f"{said['modem']}.{event_id:0>6}".encode()
        contents = smstools3.network_said(
            said["text"], said["modem"], datetime.fromisoformat(said["at"]), more=said["more"],
            zone=self._floor.zone,
        )  # fmt: skip
        os.makedirs(self._dirs["ussd"], mode=0o2770, exist_ok=True)  # noqa: PTH103 - paths are bytes; few need it
        return self._dirs.write_whole("ussd", name, contents)

    def _finish(self, each: Due) -> bytes | None:
        """Write the result into the file where it lies in ``checked/``, then rename it onwards."""
        assert each.file is not None
        source = join(self._dirs["checked"], each.file.name)
        went = all(is_sent(result) for result in each.results)
        directory = "sent" if went else "failed"
        target = join(self._dirs[directory], each.file.name)
        result = partial(
            finished, each.file.form, result=each.results, zone=self._floor.zone,
            contacts=self._floor.rules.contacts,
        )  # fmt: skip
        try:
            self._rewrite(each.file, source, result)
            target = self._move_on(source, target)
        except PermissionError:
            # Another user's file, which we may only read: a new one takes its place.
            self._dirs.write_whole(directory, each.file.name, result(read_regular(source, _LARGEST)[0]))
            os.unlink(source)  # noqa: PTH108
        except FileNotFoundError:
            # Done before the last crash, or taken away by a person: either way it is no longer ours.
            log.debug("%s is no longer in checked/", veiled(ascii(os.fsdecode(each.file.name))))
        each.event = "SENT" if went else "FAILED"
        if each.file.name not in self._floor.stuck:
            if not self._finished:
                self.forget_at = time.monotonic() + _FORGET_S
            self._finished.append(each.file.id)
        return target

    def _move_on(self, source: bytes, target: bytes) -> bytes:
        """Rename a file, to a name like it where a directory has that one; return where it is.

        Else one directory in ``sent/`` would hold up every result.
        """
        try:
            os.rename(source, target)  # noqa: PTH104 - names are bytes
        except IsADirectoryError:
            folder, name = os.path.split(target)
            target = join(folder, self._dirs.free_name(os.fsdecode(os.path.basename(folder)), name, set()))  # noqa: PTH119
            os.rename(source, target)  # noqa: PTH104
        return target

    def _rewrite(self, file: CheckedFile, source: bytes, result: Callable[[bytes], bytes]) -> None:
        """Write the result into a file in ``checked/``, fetched from where a crash may have left it.

        Where it came after the commit, the file is in ``outgoing/``, and known there only until its result
        is written: then it would be taken for a new message.
        """
        try:
            rewrite(source, _LARGEST, result)
        except FileNotFoundError:
            self._fetch(file, source)
            rewrite(source, _LARGEST, result)

    def _fetch(self, file: CheckedFile, source: bytes) -> None:
        left = left_at(file.key)
        if left is None:
            raise FileNotFoundError(errno.ENOENT, "it was taken away")
        try:
            os.rename(left, source)  # noqa: PTH104 - names are bytes
        except OSError as error:
            self._floor.stuck.add(file.name)
            raise FileNotFoundError(error.errno, "it cannot be fetched from outgoing/") from error

    async def _forget(self) -> None:
        """Forget who the files were, once their renames are on disk: a power cut may undo them until then."""
        ids = list(self._finished)
        await asyncio.to_thread(self._dirs.sync, "outgoing", "checked", "sent", "failed")
        for first in range(0, len(ids), _BATCH):
            await self._floor.store.run(partial(spool.forget_files, file_ids=ids[first : first + _BATCH]))
        del self._finished[: len(ids)]


class _Marker:
    """The job that marks events as told, and hands them on to the hooks."""

    def __init__(self, ids: list[int], calls: list[tuple[str, bytes, str]], now_us: int) -> None:
        self._ids = ids
        self._calls = calls
        self._now_us = now_us

    def __call__(self, tx: Tx) -> None:
        outbox.told(tx, self._ids)
        for event, path, message_id in self._calls:
            body = json.dumps({"file": os.fsdecode(path), "id": message_id})
            outbox.add(tx, hooks.CONSUMER, event, self._now_us, body=body)
