"""The whole matrix, and how it is run: in groups, each one gateway with some modems a case."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final

from tests.system.faults import codes, identities, places, states
from tests.system.faults.runner import FaultSite, Row, Run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tests.system.faults.cases import Case

GROUP: Final = 24
"""Cases in one gateway: with many more, two cores are too slow for the modems' deadlines."""
_PARTS: Final = (
    places.hangs, places.silences, places.noises, places.losses, states.sims, states.registrations,
    states.centres_and_storages, states.turns, identities.on_a_hub, codes.once, codes.for_ever,
    codes.taken_all_the_same,
)  # fmt: skip


def every() -> list[Case]:
    """All cases, in the table's order."""
    return list(chain.from_iterable(part() for part in _PARTS))


def sample(step: int) -> list[Case]:
    """Each ``step``-th of every part, but none that is slow."""
    return [case for part in _PARTS for case in [one for one in part() if not one.slow][::step]]


def groups(cases: Iterable[Case]) -> list[list[Case]]:
    """Cases that run together; the slow ones among themselves, so that nobody waits for them."""
    listed = list(cases)
    found: list[list[Case]] = []
    for slow, hub in ((True, False), (False, True), (False, False)):
        some = [case for case in listed if case.slow is slow and case.hub is hub]
        found += [some[start : start + GROUP] for start in range(0, len(some), GROUP)]
    return found


def run(cases: Sequence[Case], *, within_s: float | None = None) -> list[Row]:
    """Run one group."""
    limit_s = within_s or (240.0 if any(case.slow for case in cases) else 120.0)
    with FaultSite() as site:
        return Run(site, cases).go(within_s=limit_s)


def lines(rows: Iterable[Row]) -> Iterator[str]:
    """The table: a row for each case, and below it what is wrong with it."""
    yield (
        f"{'fault':22} {'place':30} {'sent':>5} {'lost':>4} {'rep.':>4} {'fail':>4} {'doubt':>5} "
        f"{'back':>7} {'all':>7}  told"
    )
    for row in rows:
        case = row.case
        back, all_ = ("" if each is None else f"{each:.0f} s" for each in (row.back_s, row.all_s))
        told = ", ".join([*row.told, *(f"!{code}" for code in row.alarms)])
        yield (
            f"{case.fault:22} {case.place:30} {len(set(row.went)):5} {len(row.lost):4} {row.repeated:4} "
            f"{row.failed:4} {row.doubted:5} {back:>7} {all_:>7}  {told}"
        )
        for fault in row.faults():
            yield f"    WRONG: {fault}"
