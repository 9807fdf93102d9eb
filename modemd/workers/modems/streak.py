"""Refusals in a row: one is a message's trouble, the same for several messages is their SIM's."""

from __future__ import annotations


class Streak:
    """Counts the messages that met one and the same refusal since anything else happened."""

    def __init__(self) -> None:
        self._code = ""
        self._messages: set[int] = set()

    def met(self, code: str, message_id: int) -> int:
        """Note a refusal; return for how many messages it is the same by now."""
        if code != self._code:
            self._code = code
            self._messages.clear()
        self._messages.add(message_id)
        return len(self._messages)

    def ended(self) -> None:
        """A part was taken: all is well."""
        self._messages.clear()
