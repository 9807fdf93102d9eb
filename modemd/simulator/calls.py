"""Calls that a modem makes: how they begin, what the other end does, and how they end."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from modemd.errors import Refused
from modemd.simulator.call_values import ACTIVE, ALERTING, Call

if TYPE_CHECKING:
    from collections.abc import Callable

    from modemd.simulator.answers import Outcome
    from modemd.simulator.call_values import Ending
    from modemd.simulator.equipment import Equipment

_RESULT: Final = {"busy": ("BUSY", 17), "no-answer": ("NO ANSWER", 19), "reject": ("NO CARRIER", 21)}
"""V.250's result code, and the cause of Q.850."""
_CLEARED: Final = ("NO CARRIER", 16)


def begin(me: Equipment, destination: str, done: Callable[[Outcome], None]) -> None:
    """Dial; ``done`` gets the answer to ``ATD``."""
    lines = me.dialect.calls
    call = me.call = Call(me.name, me.card.msisdn if me.card else "", destination, time.time())
    if not lines.waits:
        done(())
    me.tell_call(lines.begun)
    call.stat = ALERTING
    decision, ring_s = me.air.rings(destination)

    def decide() -> None:
        if me.call is call:
            _decided(me, call, decision, done if lines.waits else None)

    me.later(ring_s, decide)


def _decided(me: Equipment, call: Call, decision: Ending, done: Callable[[Outcome], None] | None) -> None:
    if decision != "answer":
        call.outcome = decision
        end(me, *_RESULT[decision], done=done)
        return
    call.stat, call.outcome, answered_at = ACTIVE, "answered", time.time()
    call.at = answered_at
    lines = me.dialect.calls
    me.tell_call(lines.answered)
    if done:
        done(() if lines.connected == "OK" else Refused("ATD", "ERROR", None, lines.connected))
    if me.air.talks_s:
        me.later(me.air.talks_s, lambda: end(me) if me.call is call else None)


def end(
    me: Equipment,
    result: str = _CLEARED[0],
    cause: int = _CLEARED[1],
    *,
    done: Callable[[Outcome], None] | None = None,
) -> None:
    """The call is over: by the other end, or because it never came to anything."""
    call = me.call
    if call is None:
        return
    seconds = time.time() - call.at if call.outcome == "answered" else 0.0
    hang_up(me)
    told = [
        line.format(result=result, cause=cause, seconds=f"{int(seconds):06d}")
        for line in me.dialect.calls.ended
    ]
    if done:
        done(Refused("ATD", "ERROR", None, result))
        told = [line for line in told if line != result]
    me.tell_call(tuple(told))


def hang_up(me: Equipment) -> None:
    """This end has had enough; what was said is written down."""
    call, me.call = me.call, None
    if call is not None:
        call.seconds = time.time() - call.at if call.outcome == "answered" else 0.0
        me.air.called(call)
