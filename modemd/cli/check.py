"""``modemd check``: everything that is wrong with the configuration, before the daemon meets it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from shutil import which

import click

from modemd.cli.config_option import CONFIG_FILE, takes_config
from modemd.cli.door_found import DoorFound
from modemd.cli.exits import EXIT_CONFIG
from modemd.config import Config, load, without_effect
from modemd.config.strict_yaml import read
from modemd.errors import ConfigError, Fault, StoreError
from modemd.store.database import reach
from modemd.workers.broker_settings import BrokerSettings


@click.command()
@takes_config
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--offline", is_flag=True, help="Do not try whether broker, mail server and database let us in."
)
@click.argument("file", required=False, type=CONFIG_FILE)
@click.pass_context
def check(ctx: click.Context, file: Path | None, *, as_json: bool, offline: bool) -> None:
    """Say all that is wrong with the configuration: line, column, and what was meant.

    FILE is checked instead of the one that -c names. Where it has `mqtt:`, the broker is connected to
    once, for 5 s at most, and where it has `mail:` the mail server, and a store on a server: a wrong
    password or certificate is a fault, a server that is away is none.

    \b
    Exit status 0: it is fine; 78: it is not.
    """  # noqa: D301 - click wants the backspace itself
    path: Path = file or ctx.obj
    try:
        config = load(path)
        unreadable_secrets(config, path)
        doors = (
            [] if offline else [_try_store(config, path), _try_broker(config, path), _try_mail(config, path)]
        )
    except ConfigError as error:
        faults = [asdict(fault) for fault in error.faults]
        click.echo(
            json.dumps({"file": str(path), "fine": False, "faults": faults, "notes": []})
            if as_json
            else str(error)
        )
        ctx.exit(EXIT_CONFIG)
    notes = [
        *without_effect(config),
        *_nobody_sends(config),
        *_absent_programs(config),
        *_unmailed(config),
        *_unsold(config),
        *(door.note for door in doors if door.note),
    ]
    if as_json:
        click.echo(json.dumps({"file": str(path), "fine": True, "faults": [], "notes": notes}))
        return
    click.echo(f"{path} is fine: {summary(config)}")
    for door in doors:
        if door.told:
            click.echo(door.told)
    for note in notes:
        click.echo(f"note: {note}")


def _try_store(config: Config, path: Path) -> DoorFound:
    """A file is there or is made; of a server it is said whether it lets us in."""
    if config.store.url.startswith("sqlite:"):
        return DoorFound()
    try:
        reached, said = reach(config.store.url)
    except StoreError as error:
        return _placed(DoorFound(fault=Fault(str(error), "store.url")), path, "store")
    return (
        DoorFound(told=said) if reached else DoorFound(note=f"{said}; the daemon does not start without it")
    )


def _try_broker(config: Config, path: Path) -> DoorFound:
    if config.mqtt is None:
        return DoorFound()
    from modemd.cli.check_broker import try_broker  # noqa: PLC0415 - paho and asyncio take their time

    return _placed(try_broker(config), path, "mqtt")


def _try_mail(config: Config, path: Path) -> DoorFound:
    if config.mail is None:
        return DoorFound()
    from modemd.cli.check_mail import try_mail  # noqa: PLC0415 - few need it

    return _placed(try_mail(config), path, "mail")


def _placed(found: DoorFound, path: Path, section: str) -> DoorFound:
    """Raise a fault as the others are raised: with the file's name, and the line of its section."""
    if found.fault is not None:
        line, column = read(path.read_text("utf-8-sig")).place((section,), key=True)
        raise ConfigError([replace(found.fault, line=line, column=column)], str(path))
    return found


def summary(config: Config) -> str:
    """What the configuration sets up, in one line."""
    parts = [
        _modems(config),
        _counted(len(config.accounts), "account"),
        _counted(len(config.routes), "route"),
        f"spool {config.spool.dir}",
        f"store {_without_password(config.store.url)}",
    ]
    if config.mqtt is not None:
        parts.append(f"broker {config.mqtt.host}:{config.mqtt.port}")
    if config.mail is not None:
        parts.append(f"mail server {config.mail.host}:{config.mail.door}")
    return ", ".join(parts)


def _nobody_sends(config: Config) -> list[str]:
    """Messages that would be accepted, and wait for a modem that is not to come."""
    if config.modems.discover:
        return []
    senders = {each.name for each in config.modems.list if each.send}
    if not config.modems.list:
        return ["modems: list is empty and discover is off: there is no modem to send or receive by"]
    if not senders:
        return ["modems.list: each has send: false, and discover is off: what is accepted waits"]
    return [
        f"routes[{place}]: none of its modems may send: what is for {route.prefix} waits"
        for place, route in enumerate(config.routes)
        if not route.networks and not senders.intersection(route.modems)
    ]


def _absent_programs(config: Config) -> list[str]:
    """No fault: it may come later, or be another user's. But nobody is told, or helped, without it."""
    programs = {
        "hooks.event": config.hooks.event, "hooks.alarm": config.hooks.alarm,
        "recovery.power": config.recovery.power,
    }  # fmt: skip
    return [
        f"{key}: {program[0]} is not there, or may not be run"
        for key, program in programs.items()
        if program and not which(program[0])
    ]


def _unmailed(config: Config) -> list[str]:
    """Accounts that chose events to be mailed, and will get no letter."""
    chosen = {name: account for name, account in config.accounts.items() if account.mail}
    if config.mail is None:
        return [f"accounts.{name}.mail: nothing is mailed without a mail: section" for name in chosen]
    return [
        f"accounts.{name}.mail: it has no email: to write to"
        for name, account in chosen.items()
        if account.email is None
    ]


def _unsold(config: Config) -> list[str]:
    """Whoever charges VAT is to say on his invoices who he is."""
    taxed = any(version.vat is not None for versions in config.tariffs.values() for version in versions)
    return ["seller: invoices name no seller without this section"] if taxed and config.seller is None else []


def _without_password(url: str) -> str:
    return re.sub(r"(//[^:@/]*):[^@]*@", r"\1:...@", url)


def _modems(config: Config) -> str:
    named = len(config.modems.list)
    if not config.modems.discover:
        return _counted(named, "modem")
    return f"{_counted(named, 'modem')} and whatever is found" if named else "whatever modem is found"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def unreadable_secrets(config: Config, path: Path) -> None:
    """Read every file with a secret or a certificate that the configuration refers to.

    Raises:
        ConfigError: one or more cannot be read, all told at once.
    """
    readers: list[Callable[[], object]] = [modem.read_pin for modem in config.modems.list]
    if config.mqtt is not None:
        readers.append(partial(BrokerSettings.of, config.mqtt, config.gateway.name))
    if config.mail is not None:
        from modemd.workers.mail_server import MailServer  # noqa: PLC0415 - few need it

        readers.append(partial(MailServer.of, config.mail))
    faults: list[Fault] = []
    for read_secret in readers:
        try:
            read_secret()
        except ConfigError as error:
            faults += error.faults
    if faults:
        raise ConfigError(faults, str(path))
