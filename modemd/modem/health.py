"""How a modem and its network are: signal, registration, operator (27.007, 7.2, 7.3, 8.5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from modemd.gsm.at_values import integer, parameters
from modemd.modem.session import Session

USABLE: Final = frozenset({1, 5, 6, 7})
"""Registration values that carry messages: home, roaming, and both for SMS only."""
_ORDER: Final = (1, 5, 6, 7, 3, 8, 2, 0, 4)
_TECHNOLOGY: Final = {
    **dict.fromkeys((0, 1, 3, 8), "GSM"),
    **dict.fromkeys((2, 4, 5, 6), "UMTS"),
    **dict.fromkeys((7, 9), "LTE"),
    **dict.fromkeys((10, 11, 12, 13), "5G"),
}


@dataclass(frozen=True, slots=True)
class Health:
    """``registration`` is the best ``stat`` of all networks; ``signal_dbm`` ``None`` where not known."""

    signal_dbm: int | None = None
    registration: int | None = None
    operator: str | None = None
    technology: str | None = None

    @property
    def usable(self) -> bool:
        """Whether messages can go; a modem that does not tell is trusted."""
        return self.registration is None or self.registration in USABLE


async def read_health(session: Session) -> Health:
    """Asks for signal, registration and operator; what is refused stays ``None``.

    Raises:
        NoReply: the modem is dead.
        PortLost: the port is gone.
    """
    operator, technology = await _operator(session)
    return Health(await _signal_dbm(session), await read_registration(session), operator, technology)


async def read_registration(session: Session) -> int | None:
    """The best registration of the circuit-switched, LTE and 5G networks.

    Raises:
        NoReply: the modem is dead.
        PortLost: the port is gone.
    """
    told: list[int] = []
    for word in ("+CREG", "+CEREG", "+C5GREG"):
        values = await _values(session, f"AT{word}?", f"{word}:")
        stat = integer(values[1]) if len(values) > 1 else None
        if stat in USABLE:
            return stat
        if stat is not None:
            told.append(stat)
    return min(told, key=lambda stat: _ORDER.index(stat) if stat in _ORDER else 99, default=None)


async def _signal_dbm(session: Session) -> int | None:
    values = await _values(session, "AT+CSQ", "+CSQ:")
    rssi = integer(values[0]) if values else None
    if rssi is None:
        return None
    if 0 <= rssi <= 31:
        return -113 + 2 * rssi
    return rssi - 216 if 100 <= rssi <= 191 else None  # makers' TD-SCDMA and LTE range


async def _operator(session: Session) -> tuple[str | None, str | None]:
    values = await _values(session, "AT+COPS?", "+COPS:")
    name = values[2] if len(values) > 2 else None
    technology = integer(values[3]) if len(values) > 3 else None
    return name or None, _TECHNOLOGY.get(technology) if technology is not None else None


async def _values(session: Session, command: str, prefix: str) -> list[str]:
    if command in session.capabilities.refused:
        return []
    reply = await session.try_asking(command, timeout_s=session.link.timing.command_s)
    for line in reply.lines if reply else ():
        if line.startswith(prefix):
            return parameters(line)
    return []
