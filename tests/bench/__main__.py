"""``python -m tests.bench``: what the gateway reaches on this machine, as a table beside what it must reach.

Exit status 1 where a floor was missed. Machines are noisy: let nothing else run, and compare within one run.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator

from tests.bench.claims import claims
from tests.bench.strangers import strangers
from tests.bench.table import Row, as_json, machine, median, say, tell
from tests.bench.whole import flood, idle, latency, start_up, throughput, utilisation


def main() -> int:
    """Run the rows that were asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--files", type=int, default=20_000, help="for the throughput rows (20000)")
    parser.add_argument(
        "--repeat", type=int, default=3, help="interleaved repetitions; medians are shown (3)"
    )
    parser.add_argument(
        "--only", action="append", default=[], metavar="GROUP", help="a group; may be repeated"
    )
    parser.add_argument("--json", action="store_true", help="JSON behind the table")
    wanted = parser.parse_args()
    groups = _groups(wanted.files)
    unknown = set(wanted.only) - set(groups)
    if unknown:
        parser.error(f"no group {', '.join(sorted(unknown))}; there are {', '.join(groups)}")
    say(machine())
    rows: list[Row] = []
    for name, group in groups.items():
        if not wanted.only or name in wanted.only:
            rows += _repeated(group, wanted.repeat if name in {"one", "eight"} else 1)
    if wanted.json:
        say(as_json(rows))
    return 1 if any(row.reached is False for row in rows) else 0


def _groups(files: int) -> dict[str, Callable[[], Iterator[Row]]]:
    return {
        "one": lambda: throughput(1, files, 1_000),
        "eight": lambda: throughput(8, files, 2_500),
        "latency": lambda: latency(200),
        "utilisation": lambda: utilisation(12),
        "idle": lambda: idle(32),
        "claim": lambda: claims(1_000, 1_000_000),
        "start": lambda: start_up(5),
        "strangers": lambda: strangers(30),
        "flood": lambda: flood(100_000),
    }


def _repeated(group: Callable[[], Iterator[Row]], times: int) -> list[Row]:
    """Each row's median over the repetitions, told at once."""
    runs = [list(group()) for _ in range(times)]
    rows = []
    for same in zip(*runs, strict=True):
        values = [row.value for row in same]
        note = f"of {times}: {min(values):,.4g} to {max(values):,.4g}" if times > 1 else same[0].note
        first = same[0]
        rows.append(Row(first.what, median(values), first.unit, first.floor, first.least, note))
        tell(rows[-1])
    return rows


if __name__ == "__main__":
    sys.exit(main())
