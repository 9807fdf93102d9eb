"""Sending: +CMGS, +CMGW, +CMSS and what they go by (3GPP TS 27.005, 3.5)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from modemd.simulator.answers import Answer, Pending, Prompt, refused
from modemd.simulator.commands.arguments import integer, integers, words
from modemd.simulator.interpreter import Command, Form, command
from modemd.simulator.storage import SENT, STAT_WORDS, UNSENT, Slot
from modemd.simulator.textmode import submit_from_text

if TYPE_CHECKING:
    from modemd.simulator.equipment import Equipment

_HEX: Final = re.compile(r"(?:[0-9A-Fa-f]{2})+")
LONGEST_TPDU: Final = 164


@command("+CSCA")
def service_centre(me: Equipment, one: Command) -> Answer:
    """The number that messages are handed to; kept on the SIM."""
    if one.form is Form.TEST:
        return ()
    card = me.need_card_for_messages()
    if one.form is Form.READ:
        return (f'+CSCA: "{card.smsc}",{145 if card.smsc.startswith("+") else 129}',)
    given = words(one.arguments)
    international = given[1:] == ["145"] and given[0] and not given[0].startswith("+")
    card.smsc = "+" + given[0] if international else given[0]
    return ()


@command("+CSMP")
def text_parameters(me: Equipment, one: Command) -> Answer:
    """First octet, validity, PID and DCS of what is sent in text mode."""
    if one.form is Form.TEST:
        return ()
    if one.form is Form.READ:
        return ("+CSMP: " + ",".join(map(str, me.settings.csmp)),)
    given = integers(one.arguments, kind="CMS", code=304)
    old = me.settings.csmp
    me.settings.csmp = tuple(
        before if now is None else now for before, now in zip(old, [*given, *[None] * 4], strict=False)
    )
    if me.dialect.csmp_wipes_smsc and me.card:
        me.card.smsc = ""
    return ()


@command("+CSDH")
def details(me: Equipment, one: Command) -> Answer:
    """1: text mode shows type of address, first octet, PID and DCS too."""
    if one.form is Form.TEST:
        return ("+CSDH: (0-1)",)
    if one.form is Form.READ:
        return (f"+CSDH: {me.settings.csdh}",)
    me.settings.csdh = integer(one.arguments, 0)
    return ()


@command("+CMMS")
def more_messages(me: Equipment, one: Command) -> Answer:
    """1: the link stays open between messages that follow at once; 2: until told otherwise."""
    if one.form is Form.TEST:
        return ("+CMMS: (0-2)",)
    if one.form is Form.READ:
        return (f"+CMMS: {me.settings.cmms}",)
    wanted = integer(one.arguments, 0)
    if wanted not in {0, 1, 2}:
        raise refused("CME", 50)
    me.settings.cmms = wanted
    return ()


@command("+CMGS")
def send(me: Equipment, one: Command) -> Answer:
    """A prompt for the PDU, then the network's answer with the TP-MR."""
    if one.form is Form.TEST:
        return ()
    if me.settings.cmgf:
        destination = words(one.arguments)[0]
        me.need_card_for_messages()
        return Prompt(lambda body: _submit(me, submit_from_text(me.settings, destination, body)))
    length = _length(one.arguments)
    me.need_card_for_messages()
    return Prompt(lambda body: _submit(me, checked(body, length)))


@command("+CMGW")
def write(me: Equipment, one: Command) -> Answer:
    """A prompt for the PDU, which is stored."""
    if one.form is Form.TEST:
        return ()
    given = words(one.arguments)
    if me.settings.cmgf:
        stat = STAT_WORDS.index(given[2]) if given[2:] and given[2] in STAT_WORDS else UNSENT
        return Prompt(lambda body: _keep(me, submit_from_text(me.settings, given[0], body), stat))
    stat = integer(given[1] if given[1:] else "", UNSENT, kind="CMS", code=302)
    length = _length(given[0])
    return Prompt(lambda body: _keep(me, checked(body, length), stat))


@command("+CMSS")
def send_stored(me: Equipment, one: Command) -> Answer:
    """What +CMGW kept."""
    if one.form is Form.TEST:
        return ()
    slot = me.stores[me.chosen[min(1, len(me.chosen) - 1)]].get(
        integer(words(one.arguments)[0], kind="CMS", code=321),
    )
    if slot.stat not in {UNSENT, SENT}:
        raise refused("CMS", 302)
    slot.stat = SENT
    return _submit(me, slot.pdu, "+CMSS: ")


def checked(body: bytes, length: int) -> str:
    """The hex of a body whose TPDU has ``length`` octets; Refused (CMS 304) otherwise."""
    pdu = "".join(body.decode("latin-1").split())
    if not _HEX.fullmatch(pdu) or len(pdu) // 2 - 1 - int(pdu[:2], 16) != length:
        raise refused("CMS", 304)
    return pdu


def _length(word: str) -> int:
    length = integer(word, kind="CMS", code=304)
    if not 1 <= length <= LONGEST_TPDU:
        raise refused("CMS", 304)
    return length


def _submit(me: Equipment, pdu: str, prefix: str = "+CMGS: ") -> Answer:
    card = me.need_card_for_messages()
    me.need_network()
    if pdu.startswith("00") and not card.smsc:
        raise refused("CMS", 330)
    return Pending(lambda done: me.air.submit(me, pdu, done, prefix=prefix))


def _keep(me: Equipment, pdu: str, stat: int) -> Answer:
    store = me.stores[me.chosen[min(1, len(me.chosen) - 1)]]
    return (f"+CMGW: {store.add(Slot(stat, pdu, len(pdu) // 2 - 1 - int(pdu[:2], 16)))}",)
