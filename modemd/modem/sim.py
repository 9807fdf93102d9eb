"""Whether the SIM is open, and opening it by its PIN (27.007, 8.3), once and with care."""

from __future__ import annotations

import asyncio
import re
from typing import Final

from modemd.errors import NoReply, NotReady, Refused
from modemd.gsm.at_values import integer, parameters
from modemd.modem.pins import Holder, PinMemory
from modemd.modem.session import Session

_ABSENT: Final = {("CME", 10), ("CMS", 310)}
_BROKEN: Final = {("CME", 13), ("CME", 15), ("CMS", 313), ("CMS", 315), ("CME", 262)}
_PIN_WANTED: Final = {("CME", 11), ("CMS", 311)}
_PUK_WANTED: Final = {("CME", 12), ("CMS", 316)}
_WORD: Final = re.compile(r"\+CPIN: ?\"?([A-Z0-9 -]+)")
_TEXTS: Final = (
    ("SIM NOT INSERTED", "absent"),
    ("SIM PIN REQUIRED", "SIM PIN"),
    ("SIM PUK REQUIRED", "SIM PUK"),
    ("SIM FAILURE", "broken"),
    ("SIM WRONG", "broken"),
)

# Makers' commands that tell how many tries are left, and where in the answer the SIM PIN's figure stands.
_TRIES: Final = (
    ('AT+CPINR="SIM PIN"', "+CPINR:", 1),
    ("AT^CPIN?", "^CPIN:", 1),
    ("AT+CPINC", "+CPINC:", 0),
    ("AT+SPIC", "+SPIC:", 0),
    ('AT+QPINC="SC"', "+QPINC:", 1),
    ("AT#PCT", "#PCT:", 0),
)
_ADVICE: Final = {
    "absent": ("sim_absent", "There is no SIM in the modem: put one in."),
    "broken": ("sim_failure", "The SIM cannot be read: take it out, clean it and put it back, or change it."),
    "SIM PUK": ("puk_required", "The SIM is locked and wants its PUK: unlock it in a telephone."),
}


async def sim_state(session: Session) -> str | None:
    """What ``AT+CPIN?`` says (``READY``, ``SIM PIN``, ...), ``absent`` or ``broken``; ``None``: not told.

    Raises:
        NoReply: the modem is dead.
        PortLost: the port is gone.
    """
    try:
        reply = await session.ask("AT+CPIN?")
    except Refused as refused:
        return _state_of(refused)
    except NoReply:
        lines = session.link.unfinished  # Wavecom gives the line, but no final result code
        await session.link.resync()
    else:
        lines = reply.lines
    for line in lines:
        if found := _WORD.match(line):
            return found[1].strip()
    return None


async def unlock(session: Session, state: str, pin: str | None, holder: Holder, pins: PinMemory) -> bool:
    """Makes the SIM usable or says why it is not. Tells whether a PIN was entered.

    Raises:
        NotReady: a person is needed, or another PIN.
        NoReply: the modem is dead.
        PortLost: the port is gone.
    """
    if state == "SIM PIN":
        await _enter(session, _usable_pin(pin, holder, pins), holder, pins)
        return True
    if state in _ADVICE:
        raise NotReady(*_ADVICE[state])
    if state.startswith("PH-"):
        raise NotReady("locked", f"The modem is locked to another network or SIM ({state}).")
    return False  # READY; and PIN2 or PUK2, which messages do not need


def _usable_pin(pin: str | None, holder: Holder, pins: PinMemory) -> str:
    if not pin:
        raise NotReady("pin_required", "The SIM wants its PIN: write it into the file that pin_file names.")
    if not (pin.isascii() and pin.isdigit() and 4 <= len(pin) <= 8):
        raise NotReady("pin_wrong", "A PIN is four to eight digits; the configured one is not.")
    if pins.was_tried(holder, pin):
        raise NotReady("pin_wrong", "The SIM refused the configured PIN; it is not tried again. Correct it.")
    return pin


async def _enter(session: Session, pin: str, holder: Holder, pins: PinMemory) -> None:
    left = await _tries_left(session)
    if left is not None and left < 2:
        raise NotReady("pin_last_try", f"The SIM allows {left} more tries: enter the PIN in a telephone.")
    pins.trying(holder, pin)
    timing = session.link.timing
    try:
        # Not by Session.ask: a PIN is never sent twice, whatever the answer is.
        await session.link.command(f'AT+CPIN="{pin}"', timeout_s=timing.slow_s)
    except Refused as refused:
        raise NotReady(
            "pin_wrong", f"The SIM refused the configured PIN ({refused.text}). Correct it."
        ) from None
    except NoReply:
        await session.link.resync()
    for pause_s in (*timing.busy_pauses_s, None):
        if await sim_state(session) not in {"SIM PIN", "SIM PUK"}:
            pins.accepted(holder, pin)
            return
        if pause_s is not None:
            await asyncio.sleep(pause_s)
    raise NotReady("pin_wrong", "The SIM still wants its PIN after it was entered. Correct the PIN.")


async def _tries_left(session: Session) -> int | None:
    for command, prefix, place in _TRIES:
        reply = await session.try_asking(command)
        for line in reply.lines if reply else ():
            values = parameters(line)
            if line.startswith(prefix) and len(values) > place:
                left = integer(values[place])
                if left is not None and left <= 10:
                    return left
    return None


def _state_of(refused: Refused) -> str | None:
    said = (refused.kind, refused.code)
    if said in _ABSENT:
        return "absent"
    if said in _PIN_WANTED:
        return "SIM PIN"
    if said in _PUK_WANTED:
        return "SIM PUK"
    if said in _BROKEN:
        return "broken"
    return next((state for text, state in _TEXTS if text in refused.text.upper()), None)
