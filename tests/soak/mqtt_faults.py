"""``python -m tests.soak.mqtt_faults``: every fault of broker, line and daemon, many times, with figures."""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from pathlib import Path

from tests.system import mqtt_faults
from tests.system.gateway import Site

_TIMES = {"line cut": 5, "line cut, no ids": 5}
"""How many times as often as others this happens: it costs little."""


def main() -> int:
    """Run all, or those that are named; the exit status says whether every promise was kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("which", nargs="*", help=f"some of: {'; '.join(mqtt_faults.ALL)}")
    parser.add_argument("--messages", type=int, default=3000)
    parser.add_argument("--faults", type=int, default=15)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--keep", type=Path, help="copy the folder of a run that went wrong into this one")
    wanted = parser.parse_args()
    if unknown := set(wanted.which) - set(mqtt_faults.ALL):
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    _say(f"seed {wanted.seed}")
    kept = [_run(which, wanted) for which in wanted.which or mqtt_faults.ALL]
    return 0 if all(kept) else 1


def _run(which: str, wanted: argparse.Namespace) -> bool:
    began = time.monotonic()
    with Site() as site:
        try:
            run = mqtt_faults.ALL[which](
                site, messages=wanted.messages, faults=wanted.faults * _TIMES.get(which, 1), seed=wanted.seed
            )
        except AssertionError as gave:
            _say(f"{which}: {gave}\n{site.log[-3000:]}")
            good = False
        else:
            _say(f"{which}: {run.figures()}; {time.monotonic() - began:.0f} s")
            good = not run.wrongs()
        if not good and wanted.keep:
            ignored = shutil.ignore_patterns("notify", "ports", "control")
            shutil.copytree(site.folder, wanted.keep / which.replace(" ", "-"), ignore=ignored)
    return good


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
