"""``modemd status``: gateways, modems and queues, once or again and again."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Final, NamedTuple

import click

from modemd.cli.config_option import takes_config
from modemd.cli.exits import EXIT_TRY_AGAIN
from modemd.cli.output import on_terminal, show_json
from modemd.cli.output_objects import overview_object
from modemd.cli.presence import living, open_store, utc_now
from modemd.cli.status_check import Verdict, judge, unknown
from modemd.cli.status_tables import as_renderable, as_text
from modemd.config import load
from modemd.errors import ModemdError
from modemd.service import overview
from modemd.service.accounts import accounts, standing_views
from modemd.service.modems.pacing import paced
from modemd.service.rules import Rules
from modemd.service.stalled import stalled_since

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from modemd.service.accounts.standing_views import Standing
    from modemd.service.overview import Overview
    from modemd.store.database import Database

_REDRAW_S: Final = 1.0
_SHARE: Final = 20
"""Counting may take a twentieth of the time: with millions queued it is looked less often."""


@click.command()
@takes_config
@click.option("--watch", is_flag=True, help="Redraw it each second, until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON (with --watch: a line each second).")
@click.option("--check", is_flag=True, help="One line and exit status 0 to 3, for Nagios and its like.")
@click.pass_context
def status(ctx: click.Context, *, watch: bool, as_json: bool, check: bool) -> None:
    """Show gateways, modems and queues, and the accounts whose credits are low or that are suspended.

    A modem's QUEUE counts the parts that it may take; other modems on the same routes may take some of
    them. Exit status 75: no gateway is running on this store; with --check 0 all is well, 1 warning,
    2 critical, 3 nothing is known.
    """
    if check:
        if watch or as_json:
            raise click.UsageError("--check goes with neither --watch nor --json")
        found = _check(ctx.obj)
        click.echo(found.text)
        ctx.exit(found.level)
    config = load(ctx.obj)
    zone, rules = config.gateway.zone, Rules.of(config)
    with open_store(config.store.url) as store:
        if watch:
            _watch(store, rules, as_json=as_json)
            return
        look = _look(store, rules)
    if as_json:
        show_json(overview_object(*look))
    else:
        _show(look, zone)
    if not look.alive:
        ctx.exit(EXIT_TRY_AGAIN)


def _check(path: Path) -> Verdict:
    """A monitor knows four exit statuses, so errors are one of them here."""
    try:
        config = load(path)
        with open_store(config.store.url) as store:
            rules = Rules.of(config)
            look, now = _look(store, rules), utc_now()
            since = store.read(stalled_since)
    except ModemdError as error:
        return unknown(str(error))
    return judge(
        look.view, look.alive, rules.gateway, 0.0 if since is None else (now - since).total_seconds()
    )


class _Look(NamedTuple):
    """Everything at one moment; ``wanting`` are accounts that are to be looked at."""

    view: Overview
    wanting: list[Standing]
    alive: set[str]


def _look(store: Database, rules: Rules) -> _Look:
    now = utc_now()
    midnight = now.astimezone(rules.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    view, wanting, slow = store.read(
        lambda tx: (
            overview.overview(tx, midnight),
            standing_views.wanting(tx, accounts.merged(tx, rules)),
            paced(tx, rules, now),
        )
    )
    view = replace(view, modems=tuple(replace(m, paced=slow.get((m.gateway, m.name))) for m in view.modems))
    return _Look(view, wanting, living(view.gateways, now, here=store.on_this_machine))


def _show(look: _Look, zone: tzinfo) -> None:
    if on_terminal():
        from rich.console import Console  # noqa: PLC0415 - only where a person looks

        Console().print(as_renderable(*look, zone))
    else:
        click.echo(as_text(*look, zone))


def _watch(store: Database, rules: Rules, *, as_json: bool) -> None:
    """Ctrl-C is how it ends, and no failure."""
    try:
        if as_json or not on_terminal():
            for look in _looks(store, rules):
                if as_json:
                    show_json(overview_object(*look))
                else:
                    click.echo(f"{as_text(*look, rules.zone)}\n")
        else:
            _redraw(store, rules)
    except KeyboardInterrupt:
        return


def _redraw(store: Database, rules: Rules) -> None:
    from rich.console import Group  # noqa: PLC0415
    from rich.live import Live  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    with Live(screen=True, auto_refresh=False) as live:
        for look in _looks(store, rules):
            clock = datetime.now(rules.zone).strftime("%H:%M:%S")
            foot = Text(f"{clock}, Ctrl-C ends this", style="dim")
            live.update(Group(as_renderable(*look, rules.zone), foot), refresh=True)


def _looks(store: Database, rules: Rules) -> Iterator[_Look]:
    while True:
        began = time.monotonic()
        yield _look(store, rules)
        took_s = time.monotonic() - began
        time.sleep(max(_REDRAW_S - took_s, took_s * _SHARE))
