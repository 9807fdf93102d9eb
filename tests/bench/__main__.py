"""``python -m tests.bench``: measure the gateway, print a table; ``make bench`` calls it.

Every figure is of whole processes, with the modems simulated in a process of their own. Repetitions are
interleaved over the rows, and medians are printed: a machine's speed drifts. Each row has a time to end in;
one that fails or runs out of it is told as such, and the others go on. Exit status 1 where a floor was missed
or a figure could not be had.
"""

from __future__ import annotations

import argparse
import compileall
import json
import sys
import time
from pathlib import Path

from tests.bench import (
    airtime,
    claim,
    credit_accept,
    credit_books,
    idle,
    latency,
    machine,
    mqtt_accept,
    mqtt_backlog,
    mqtt_latency,
    strangers,
    throughput,
)
from tests.bench.measures import Options, Result, Row
from tests.bench.table import table
from tests.bench.turns import answer, turn

ROWS: tuple[Row, ...] = (
    *throughput.ROWS[:3],
    *latency.ROWS,
    *airtime.ROWS,
    *idle.ROWS,
    *claim.ROWS,
    *credit_accept.ROWS,
    *credit_books.ROWS,
    *mqtt_accept.ROWS,
    *mqtt_latency.ROWS,
    *mqtt_backlog.ROWS,
    *strangers.ROWS,
    *throughput.ROWS[3:],
)


def _arguments() -> argparse.Namespace:
    usual = Options()
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure the gateway.")
    names = ", ".join(row.name for row in ROWS)
    parser.add_argument(
        "--only",
        metavar="ROW",
        action="append",
        help=f"this row, or those beginning so; may be repeated: {names}",
    )
    parser.add_argument("--repeat", type=int, default=1, help="how often each row is run (default 1)")
    parser.add_argument("--files", type=int, default=usual.files, help="files of a throughput row")
    parser.add_argument("--flood", type=int, default=usual.flood, help="files of the flood")
    parser.add_argument("--idle", type=float, default=usual.idle_s, help="seconds of idleness")
    parser.add_argument("--queued", type=int, default=usual.queued, help="parts queued for the claims")
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    parser.add_argument("--turn", nargs=2, help=argparse.SUPPRESS)
    return parser.parse_args()


def _chosen(only: list[str] | None) -> list[Row]:
    rows = [row for row in ROWS if not only or any(row.name.startswith(word) for word in only)]
    if not rows:
        sys.exit(f"there is no row {', '.join(only or ())}; there are {', '.join(row.name for row in ROWS)}")
    return rows


def _run(rows: list[Row], options: Options, repeat: int) -> list[Result]:
    results = {(row.name, one.key): Result(row.name, one) for row in rows for one in row.measures}
    for time_of_it in range(repeat):
        for row in rows:
            sys.stderr.write(f"{time.strftime('%H:%M:%S')} {row.name}, {time_of_it + 1} of {repeat} ...\n")
            for key, value in turn(row, options).items():
                if (row.name, key) in results:
                    results[row.name, key].add(value)
    return list(results.values())


def main() -> int:
    """Measure what was asked for; 1 where a floor was missed."""
    asked = _arguments()
    if asked.turn:
        (row,) = (row for row in ROWS if row.name == asked.turn[0])
        answer(row, Options(**json.loads(asked.turn[1])))
        return 0
    # As where it was installed: a start that compiles the program is not what users see.
    compileall.compile_dir(Path(__file__).parents[2] / "modemd", quiet=2)
    options = Options(files=asked.files, flood=asked.flood, idle_s=asked.idle, queued=asked.queued)
    before = machine.speeds()
    results = _run(_chosen(asked.only), options, asked.repeat)
    about = {"machine": machine.described(), "before": before, "after": machine.speeds()}
    if asked.json:
        lines = [json.dumps({**about, "results": [each.as_json() for each in results]}, ensure_ascii=False)]
    else:
        lines = [about["machine"], f"before: {before}; after: {about['after']}", *table(results)]
    sys.stdout.write("\n".join(lines) + "\n")
    return int(any(each.reached is False for each in results))


if __name__ == "__main__":
    sys.exit(main())
