"""Calls from the modem, and what it says and keys in them (27.007, 6.2, 7.18 and C.2.11; makers' manuals)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modemd.errors import Refused
from modemd.simulator import calls
from modemd.simulator.answers import Answer, Pending, refused
from modemd.simulator.call_values import ACTIVE, Call
from modemd.simulator.commands.arguments import words
from modemd.simulator.interpreter import Command, Form, command

if TYPE_CHECKING:
    from modemd.simulator.equipment import Equipment


@command("D")
def dial(me: Equipment, one: Command) -> Answer:
    """A voice call; what is no phone number has no carrier."""
    destination = one.arguments.rstrip(";")
    if not destination.lstrip("+").isdigit() or me.call or not me.on_air:
        raise Refused("ATD", "ERROR", None, "NO CARRIER")
    return Pending(lambda done: calls.begin(me, destination, done))


@command("H", "A", "+CHUP")
def hang_up(me: Equipment, _one: Command) -> Answer:
    """The end of whatever call there is."""
    me.hang_up()
    calls.hang_up(me)
    return ()


@command("+CLCC")
def current_calls(me: Equipment, one: Command) -> Answer:
    """The call that rings, or the one that is made."""
    if one.form is Form.TEST:
        return ()
    if me.call:
        kind = 145 if me.call.destination[:1] == "+" else 129
        return (f'+CLCC: 1,0,{me.call.stat},0,0,"{me.call.destination}",{kind}',)
    return (f'+CLCC: 1,1,4,0,0,"{me.caller}",145',) if me.caller else ()


@command("+VTS", "^DTMF", "+QWDTMF")
def tones(me: Equipment, one: Command) -> Answer:
    """Tones keyed in a call."""
    if one.form is Form.TEST:
        return (f"{one.name}: (0-9,*,#,A-D)",)
    call = _active(me)
    given = words(one.arguments)
    call.tones += given[-1] if one.name != "+VTS" else given[0]
    return ()


@command("+CDTAM", "+CTTSPARAM", "+QTTSETUP", "+VTD", "+CLVL")
def kept(me: Equipment, one: Command) -> Answer:
    """Settings of sound."""
    if one.form is Form.SET:
        me.settings.plain[one.name] = one.arguments
        return ()
    return (f"{one.name}: {me.settings.plain.get(one.name, '0')}",)


@command("+CTTS")
def simcom_speech(me: Equipment, one: Command) -> Answer:
    """SIMCom: 1 UCS-2 in hexadecimal, 2 plain; the other end hears it only after ``AT+CDTAM=1``."""
    if one.form is not Form.SET:
        return () if one.form is Form.TEST else ("+CTTS: 0",)
    given = words(one.arguments)
    text = _text(given)
    if me.call and me.settings.plain.get("+CDTAM") == "1":
        _active(me).spoken.append(text)
    me.later(me.air.speech_s, lambda: me.announce(("+CTTS: 0",)))
    return ()


@command("+QWTTS")
def quectel_speech(me: Equipment, one: Command) -> Answer:
    """Quectel: to the other end, if the first argument opens the way there; then the form, then the text."""
    if one.form is not Form.SET:
        return ("+QWTTS: (0,1),(0,1),(0-2),<text>",) if one.form is Form.TEST else ("+QWTTS: 0",)
    given = words(one.arguments)
    text = _text(given[2:])
    call = _active(me)
    if given[0] == "1":
        call.spoken.append(text)
    me.later(me.air.speech_s, lambda: me.announce(("+QWTTS: 0",)))
    return ()


def _text(given: list[str]) -> str:
    if len(given) < 2 or given[0] not in {"1", "2"}:
        raise refused("CME", 50)
    try:
        return bytes.fromhex(given[1]).decode("utf-16-be") if given[0] == "1" else given[1]
    except ValueError:
        raise refused("CME", 50) from None


def _active(me: Equipment) -> Call:
    if me.call is None or me.call.stat != ACTIVE:
        raise refused("CME", 3)
    return me.call
