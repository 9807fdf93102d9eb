"""``modemd simulate``: simulated modems on pseudo-terminals, until it is stopped."""

from __future__ import annotations

import asyncio
import json
import signal
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypedDict, Unpack

import click

from modemd.cli.loops import run_loop
from modemd.cli.machine import VARIABLE
from modemd.formats.trace import Trace, read_trace
from modemd.simulator import Fault, ModemSpec, NetworkSpec, Simulation, parse_fault
from modemd.simulator.control import Control, describe
from modemd.simulator.dialects import DIALECTS
from modemd.simulator.network import Seconds

if TYPE_CHECKING:
    from collections.abc import Sequence

FAULTS: Final = """
    \b
    Faults: KIND[:key=value,...], before it perhaps a modem's name and a slash.
      hang dead silence late error garbage urc echo reboot unplug joined full
      unregistered no-smsc swap-sim
    \b
      on=AT+CMGS*   commands it counts (default: all)
      nth=3         the first of them that it strikes (default 1)
      times=2       how many it strikes (default 1; 0: all from there)
      at=PLACE      command, prompt, body, answer, inside, after
      seconds=2     how late, how long silent, when plugged in again
      cms=38 cme=14 the error; code=2 the registration; text=... hex=...
    \b
    A modem that takes the third message and never says so, one that the
    network refuses twice, and one whose plug is pulled for two seconds:
      --fault hang:on=AT+CMGS*,nth=3,at=answer
      --fault gsm2/error:on=AT+CMGS*,at=body,cms=38,times=2
      --fault unplug:on=AT+CMGS*,nth=5,at=answer,seconds=2
    """


def _seconds(ctx: click.Context, param: click.Parameter, value: str) -> Seconds:
    """``2`` or ``1.5-4``: a time, or the least and the most of a random one."""
    try:
        least, dash, most = value.partition("-")
        return (float(least), float(most)) if dash else float(least)
    except ValueError:
        raise click.BadParameter(f"{value!r} is no time in seconds, such as 2 or 1.5-4", ctx, param) from None


def _specs(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Each fault as the modem it is for (empty: all) and its specification, which can be read."""
    found = []
    for one in value:
        head, slash, rest = one.partition("/")
        modem, spec = (head, rest) if slash and ":" not in head else ("", one)
        try:
            parse_fault(spec)
        except ValueError as wrong:
            raise click.BadParameter(str(wrong), ctx, param) from None
        found.append((modem, spec))
    return tuple(found)


def _traces(ctx: click.Context, param: click.Parameter, value: tuple[Path, ...]) -> tuple[Trace, ...]:
    """What each file holds."""
    found = []
    for path in value:
        try:
            found.append(read_trace(path.read_text("utf-8")))
        except (OSError, ValueError) as wrong:
            raise click.BadParameter(f"{path}: {wrong}", ctx, param) from None
    return tuple(found)


class Options(TypedDict):
    """The command line's options, as click reads them."""

    modems: int
    directory: Path | None
    airtime: Seconds
    setup: float
    reports: bool
    report_delay: Seconds
    report_order: Literal["as-sent", "swapped", "before-answer"]
    lost_reports: float
    reply: str | None
    log: Path | None
    faults: tuple[tuple[str, str], ...]
    dialects: tuple[str, ...]
    pin: str | None
    incoming_s: float
    incoming_text: str
    chatter: float
    traces: tuple[Trace, ...]
    stick: bool
    usb: Path | None
    control: Path | None
    as_json: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What they ask for."""

    directory: Path
    modems: Sequence[ModemSpec]
    network: NetworkSpec
    log: Path | None
    control: Path
    usb: Path | None
    incoming_s: float
    incoming_text: str
    as_json: bool


@click.command(epilog=FAULTS)
@click.option("--modems", default=2, show_default=True, type=click.IntRange(1, 256), help="How many.")
@click.option(
    "--dir",
    "directory",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where their ports appear, as gsm1, gsm2, ... (default: a new temporary folder).",
)
@click.option(
    "--airtime",
    default="0",
    metavar="SECONDS",
    callback=_seconds,
    help="Seconds a message is on the air: 2, or 1.5-4.",
)
@click.option("--setup", default=0.0, help="Seconds more for a message without AT+CMMS.")
@click.option("--reports/--no-reports", default=True, show_default=True, help="Status reports.")
@click.option(
    "--report-delay", default="0", metavar="SECONDS", callback=_seconds, help="Seconds until a report comes."
)
@click.option(
    "--report-order",
    type=click.Choice(["as-sent", "swapped", "before-answer"]),
    default="as-sent",
    show_default=True,
    help="Swapped: the later one first; before-answer: before +CMGS: is written.",
)
@click.option(
    "--lost-reports", default=0.0, type=click.FloatRange(0, 1), help="Share of reports that never come."
)
@click.option("--reply", metavar="echo|TEXT", help="What those answer who are not simulated.")
@click.option(
    "--log", type=click.Path(dir_okay=False, path_type=Path), help="Append what is taken, as JSON lines."
)
@click.option(
    "--fault", "faults", multiple=True, metavar="SPEC", callback=_specs, help="Misbehaviour; see below."
)
@click.option(
    "--dialect",
    "dialects",
    multiple=True,
    type=click.Choice(sorted(DIALECTS)),
    default=["generic"],
    help="Whose modems; given more than once they take turns.",
)
@click.option(
    "--trace",
    "traces",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    callback=_traces,
    help="A modem's answers, as `modemd modems --record` writes them, in place of a dialect.",
)
@click.option("--pin", help="Their SIMs ask for this PIN.")
@click.option("--incoming", "incoming_s", default=0.0, help="A message for each modem every so many seconds.")
@click.option("--chatter", default=0.0, help="Lines nobody asked for, every so many seconds.")
@click.option(
    "--stick",
    is_flag=True,
    help="Each with all the ports of its maker's sticks, of which one answers; else behind an adapter.",
)
@click.option(
    "--usb",
    type=click.Path(file_okay=False, path_type=Path),
    help="A folder that becomes a hub's tree as in /sys; the ports are then ttyUSB0, ... as well.",
)
@click.option("--incoming-text", default="Hello, this is message {}.", show_default=True)
@click.option(
    "--control",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A Unix socket that takes a line of JSON and answers with one (default: control in the folder).",
)
@click.option("--json", "as_json", is_flag=True, help="Print the modems as one line of JSON.")
def simulate(**options: Unpack[Options]) -> None:
    """Run simulated modems, each behind a port that any program can open.

    Their ports and a `modems:` entry for the configuration are printed; then they live until Ctrl-C or
    SIGTERM. Messages from one to another's number arrive there. While they run, the control socket takes
    requests, such as:

    \b
      {"do": "incoming", "modem": "gsm1", "from": "+32475123456", "text": "Hi"}
      {"do": "unplug", "modem": "gsm2", "seconds": 5}
      {"do": "fault", "spec": "hang:on=AT+CMGS*,nth=2"}
      {"do": "wait", "accepted": 100, "timeout_s": 60}
      {"do": "modems"} {"do": "accepted"} {"do": "call"} {"do": "reboot"}
      {"do": "plug", "port": 2} {"do": "calls"} {"do": "ussd", "text": "..."}
      {"do": "set", "registration": 2} {"do": "network", "airtime_s": 3}
    """  # noqa: D301 - click wants the backspace itself
    run_loop(lambda: _run(_wishes(options)))


def _wishes(options: Options) -> Wishes:
    folder = options["directory"] or Path(tempfile.mkdtemp(prefix="modemd-simulate-"))
    network = NetworkSpec(
        airtime_s=options["airtime"],
        setup_s=options["setup"],
        reports=options["reports"],
        report_delay_s=options["report_delay"],
        report_order=options["report_order"],
        lost_reports=options["lost_reports"],
        reply=options["reply"],
    )
    dialects, traces = options["dialects"], options["traces"]
    modems = [
        ModemSpec(
            name=f"gsm{place}",
            dialect=dialects[(place - 1) % len(dialects)],
            trace=traces[(place - 1) % len(traces)] if traces else None,
            pin=options["pin"],
            chatter_s=options["chatter"],
            stick=options["stick"],
            faults=_faults(options["faults"], f"gsm{place}"),
        )
        for place in range(1, options["modems"] + 1)
    ]
    return Wishes(
        directory=folder,
        modems=modems,
        network=network,
        log=options["log"],
        usb=options["usb"],
        control=options["control"] or folder / "control",
        incoming_s=options["incoming_s"],
        incoming_text=options["incoming_text"],
        as_json=options["as_json"],
    )


def _faults(given: tuple[tuple[str, str], ...], name: str) -> list[Fault]:
    return [parse_fault(spec) for modem, spec in given if modem in {"", name}]


async def _run(wishes: Wishes) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for one in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(one, stop.set)
    simulated = Simulation(wishes.directory, wishes.modems, wishes.network, wishes.log, usb=wishes.usb)
    async with simulated as simulation:
        control = Control(simulation, wishes.control)
        await control.start()
        _show(simulation, wishes)
        chatter = asyncio.create_task(_chatter(simulation, wishes)) if wishes.incoming_s else None
        await stop.wait()
        if chatter:
            chatter.cancel()
        await control.stop()


async def _chatter(simulation: Simulation, wishes: Wishes) -> None:
    count = 0
    while True:
        await asyncio.sleep(wishes.incoming_s)
        count += 1
        for modem in simulation.modems:
            await simulation.incoming(wishes.incoming_text.replace("{}", str(count)), modem=modem.name)


def _show(simulation: Simulation, wishes: Wishes) -> None:
    if wishes.as_json:
        modems = [describe(modem) for modem in simulation.modems]
        click.echo(json.dumps({"control": str(wishes.control), "modems": modems}))
        return
    click.echo("# for the configuration:\nmodems:\n  discover: false\n  list:")
    for modem in simulation.modems:
        card = modem.me.card
        msisdn = card.msisdn if card else ""
        pin = f', pin: "{card.pin}"' if card and card.pin else ""
        click.echo(f'    - {{name: {modem.name}, port: {modem.path}, number: "{msisdn}"{pin}}}')
    if wishes.usb and (wishes.usb.name, wishes.directory) == ("sys", wishes.usb.parent / "dev"):
        click.echo(f"# or, to have them discovered: {VARIABLE}={wishes.usb.parent} modemd ...")
    click.echo(f"# control socket: {wishes.control}\n# running until Ctrl-C")
