"""The network: registration, operator, signal, USSD, calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from modemd.simulator import ussd as ussd_room
from modemd.simulator.answers import Answer, refused
from modemd.simulator.commands.arguments import integer, words
from modemd.simulator.interpreter import Command, Form, command

if TYPE_CHECKING:
    from modemd.simulator.equipment import Equipment

CELL: Final = '"0A1B","0001C2D3"'


@command("+CREG", "+CGREG", "+CEREG", "+C5GREG")
def registration(me: Equipment, one: Command) -> Answer:
    """3GPP TS 27.007, 7.2 and 10.1.22."""
    if one.form is Form.TEST:
        return (f"{one.name}: (0-2)",)
    level = me.settings.creg.get(one.name, 0)
    if one.form is Form.READ:
        stat = me.registration if me.functional == 1 and me.card else 0
        cell = f",{CELL},{me.technology}" if level == 2 and stat in {1, 5} else ""
        return (f"{one.name}: {level},{stat}{cell}",)
    level = integer(one.arguments, 0)
    if not 0 <= level <= 2:
        raise refused("CME", 50)
    me.settings.creg[one.name] = level
    return ()


@command("+COPS")
def operator(me: Equipment, one: Command) -> Answer:
    """3GPP TS 27.007, 7.3."""
    shown = (me.operator, me.operator[:8], me.operator_code)
    if one.form is Form.TEST:
        return (f'+COPS: (2,"{shown[0]}","{shown[1]}","{shown[2]}",{me.technology}),,(0-4),(0-2)',)
    if one.form is Form.READ:
        if not me.on_air:
            return ("+COPS: 0",)
        return (f'+COPS: 0,{me.settings.cops_format},"{shown[me.settings.cops_format]}",{me.technology}',)
    given = words(one.arguments)
    if integer(given[0], 0) == 3:
        wanted = integer(given[1] if given[1:] else "", 0)
        if not 0 <= wanted <= 2:
            raise refused("CME", 50)
        me.settings.cops_format = wanted
    return ()


@command("+CSQ")
def signal(me: Equipment, one: Command) -> Answer:
    """3GPP TS 27.007, 8.5: 0 to 31, or 99."""
    if one.form is Form.TEST:
        return ("+CSQ: (0-31,99),(0-7,99)",)
    return (f"+CSQ: {me.signal if me.functional == 1 else 99},99",)


@command("+CIND")
def indicators(me: Equipment, one: Command) -> Answer:
    """3GPP TS 27.007, 8.9."""
    if one.form is Form.TEST:
        return (
            '+CIND: ("battchg",(0-5)),("signal",(0-5)),("service",(0-1)),("message",(0-1)),("smsfull",(0-1))',
        )
    full = int(any(store.full for store in me.stores.values()))
    return (f"+CIND: 5,{min(me.signal // 6, 5)},{int(me.on_air)},{int(me.memory.used > 0)},{full}",)


@command("+CUSD")
def ussd(me: Equipment, one: Command) -> Answer:
    """A code in, the network's answer back (3GPP TS 27.007, 7.15); it follows the ``OK``."""
    if one.form is Form.TEST:
        return ("+CUSD: (0-2)",)
    if one.form is Form.READ:
        return ("+CUSD: 1",)
    given = words(one.arguments)
    if given[0] == "2":
        me.ussd_open = False
    if len(given) < 2 or not given[1]:
        return ()
    me.need_card()
    text = ussd_room.read(me, given[1])
    if not me.on_air:
        raise refused("CME", 30)
    said = ussd_room.network_says(me, text)
    if said is not None:
        line = ussd_room.written(me, said)
        me.later(0.0, lambda: me.announce((line,)))
    return ()


@command("+CLIP", "+CRC")
def calling_line(me: Equipment, one: Command) -> Answer:
    """3GPP TS 27.007, 6.11 and 7.6."""
    name = one.name[1:].lower()
    if one.form is Form.TEST:
        return (f"{one.name}: (0-1)",)
    if one.form is Form.READ:
        return (f"{one.name}: {getattr(me.settings, name)}" + (",1" if name == "clip" else ""),)
    setattr(me.settings, name, integer(one.arguments, 0))
    return ()
