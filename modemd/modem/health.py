"""How a modem and its network are: signal, registration, operator, cell, room (27.007, clauses 7 and 8)."""

from __future__ import annotations

from dataclasses import dataclass

from modemd.gsm.at_values import integer, parameters
from modemd.modem.inventory import read_room, read_signal, told
from modemd.modem.registration import USABLE, Registration, read_registration, technology_of
from modemd.modem.session import Session

__all__ = ["USABLE", "Health", "read_health"]


@dataclass(frozen=True, slots=True)
class Health:
    """``registration`` is the best ``stat`` of all networks; what is not known is ``None``.

    ``area`` and ``cell`` are the LAC or TAC and the cell's identity in hexadecimal. ``room``: entries in use
    and entries in all, of the storages that are swept. ``smsc``: there is a service centre; a modem that does
    not tell is trusted.
    """

    signal_dbm: int | None = None
    registration: int | None = None
    operator: str | None = None
    technology: str | None = None
    operator_code: str | None = None
    area: str | None = None
    cell: str | None = None
    rsrp_dbm: int | None = None
    rsrq_db: int | None = None
    room: tuple[int, int] | None = None
    smsc: bool = True

    @property
    def usable(self) -> bool:
        """Whether messages can go."""
        return self.smsc and self.registered

    @property
    def registered(self) -> bool:
        """Whether a network carries messages; a modem that does not tell is trusted."""
        return self.registration is None or self.registration in USABLE

    @property
    def state(self) -> str:
        """The word for it, of ``formats.modem_states``."""
        if self.registration == 3:
            return "denied"
        if self.registration in {8, 11}:
            return "emergency_only"
        if self.registration is not None and self.registration not in USABLE:
            return "searching"
        return "ready" if self.smsc else "no_smsc"


async def read_health(session: Session) -> Health:
    """Asks for signal, registration, operator and room; what is refused stays ``None``.

    Raises:
        NoReply: the modem is dead.
        PortLost: the port is gone.
    """
    found = await read_registration(session) or Registration("", -1)
    name, code, technology = await _operator(session)
    signal = await read_signal(session, found.technology or technology)
    return Health(
        signal_dbm=signal.rssi_dbm,
        registration=found.stat if found.stat >= 0 else None,
        operator=name,
        technology=found.technology or technology,
        operator_code=code,
        area=found.area,
        cell=found.cell,
        rsrp_dbm=signal.rsrp_dbm,
        rsrq_db=signal.rsrq_db,
        room=await read_room(session),
        smsc=not session.capabilities.smsc_missing,
    )


async def _operator(session: Session) -> tuple[str | None, str | None, str | None]:
    """Name, code and technology; the code is asked for once for each name."""
    name, technology = await _cops(session)
    if name is None:
        return None, None, technology
    if name.isdigit():
        return name, name, technology
    if session.operator is None or session.operator[0] != name:
        await session.try_asking("AT+COPS=3,2")
        code, _ = await _cops(session)
        await session.try_asking("AT+COPS=3,0")
        session.operator = name, code if code is not None and code.isdigit() else None
    return name, session.operator[1], technology


async def _cops(session: Session) -> tuple[str | None, str | None]:
    line = await told(session, "AT+COPS?", "+COPS:")
    values = parameters(line) if line else []
    act = integer(values[3]) if len(values) > 3 else None
    return (values[2] if len(values) > 2 else "") or None, technology_of(act)
