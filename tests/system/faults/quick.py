"""The daemon and the simulator, each as a process with the quick clock (see ``clock.py``).

``python -m tests.system.faults.quick daemon EPOCH CONFIG``, and ``simulator EPOCH FILE``: the file says in
JSON which modems and what network.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import Any, Final

from modemd.cli.logs import set_up_logging
from modemd.config import load
from modemd.daemon import Daemon
from modemd.modem.discovery.machine import Machine
from modemd.modem.timing import Timing
from modemd.simulator import ModemSpec, NetworkSpec, Simulation, parse_fault
from modemd.simulator.control import Control, describe
from modemd.store import sqlite
from tests.system.faults import clock

TIMING: Final = Timing(
    command_s=10.0, optional_s=10.0, prompt_s=12.0, grace_s=4.0, probe_s=8.0, quiet_s=2.0, grace_body_s=30.0
)
"""Half a second of a busy machine at least; otherwise what modems have outside."""


_CACHE: Final = "PRAGMA cache_size=-1024"
"""A small one is full at once: what memory takes more after that is no cache of the store's."""


def daemon(source: Path) -> None:
    """The gateway, until it is stopped."""
    pragmas = tuple(_CACHE if "cache_size" in each else each for each in sqlite._PRAGMAS)
    setattr(sqlite, "_PRAGMAS", pragmas)  # noqa: B010 - it is final, for everybody else
    config = load(source)
    set_up_logging(config.log.level, config.log.format)
    sysfs = source.parent / "sys"
    machine = Machine(sysfs, source.parent / "ports") if sysfs.exists() else None
    clock.run(lambda: Daemon(config, source, timing=TIMING, machine=machine).run())


def simulator(source: Path) -> None:
    """The modems, until the process is killed."""
    clock.run(lambda: _simulate(json.loads(source.read_bytes())))


async def _simulate(wanted: dict[str, Any]) -> None:
    folder = Path(wanted["folder"])
    modems = [_spec(each) for each in wanted["modems"]]
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    fields: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in wanted["network"].items()
    }
    network = NetworkSpec(**fields)
    usb = folder / "sys" if wanted["hub"] else None
    async with Simulation(folder / "ports", modems, network, folder / "air.jsonl", usb) as simulation:
        control = Control(simulation, folder / "control")
        await control.start()
        sys.stdout.write(json.dumps({"modems": [describe(each) for each in simulation.modems]}) + "\n")
        sys.stdout.flush()
        await stop.wait()


def _spec(each: dict[str, Any]) -> ModemSpec:
    return ModemSpec(**{**each, "faults": [parse_fault(spec) for spec in each.get("faults", ())]})


def main() -> None:
    """Be one of the two."""
    role, epoch, source = sys.argv[1:]
    clock.quicken(float(epoch))
    {"daemon": daemon, "simulator": simulator}[role](Path(source))


if __name__ == "__main__":
    main()
