"""What is different with a family of modems, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from modemd.gsm.makers import Family


@dataclass(frozen=True, slots=True)
class Step:
    """A command that settles a modem.

    ``ask`` reads how it is set, and where the answer holds ``fine`` nothing is done: for what a modem keeps
    in its flash memory, which wears. ``slow``: it reaches the SIM or the network.
    """

    command: str
    ask: str = ""
    fine: str = ""
    slow: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """How a modem says a text to the other end of a call.

    ``before`` opens the way there. ``{}`` in ``plain`` stands for a text in ASCII, in ``ucs2`` for one in
    UCS-2 as hexadecimal digits. ``done`` is the beginning of the code that tells the end of it. ``longest``
    is in octets of what stands between the quotes.
    """

    known: str
    """A test command that only a modem with a voice answers."""
    plain: str
    ucs2: str
    done: str
    before: tuple[str, ...] = ()
    stop: str = ""
    longest: int = 480


@dataclass(frozen=True, slots=True, kw_only=True)
class Slots:
    """A modem with two places for SIMs: ``select`` takes the place, 1 or 2 (``{zero}``: 0 or 1).

    In the answer to ``ask`` the place is the parameter ``at`` behind ``prefix``, counted from ``first``.
    """

    ask: str
    prefix: str
    select: str
    at: int = 0
    first: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LteSignal:
    """A maker's own word for LTE's signal: ``rsrp`` and ``rsrq`` are places in the answer behind ``prefix``.

    A value is ``(told + offset) * unit`` in dBm or dB. The places mean something else in other networks: on
    LTE the answer begins with ``mode`` and has at least ``fewest`` parameters.
    """

    command: str
    prefix: str
    rsrp: int
    rsrq: int
    mode: str = ""
    fewest: int = 5
    rsrp_offset: float = 0.0
    rsrp_unit: float = 1.0
    rsrq_offset: float = 0.0
    rsrq_unit: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """What a family wants, or has, that others do not. Empty: as the standard says, or by trying."""

    family: Family
    settle: tuple[Step, ...] = ()
    """Asked once the SIM is open."""
    iccid: tuple[str, ...] = ()
    """The commands that may give the ICCID, beside the standard's access to the SIM's file."""
    tries: tuple[str, ...] = ()
    """The commands that tell how many tries the PIN has left; they are asked before all others."""
    ussd_setup: str = ""
    """To be asked once before USSD: then it is taken as text."""
    resets: tuple[str, ...] = ("AT+CFUN=1,1", "AT+CFUN=1")
    """Restarts the modem; the next where one is refused."""
    signal: LteSignal | None = None
    slots: tuple[Slots, ...] = ()
    """The first one that the modem answers is the one that it has."""
    speech: Speech | None = None
    tone: str = "AT+VTS={}"
    """One tone in a call (27.007, C.2.11)."""


GENERIC: Final = Dialect(family=Family.GENERIC)
"""A modem of which nothing is known: all is tried."""
