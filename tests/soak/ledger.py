"""``python -m tests.soak.ledger``: 20,000 examples of the machine over the ledger; what happened in them."""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from hypothesis import Phase, seed

from tests.service import ledger_machine

_PIECE = 500
"""So many examples with one seed: hypothesis's memory of them is dropped then."""


def _piece(dialect: str, examples: int, number: int) -> Counter[str]:
    """One seed's examples; the first that fails ends it, and is told by its steps."""
    logging.disable(logging.CRITICAL)
    phases = (Phase.generate, Phase.shrink)
    return ledger_machine.run(dialect, examples, decorate=seed(number), phases=phases, database=None)


def main() -> int:
    """Run them, some at a time; the exit status says whether the books were right in all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=20_000)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the first piece")
    wanted = parser.parse_args()
    pieces = [min(_PIECE, wanted.examples - begun) for begun in range(0, wanted.examples, _PIECE)]
    _say(f"{wanted.examples} examples on {wanted.database}, pieces of {_PIECE}, seeds from {wanted.seed} on")
    began = time.monotonic()
    happened: Counter[str] = Counter()
    with ProcessPoolExecutor(wanted.processes, get_context("spawn")) as pool:
        running = [
            pool.submit(_piece, wanted.database, count, wanted.seed + place)
            for place, count in enumerate(pieces)
        ]
        for place, each in enumerate(running):
            happened += each.result()
            _say(f"{sum(pieces[: place + 1]):6} done, {time.monotonic() - began:.0f} s")
    took_s = time.monotonic() - began
    _say(f"the books were right after every step of {sum(pieces)} examples; {took_s:.0f} s")
    _say(", ".join(f"{what}: {count}" for what, count in happened.most_common()))
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
