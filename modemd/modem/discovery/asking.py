"""Asking a port who is behind it, with commands that change nothing (27.007, 5 and 8.3; 27.005, 3.2)."""

from __future__ import annotations

import errno
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from modemd.errors import ModemdError, NoReply, PortLost, Refused
from modemd.gsm.at import Command
from modemd.gsm.at_values import parameters
from modemd.model import ModemIdentity
from modemd.modem.exchange import Exchange
from modemd.modem.identity import plain_line, read_iccid, read_imei, read_make
from modemd.modem.link import Link
from modemd.modem.session import Session
from modemd.modem.sim import sim_state

if TYPE_CHECKING:
    from modemd.gsm.at import Reply
    from modemd.modem.timing import Timing

_TRIES: Final = 3
_TRY_S: Final = 0.8
"""A modem that answers at all answers ``AT`` within milliseconds; the first may only wake it."""


class Found(StrEnum):
    """What came of asking."""

    MODEM = "modem"
    REFUSES = "refuses"
    """It answers, but is no modem for messages."""
    MUTE = "mute"
    HELD = "held"
    FORBIDDEN = "forbidden"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Answered:
    """What a port said, in ``sentence`` for people.

    ``sim_state`` is the word of ``AT+CPIN?``, or ``absent`` or ``broken``; ``None``: not told. ``messages``
    tells whether the port takes the commands for messages, which some do only when the PIN was given.
    """

    path: str
    found: Found
    sentence: str
    identity: ModemIdentity = field(default_factory=ModemIdentity)
    sim_state: str | None = None
    messages: bool = False

    @property
    def is_modem(self) -> bool:
        """Whether there is a modem that this gateway can use."""
        return self.found is Found.MODEM


async def ask(path: str, *, timing: Timing, baudrate: int = 115200) -> Answered:
    """Open a port, ask who is there, close it. Nothing is raised: what goes wrong is an answer too.

    A mute port takes two to three seconds. No ESC and no Ctrl-Z is sent to what did not answer; the one
    setting that is changed for it, how errors are told, is put back.
    """
    exchange = Exchange(
        timing=timing, on_urc=lambda _urc: None, on_late=lambda _late: None, on_lost=lambda _lost: None
    )
    try:
        await exchange.open(path, baudrate)
    except PortLost as lost:
        return _not_opened(path, lost)
    try:
        return await _ask_open(path, exchange, timing)
    except PortLost as lost:
        return Answered(path, Found.GONE, f"{path} went away while it was asked: {lost}")
    except ModemdError as error:
        return Answered(path, Found.MUTE, f"{path} answered at first, and then no more: {error}")
    finally:
        exchange.close()


async def _ask_open(path: str, exchange: Exchange, timing: Timing) -> Answered:
    if await _greeted(exchange, min(timing.probe_s, _TRY_S)) is None:
        return Answered(path, Found.MUTE, f"{path} does not answer AT: it is no modem's port for commands")
    session = Session(path, Link(exchange))
    errors_told = await _tell_errors(session)
    try:
        return await _learn(path, session)
    finally:
        if errors_told is not None and exchange.lost is None:
            await session.try_asking(f"AT+CMEE={errors_told}")


async def _greeted(exchange: Exchange, wait_s: float) -> Reply | None:
    """The answer to ``AT``, whatever it is; ``None``: there is none."""
    for _ in range(_TRIES):
        try:
            return await exchange.begin(Command("AT"), wait_s)
        except NoReply:
            exchange.forget()
        except Refused:
            return None
    return None


async def _tell_errors(session: Session) -> str | None:
    """Let errors be told by their codes; return how it was; ``None``: leave it so."""
    reply = await session.try_asking("AT+CMEE?")
    line = next((line for line in reply.lines if line.startswith("+CMEE:")), "") if reply else ""
    before = (parameters(line) or [""])[0]
    if before not in {"0", "2"} or await session.try_asking("AT+CMEE=1") is None:
        return None
    return before


async def _learn(path: str, session: Session) -> Answered:
    imei = await read_imei(session)
    state = await sim_state(session)
    if imei is None and state is None:
        return Answered(path, Found.REFUSES, f"{path} answers AT, but is no modem for messages")
    manufacturer, model = await read_make(session)
    identity = ModemIdentity(
        manufacturer=manufacturer,
        model=model,
        revision=await plain_line(session, "AT+CGMR", "AT+GMR"),
        imei=imei,
        iccid=None if state == "absent" else await read_iccid(session),
    )
    messages = await _takes_messages(session)
    told = " ".join(filter(None, (identity.manufacturer, identity.model))) or "a modem"
    return Answered(
        path, Found.MODEM, f"{path} is {told}, IMEI {imei or 'unknown'}", identity, state, messages
    )


async def _takes_messages(session: Session) -> bool:
    for command in ("AT+CMGF=?", "AT+CPMS=?"):
        if await session.try_asking(command) is not None:
            return True
    return False


def _not_opened(path: str, lost: PortLost) -> Answered:
    code = getattr(lost.__cause__, "errno", None) or getattr(lost.__context__, "errno", None)
    found = {
        errno.EACCES: Found.FORBIDDEN,
        errno.EPERM: Found.FORBIDDEN,
        errno.EAGAIN: Found.HELD,
        errno.EBUSY: Found.HELD,
    }.get(code or 0, Found.GONE)
    return Answered(path, found, str(lost))
