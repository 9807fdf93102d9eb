"""``modemd status``: gateways, modems and queues, once or again and again."""

from __future__ import annotations

import time
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Final

import click

from modemd.cli.config_option import takes_config
from modemd.cli.exits import EXIT_TRY_AGAIN
from modemd.cli.output import on_terminal, show_json
from modemd.cli.output_objects import overview_object
from modemd.cli.presence import living, open_store, utc_now
from modemd.cli.status_tables import as_renderable, as_text
from modemd.config import load
from modemd.service import overview

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modemd.service.overview import Overview
    from modemd.store.database import Database

_REDRAW_S: Final = 1.0
_SHARE: Final = 20
"""Counting may take a twentieth of the time: with millions queued it is looked less often."""


@click.command()
@takes_config
@click.option("--watch", is_flag=True, help="Redraw it each second, until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON (with --watch: a line each second).")
@click.pass_context
def status(ctx: click.Context, *, watch: bool, as_json: bool) -> None:
    """Show gateways, modems and queues.

    A modem's QUEUE counts the parts that it may take; other modems on the same routes may take some of
    them. Exit status 75: no gateway is running on this store.
    """
    config = load(ctx.obj)
    zone = config.gateway.zone
    with open_store(config.store.url) as store:
        if watch:
            _watch(store, zone, as_json=as_json)
            return
        view, alive = _look(store, zone)
    if as_json:
        show_json(overview_object(view, alive))
    else:
        _show(view, alive, zone)
    if not alive:
        ctx.exit(EXIT_TRY_AGAIN)


def _look(store: Database, zone: tzinfo) -> tuple[Overview, set[str]]:
    now = utc_now()
    midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    view = store.read(lambda tx: overview.overview(tx, midnight))
    return view, living(view.gateways, now)


def _show(view: Overview, alive: set[str], zone: tzinfo) -> None:
    if on_terminal():
        from rich.console import Console  # noqa: PLC0415 - only where a person looks

        Console().print(as_renderable(view, alive, zone))
    else:
        click.echo(as_text(view, alive, zone))


def _watch(store: Database, zone: tzinfo, *, as_json: bool) -> None:
    """Ctrl-C is how it ends, and no failure."""
    try:
        if as_json or not on_terminal():
            for view, alive in _looks(store, zone):
                if as_json:
                    show_json(overview_object(view, alive))
                else:
                    click.echo(f"{as_text(view, alive, zone)}\n")
        else:
            _redraw(store, zone)
    except KeyboardInterrupt:
        return


def _redraw(store: Database, zone: tzinfo) -> None:
    from rich.console import Group  # noqa: PLC0415
    from rich.live import Live  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    with Live(screen=True, auto_refresh=False) as live:
        for view, alive in _looks(store, zone):
            clock = datetime.now(zone).strftime("%H:%M:%S")
            foot = Text(f"{clock}, Ctrl-C ends this", style="dim")
            live.update(Group(as_renderable(view, alive, zone), foot), refresh=True)


def _looks(store: Database, zone: tzinfo) -> Iterator[tuple[Overview, set[str]]]:
    while True:
        began = time.monotonic()
        yield _look(store, zone)
        took_s = time.monotonic() - began
        time.sleep(max(_REDRAW_S - took_s, took_s * _SHARE))
