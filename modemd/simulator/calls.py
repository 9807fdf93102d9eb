"""Calls that a modem makes: what becomes of them, and what was said and keyed in them."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from modemd.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from modemd.simulator.answers import Outcome
    from modemd.simulator.equipment import Equipment

Ending = Literal["answer", "busy", "no-answer", "reject"]
"""What the one who is called does."""

DIALLING: Final = 2
ALERTING: Final = 3
ACTIVE: Final = 0
_RESULT: Final = {"busy": ("BUSY", 17), "no-answer": ("NO ANSWER", 19), "reject": ("NO CARRIER", 21)}
"""V.250's result code, and the cause of Q.850."""
_CLEARED: Final = ("NO CARRIER", 16)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLines:
    """What a maker's modem says of its own calls; ``{cause}`` is Q.850's, ``{seconds}`` how long it took.

    ``waits``: ``ATD`` is answered only when the other end has done something; ``connected`` stands in the
    place of that ``OK`` then.
    """

    begun: tuple[str, ...] = ()
    answered: tuple[str, ...] = ()
    ended: tuple[str, ...] = ("{result}",)
    waits: bool = False
    connected: str = "OK"


PLAIN_CALLS: Final = CallLines()
"""Nothing but V.250's result codes."""


@dataclass(slots=True)
class Call:
    """One call; ``stat`` is that of ``+CLCC`` (3GPP TS 27.007, 7.18)."""

    modem: str
    sender: str
    destination: str
    at: float
    stat: int = DIALLING
    outcome: str = "cancelled"
    spoken: list[str] = field(default_factory=list)
    tones: str = ""
    seconds: float = 0.0

    def fields(self) -> dict[str, object]:
        """It as it is written down."""
        return {
            "at": self.at,
            "modem": self.modem,
            "sender": self.sender,
            "call": self.destination,
            "outcome": self.outcome,
            "spoken": self.spoken,
            "tones": self.tones,
            "seconds": round(self.seconds, 3),
        }


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
