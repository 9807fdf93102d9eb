"""``python -m tests.soak.wild``: modems with every kind of trouble for hours (of a clock that runs faster).

At the end nothing may be lost, repeated beyond policy, or received other than once; memory and descriptors
are flat, no task is dead, and every modem works. The exit status says whether it was so.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.soak.wild_run import Found, Soak, Wanted, keep
from tests.system.faults.clock import FACTOR
from tests.system.faults.runner import FaultSite

if TYPE_CHECKING:
    from collections.abc import Iterator

_WARM: Final = 0.3
"""The share of the run after which memory must be flat: until then caches fill."""
_FLAT_KIB_MIN: Final = 200.0
_FLAT_KIB: Final = 8 * 1024
_FEW: Final = 10


def main() -> int:
    """Run it, and tell."""
    parser = argparse.ArgumentParser(prog="tests.soak.wild", description=__doc__)
    parser.add_argument("--modems", type=int, default=16)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--incoming", type=int, default=5_000)
    parser.add_argument("--minutes", type=float, default=15.0, help="of the real clock")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--keep", type=Path, help="copy log, store and the network's log of a bad run here")
    given = parser.parse_args()
    wanted = Wanted(
        modems=given.modems, messages=given.messages, incoming=given.incoming, minutes=given.minutes,
        seed=given.seed,
    )  # fmt: skip
    _say(f"seed {wanted.seed}")
    with FaultSite() as site:
        soak = Soak(site, wanted)
        try:
            found = soak.go()
            wrong = list(faults(found))
            for line in figures(found, wanted):
                _say(line)
            for line in wrong:
                _say(f"WRONG: {line}")
        finally:
            if given.keep:
                keep(given.keep, site)
    return 1 if wrong else 0


def figures(found: Found, wanted: Wanted) -> Iterator[str]:
    """The run as a table."""
    growth, slope = memory(found)
    most = max(each.descriptors for each in found.samples)
    rows = {
        "time": f"{found.took_s:.0f} s, {found.took_s * FACTOR / 3600:.1f} h by the gateway's clock",
        "modems": f"{wanted.modems}, in the end {dict(found.modems)}",
        "messages out": f"{sum(found.states.values())} of {len(found.expected)} parts: {dict(found.states)}",
        "lost": len(found.lost),
        "repeated beyond policy": len(found.repeated),
        "repeated by policy": found.repeated_by_policy,
        "parts in doubt": f"{sum(found.evidence.values())}, settled by {dict(found.evidence)}",
        "messages in": sum(found.given.values()),
        "lost or told twice": len(found.received_wrongly),
        "troubles": f"{sum(found.mischief.values())}: {dict(sorted(found.mischief.items()))}",
        "alarms": f"{sum(found.alarms.values())}: {dict(found.alarms.most_common(8))}",
        "memory": f"{found.samples[-1].rss_kib // 1024} MiB; after the warm-up {growth:+d} KiB, "
        f"{slope:+.0f} KiB/min",
        "memory, in tenths of the run": " ".join(str(each) for each in tenths(found)) + " MiB",
        "descriptors": f"{found.samples[-1].descriptors}, at most {most}",
        "lines of the log that tell of a fault": len(found.wrong_lines),
    }
    for name, value in rows.items():
        yield f"{name:38} {value}"


def tenths(found: Found) -> list[int]:
    """How much memory was taken, at each tenth of the samples."""
    count = len(found.samples) - 1
    return [found.samples[count * tenth // 10].rss_kib // 1024 for tenth in range(11)]


def memory(found: Found) -> tuple[int, float]:
    """By how many KiB memory grew after the warm-up, and by how many a minute (the line of least squares)."""
    last = found.samples[-1].at
    warm = [each for each in found.samples if each.at >= last * _WARM]
    mean_at = sum(each.at for each in warm) / len(warm)
    mean_kib = sum(each.rss_kib for each in warm) / len(warm)
    spread = sum((each.at - mean_at) ** 2 for each in warm) or 1.0
    slope = sum((each.at - mean_at) * (each.rss_kib - mean_kib) for each in warm) / spread
    return warm[-1].rss_kib - warm[0].rss_kib, slope * 60


def faults(found: Found) -> Iterator[str]:
    """What is not as it has to be."""
    for what, texts in (
        ("lost", found.lost), ("repeated", found.repeated), ("came in wrongly", found.received_wrongly),
        ("failed", found.failed), ("modems that do not send", found.idle), ("log", found.wrong_lines),
    ):  # fmt: skip
        if texts:
            yield f"{what}: {len(texts)}, such as {[text[:300] for text in texts[:4]]}"
    if not found.fed:
        yield "the watchdog is not fed"
    growth, slope = memory(found)
    if growth > _FLAT_KIB and slope > _FLAT_KIB_MIN:
        yield f"memory grows by {slope:.0f} KiB a minute"
    early = max(each.descriptors for each in found.samples if each.at < found.samples[-1].at * _WARM)
    if found.samples[-1].descriptors > early + _FEW:
        yield f"{found.samples[-1].descriptors} descriptors, {early} in the beginning"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
