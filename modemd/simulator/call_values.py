"""A call as a value: who was called, what came of it, what was said in it; what makers tell of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

Ending = Literal["answer", "busy", "no-answer", "reject"]
"""What the one who is called does."""

DIALLING: Final = 2
ALERTING: Final = 3
ACTIVE: Final = 0


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
