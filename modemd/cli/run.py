"""``modemd run``: the daemon in the foreground."""

from __future__ import annotations

from pathlib import Path

import click

from modemd.cli.config_option import takes_config
from modemd.cli.logs import set_up_logging
from modemd.cli.loops import run_loop
from modemd.cli.machine import this_machine
from modemd.config import load
from modemd.daemon import Daemon
from modemd.errors import StoreError


@click.command()
@takes_config
@click.pass_obj
def run(config_file: Path) -> None:
    """Run the gateway in the foreground.

    SIGTERM finishes the parts in hand and ends it; SIGHUP reads the configuration again. Under systemd
    (Type=notify) it says when it is ready and feeds the watchdog while all its parts are alive.
    """
    config = load(config_file)
    set_up_logging(config.log.level, config.log.format)
    machine = this_machine()
    try:
        run_loop(lambda: Daemon(config, config_file, machine=machine).run())
    except OSError as error:
        raise StoreError(f"the spool {config.spool.dir} cannot be used: {error}") from error
