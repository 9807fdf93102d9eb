"""The gateway's own things: configuration, store, spool, broker, mail server, open alarms."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from modemd.cli.doctor.finding import Finding
from modemd.cli.doctor.machine_checks import disk_findings, may_write
from modemd.cli.presence import living, open_store
from modemd.config import Config, load, parse, without_effect
from modemd.errors import ConfigError, StoreError
from modemd.service import overview
from modemd.service.alarms import open_alarms
from modemd.store.database import sqlite_path
from modemd.workers.spool_dirs import NAMES

if TYPE_CHECKING:
    from modemd.cli.door_found import DoorFound
    from modemd.store.database import Database
    from modemd.store.transaction import Tx


def configuration(path: Path, *, default: bool) -> tuple[Config, list[Finding]]:
    """The configuration, or the one that holds where there is none; ``default``: nobody named the file."""
    about = "configuration"
    if default and not path.exists():
        sentence = f"There is no {path}: what holds without one is looked at."
        return parse(""), [
            Finding("note", about, sentence, "Copy config.example.yaml there, or name one by -c.")
        ]
    try:
        config = load(path)
    except ConfigError as error:
        advice = "Correct it; modemd check tells more."
        return parse(""), [Finding("trouble", about, str(fault), advice) for fault in error.faults]
    notes = [Finding("note", about, f"{sentence}.") for sentence in without_effect(config)]
    return config, [Finding("ok", about, f"{path} can be read"), *notes]


def store_findings(config: Config, now: datetime) -> Iterator[Finding]:
    """Whether the store can be opened, and whether a daemon runs on it."""
    about, url = "store", config.store.url
    path = sqlite_path(url) if url.startswith("sqlite:") else None
    if path is not None:
        if not path.exists():
            yield from _no_store(path)
            return
        yield from disk_findings(about, path.parent)
    try:
        with open_store(url) as store:
            yield from _daemon(store, config, now)
    except StoreError as error:
        yield Finding(
            "trouble", about, f"{error}.",
            "Look at it as the daemon's user: sudo -u modemd modemd doctor"
            if path is not None and path.exists() else "Start the server, or correct store.url.",
        )  # fmt: skip


def _no_store(path: Path) -> Iterator[Finding]:
    if may_write(path.parent):
        yield Finding("note", "store", f"There is no {path} yet: the daemon makes it at its first start.")
    else:
        yield Finding(
            "trouble", "store", f"There is no {path}, and this user may not make it.",
            "Look as the daemon's user (sudo -u modemd modemd doctor), or set store.url to another place.",
        )  # fmt: skip


def _daemon(store: Database, config: Config, now: datetime) -> Iterator[Finding]:
    gateways = store.read(overview.gateways)
    alive = living(gateways, now, here=store.on_this_machine)
    for each in gateways:
        if each.name in alive:
            yield Finding(
                "ok", "daemon", f"gateway {each.name} runs as process {each.pid}, version {each.version}"
            )
    if config.gateway.name not in alive:
        yield Finding(
            "note", "daemon", f"No gateway {config.gateway.name} runs on this store.",
            "systemctl start modemd, or: modemd run",
        )  # fmt: skip


def alarm_findings(config: Config, findings: list[Finding]) -> list[Finding]:
    """The open alarms, without those that ``findings`` on the same modem tell as well."""
    path = sqlite_path(config.store.url) if config.store.url.startswith("sqlite:") else None
    if path is not None and not path.exists():
        return []
    advised = {(each.about, each.advice) for each in findings if each.level != "ok" and each.advice}
    try:
        with open_store(config.store.url) as store:
            alarms = store.read(lambda tx: list(_alarms(tx, config)))
    except StoreError:
        return []  # told already
    return [
        alarm
        for alarm in alarms
        if not any(about == alarm.about and advice in alarm.sentence for about, advice in advised)
    ]


def _alarms(tx: Tx, config: Config) -> Iterator[Finding]:
    for each in open_alarms(tx, config.gateway.name):
        about = f"modem {each.modem}" if each.modem else "gateway"
        text = each.text.removeprefix(f"Modem {each.modem}: ")
        yield Finding("note" if each.severity == "info" else "trouble", about, text)


def spool_findings(config: Config) -> Iterator[Finding]:
    """Whether files can be taken from the spool and written into it."""
    root = Path(config.spool.dir)
    missing = [name for name in NAMES if not (root / name).is_dir()]
    if len(missing) == len(NAMES):
        if may_write(root):
            yield Finding("note", "spool", f"There is no spool in {root} yet: the daemon makes it.")
        else:
            yield Finding(
                "trouble", "spool", f"There is no spool in {root}, and this user may not make it.",
                "Look as the daemon's user (sudo -u modemd modemd doctor), or set spool.dir.",
            )  # fmt: skip
        return
    closed = [name for name in NAMES if name not in missing and not may_write(root / name)]
    if closed:
        yield Finding(
            "trouble", "spool", f"This user may not write to {', '.join(closed)} in {root}.",
            "Look as the daemon's user (sudo -u modemd modemd doctor), or give it the folders.",
        )  # fmt: skip
    yield from disk_findings("spool", root)


def door_findings(about: str, found: DoorFound) -> Iterator[Finding]:
    """What came of trying the broker or the mail server."""
    if found.fault is not None:
        yield Finding("trouble", about, f"{found.fault.message}.", found.fault.suggestion)
    elif found.note:
        yield Finding("trouble", about, f"{found.note}.", "Start it, or correct its host and port.")
    elif found.told:
        yield Finding("ok", about, found.told)
