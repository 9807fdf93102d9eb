"""Misbehaviour on request: what goes wrong, at which command, for how long."""

from __future__ import annotations

import re
import time
from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from re import Pattern

_REMEMBERED: Final = 100


class Place(StrEnum):
    """Where in a dialogue a fault strikes."""

    COMMAND = "command"
    """The line is whole, nothing is answered yet."""
    PROMPT = "prompt"
    """In place of the prompt, or just before it."""
    BODY = "body"
    """Ctrl-Z came; the network has not got the message."""
    ANSWER = "answer"
    """The command is done (the network has the message); its answer is not written yet."""
    INSIDE = "inside"
    """In the middle of the answer's octets (garbage and unsolicited lines only)."""
    AFTER = "after"
    """Right behind the final result code (garbage and unsolicited lines only)."""


class FaultKind(StrEnum):
    """What goes wrong."""

    HANG = "hang"
    """This command is never answered; the modem takes the next one."""
    DEAD = "dead"
    """From here on nothing is answered, until the modem is plugged in again or rebooted."""
    SILENCE = "silence"
    """For ``seconds`` all that comes in is lost."""
    LATE = "late"
    """All goes on as ever, but ``seconds`` later."""
    ERROR = "error"
    """``cms`` or ``cme`` (or a bare ERROR) is the answer."""
    GARBAGE = "garbage"
    """``text`` (or the octets of ``hex``, 0xFF 0x00 0xE9 by default) comes in between."""
    URC = "urc"
    """``text`` comes in between as an unsolicited line."""
    ECHO = "echo"
    """The echo is back on."""
    REBOOT = "reboot"
    """The modem starts anew and takes ``seconds`` for it; the port stays."""
    UNPLUG = "unplug"
    """The port is gone; after ``seconds`` (if not 0) it is back."""
    JOINED = "joined"
    """The answer has no blank behind its colon: ``+CMGS:12``."""
    FULL = "full"
    """All storage is taken."""
    UNREGISTERED = "unregistered"
    """The network is lost (registration ``code``, 2 by default); after ``seconds`` (if not 0) it is back."""
    NO_SMSC = "no-smsc"
    """The service centre's number is gone."""
    SWAP_SIM = "swap-sim"
    """Another SIM is in: ``text`` is its ICCID."""


@dataclass(slots=True, kw_only=True)
class Fault:
    """One fault and its schedule: at the ``nth`` command that matches ``on``, ``times`` times (0: for ever).

    ``on`` is matched against the whole command line with ``*`` and ``?`` as in file names; for places
    behind the prompt it is still the line that the body belongs to. Durations are in seconds.
    """

    kind: FaultKind
    on: str = "*"
    at: Place = Place.COMMAND
    nth: int = 1
    times: int = 1
    seconds: float = 0.0
    cms: int | None = None
    cme: int | None = None
    code: int | None = None
    text: str = ""
    hex: str = ""
    met: int = 0
    _pattern: Pattern[str] | None = field(default=None, repr=False)

    def due(self, place: Place, line: str) -> bool:
        """Count this command if it matches; whether the fault strikes now."""
        if place is not self.at or not self._matches(line):
            return False
        self.met += 1
        return self.met >= self.nth and (not self.times or self.met < self.nth + self.times)

    @property
    def spent(self) -> bool:
        """It will not strike again."""
        return bool(self.times) and self.met >= self.nth + self.times - 1

    @property
    def octets(self) -> bytes:
        """What garbage and unsolicited lines put on the wire."""
        if self.kind is FaultKind.URC:
            return f"\r\n{self.text}\r\n".encode("latin-1", "replace")
        return bytes.fromhex(self.hex) or self.text.encode("latin-1", "replace") or b"\xff\x00\xe9"

    def _matches(self, line: str) -> bool:
        if self._pattern is None:
            globbed = re.escape(self.on).replace(r"\*", ".*").replace(r"\?", ".")
            self._pattern = re.compile(globbed, re.IGNORECASE | re.DOTALL)
        return self._pattern.fullmatch(line) is not None


class FaultPlan:
    """The faults of one modem; false while there are none, so that it costs nothing."""

    def __init__(self) -> None:
        self.struck: deque[tuple[float, str]] = deque(maxlen=_REMEMBERED)
        """When which kind struck (seconds of the epoch)."""
        self._faults: list[Fault] = []

    def __bool__(self) -> bool:
        return bool(self._faults)

    def __iter__(self) -> Iterator[Fault]:
        return iter(self._faults)

    def add(self, fault: Fault) -> None:
        """From now on it counts commands."""
        self._faults.append(fault)

    def clear(self) -> None:
        """All is well again."""
        self._faults.clear()

    def due(self, place: Place, line: str) -> list[Fault]:
        """The faults that strike here; spent ones are forgotten."""
        found = [fault for fault in self._faults if fault.due(place, line)]
        if found:
            self.struck.extend((time.time(), fault.kind.value) for fault in found)
            self._faults = [fault for fault in self._faults if not fault.spent]
        return found


def parse_fault(spec: str) -> Fault:
    """``kind[:key=value,...]``, such as ``error:on=AT+CMGS*,nth=3,at=body,cms=38``; ``text=`` takes the rest.

    Raises:
        ValueError: with a sentence that names what cannot be read.
    """
    kind, _, rest = spec.partition(":")
    values: dict[str, str] = {}
    while rest:
        key, equals, rest = rest.partition("=")
        if not equals:
            raise ValueError(f"{key!r} in the fault {spec!r} has no value")
        if key == "text":
            values[key], rest = rest, ""
        else:
            values[key], _, rest = rest.partition(",")
    return fault_of({"kind": kind, **values})


def fault_of(values: Mapping[str, Any]) -> Fault:
    """A fault from words; ValueError for a key or a value that is none."""
    known = {"on": str, "text": str, "hex": str, "at": Place, "kind": FaultKind, "seconds": float}
    known |= dict.fromkeys(("nth", "times", "cms", "cme", "code"), int)
    strange = sorted(set(values) - set(known))
    if strange:
        raise ValueError(f"a fault has no {strange[0]!r}; it has {', '.join(sorted(known))}")
    try:
        read = {key: known[key](word) for key, word in values.items()}
    except ValueError as wrong:
        kinds = ", ".join(FaultKind)
        raise ValueError(f"{wrong} (kinds: {kinds}; places: {', '.join(Place)})") from None
    fault = Fault(**read)
    if not fault.seconds and fault.kind in {FaultKind.LATE, FaultKind.SILENCE}:
        raise ValueError(f"{fault.kind} needs seconds=")
    return fault
