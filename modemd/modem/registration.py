"""How the modem stands with its networks (27.007, 7.2, and for CGREG, CEREG, C5GREG 10.1.20, .22, .47)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from modemd.gsm.at_values import integer, parameters
from modemd.modem.session import Session

WORDS: Final = ("+CREG", "+CEREG", "+CGREG", "+C5GREG")
"""Circuit-switched, LTE, packet-switched and 5G; messages go by any of them."""
USABLE: Final = frozenset({1, 5, 6, 7})
"""Registration values that carry messages: home, roaming, and both for SMS only."""
_ORDER: Final = (1, 5, 6, 7, 3, 8, 11, 2, 0, 4)
_TECHNOLOGY: Final = {
    **dict.fromkeys((0, 1, 3, 8), "GSM"),
    **dict.fromkeys((2, 4, 5, 6), "UMTS"),
    7: "LTE",
    **dict.fromkeys((10, 11, 12, 13), "5G"),
}
"""``<AcT>`` (27.007, 7.3)."""
_BY_WORD: Final = {
    "+CREG": {8: "EC-GSM-IoT", 9: "NB-IoT"},
    "+CEREG": {8: "LTE-M", 9: "NB-IoT"},
}


@dataclass(frozen=True, slots=True)
class Registration:
    """``stat`` of one network; ``area`` (LAC or TAC) and ``cell`` in hexadecimal, where they are told."""

    word: str
    stat: int
    area: str | None = None
    cell: str | None = None
    technology: str | None = None

    @property
    def usable(self) -> bool:
        """Whether messages can go."""
        return self.stat in USABLE


def technology_of(act: int | None, word: str = "") -> str | None:
    """The name of an ``<AcT>``; 8 and 9 mean different things, by the word that told it."""
    if act is None:
        return None
    return _BY_WORD.get(word, {}).get(act) or {9: "NB-IoT"}.get(act) or _TECHNOLOGY.get(act)


def read_registration_line(line: str) -> Registration | None:
    """One answer to ``AT+CREG?`` or its kin: ``<n>,<stat>[,<lac>,<ci>[,<AcT>...]]``; ``None``: it is none."""
    word = line.partition(":")[0]
    values = parameters(line)
    stat = integer(values[1]) if word in WORDS and len(values) > 1 else None
    if stat is None:
        return None
    area, cell, act = [*values[2:5], "", "", ""][:3]
    return Registration(word, stat, area or None, cell or None, technology_of(integer(act), word))


async def announce(session: Session) -> None:
    """Lets the modem tell each change of its registration, with the cell where it can.

    Raises:
        NoReply: the modem is dead.
        PortLost: the port is gone.
    """
    for word in WORDS:
        if await session.try_asking(f"AT{word}=2") is None and not session.was_silent(f"AT{word}=2"):
            await session.try_asking(f"AT{word}=1")


async def read_registration(session: Session) -> Registration | None:
    """The best registration of all networks; ``None`` where the modem tells nothing.

    The network that was usable the last time is asked first: mostly that is one question.

    Raises:
        NoReply: the modem is dead.
        PortLost: the port is gone.
    """
    told: list[Registration] = []
    for word in sorted(WORDS, key=lambda each: each != session.network):
        found = await _read(session, word)
        if found is not None and found.usable:
            session.network = word
            return found
        if found is not None:
            told.append(found)
    return min(told, key=_rank, default=None)


def _rank(found: Registration) -> int:
    return _ORDER.index(found.stat) if found.stat in _ORDER else len(_ORDER)


async def _read(session: Session, word: str) -> Registration | None:
    command = f"AT{word}?"
    if command in session.capabilities.refused:
        return None
    reply = await session.try_asking(command, timeout_s=session.link.timing.command_s)
    return next(
        (found for line in (reply.lines if reply else ()) if (found := read_registration_line(line))), None
    )
