"""The ladder: every step within its limits, always an end, and the bottom again after good work."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modemd.service.modems.ladder import (  # fmt: skip
    CLIMBS,
    MEMORY,
    RUNGS,
    Ailment,
    Done,
    Next,
    Rung,
    is_dead,
    next_rung,
    not_ahead,
    pause_after,
    rungs_today,
)  # fmt: skip
from tests.house import ROOT

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ALL = tuple(RUNGS)


def climb(ailment: Ailment, able: tuple[Rung, ...] = ALL, start: datetime = NOON) -> list[Next]:
    """Nothing helps: every step until none is left, each as soon as it may be."""
    history: list[Done] = []
    taken: list[Next] = []
    now = start
    while (step := next_rung(history, ailment, now, able)).rung is not Rung.DEAD:
        now = step.due_at
        history.append(Done(step.rung, now))
        taken.append(step)
        assert len(taken) < 100
    return taken


def test_a_silent_modem_is_helped_from_gentle_to_rough() -> None:
    taken = climb(Ailment.SILENT)
    assert [step.rung for step in taken] == [
        *[Rung.RESYNC] * 3, *[Rung.SOFT_RESET] * 2, *[Rung.REOPEN] * 3, *[Rung.USB_RESET] * 2,
        *[Rung.PORT_POWER] * 2, *[Rung.POWER_HOOK] * 2,
    ]  # fmt: skip
    assert [(step.attempt, step.most) for step in taken[:5]] == [(1, 3), (2, 3), (3, 3), (1, 2), (2, 2)]
    assert taken[3].words == "a restart by its own command (1 of 2)"
    assert timedelta(minutes=2) < taken[-1].due_at - NOON < timedelta(minutes=15)


@pytest.mark.parametrize("ailment", Ailment)
def test_every_climb_ends_where_a_person_is_needed(ailment: Ailment) -> None:
    taken = climb(ailment)
    assert {step.rung for step in taken} == set(CLIMBS[ailment])
    assert list(CLIMBS[ailment]) == [rung for rung in RUNGS if rung in CLIMBS[ailment]]
    assert next_rung([], ailment, NOON, ()).rung is Rung.DEAD
    assert is_dead(ailment) == (ailment in {Ailment.SILENT, Ailment.PORT})


def test_what_is_not_possible_is_passed_over() -> None:
    taken = climb(Ailment.SILENT, (Rung.RESYNC, Rung.POWER_HOOK))
    assert [step.rung for step in taken] == [*[Rung.RESYNC] * 3, *[Rung.POWER_HOOK] * 2]


def test_pauses_grow_and_nothing_is_done_before_they_are_over() -> None:
    history = [Done(Rung.USB_RESET, NOON)]
    soon = NOON + timedelta(seconds=5)
    assert next_rung(history, Ailment.PORT, soon, (Rung.USB_RESET,)).due_at == NOON + timedelta(seconds=20)
    history.append(Done(Rung.USB_RESET, NOON + timedelta(seconds=20)))
    assert pause_after(history, NOON + timedelta(seconds=20)) == timedelta(seconds=60)
    late = NOON + timedelta(hours=1)
    assert next_rung(history, Ailment.PORT, late).due_at == late
    assert pause_after([], NOON) == timedelta()


def test_after_good_work_it_begins_at_the_bottom_but_the_days_limit_holds() -> None:
    history: list[Done] = []
    now = NOON
    taken: Counter[Rung] = Counter()
    for _ in range(9):
        for _ in range(RUNGS[Rung.USB_RESET].in_a_row):
            step = next_rung(history, Ailment.PORT, now, (Rung.USB_RESET,))
            taken[step.rung] += 1
            history.append(Done(step.rung, now))
            now += timedelta(minutes=2)
        now += timedelta(hours=1)
        history.append(Done(Rung.WELL, now))
    assert taken[Rung.USB_RESET] == RUNGS[Rung.USB_RESET].per_day
    assert rungs_today(history, now) == RUNGS[Rung.USB_RESET].per_day
    tomorrow = NOON + timedelta(hours=25)
    assert next_rung(history, Ailment.PORT, tomorrow, (Rung.USB_RESET,)).rung is Rung.USB_RESET


def test_a_modem_that_hiccups_now_and_then_is_never_treated_roughly() -> None:
    history: list[Done] = []
    now = NOON
    for _ in range(72):
        step = next_rung(history, Ailment.SILENT, now)
        assert step.rung is Rung.RESYNC
        history.append(Done(step.rung, now))
        now += timedelta(minutes=20)


def test_a_modem_that_nothing_helped_is_tried_again_every_other_day() -> None:
    history = [Done(step.rung, step.due_at) for step in climb(Ailment.SILENT)]
    tomorrow = NOON + timedelta(hours=30)
    assert next_rung(history, Ailment.SILENT, tomorrow, ALL[1:]).rung is Rung.DEAD
    assert next_rung(history, Ailment.SILENT, NOON + MEMORY + timedelta(hours=1)).rung is Rung.RESYNC


def test_a_clock_that_was_set_back_does_not_set_the_limits_free() -> None:
    history = [Done(Rung.USB_RESET, NOON), Done(Rung.USB_RESET, NOON + timedelta(minutes=1))]
    earlier = NOON - timedelta(hours=5)
    step = next_rung(history, Ailment.PORT, earlier, (Rung.USB_RESET, Rung.POWER_HOOK))
    assert step == Next(Rung.POWER_HOOK, 1, 2, earlier + timedelta(seconds=60))


def test_a_clock_that_was_years_ahead_does_not_use_the_limits_up() -> None:
    history = [Done(Rung.USB_RESET, NOON + timedelta(days=5000 + day)) for day in range(9)]
    assert next_rung(history, Ailment.PORT, NOON, (Rung.USB_RESET,)).rung is Rung.USB_RESET
    assert rungs_today(history, NOON) == 0
    assert [not_ahead(each, NOON) for each in history] == history


_STEPS = st.lists(
    st.tuples(
        st.sampled_from(Ailment), st.integers(0, 7200), st.sampled_from(["dead", "well", "better", "restart"])
    ),
    max_size=150,
)


@given(_STEPS, st.sets(st.sampled_from(ALL)))
def test_no_step_is_ever_taken_more_often_than_its_limits(
    story: list[tuple[Ailment, int, str]], able: set[Rung]
) -> None:
    """Whatever is wrong, however long it waits, and whatever is forgotten but the store."""
    history: list[Done] = []
    now = NOON
    for ailment, seconds, then in story:
        now += timedelta(seconds=seconds)
        step = next_rung(history, ailment, now, able)
        assert step.due_at >= now
        assert step.rung is Rung.DEAD or (step.rung in able and step.rung in CLIMBS[ailment])
        now = step.due_at
        history.append(Done(step.rung, now))
        if then == "well":
            now += timedelta(hours=1)
            history.append(Done(Rung.WELL, now))
        for rung, limits in RUNGS.items():
            times = [done.at for done in history if done.rung is rung]
            assert sum(now - at < timedelta(days=1) for at in times) <= limits.per_day
            row = 0
            for done in history:
                row = 0 if done.rung is Rung.WELL else row + (done.rung is rung)
                assert row <= limits.in_a_row or limits.forgiven or now - NOON > MEMORY


def test_the_page_has_every_rung_with_its_limits() -> None:
    page = (ROOT / "docs" / "troubleshooting.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \| .* \| (\d+)(?: in 10 min)? \| (\d+) \| (.*?) ?\|$", page, re.MULTILINE)
    assert rows == [
        (str(rung), str(limits.in_a_row), str(limits.per_day), _shown(limits.pauses_s))
        for rung, limits in RUNGS.items()
    ]


def _shown(pauses_s: tuple[float, ...]) -> str:
    """As ``30 s, 2 min``; times of one unit share it."""
    units = ["min" if pause >= 60 else "s" for pause in pauses_s]
    times = [f"{pause / 60:g}" if pause >= 60 else f"{pause:g}" for pause in pauses_s]
    if not any(pauses_s):
        return ""
    shared = len(set(units)) == 1
    return (
        ", ".join(times) + f" {units[0]}"
        if shared
        else ", ".join(map(" ".join, zip(times, units, strict=True)))
    )
