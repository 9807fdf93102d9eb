"""The life of the process, from top to bottom: build, recover, start, watch, stop."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import sdnotify

from modemd import __version__
from modemd.config import load, without_effect
from modemd.errors import ConfigError, StoreError
from modemd.modem.discovery.machine import Machine
from modemd.service import alarms, clock_set, routing, upkeep
from modemd.service.accounts import accounts
from modemd.service.modems import adoption, modem_orders
from modemd.service.rules import Rules
from modemd.store import brokers, modems, spool_places
from modemd.store.database import Database, sqlite_path
from modemd.store.times import to_us
from modemd.store.writer import Store
from modemd.workers import hooks
from modemd.workers.alarm_hook import AlarmHook
from modemd.workers.doors import Doors
from modemd.workers.floor import Floor, utc_now
from modemd.workers.hooks import Hooks
from modemd.workers.housekeeping import Clock, Listener
from modemd.workers.modems.finding.crew import Crew
from modemd.workers.modems.helping.lookout import Lookout
from modemd.workers.modems.orders import OrderWatch
from modemd.workers.spool_dirs import SpoolDirs
from modemd.workers.spool_intake import SpoolIntake
from modemd.workers.spool_owners import give_folders
from modemd.workers.spool_results import SpoolResults
from modemd.workers.supervisor import Supervisor, Worker

if TYPE_CHECKING:
    from collections.abc import Callable

    from modemd.config import Config
    from modemd.modem.timing import Timing
    from modemd.store.transaction import Tx
    from modemd.workers.modems.finding.scout import Scout

log = logging.getLogger(__name__)

_SWITCH_S: Final = 0.0005
"""The loop and the store's thread hand the interpreter over often: 10 % more messages with 8 modems."""
_WATCH_S: Final = 5.0
_AT_START: Final = ("store", "spool", "hooks", "gateway")
"""What a reload does not take: it is opened once, or is what everything in the store is known by."""
_MACHINE: Final = Path("/etc/machine-id")
_YOUNG: Final = 5_000
"""So many new objects make the collector look: with the usual 700 it looks every 70 messages, for nothing."""


class Daemon:
    """One gateway. ``run`` returns when it was asked to stop.

    ``source`` is the file that SIGHUP reads again; ``timing`` is for modems that want other deadlines;
    ``machine`` is where ports are looked for.
    """

    def __init__(
        self,
        config: Config,
        source: Path | None = None,
        *,
        timing: Timing | None = None,
        machine: Machine | None = None,
    ) -> None:
        self.ready = asyncio.Event()
        self._config = config
        self._source = source
        self._timing = timing
        self._machine = machine or Machine()
        self._stop = asyncio.Event()
        self._reload = asyncio.Event()
        self._systemd = sdnotify.SystemdNotifier()
        if self._systemd.socket is not None:
            self._systemd.socket.setblocking(False)  # a service manager that does not read holds up nothing
            self._systemd.debug = True  # it raises what went wrong
        self._owed = ""
        """How the gateway stands, which the service manager was not told yet: without READY=1 it ends us."""
        os.environ.pop("NOTIFY_SOCKET", None)  # the hooks' programs are not to speak for us
        self._scout: Scout | None = None

    def stop(self) -> None:
        """Ask the daemon to end: parts in hand are finished first."""
        self._stop.set()

    async def run(self) -> None:
        """Build, recover, start, watch, stop.

        Raises:
            StoreError: the store cannot be opened, or another daemon is this gateway.
            OSError: the spool's directories cannot be made.
        """
        for sentence in without_effect(self._config):
            log.warning("%s", sentence)
        sys.setswitchinterval(_SWITCH_S)
        database = Database(self._config.store.url)
        rules = _rules(self._config)
        tenure = database.hold_tenure(rules.gateway)
        database.act_as(rules.gateway)
        dirs = SpoolDirs.make(self._config.spool.dir)
        spool_hold = dirs.hold()
        rules = database.transact(partial(accounts.known, rules=rules, now=utc_now()))
        _give_folders(dirs, rules)
        modem_ids = database.transact(partial(self._recover, rules=rules))
        async with Store(database) as store, asyncio.TaskGroup() as group:
            floor = Floor(store, rules, self._config.gateway.zone, self._machine)
            _equip(floor, self._config)
            supervisor = Supervisor(group)
            self._handle_signals()
            self._start(floor, supervisor, dirs, modem_ids)
            self._notify("READY=1")
            self._say_what_runs()
            self.ready.set()
            await asyncio.to_thread(_load_unhurried, self._config)
            self._start_unhurried(floor, supervisor)
            _settle_memory()
            await self._watch(floor, supervisor)
            self._notify("STOPPING=1")
            await self._end(supervisor)
            try:
                await store.run(lambda tx: modems.gateway_stopped(tx, rules.gateway, to_us(floor.now())))
            except StoreError as error:
                log.warning("%s: its last words are not written down", error)
        database.close()
        os.close(spool_hold)
        tenure.release()
        log.info("stopped")

    def _say_what_runs(self) -> None:
        config = self._config
        log.info(
            "modemd %s runs as gateway %s: modems %s; spool %s; broker %s", __version__, config.gateway.name,
            _modems_in_words(config), config.spool.dir,
            "none" if config.mqtt is None else f"{config.mqtt.host}:{config.mqtt.port}",
        )  # fmt: skip
        if not config.modems.list and not config.modems.discover:
            log.warning("no modem is configured: nothing is sent or received (modems: list:)")

    async def _end(self, supervisor: Supervisor) -> None:
        """First those who bring about what is to be told, then those who tell it; nobody comes any more."""
        if self._scout is not None:
            await supervisor.stop(self._scout)
        tellers: list[Worker] = [
            each for each in supervisor.workers if isinstance(each, SpoolResults | Hooks | AlarmHook)
        ]
        tellers += self._doors.tellers
        await supervisor.stop(*(each for each in supervisor.workers if each not in tellers))
        for each in tellers:
            await supervisor.stop(each)

    def _recover(self, tx: Tx, rules: Rules) -> dict[str, int]:
        now = utc_now()
        if now < clock_set.EARLIEST:
            log.warning("the machine's clock is not set: it says that it is %s UTC", f"{now:%F %T}")
        hurried = clock_set.disbelieve(tx, rules, now)
        if hurried:
            log.warning(
                "the clock was ahead when the gateway ran last: %d parts wait no longer for it", hurried
            )
        modems.gateway_started(tx, rules.gateway, os.getpid(), __version__, to_us(now))
        if self._config.mqtt is None:
            brokers.note(tx, rules.gateway, None, None, to_us(now))
        for old in spool_places.settle(tx, rules.gateway, _place(Path(self._config.spool.dir))):
            log.warning("this was gateway %s: its files and messages are those of %s now", old, rules.gateway)
        modem_ids = routing.sync(tx, rules)
        adoption.recover(tx, rules, (), now)
        modem_orders.recover(tx, rules, now)
        doubtful = upkeep.recover(tx, rules, now)
        if doubtful:
            log.warning("%d parts were being submitted when the gateway last stopped: in doubt", doubtful)
        return modem_ids

    def _start(
        self, floor: Floor, supervisor: Supervisor, dirs: SpoolDirs, modem_ids: dict[str, int]
    ) -> None:
        self._dirs = dirs
        self._intake = SpoolIntake(floor, self._config.spool, dirs)
        workers: list[Worker] = [
            self._intake,
            SpoolResults(floor, dirs),
            Clock(floor, self._config.retention),
            Listener(floor, self._intake.look),
            OrderWatch(floor),
            Lookout(supervisor, self._timing),
        ]
        if self._config.hooks.event:
            workers.append(Hooks(floor, self._config.hooks.event))
        if self._config.hooks.alarm:
            workers.append(AlarmHook(floor, self._config.hooks.alarm))
        for worker in workers:
            supervisor.start(worker)
        self._doors = Doors(floor, supervisor)
        self._crew = Crew(floor, supervisor, self._timing)
        self._crew.start(self._config.modems.list, modem_ids)

    def _start_unhurried(self, floor: Floor, supervisor: Supervisor) -> None:
        """Those who need not be there from the first moment."""
        from modemd.workers.unhurried import Calendars, Scout, SelfWatch, TermsWorker  # noqa: PLC0415

        self._doors.open(self._config)
        supervisor.start(SelfWatch(floor, _folders(self._config)))
        self._scout = Scout(floor, self._config.modems, self._crew, self._timing)
        supervisor.start(self._scout)
        supervisor.start(TermsWorker(floor, self._config.spool.dir))
        supervisor.start(Calendars(floor))

    async def _watch(self, floor: Floor, supervisor: Supervisor) -> None:
        """Feed the watchdog while every heart beats; reload when asked; return when asked to stop."""
        interval_s = min(_WATCH_S, int(os.environ.get("WATCHDOG_USEC", "0")) / 2e6 or _WATCH_S)
        asked = [asyncio.ensure_future(self._stop.wait())]
        while not self._stop.is_set():
            reload = asyncio.ensure_future(self._reload.wait())
            await asyncio.wait([*asked, reload], timeout=interval_s, return_when=asyncio.FIRST_COMPLETED)
            reload.cancel()
            if self._reload.is_set():
                self._reload.clear()
                reading = asyncio.ensure_future(self._reread(floor))
                # Parts in hand of modems that go are waited for, and the network may take a minute.
                while not (await asyncio.wait([reading], timeout=interval_s))[0]:
                    self._show_life(supervisor)
                reading.result()
            self._show_life(supervisor)

    def _show_life(self, supervisor: Supervisor) -> None:
        silent = supervisor.silent()
        if silent:
            log.error("no sign of life from %s", ", ".join(silent))
        else:
            self._notify(f"{self._owed}WATCHDOG=1\nSTATUS={self._crew.summary}", owed=self._owed)

    async def _reread(self, floor: Floor) -> None:
        """SIGHUP: take the new configuration, or keep the old one and say why."""
        self._notify(f"RELOADING=1\nMONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")
        try:
            if self._source is not None:
                async with self._crew.change:
                    config = load(self._source)
                    await asyncio.to_thread(_load_unhurried, config)
                    await self._take_over(config, floor)
        except ConfigError as error:
            log.error("the configuration stays as it was:\n%s", error)  # noqa: TRY400
        except StoreError as error:
            log.error("the configuration is not taken, or not wholly: %s; reload again", error)  # noqa: TRY400
        self._notify("READY=1")

    async def _take_over(self, config: Config, floor: Floor) -> None:
        config = _without_what_wants_a_start(config, self._config)
        kept = self._crew.still_adopted(config.modems)
        rules = adoption.with_modems(_rules(config), kept)
        rules = await floor.store.run(partial(accounts.known, rules=rules, now=floor.now()))
        old = {each.name: each for each in self._config.modems.list}
        new = {each.name: each for each in config.modems.list}
        modem_ids = await floor.store.run(lambda tx: routing.sync(tx, rules))  # first: it is what may fail
        await self._crew.settle(kept)
        await self._crew.stop(name for name in old if old[name] != new.get(name))
        await self._doors.close_changed(self._config, config)
        if config.log.level != self._config.log.level:
            logging.getLogger().setLevel(config.log.level.upper())
        self._config, floor.rules = config, rules
        _equip(floor, config)
        self._doors.open(config)
        self._crew.start(config.modems.list, modem_ids)
        if self._scout is not None:
            self._scout.take_over(config.modems)
        # What the old ones had in hand goes by others.
        await floor.store.run(lambda tx: routing.sync(tx, rules))
        names, now = [entry.name for entry in kept], floor.now()
        await floor.store.run(lambda tx: adoption.recover(tx, rules, names, now))
        _give_folders(self._dirs, rules)
        floor.ring_all()
        self._intake.look()
        log.info("the configuration was read again: modems %s", _modems_in_words(config))

    def _handle_signals(self) -> None:
        loop = asyncio.get_running_loop()
        actions: dict[signal.Signals, Callable[[], None]] = {
            signal.SIGTERM: self._stop.set,
            signal.SIGINT: self._stop.set,
            signal.SIGHUP: self._reload.set,
        }
        for each, action in actions.items():
            with contextlib.suppress(
                ValueError, RuntimeError
            ):  # not in the main thread: a test's, or a demo's
                loop.add_signal_handler(each, action)

    def _notify(self, said: str, *, owed: str | None = None) -> None:
        """Tell the service manager. What does not fit into its queue is told with the next sign of life."""
        self._owed = f"{said}\n" if owed is None else owed
        with contextlib.suppress(OSError):
            self._systemd.notify(said)
            self._owed = ""


def _place(spool: Path) -> str:
    """Which directory of which machine: several may share a store, and each have a spool of that name."""
    machine = _MACHINE.read_text("ascii").strip() if _MACHINE.exists() else ""
    return f"{machine}:{spool.resolve()}"


def _equip(floor: Floor, config: Config) -> None:
    """What may be done about modems in trouble, and where it is written down what they said."""
    floor.recovery = config.recovery
    floor.ignore = config.modems.ignore
    floor.trouble = Path(config.log.trouble) if config.log.trouble else Path(config.spool.dir) / "trouble"


def _folders(config: Config) -> list[Path]:
    """Where this machine's disk is written to."""
    url, spool = config.store.url, Path(config.spool.dir)
    return [spool, sqlite_path(url).parent] if url.startswith("sqlite:") else [spool]


def _load_unhurried(config: Config) -> None:
    """Import what comes after READY, and what is named; in a thread, so that modems are served meanwhile."""
    from modemd.workers import unhurried  # noqa: PLC0415 - READY comes first

    unhurried.load(config)


def _settle_memory() -> None:
    """What is there when work begins stays: to look through all of it again stops everything for 70 ms."""
    gc.freeze()
    gc.set_threshold(_YOUNG)


def _give_folders(dirs: SpoolDirs, rules: Rules) -> None:
    for sentence in give_folders(dirs, rules.accounts):
        log.warning("%s", sentence)


def _without_what_wants_a_start(config: Config, running: Config) -> Config:
    """The new configuration with the sections of the running one that only a start can change."""
    changed = [name for name in _AT_START if getattr(config, name) != getattr(running, name)]
    for name in changed:
        log.warning("a change of %s: is taken at the next start", name)
    return config.model_copy(update={name: getattr(running, name) for name in changed})


def _modems_in_words(config: Config) -> str:
    named = [modem.name for modem in config.modems.list]
    named += ["whatever is found"] if config.modems.discover else []
    return ", ".join(named) or "none"


def _rules(config: Config) -> Rules:
    programs = {hooks.CONSUMER: config.hooks.event, alarms.HOOK: config.hooks.alarm}
    return Rules.of(config, frozenset(consumer for consumer, program in programs.items() if program))
