"""``python -m tests.soak.kill``: 50 kills at random moments in a run of 500 messages, with figures."""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from pathlib import Path

from tests.system.gateway import Site
from tests.system.kills import Figures, run


def main() -> int:
    """Run with and without status reports; the exit status says whether the promise was kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--messages", type=int, default=500)
    parser.add_argument("--modems", type=int, default=2)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--keep", type=Path, help="copy the folder of a run that went wrong here")
    wanted = parser.parse_args()
    _say(f"seed {wanted.seed}")
    kept = True
    for reports in (True, False):
        began = time.monotonic()
        with Site() as site:
            figures = run(
                site, kills=wanted.kills, messages=wanted.messages, modems=wanted.modems, reports=reports,
                seed=wanted.seed,
            )  # fmt: skip
            good = _tell(figures, reports=reports, took_s=time.monotonic() - began)
            if not good and wanted.keep:
                shutil.copytree(site.folder, wanted.keep, ignore=shutil.ignore_patterns("notify", "ports"))
        kept &= good
    return 0 if kept else 1


def _tell(figures: Figures, *, reports: bool, took_s: float) -> bool:
    most = 0 if reports else figures.kills * figures.modems
    left = sum(map(len, figures.left.values()))
    _say(
        f"{'with' if reports else 'without'} reports: {figures.kills} kills, "
        f"{len(figures.sent_files)} files, {len(figures.expected)} parts; lost {len(figures.lost)}, "
        f"repeated {figures.repeated} (at most {most}), left behind {left}; "
        f"{len(figures.given)} came in, {len(figures.received_wrongly)} of them lost or twice; "
        f"starts with doubts {figures.doubts}; states {dict(figures.states)}; {took_s:.0f} s"
    )
    if figures.lost or figures.strange or figures.repeated > most:
        repeated = sorted(text[:20] for text, count in figures.went.items() if count > 1)
        _say(f"lost: {figures.lost[:20]}, strange: {figures.strange[:20]}, repeated: {repeated[:20]}")
    wrong = figures.lost or figures.strange or left or figures.received_wrongly
    return not wrong and figures.repeated <= most


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
