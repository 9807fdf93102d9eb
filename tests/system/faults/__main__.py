"""``python -m tests.system.faults``: the fault matrix as a table; the exit status says whether it holds."""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from tests.system.faults import matrix
from tests.system.faults.cases import MESSAGES


def main() -> int:
    """Run what was asked for, some groups at a time."""
    parser = argparse.ArgumentParser(prog="tests.system.faults", description=__doc__)
    parser.add_argument("--only", default="", help="cases that have this in their names")
    parser.add_argument("--processes", type=int, default=2, help="gateways at a time")
    wanted = parser.parse_args()
    cases = [case for case in matrix.every() if wanted.only.lower() in case.name.lower()]
    began = time.monotonic()
    with ProcessPoolExecutor(wanted.processes, get_context("spawn")) as pool:
        done = [row for rows in pool.map(matrix.run, matrix.groups(cases)) for row in rows]
    done.sort(key=lambda row: cases.index(row.case))
    for line in matrix.lines(done):
        sys.stdout.write(f"{line}\n")
    wrong = [row for row in done if row.faults()]
    parts = sum(len(row.expected) for row in done)
    sys.stdout.write(
        f"{len(done)} faults, {MESSAGES} messages each ({parts} parts in all): lost "
        f"{sum(len(row.lost) for row in done)}, repeated {sum(row.repeated for row in done)}, in doubt "
        f"{sum(row.doubted for row in done)}; {len(wrong)} not as they have to be; "
        f"{time.monotonic() - began:.0f} s\n"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
