"""From ``outgoing/`` into the store, and only then to ``checked/``; the rest goes to ``failed/``."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import time
from collections import deque
from dataclasses import replace
from datetime import timedelta
from errno import EACCES
from functools import partial
from typing import TYPE_CHECKING, Final

from modemd.errors import Rejected, StoreError
from modemd.formats.spoolfile import MAX_FILE_OCTETS, is_calendar, read
from modemd.formats.veil import veiled
from modemd.model import Priority, SendRequest
from modemd.service import intake, told
from modemd.service.outbox import MQTT, announce_rejected
from modemd.store import outbox
from modemd.store.times import to_us
from modemd.workers import hooks
from modemd.workers.bell import Bell
from modemd.workers.spool_batch import Dropped, Entered, enter, key_of
from modemd.workers.spool_dirs import SpoolDirs, join
from modemd.workers.spool_reject import Rejections
from modemd.workers.spool_scan import Candidate, candidate_of, scan
from modemd.workers.spool_watch import Watch
from modemd.workers.supervisor import Worker

if TYPE_CHECKING:
    from modemd.config.sections import SpoolConfig
    from modemd.formats.spoolfile import SpoolFile
    from modemd.store.transaction import Tx
    from modemd.workers.floor import Floor

log = logging.getLogger(__name__)

_BATCH: Final = 100
_AT_ONCE: Final = 10
"""So many files are read, in well under a millisecond, before the modems have their turn again."""
_IN_A_ROW: Final = 50
_UNANNOUNCED_S: Final = 1.0
_OPEN_S: Final = 600.0
"""A file that was created and not closed for so long is a hard link, or its writer has gone."""
_SOON: Final = timedelta(seconds=60)
"""The clock looks more often than this by itself; what falls due earlier it has to be told of."""
_FEW: Final = 1_000
"""Up to so many announced files are put into priority order before the first is taken."""


class SpoolIntake(Worker):
    """Takes dropped files: at once when they are renamed in, when they have settled otherwise."""

    name = "spool intake"
    patience_s = 180.0

    def __init__(self, floor: Floor, config: SpoolConfig, dirs: SpoolDirs) -> None:
        super().__init__()
        self._floor = floor
        self._config = config
        self._dirs = dirs
        self._bell = Bell()
        self._watch = Watch(dirs["outgoing"], self._bell.ring)
        self._watch.add(b"")
        self._ready: deque[Candidate] = deque()
        self._settling: dict[tuple[bytes, bytes], float] = {}
        self._scan_at = 0.0
        self._rejections = Rejections(floor, dirs)

    def stop(self) -> None:
        """Ask for the turn in hand to be the last."""
        super().stop()
        self._bell.ring()

    def look(self) -> None:
        """Look through ``outgoing/`` soon, and again where it is being done: the accounts are others now."""
        self._watch.overflowed = True
        self._bell.ring()

    async def finish(self) -> None:
        """Stop watching."""
        self._watch.close()

    async def step(self) -> None:
        """Take one batch; wait where there is nothing to take."""
        self._collect()
        if not self._ready and (self._watch.overflowed or time.monotonic() >= self._scan_at):
            await self._scan()
        if self._ready:
            batch = [self._ready.popleft() for _ in range(min(_BATCH, len(self._ready)))]
            # Written in place and renamed over meanwhile: announced twice, and yet one file.
            await self._take(list({(each.account, each.name): each for each in batch}.values()))
            return
        until = min([self._scan_at, *self._settling.values()])
        await self._bell.wait(until - time.monotonic())

    def _collect(self) -> None:
        """Move what the watch reported, and what has settled, into the line."""
        now = time.monotonic()
        for place in self._watch.written:
            self._settling[place] = now + self._config.settle_s
        self._watch.written.clear()
        settled = [place for place, at in self._settling.items() if at <= now and self._rests(place, now)]
        for place in settled:
            del self._settling[place]
        places = [*self._watch.moved, *settled]
        self._watch.moved.clear()
        if self._watch.folders:
            self._watch.folders.clear()
            self._scan_at = 0.0
        if not self._ready and len(places) <= _BATCH:
            # One batch is one transaction: within it the store's order holds, whatever ours is.
            self._ready.extend(Candidate(Priority.NORMAL, 0, name, account) for account, name in places)
        elif len(places) + len(self._ready) > _FEW:
            self._watch.overflowed = True  # too many to look at one by one: let a scan order them
        elif places:
            fresh = [found for place in places if (found := self._candidate(*place)) is not None]
            self._ready = deque(sorted({*self._ready, *fresh}))

    def _rests(self, place: tuple[bytes, bytes], now: float) -> bool:
        """Whether a file has not been written to for long enough; else it is looked at again.

        It may have been opened anew, by a writer that takes its time to close it.
        """
        account, name = place
        folder = join(self._dirs["outgoing"], account) if account else self._dirs["outgoing"]
        try:
            rested_s = time.time() - os.lstat(join(folder, name)).st_mtime
        except OSError:
            return True  # who takes it says what became of it
        if not 0 <= rested_s < self._config.settle_s:
            return True
        self._settling[place] = now + self._config.settle_s - rested_s
        return False

    def _candidate(self, account: bytes, name: bytes) -> Candidate | None:
        folder = join(self._dirs["outgoing"], account) if account else self._dirs["outgoing"]
        found = candidate_of(folder, name, account)
        if found is None:
            self._scan_at = min(self._scan_at, time.monotonic() + 1.0)  # a link or a pipe: the scan says so
        return found

    async def _scan(self) -> None:
        accounts = frozenset(os.fsencode(name) for name in self._floor.rules.accounts)
        self._watch.overflowed = False
        self._watch_folders(accounts)
        # What nobody announced may still be in its writer's hands.
        settled_before_ns = time.time_ns() - int(max(self._config.settle_s, _UNANNOUNCED_S) * 1e9)
        found = await asyncio.to_thread(
            scan, self._dirs["outgoing"], accounts, settled_before_ns, frozenset(self._watch.open)
        )
        self._watch.forget_open(_OPEN_S)
        self._ready = deque(found.ready)
        for candidate in found.fresh:
            place = (candidate.account, candidate.name)
            self._settling.setdefault(place, time.monotonic() + self._config.settle_s)
        for path in found.odd:
            self._rejections.leave_alone(path, _oddity(path))
        self._scan_at = time.monotonic() + self._config.scan_s
        self._watch.overflowed |= found.more

    def _watch_folders(self, accounts: frozenset[bytes]) -> None:
        for account in accounts:  # each time: a folder may have been moved away, or removed and made anew
            if os.path.isdir(join(self._dirs["outgoing"], account)):  # noqa: PTH112
                self._watch.add(account)

    async def _take(self, batch: list[Candidate]) -> None:
        """Read, check, commit, and only then move away."""
        read_files = await self._read_all(batch)
        if not read_files:
            return
        rules, now = self._floor.rules, self._floor.now()
        try:
            entered = await self._floor.store.run(
                lambda tx: enter(tx, self._dirs, read_files, rules, now), again=True
            )
        except StoreError:
            self._watch.overflowed = True  # the files are still where they were
            raise
        # Committed: the modems may go, and the files leave before any result can reach them.
        self._floor.ring_queue()
        self._floor.mqtt.ring()
        soon = now + _SOON
        if any(
            prepared.due_at is not None or prepared.deadline_at < soon
            for each in read_files
            for prepared in each.prepared
        ) or any(each.calendars for each in read_files):
            self._floor.clock.ring()
        for dropped, entry in zip(read_files, entered, strict=True):
            if entry.refusal is None:
                self._floor.tally.requests["spool", "accepted"] += 1
                self._move(dropped.path, entry)
        for dropped, entry in zip(read_files, entered, strict=True):
            if entry.refusal is not None:
                await self._reject(dropped.path, dropped.name, entry.refusal, dropped.asked)

    async def _read_all(self, batch: list[Candidate]) -> list[Dropped]:
        let_go = {
            account: self._dirs.owners_let_go(os.path.dirname(path))  # noqa: PTH120 - names are bytes
            for account, path in {each.account: each.path(self._dirs["outgoing"]) for each in batch}.items()
        }
        read_files = []
        for place, each in enumerate(batch):
            if place % _AT_ONCE == 0:
                await asyncio.sleep(0)  # the modems first
            dropped = await self._read(each, let_go[each.account])
            if dropped is not None:
                read_files.append(dropped)
        return read_files

    async def _read(self, candidate: Candidate, let_go: set[int] | None) -> Dropped | None:
        path = candidate.path(self._dirs["outgoing"])
        try:
            contents, found = candidate.read(path, MAX_FILE_OCTETS)
        except FileNotFoundError:
            return None
        except OSError as error:
            hint = (
                ": the daemon's user, or its group, must be able to read it" if error.errno == EACCES else ""
            )
            self._rejections.leave_alone(path, (error.strerror or str(error)) + hint)
            return None
        if let_go is not None and found.st_uid not in let_go:
            self._rejections.leave_alone(path, "it could not be moved away: its directory forbids it")
            return None
        rules, now = self._floor.rules, self._floor.now()
        parsed: SpoolFile | None = None
        account = os.fsdecode(candidate.account) or None
        asked: SendRequest | None = None
        name = os.fsdecode(candidate.name)
        reading = partial(
            read, name, contents, self._config.formats, zone=self._floor.zone, contacts=rules.contacts
        )
        try:
            if is_calendar(name):  # recurrence takes its time
                from modemd.service.reminders.calendars import look_through  # noqa: PLC0415 - rarely met

                parsed = await asyncio.to_thread(reading)
                looked = await asyncio.to_thread(look_through, parsed.calendars, account, rules, now)
                return Dropped(path, candidate.name, parsed.format, (), key_of(path, found), looked)
            parsed = reading()
            requests = parsed.requests
            if account is not None:
                requests = tuple(replace(request, account=account) for request in requests)
            prepared = []
            for place, asked in enumerate(requests, 1):
                prepared.append(intake.prepare(asked, rules, now))
                if place % _IN_A_ROW == 0:  # a JSON file may name thousands
                    await asyncio.sleep(0)
        except Rejected as refusal:
            # A JSON file may hold many: not "No destination", but which of them is wrong.
            is_list = parsed is not None and parsed.format == "json"
            said = Rejected(refusal.code, refusal.reason) if is_list else refusal
            await self._reject(path, candidate.name, said, asked or SendRequest(to="", account=account))
            return None
        return Dropped(path, candidate.name, parsed.format, tuple(prepared), key_of(path, found))

    def _move(self, path: bytes, entry: Entered) -> None:
        try:
            os.rename(path, join(self._dirs[entry.directory], entry.name))  # noqa: PTH104 - names are bytes
        except FileNotFoundError:
            log.warning("%s was taken away by someone else", veiled(ascii(os.fsdecode(path))))
        except OSError as error:
            # It stays known for ever, so that it is never sent again.
            self._floor.stuck.add(entry.name)
            self._rejections.leave_alone(
                path, f"its message is in the store, but it cannot be moved: {error}"
            )

    async def _reject(self, path: bytes, name: bytes, refusal: Rejected, asked: SendRequest) -> None:
        target = await self._rejections.to_failed(path, name, refusal.fail_reason)
        rules, now = self._floor.rules, self._floor.now()
        if target is not None:
            self._floor.tally.requests["spool", refusal.code] += 1
        if target is None or not rules.consumers & {hooks.CONSUMER, MQTT}:
            return

        def tell(tx: Tx) -> None:
            if hooks.CONSUMER in rules.consumers:
                body = json.dumps({"file": os.fsdecode(target)})
                outbox.add(tx, hooks.CONSUMER, "FAILED", to_us(now), body=body)
            event = told.rejected_event(refusal, asked.account, asked.client_id, asked.to, now)
            announce_rejected(tx, rules, event, to_us(now), None)

        await self._floor.store.run(tell)
        self._floor.mqtt.ring()
        self._floor.hooks.ring()


def _oddity(path: bytes) -> str:
    is_folder = os.path.isdir(path) and not os.path.islink(path)  # noqa: PTH112, PTH114 - names are bytes
    return "a folder, and no account has this name" if is_folder else "not a regular file"
