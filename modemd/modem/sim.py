"""Whether the SIM is open, and opening it by its PIN (27.007, 8.3), once and with care."""

from __future__ import annotations

import asyncio
import re
from typing import Final

from modemd.errors import NoReply, NotReady, Refused
from modemd.formats.modem_states import sentence
from modemd.gsm.at_values import integer
from modemd.modem.pins import Holder, Pins
from modemd.modem.session import Session, is_busy

BUSY: Final = "busy"
"""A SIM that still starts: look again in a second."""

_ABSENT: Final = {("CME", 10), ("CMS", 310)}
_BROKEN: Final = {("CME", 13), ("CME", 15), ("CMS", 313), ("CMS", 315), ("CME", 262)}
_PIN_WANTED: Final = {("CME", 11), ("CMS", 311)}
_PUK_WANTED: Final = {("CME", 12), ("CMS", 316)}
_LOCKED: Final = {("CMS", 312), *(("CME", code) for code in (5, 6, 7, *range(40, 49)))}
_WRONG: Final = {("CME", 16), ("CME", 12), ("CME", 262)}
_CODES: Final = ((_ABSENT, "absent"), (_PIN_WANTED, "SIM PIN"), (_PUK_WANTED, "SIM PUK"), (_BROKEN, "broken"))
_WORD: Final = re.compile(r"\+CPIN: ?\"?([A-Z0-9 -]+)")
_TEXTS: Final = (
    ("SIM NOT INSERTED", "absent"),
    ("SIM PIN REQUIRED", "SIM PIN"),
    ("SIM PUK REQUIRED", "SIM PUK"),
    ("SIM FAILURE", "broken"),
    ("SIM WRONG", "broken"),
)
_NOT_YET: Final = {"NOT READY", "INIT", "BUSY"}
_NO_CARD: Final = {"NOT INSERTED", "SIM REMOVED", "ABSENT"}

# Commands that tell how many tries are left, and where the SIM PIN's figure stands in the answer.
_TRIES: Final = tuple(
    (command, re.compile(told))
    for command, told in (
        ('AT+CPINR="SIM PIN"', r'\+CPINR: ?"?SIM PIN"?, ?(\d+)'),  # 27.007, 8.65
        ("AT^CPIN?", r'\^CPIN: ?"?SIM PIN"?, ?(\d+)'),  # Huawei
        ("AT+CPINC", r"\+CPINC: ?(\d+)"),  # the same, as older ones have it
        ("AT+CPINC?", r"\+CPINC: ?(\d+)"),  # Sierra, Wavecom
        ("AT+SPIC", r"\+SPIC: ?(\d+)"),  # SIMCom
        ('AT+QPINC="SC"', r'\+QPINC: ?"SC", ?(\d+)'),  # Quectel
        ("AT#PCT", r"#PCT: ?(\d+)"),  # Telit
        ("AT+UPINCNT", r"\+UPINCNT: ?(\d+)"),  # u-blox
        ("AT^SPIC", r"\^SPIC: ?(\d+)"),  # Cinterion
        ("AT+ZPINPUK=?", r"\+ZPINPUK: ?(\d+)"),  # ZTE
        ("AT+CPNNUM", r"(?:\+CPNNUM: ?)?PIN1 ?= ?(\d+)"),  # ZTE, Longcheer
    )
)
_ALL_LEFT: Final = 3
"""What a SIM allows that refused nothing (31.101, 9.5.1)."""
_STATES: Final = {
    "absent": "sim_absent",
    "broken": "sim_failure",
    "SIM PUK": "puk_required",
    BUSY: "starting",
}


def not_ready(state: str, why: str | None = None, *, human: bool = True) -> NotReady:
    """The error for a state, with what is so and what to do."""
    return NotReady(state, sentence(state, why), human=human)


async def sim_state(session: Session) -> str | None:
    """What ``AT+CPIN?`` says (``READY``, ``SIM PIN``, ...), ``absent``, ``broken``, ``busy``, ``PH-...``.

    ``None``: it is not told.

    Raises:
        NoReply: the modem is dead.
        PortLost: the port is gone.
    """
    try:
        reply = await session.ask("AT+CPIN?")
    except Refused as refused:
        if is_busy(refused):
            session.put_off.add("AT+CPIN?")
        return _state_of(refused)
    except NoReply:
        lines = session.link.unfinished  # Wavecom gives the line, but no final result code
        await session.link.resync()
    else:
        lines = reply.lines
    for line in lines:
        if found := _WORD.match(line):
            said = found[1].strip()
            return BUSY if said in _NOT_YET else "absent" if said in _NO_CARD else said
    return None


async def unlock(session: Session, state: str, pin: str | None, holder: Holder, pins: Pins) -> bool:
    """Makes the SIM usable or says why it is not. Tells whether a PIN was entered.

    Raises:
        NotReady: a person is needed, or another PIN, or patience (``starting``).
        NoReply: the modem is dead.
        PortLost: the port is gone.
    """
    if state == "SIM PIN":
        left = await tries_left(session)
        await _enter(session, await _usable_pin(pin, holder, pins, left), holder, pins, left)
        return True
    if state == BUSY and session.put_off:
        return False  # all else that is needed may be answered: the plan sees
    _refuse(state)
    if pin and await pins.tried(holder, pin) in {"unknown", "again"}:
        # The SIM wanted its PIN, it was entered, a crash kept its answer from us; and the SIM is open.
        await pins.accepted(holder, pin)
    return False  # READY; and PIN2 or PUK2, which messages do not need


def is_about_sim(refused: Refused) -> bool:
    """Whether a command was refused for the SIM: it is gone, closed, or cannot be read."""
    said = (refused.kind, refused.code)
    return any(said in codes for codes, _ in _CODES)


async def check_sim(session: Session) -> None:
    """Does nothing while the SIM is open: for a modem that has no network, and may have lost its SIM.

    Raises:
        NotReady: it is gone, or wants its PIN once more (``starting``): prepare the modem anew.
        NoReply: the modem is dead.
        PortLost: the port is gone.
    """
    state = await sim_state(session)
    if state == "SIM PIN":
        raise not_ready("starting", "The SIM has started anew and wants its PIN", human=False)
    if state is not None:
        _refuse(state)


def _refuse(state: str) -> None:
    if state in _STATES:
        raise not_ready(_STATES[state], human=state != BUSY)
    if state.startswith("PH-"):
        raise not_ready("locked", f"The modem is locked to another network or SIM ({state})")


async def tries_left(session: Session) -> int | None:
    """How many wrong tries the SIM's PIN may still take; ``None`` where the modem does not tell.

    Raises:
        NoReply: the modem is dead.
        PortLost: the port is gone.
    """
    # The maker's own words first, and then all others: a SIM that is locked costs more than a few refusals.
    for command, told in sorted(_TRIES, key=lambda one: one[0] not in session.dialect.tries):
        reply = await session.try_asking(command)
        for line in reply.lines if reply else ():
            left = integer(found[1]) if (found := told.match(line)) else None
            if left is not None and left <= 10:
                return left
    return None


async def _usable_pin(pin: str | None, holder: Holder, pins: Pins, left: int | None) -> str:
    if not pin:
        raise not_ready("pin_required")
    if not (pin.isascii() and pin.isdigit() and 4 <= len(pin) <= 8):
        raise not_ready("pin_wrong", "A PIN is four to eight digits; the configured one is not")
    tried = await pins.tried(holder, pin)
    if tried == "refused":
        raise not_ready("pin_wrong")
    if left is not None and left < 2:
        more = "one more try" if left else "no more try"
        raise not_ready("pin_last_try", f"The SIM allows {more} of its PIN; none is made")
    if tried == "again" or (tried == "unknown" and left != _ALL_LEFT):
        raise not_ready(
            "pin_wrong",
            "The configured PIN was entered before, and its answer never came: it may be right or wrong",
        )
    return pin


async def _enter(session: Session, pin: str, holder: Holder, pins: Pins, left: int | None) -> None:
    await pins.trying(holder, pin)
    refused: Refused | None = None
    try:
        # Not by Session.ask: a PIN is never sent twice, whatever the answer is.
        await session.link.command(f'AT+CPIN="{pin}"', timeout_s=session.link.timing.slow_s)
    except Refused as said:
        refused = said
    except NoReply:
        await session.link.resync()
    wrong = refused is not None and (refused.kind, refused.code) in _WRONG
    state = "SIM PIN" if wrong else await _settled(session)
    if state == BUSY or (refused is not None and is_busy(refused) and state == "SIM PIN"):
        raise not_ready("starting", human=False)  # what became of it is seen when it has started
    if state not in {"SIM PIN", "SIM PUK"}:
        await pins.accepted(holder, pin)
        return
    if wrong or state == "SIM PUK" or (refused is not None and not await _not_counted(session, left)):
        await pins.refused(holder, pin)
    if refused is not None:
        raise not_ready("pin_wrong", f"The SIM refused the configured PIN ({refused.text})")
    raise not_ready("pin_wrong", "The SIM still wants its PIN after it was entered")


async def _settled(session: Session) -> str | None:
    """What the SIM says once it has thought about its PIN."""
    for pause_s in session.link.timing.busy_pauses_s:
        if (state := await sim_state(session)) not in {"SIM PIN", BUSY}:
            return state
        await asyncio.sleep(pause_s)
    return await sim_state(session)


async def _not_counted(session: Session, left: int | None) -> bool:
    """Whether the modem tells that the SIM has as many tries as before: it was not the PIN that was wrong."""
    return left is not None and await tries_left(session) == left


def _state_of(refused: Refused) -> str | None:
    said = (refused.kind, refused.code)
    if is_busy(refused):
        return BUSY
    if said in _LOCKED:
        return f"PH-{refused.text}"
    for codes, state in _CODES:
        if said in codes:
            return state
    return next((state for text, state in _TEXTS if text in refused.text.upper()), None)
