"""What the states of its parts make of a message: for every multiset of them."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modemd.model import ENDED, LEGAL_MOVES, MessageState, PartState
from modemd.service.rollup import message_state

P, M = PartState, MessageState
TAKEN = {P.SENT, P.DELIVERED, P.UNDELIVERED}
WAITING = {P.QUEUED, P.SCHEDULED}

some_states = st.lists(st.sampled_from(P), min_size=1, max_size=12)


@given(some_states, st.integers(0, 12))
def test_it_has_a_state_and_that_does_not_hang_on_the_order(states: list[PartState], awaited: int) -> None:
    counts: Counter[int] = Counter(states)
    state = message_state(counts, awaited=awaited)
    assert state == message_state(dict(sorted(counts.items(), reverse=True)), awaited=awaited)
    assert state == message_state({**counts, **dict.fromkeys(set(P) - set(counts), 0)}, awaited=awaited)


@given(some_states, st.integers(0, 12))
def test_it_ends_only_when_nothing_moves_any_more(states: list[PartState], awaited: int) -> None:
    have = set(states)
    state = message_state(Counter(states), awaited=awaited)
    if state in {M.DELIVERED, M.UNDELIVERED}:
        assert have <= {P.DELIVERED, P.UNDELIVERED}
        assert not awaited
    if state in ENDED:
        assert not have & {P.SUBMITTING, P.UNCERTAIN}
    if P.SUBMITTING in have:
        assert state is M.SENDING


@given(some_states, st.integers(0, 12))
def test_it_is_only_as_well_off_as_its_worst_part(states: list[PartState], awaited: int) -> None:
    have = set(states)
    state = message_state(Counter(states), awaited=awaited)
    if state is M.DELIVERED:
        assert have == {P.DELIVERED}
    if state in {M.SENT, M.DELIVERED, M.UNDELIVERED}:
        assert have <= TAKEN, "it was said to be sent"
    if P.UNCERTAIN in have and P.SUBMITTING not in have:
        assert state is M.UNCERTAIN
    elif P.FAILED in have and P.SUBMITTING not in have:
        assert state is M.FAILED


@given(st.lists(st.sampled_from(sorted(TAKEN | WAITING)), min_size=1, max_size=12))
def test_on_its_way_it_is_queued_sending_or_sent(states: list[PartState]) -> None:
    have = set(states)
    state = message_state(Counter(states), awaited=states.count(P.SENT))
    if have & WAITING:
        begun = M.SENDING if have & TAKEN else (M.QUEUED if P.QUEUED in have else M.SCHEDULED)
        assert state is begun


@pytest.mark.parametrize(
    ("states", "awaited", "state"),
    [
        ([P.QUEUED], 0, M.QUEUED),
        ([P.SCHEDULED], 0, M.SCHEDULED),
        ([P.SCHEDULED, P.QUEUED], 0, M.QUEUED),
        ([P.SENT, P.QUEUED], 1, M.SENDING),
        ([P.SENT, P.SCHEDULED], 1, M.SENDING),
        ([P.SUBMITTING, P.FAILED], 0, M.SENDING),
        ([P.UNCERTAIN, P.FAILED], 0, M.UNCERTAIN),
        ([P.SENT, P.FAILED, P.CANCELLED], 1, M.FAILED),
        ([P.SENT, P.CANCELLED], 1, M.CANCELLED),
        ([P.SENT, P.EXPIRED], 1, M.EXPIRED),
        ([P.SENT], 1, M.SENT),
        ([P.SENT], 0, M.SENT),
        ([P.DELIVERED, P.SENT], 1, M.SENT),
        ([P.DELIVERED, P.SENT], 0, M.SENT),
        ([P.UNDELIVERED, P.SENT], 1, M.SENT),
        ([P.UNDELIVERED, P.DELIVERED], 0, M.UNDELIVERED),
        ([P.DELIVERED, P.DELIVERED], 0, M.DELIVERED),
    ],
)
def test_as_people_would_say(states: list[PartState], awaited: int, state: MessageState) -> None:
    assert message_state(Counter(states), awaited=awaited) is state


def test_every_state_has_its_moves_and_none_is_a_move_to_itself() -> None:
    assert set(LEGAL_MOVES) == set(P)
    assert [state for state, others in LEGAL_MOVES.items() if state in others] == []
