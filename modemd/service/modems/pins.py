"""Each PIN is entered once for each SIM, for ever: what is remembered of it, and how it is forgotten.

A SIM takes three wrong tries (3GPP TS 31.101, 9.5.1); then it wants its PUK. A PIN is never kept in clear.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from modemd.store import modems, pins
from modemd.store.times import to_us

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from modemd.store.transaction import Tx

Tried = Literal["never", "unknown", "again", "refused"]
"""Of a PIN: not entered; entered, and the answer never came; the same a second time; entered and refused."""
_WORST_FIRST: Final[tuple[Tried, ...]] = ("refused", "again", "unknown")


def tried(tx: Tx, prints: Mapping[str, bytes]) -> Tried:
    """Tell what became of a PIN; ``prints`` are its fingerprints by all that its SIM may be known as."""
    found = {pins.outcome(tx, holder, fingerprint) for holder, fingerprint in prints.items()}
    return next((each for each in _WORST_FIRST if each in found), "never")


def begin(
    tx: Tx, sought: Mapping[str, bytes], written: Mapping[str, bytes], modem: str, now: datetime
) -> None:
    """Note that a PIN is about to be entered: from this commit on nobody knows what became of it.

    ``sought`` are its fingerprints by all that the SIM may be known as, ``written`` those that are kept.
    """
    became = "unknown" if tried(tx, sought) == "never" else "again"
    for holder, fingerprint in written.items():
        pins.write(tx, holder, fingerprint, became, modem, to_us(now))


def refuse(tx: Tx, written: Mapping[str, bytes], modem: str, now: datetime) -> None:
    """Note that the SIM refused the PIN."""
    for holder, fingerprint in written.items():
        pins.write(tx, holder, fingerprint, "refused", modem, to_us(now))


def strike(tx: Tx, prints: Mapping[str, bytes]) -> None:
    """Strike a PIN out that its SIM took."""
    for holder, fingerprint in prints.items():
        pins.strike(tx, holder, fingerprint)


def forget(tx: Tx, gateway: str, modem: str) -> int:
    """Let the configured PIN of a modem be entered once more; return how many tries were remembered.

    For a person who knows that it is right, as after it was changed in a telephone. A running gateway
    enters it when it next looks at that modem, within half a minute.
    """
    row = next(
        (each for each in modems.all_modems(tx) if (each["gateway"], each["name"]) == (gateway, modem)), None
    )
    iccid = None if row is None else row["iccid"]
    return pins.forget(tx, modem, f"iccid:{iccid}" if iccid else "")
