"""Looking a modem over without changing anything in it: for people who want to know what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from modemd.gsm.at_values import integer, parameters
from modemd.modem.identity import read_iccid, read_imei, read_imsi, read_make
from modemd.modem.inventory import Signal, read_clock, read_signal, told
from modemd.modem.link import Link
from modemd.modem.registration import Registration, read_registration, technology_of
from modemd.modem.session import Session
from modemd.modem.sim import sim_state, tries_left

if TYPE_CHECKING:
    from datetime import datetime

    from modemd.modem.timing import Timing


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What a modem told; ``None`` where it did not.

    ``sim`` is the word of ``AT+CPIN?``, ``absent``, ``broken`` or ``busy``. ``smsc`` is empty where there is
    none. ``rooms`` are entries in use and in all, by storage. ``domain`` is ``<service>`` of ``+CGSMS``
    (27.007, 10.1.21). ``off_s``: so many seconds its clock is ahead of ours.
    """

    manufacturer: str | None = None
    model: str | None = None
    imei: str | None = None
    iccid: str | None = None
    imsi: str | None = None
    sim: str | None = None
    tries_left: int | None = None
    smsc: str | None = None
    registration: Registration | None = None
    operator: str | None = None
    technology: str | None = None
    signal: Signal = field(default_factory=Signal)
    rooms: tuple[tuple[str, int, int], ...] = ()
    domain: int | None = None
    off_s: float | None = None


async def examine(spec: str, *, timing: Timing, baudrate: int, now: datetime) -> Examined:
    """Open the port, ask, close it. No PIN is entered, no setting changed but how errors are told.

    Raises:
        PortLost: the port cannot be opened, or went away.
        NoReply: nothing answers.
    """
    link = await Link.open(
        spec,
        baudrate=baudrate,
        timing=timing,
        on_urc=lambda _urc: None,
        on_late=lambda _late: None,
        on_lost=lambda _lost: None,
    )
    try:
        await link.wake()
        session = Session(spec, link)
        await session.try_asking("ATE0")
        await session.try_asking("AT+CMEE=1")
        return await _ask(session, now)
    finally:
        link.close()


async def _ask(session: Session, now: datetime) -> Examined:
    state = await sim_state(session)
    ready = state in {"READY", None}
    manufacturer, model = await read_make(session)
    clock = await read_clock(session)
    registration, (operator, technology) = await read_registration(session), await _operator(session)
    return Examined(
        manufacturer=manufacturer,
        model=model,
        imei=await read_imei(session),
        iccid=None if state == "absent" else await read_iccid(session),
        imsi=await read_imsi(session) if ready else None,
        sim=state,
        tries_left=await tries_left(session) if state == "SIM PIN" else None,
        smsc=await _smsc(session) if ready else None,
        registration=registration,
        operator=operator,
        technology=(registration and registration.technology) or technology,
        signal=await read_signal(session),
        rooms=await _rooms(session) if ready else (),
        domain=await _domain(session),
        off_s=None if clock is None else (clock - now).total_seconds(),
    )


async def _smsc(session: Session) -> str | None:
    line = await told(session, "AT+CSCA?", "+CSCA:")
    return parameters(line)[0] if line else None


async def _operator(session: Session) -> tuple[str | None, str | None]:
    """``+COPS: <mode>[,<format>,<oper>[,<AcT>]]`` (27.007, 7.3): the network's name, and its technology."""
    line = await told(session, "AT+COPS?", "+COPS:")
    values = [*(parameters(line) if line else []), "", "", "", ""]
    return values[2] or None, technology_of(integer(values[3]))


async def _domain(session: Session) -> int | None:
    line = await told(session, "AT+CGSMS?", "+CGSMS:")
    return integer(parameters(line)[0]) if line else None


async def _rooms(session: Session) -> tuple[tuple[str, int, int], ...]:
    """``+CPMS: <mem1>,<used1>,<total1>,<mem2>,...`` (27.005, 3.2.2): each storage once."""
    line = await told(session, "AT+CPMS?", "+CPMS:")
    values = parameters(line) if line else []
    found: dict[str, tuple[str, int, int]] = {}
    for name, *counts in zip(values[0::3], values[1::3], values[2::3], strict=False):
        used, total = (integer(count) for count in counts)
        if name and used is not None and total is not None:
            found[name] = (name, used, total)
    return tuple(found.values())
