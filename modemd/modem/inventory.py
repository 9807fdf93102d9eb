"""What is told of a modem beside its registration: signal of each technology, room in its storages, clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from math import floor
from typing import Final

from modemd.gsm.at_values import integer, parameters
from modemd.modem.dialects import LteSignal
from modemd.modem.session import Session

_UNKNOWN: Final = 255
_WITHOUT_RSRP: Final = {"GSM", "EC-GSM-IoT", "UMTS"}


@dataclass(frozen=True, slots=True)
class Signal:
    """``rssi_dbm`` of 2G and 3G, ``rsrp_dbm`` and ``rsrq_db`` of LTE and 5G; ``None`` where not known."""

    rssi_dbm: int | None = None
    rsrp_dbm: int | None = None
    rsrq_db: int | None = None


def read_csq(line: str) -> int | None:
    """``+CSQ`` in dBm (27.007, 8.5): 0 to 31, or 100 to 191 as makers have it for TD-SCDMA and LTE."""
    rssi = integer(parameters(line)[0])
    if rssi is None:
        return None
    if 0 <= rssi <= 31:
        return -113 + 2 * rssi
    return rssi - 216 if 100 <= rssi <= 191 else None


def read_cesq(line: str) -> Signal:
    """``+CESQ: <rxlev>,<ber>,<rscp>,<ecno>,<rsrq>,<rsrp>[,<ss_rsrq>,<ss_rsrp>,<ss_sinr>]`` (27.007, 8.69).

    Each figure is the upper end of its step, as a phone shows it.
    """
    values = [integer(value) for value in parameters(line)]
    rxlev, _, rscp, _, rsrq, rsrp, ss_rsrq, ss_rsrp = [*values, *[None] * 8][:8]
    level = _scaled(rxlev, 63, -111)
    return Signal(
        rssi_dbm=_scaled(rscp, 96, -121) if level is None else level,
        rsrp_dbm=_scaled(rsrp, 97, -141) if rsrp not in {None, _UNKNOWN} else _scaled(ss_rsrp, 126, -157),
        rsrq_db=_halved(rsrq, 34, -40) if rsrq not in {None, _UNKNOWN} else _halved(ss_rsrq, 126, -87),
    )


async def read_signal(session: Session, technology: str | None = None) -> Signal:
    """Signal by ``AT+CSQ``, and by ``AT+CESQ`` where the modem knows it, else by its maker's word for LTE's.

    Raises:
        NoReply: the modem is dead.
        PortLost: the port is gone.
    """
    line = await told(session, "AT+CSQ", "+CSQ:")
    rssi = read_csq(line) if line else None
    extended = await told(session, "AT+CESQ", "+CESQ:")
    more = read_cesq(extended) if extended else Signal()
    own_word = None if technology in _WITHOUT_RSRP else session.dialect.signal
    if more.rsrp_dbm is None and own_word is not None:
        own = await told(session, own_word.command, own_word.prefix)
        more = read_own_signal(own_word, own) if own else more
    return Signal(more.rssi_dbm if rssi is None else rssi, more.rsrp_dbm, more.rsrq_db)


def read_own_signal(form: LteSignal, line: str) -> Signal:
    """A maker's own word for LTE's signal; nothing where the modem is in another network."""
    values = parameters(line)
    if (form.mode and values[0] != form.mode) or len(values) < form.fewest:
        return Signal()
    return Signal(
        rsrp_dbm=_own(values[form.rsrp], form.rsrp_offset, form.rsrp_unit, least=-157),
        rsrq_db=_own(values[form.rsrq], form.rsrq_offset, form.rsrq_unit, least=-44),
    )


def _own(said: str, offset: float, unit: float, *, least: int) -> int | None:
    try:
        value = (float(said) + offset) * unit
    except ValueError:
        return None
    return floor(value) if least <= value < 0 else None


async def read_clock(session: Session) -> datetime | None:
    """The modem's clock, aware (27.007, 8.15); ``None`` where it keeps none, or was never set.

    Raises:
        NoReply: the modem is dead.
        PortLost: the port is gone.
    """
    line = await told(session, "AT+CCLK?", "+CCLK:")
    return None if line is None else read_cclk(line)


def read_cclk(line: str) -> datetime | None:
    """``+CCLK: "yy/MM/dd,hh:mm:ss±zz"``, the zone in quarters of an hour; without one it is taken for UTC."""
    said = parameters(line)[0]
    bare, sign, zone = said.partition("+") if "+" in said else said.partition("-")
    try:
        at = datetime.strptime(bare, "%y/%m/%d,%H:%M:%S").replace(tzinfo=timezone.utc)  # noqa: UP017
        quarters = int(f"{sign}{zone}") if zone else 0
        at = at.replace(tzinfo=timezone(timedelta(minutes=15 * quarters)))
    except ValueError:
        return None
    return at if at.year >= _FIRST_YEAR else None


_FIRST_YEAR: Final = 2010
"""Clocks that were never set say 1980, 2000 or 2004."""


async def read_room(session: Session) -> tuple[int, int] | None:
    """How many entries of how many are in use, over the storages that are swept; ``None``: not told.

    Each sweep tells it where there are several; a single storage is asked (27.005, 3.2.2).

    Raises:
        NoReply: the modem is dead.
        PortLost: the port is gone.
    """
    names = session.capabilities.storages
    if len(names) == 1:
        line = await told(session, "AT+CPMS?", "+CPMS:")
        values = parameters(line) if line else []
        used, total = (integer(value) for value in [*values, "", "", ""][1:3])
        return None if used is None or total is None else (used, total)
    readable = [name for name in names if name not in session.capabilities.unreadable]
    rooms = [session.rooms[name] for name in readable if name in session.rooms]
    if not rooms or len(rooms) < len(readable):
        return None  # not all were looked through yet
    return sum(used for used, _ in rooms), sum(total for _, total in rooms)


async def told(session: Session, command: str, prefix: str) -> str | None:
    """The first line with this beginning that answers a command; ``None``: refused, or refused before.

    Raises:
        NoReply: the modem is dead.
        PortLost: the port is gone.
    """
    if command in session.capabilities.refused:
        return None
    reply = await session.try_asking(command, timeout_s=session.link.timing.command_s)
    return next((line for line in (reply.lines if reply else ()) if line.startswith(prefix)), None)


def _scaled(value: int | None, most: int, offset: int) -> int | None:
    return value + offset if value is not None and 0 <= value <= most else None


def _halved(value: int | None, most: int, offset: int) -> int | None:
    return (value + offset) // 2 if value is not None and 0 <= value <= most else None
