"""``python -m tests.system.hasty CONFIG``: the daemon with short deadlines, so silence need not be long."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from modemd.cli.logs import set_up_logging
from modemd.cli.loops import run_loop
from modemd.config import load
from modemd.daemon import Daemon
from modemd.modem.discovery.machine import Machine
from modemd.modem.timing import Timing

TIMING = Timing(
    command_s=1.0, optional_s=1.0, slow_s=2.0, prompt_s=1.0, answer_s=1.0, grace_s=0.5, grace_body_s=2.0,
    probe_s=0.5, reset_s=2.0, hanging_s=3.0, climb=0.02, power_off_s=0.2,
    call_look_s=0.05, pick_up_s=0.0, tone_s=0.0,
)  # fmt: skip


def main() -> None:
    """Run until stopped."""
    source = Path(sys.argv[1])
    config = load(source)
    set_up_logging(config.log.level, config.log.format)
    run_loop(lambda: Daemon(config, source, timing=TIMING, machine=_machine()).run())


def _machine() -> Machine:
    """The tree that a simulated hub makes, where the test names one."""
    sysfs, dev = os.environ.get("SIMULATED_SYS"), os.environ.get("SIMULATED_DEV")
    return Machine(Path(sysfs), Path(dev)) if sysfs and dev else Machine()


if __name__ == "__main__":
    main()
