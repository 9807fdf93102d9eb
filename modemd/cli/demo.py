"""``modemd demo``: the whole gateway with simulated modems in a temporary folder, in one process."""

from __future__ import annotations

import asyncio
import logging
import shlex
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

import click

from modemd.cli.demo_story import DidNotHappen, Story
from modemd.cli.exits import EXIT_FAILED
from modemd.config import Config, parse
from modemd.daemon import Daemon
from modemd.simulator import ModemSpec, NetworkSpec, Simulation

_NUMBERS: Final = {"gsm1": "+32475000001", "gsm2": "+32475000002"}
_LIMIT_S: Final = 12.0
_LOG_LINES: Final = 8


@click.command()
@click.option("--keep", is_flag=True, help="Leave it running for you to play with, until Ctrl-C.")
@click.pass_context
def demo(ctx: click.Context, *, keep: bool) -> None:
    """Show the whole gateway with two simulated modems; needs no hardware, root or broker.

    A file is dropped into the spool, goes out by one modem, arrives at the other, comes back delivered, and
    is answered. Spool and store are in a temporary folder, which is removed at the end.
    """
    with tempfile.TemporaryDirectory(prefix="modemd-demo-") as made:
        folder = Path(made)
        # The gateway's own lines would stand between those of the story.
        logging.basicConfig(filename=folder / "log", level=logging.INFO, force=True)
        ctx.exit(asyncio.run(_play(folder, keep=keep)))


async def _play(folder: Path, *, keep: bool) -> int:
    config = _configuration(folder)
    story = Story(config, _NUMBERS, _LIMIT_S)
    network = NetworkSpec(airtime_s=0.4, report_delay_s=0.5, reply="echo", reply_delay_s=1.0)
    modems = [ModemSpec(name=name, msisdn=msisdn) for name, msisdn in _NUMBERS.items()]
    async with Simulation(folder / "modems", modems, network) as simulation:
        daemon = Daemon(config)
        running = asyncio.create_task(daemon.run())
        telling = asyncio.create_task(story.tell(simulation, daemon.ready))
        try:
            return await _see(running, telling, folder, keep=keep)
        finally:
            telling.cancel()
            with suppress(asyncio.CancelledError, DidNotHappen):
                await telling
            daemon.stop()
            await running


async def _see(running: asyncio.Task[None], telling: asyncio.Task[None], folder: Path, *, keep: bool) -> int:
    """Until the story is told; with ``keep`` until the gateway is stopped, which Ctrl-C does."""
    await asyncio.wait({running, telling}, return_when=asyncio.FIRST_COMPLETED)
    if not telling.done():
        click.echo("The gateway was stopped before the end.", err=True)
        return EXIT_FAILED
    try:
        telling.result()
    except DidNotHappen as sentence:
        click.echo(str(sentence), err=True)
        _show_log(folder)
        return EXIT_FAILED
    if keep:
        _invite(folder)
        await asyncio.wait({running})
        click.echo(f"Stopped; {folder} is removed.")
    else:
        click.echo(f"\nAll of it works. To play with it yourself: {_program()} demo --keep")
    return 0


def _configuration(folder: Path) -> Config:
    """Written down, so that the other commands can be tried on it."""
    modems = "\n".join(
        f'    - {{name: {name}, port: "{folder}/modems/{name}", number: "{msisdn}"}}'
        for name, msisdn in _NUMBERS.items()
    )
    text = f"""gateway: {{name: demo, country: BE}}
store: {{url: "sqlite:///{folder}/store.db"}}
spool: {{dir: "{folder}/spool"}}
modems:
  discover: false
  list:
{modems}
"""
    file = folder / "config.yaml"
    file.write_text(text, "utf-8")
    return parse(text, str(file))


def _program() -> str:
    called = Path(sys.argv[0])
    return shlex.quote(sys.argv[0]) if called.name == "modemd" else f"{shlex.quote(sys.executable)} -m modemd"


def _invite(folder: Path) -> None:
    modemd = f"{_program()} -c {shlex.quote(str(folder))}/config.yaml"
    click.echo(f"""
All of it works, and goes on until Ctrl-C. The spool: {folder}/spool

Try in another terminal (every number that you write to answers with an echo):

  printf 'To: +32475123456\\n\\nHello\\n' > {folder}/spool/outgoing/hello2
  ls {folder}/spool/*
  {modemd} send --to {_NUMBERS["gsm2"]} --wait "Hello again"
  {modemd} messages
  {modemd} status --watch
""")


def _show_log(folder: Path) -> None:
    lines = (folder / "log").read_text("utf-8", "replace").splitlines()
    click.echo("The gateway's last lines:", err=True)
    for line in lines[-_LOG_LINES:]:
        click.echo(f"  {line}", err=True)
