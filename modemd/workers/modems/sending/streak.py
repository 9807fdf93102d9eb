"""Refusals in a row: one is a message's trouble, the same for several messages is their SIM's."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from modemd.service.trouble import Decision


class Met(NamedTuple):
    """How often the same was met in a row, and for how many seconds by now."""

    messages: int
    recipients: int
    lasting_s: float

    def enough(self, decision: Decision) -> bool:
        """Whether it is the SIM's trouble, or its modem's, and not only this message's."""
        return (self.recipients if decision.distinct else self.messages) >= decision.pause_after


class Streak:
    """Counts the messages that one SIM was refused for one and the same cause, with nothing else between."""

    def __init__(self) -> None:
        self._of = ("", "")
        self._since = 0.0
        self._messages: set[int] = set()
        self._recipients: set[str] = set()

    def met(self, sim: str, message_id: int, decision: Decision) -> Met:
        """Note a refusal; return how it stands by now."""
        now = time.monotonic()
        if self._of != (sim, decision.code):
            self.ended()
            self._of = (sim, decision.code)
        if not self._messages:
            self._since = now
        self._messages.add(message_id)
        self._recipients.add(decision.recipient)
        return Met(len(self._messages), len(self._recipients), now - self._since)

    def ended(self) -> None:
        """A part was taken: all is well."""
        self._messages.clear()
        self._recipients.clear()
