"""How fast a modem sends: so many parts in any sixty seconds, and no pause shorter than asked."""

from __future__ import annotations

from itertools import pairwise
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from modemd.config.modems import ModemConfig
from modemd.workers.modems.sending.pace import Pace


def pace_of(chance: int = 1, **keys: Any) -> Pace:
    return Pace(ModemConfig.model_validate({"name": "gsm1", "port": "/dev/a", **keys}), Random(chance))


LASTS = st.floats(0.01, 20)


@given(limit=st.integers(1, 10), lasts=st.lists(LASTS, min_size=30, max_size=60), restart=st.integers(1, 29))
def test_no_sixty_seconds_see_more_parts_than_the_limit(limit: int, lasts: list[float], restart: int) -> None:
    pace, now, ends = pace_of(per_minute=limit), 1000.0, list[float]()
    for place, last in enumerate(lasts):
        if place == restart:  # another process goes on, with a monotonic clock of its own
            pace = pace_of(per_minute=limit)
            pace.resume([now - end for end in ends if end > now - 60], now)
        now = max(now, pace.free_at()) + last
        pace.took(now)
        ends.append(now)
    assert all(later - earlier > 60 for earlier, later in zip(ends, ends[limit:], strict=False))


@given(chance=st.integers(), spacing=st.floats(0.1, 10), jitter=st.floats(0, 5))
def test_a_pause_is_longer_by_chance_and_never_shorter(chance: int, spacing: float, jitter: float) -> None:
    pace, begun, now = pace_of(chance, spacing=spacing, jitter=jitter), list[float](), 0.0
    for _ in range(20):
        now = max(now, pace.free_at())
        begun.append(now)
        pace.took(now)
    apart = [later - earlier for earlier, later in pairwise(begun)]
    assert min(apart) >= spacing - 1e-6
    assert max(apart) <= spacing * (1 + jitter) + 1e-6


def test_the_parts_of_one_message_are_apart_by_the_spacing_alone() -> None:
    pace = pace_of(spacing="4s", jitter=5)
    pace.took(10.0, more=True)
    assert pace.free_at() == 14.0
    pace.took(14.0)
    assert pace.free_at() > 18.0


def test_the_spacing_lasts_beyond_a_restart() -> None:
    pace = pace_of(spacing="4s")
    pace.resume([30.0, 1.0], 100.0)
    assert pace.free_at() == 103.0


def test_without_limits_there_is_nothing_to_keep_to() -> None:
    assert not pace_of().binds
    assert pace_of(per_minute=1).binds
    assert pace_of(spacing="1s").binds
