"""Which PINs a SIM has refused: the same one is never entered twice, or the SIM would lock itself.

A SIM allows three wrong tries (3GPP TS 31.101, 9.5.1), and a daemon that restarts its modems would use
them up in seconds.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field


@dataclass(slots=True)
class PinMemory:
    """PINs entered without success, by what names the SIM or, where that cannot be read, its modem."""

    _tried: set[tuple[str, str]] = field(default_factory=set)

    def was_tried(self, holder: str, pin: str) -> bool:
        """Whether this PIN was entered for this SIM and not accepted."""
        return (holder, _fingerprint(pin)) in self._tried

    def trying(self, holder: str, pin: str) -> None:
        """To be called before a PIN is entered: what happens then may never be known."""
        self._tried.add((holder, _fingerprint(pin)))

    def accepted(self, holder: str, pin: str) -> None:
        """The SIM took it."""
        self._tried.discard((holder, _fingerprint(pin)))


def _fingerprint(pin: str) -> str:
    return hashlib.sha256(pin.encode()).hexdigest()
