"""What became of PINs that were entered: the same one is never tried again, or the SIM would lock itself.

A SIM allows three wrong tries (3GPP TS 31.101, 9.5.1), and a daemon that restarts its modems would use
them up in seconds.
"""

from __future__ import annotations

import hashlib
from typing import Final, Literal, NamedTuple, Protocol

Tried = Literal["never", "unknown", "again", "refused"]
"""Of a PIN: not entered; entered, and the answer never came; the same a second time; entered and refused."""
_WORST_FIRST: Final[tuple[Tried, ...]] = ("refused", "again", "unknown")
_COST: Final = {"n": 1 << 10, "r": 8, "p": 1}
"""Some milliseconds: four digits are found by trying all, whatever one of them costs, and the loop waits."""


class Holder(NamedTuple):
    """Which SIM a PIN is for: its ICCID, where that can be read before the PIN, and the modem it is in."""

    iccid: str | None
    modem: str
    imei: str | None = None

    @property
    def sought(self) -> tuple[str, ...]:
        """All that a try of this SIM may have been remembered under: in doubt it is the same SIM."""
        place = f"{self.imei or '?'}:{self.modem}"
        if self.iccid:
            return f"iccid:{self.iccid}", f"modem:{place}"
        return f"modem:{place}", f"in:{place}"

    @property
    def written(self) -> tuple[str, ...]:
        """What a try of this SIM is remembered under."""
        place = f"{self.imei or '?'}:{self.modem}"
        return (f"iccid:{self.iccid}", f"in:{place}") if self.iccid else (f"modem:{place}",)


def fingerprints(keys: tuple[str, ...], pin: str) -> dict[str, bytes]:
    """The PIN as it is remembered under each key: salted by it. It takes some milliseconds each."""
    return {key: hashlib.scrypt(pin.encode(), salt=key.encode(), dklen=16, **_COST) for key in keys}


class Pins(Protocol):
    """Where it is remembered. What it is told is safe when its verb has ended."""

    async def tried(self, holder: Holder, pin: str) -> Tried:
        """What became of this PIN when it was entered for this SIM."""

    async def trying(self, holder: Holder, pin: str) -> None:
        """To be called before a PIN is entered: what happens then may never be known."""

    async def refused(self, holder: Holder, pin: str) -> None:
        """The SIM did not take it."""

    async def accepted(self, holder: Holder, pin: str) -> None:
        """The SIM took it."""


class PinMemory:
    """Remembers as long as the process lives."""

    def __init__(self) -> None:
        self._tried: dict[tuple[str, bytes], Tried] = {}

    async def tried(self, holder: Holder, pin: str) -> Tried:
        """What became of this PIN when it was entered for this SIM."""
        found = {self._tried.get(each) for each in fingerprints(holder.sought, pin).items()}
        return next((each for each in _WORST_FIRST if each in found), "never")

    async def trying(self, holder: Holder, pin: str) -> None:
        """To be called before a PIN is entered: what happens then may never be known."""
        became: Tried = "unknown" if await self.tried(holder, pin) == "never" else "again"
        self._write(holder, pin, became)

    async def refused(self, holder: Holder, pin: str) -> None:
        """The SIM did not take it."""
        self._write(holder, pin, "refused")

    async def accepted(self, holder: Holder, pin: str) -> None:
        """The SIM took it."""
        for each in fingerprints((*holder.written, *holder.sought), pin).items():
            self._tried.pop(each, None)

    def _write(self, holder: Holder, pin: str, became: Tried) -> None:
        self._tried.update(dict.fromkeys(fingerprints(holder.written, pin).items(), became))
