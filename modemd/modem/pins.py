"""Which PINs a SIM has refused: the same one is never entered twice, or the SIM would lock itself.

A SIM allows three wrong tries (3GPP TS 31.101, 9.5.1), and a daemon that restarts its modems would use
them up in seconds.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple


class Holder(NamedTuple):
    """Which SIM a PIN is for: its ICCID where that can be read, else the modem that it is in."""

    iccid: str | None
    modem: str

    def may_be(self, other: Holder) -> bool:
        """Whether both may be one SIM: in doubt they are."""
        if self.iccid and other.iccid:
            return self.iccid == other.iccid
        return self.modem == other.modem


class PinMemory:
    """PINs that were entered without success, not kept in clear."""

    def __init__(self) -> None:
        self._tried: list[tuple[Holder, str]] = []

    def was_tried(self, holder: Holder, pin: str) -> bool:
        """Whether this PIN was entered for this SIM and not accepted."""
        entered = _fingerprint(pin)
        return any(entered == tried and holder.may_be(other) for other, tried in self._tried)

    def trying(self, holder: Holder, pin: str) -> None:
        """To be called before a PIN is entered: what happens then may never be known."""
        self._tried.append((holder, _fingerprint(pin)))

    def accepted(self, holder: Holder, pin: str) -> None:
        """The SIM took it."""
        self._tried.remove((holder, _fingerprint(pin)))


def _fingerprint(pin: str) -> str:
    return hashlib.sha256(pin.encode()).hexdigest()
