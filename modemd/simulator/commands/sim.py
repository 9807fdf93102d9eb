"""The SIM: PIN and PUK, identities, own number, phone book."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modemd.simulator.answers import Answer, Silent, refused
from modemd.simulator.commands.arguments import integer, words
from modemd.simulator.interpreter import Command, Form, command

if TYPE_CHECKING:
    from modemd.simulator.equipment import Equipment


@command("+CPIN")
def pin(me: Equipment, one: Command) -> Answer:
    """3GPP TS 27.007, 8.3."""
    if one.form is Form.TEST:
        return ()
    if me.card is None:
        raise refused("CME", 10)
    if one.form is Form.READ:
        lines = (f"+CPIN: {me.card.wants}",)
        return Silent(lines) if me.dialect.cpin_without_ok else lines
    me.card.enter(*words(one.arguments)[:2])
    me.air.room(me)
    return ()


@command("+CPINR", "^CPIN", "+SPIC", "+QPINC", "+UPINCNT", "+CPINC", "#PCT", "^SPIC", "+ZPINPUK")
def tries_left(me: Equipment, one: Command) -> Answer:
    """How often a wrong PIN may still be given, in each maker's words."""
    card = me.card
    if card is None:
        raise refused("CME", 10)
    if (one.form is Form.TEST) is not (one.name == "+ZPINPUK"):  # that one tells in its test form only
        return ()
    pins, puks = card.pin_tries, card.puk_tries
    now = puks if card.wants == "SIM PUK" else pins
    told: dict[str, tuple[str, ...]] = {
        "+CPINR": (f"SIM PIN,{pins},3", f"SIM PUK,{puks},10"),
        "^CPIN": (f"{card.wants},{now},{puks},{pins},10,3",),
        "+SPIC": (f"{pins},{puks},3,10",),
        "+QPINC": (f'"SC",{pins},{puks}', '"P2",3,10'),
        "+ZPINPUK": (f"{pins},{puks}",),
        "#PCT": (f"{now}",),
        "^SPIC": (f"{now}",),
    }
    return tuple(f"{one.name}: {line}" for line in told.get(one.name, (f"{pins},3,{puks},10",)))


@command("+CIMI")
def imsi(me: Equipment, one: Command) -> Answer:
    """The subscriber."""
    return () if one.form is Form.TEST else (me.need_card().imsi,)


@command("+CCID", "^ICCID", "+ICCID", "+ZGETICCID", "+QCCID", "#CCID", "^SCID", "+CICCID")
def iccid(me: Equipment, one: Command) -> Answer:
    """The card's number, by the command that this maker has for it."""
    name, shape = me.dialect.ccid
    if one.name != name:
        raise refused("ERROR")
    if me.card is None:
        raise refused("CME", 10)
    return () if one.form is Form.TEST else (shape.format(me.card.iccid),)


@command("+CRSM")
def read_file(me: Equipment, one: Command) -> Answer:
    """READ BINARY (27.007, 8.18) of EF-ICCID, and of EF-SMSS: the last TP-MR used (31.102, 4.2.9)."""
    if one.form is Form.TEST:
        return ()
    if me.card is None:
        raise refused("CME", 10)
    given = words(one.arguments)
    if given[0] != "176" or given[1:2] not in (["12258"], ["28483"]):
        return ("+CRSM: 106,130",)  # no such file
    if given[1] == "12258":
        padded = me.card.iccid.ljust(20, "F")
        return (f'+CRSM: 144,0,"{"".join(padded[at + 1] + padded[at] for at in range(0, 20, 2))}"',)
    card = me.need_card()
    last = card.last_mr if card.keeps_mr and card.last_mr >= 0 else 0xFF
    return (f'+CRSM: 144,0,"{last:02X}FF"',)


@command("+QUIMSLOT", "+QDSIM", "+SMSIMCFG")
def slot(me: Equipment, one: Command) -> Answer:
    """Which of two SIMs is used: 1 or 2 (``+QDSIM``: 0 or 1; ``+SMSIMCFG``: behind a 1)."""
    if not me.second_card:
        raise refused("CME", 3)
    first = 0 if one.name == "+QDSIM" else 1
    if one.form is Form.TEST:
        return (f"{one.name}: ({first}-{first + 1})",)
    if one.form is Form.READ:
        return (f"{one.name}: {'1,' if one.name == '+SMSIMCFG' else ''}{me.slot - 1 + first}",)
    me.use_slot(integer(words(one.arguments)[-1]) + 1 - first)
    return ()


@command("+CNUM")
def own_msisdn(me: Equipment, one: Command) -> Answer:
    """The number that the SIM has written down for itself."""
    msisdn = me.need_card().msisdn
    if one.form is Form.TEST or not msisdn:
        return ()
    return (f'+CNUM: "","{msisdn}",{145 if msisdn.startswith("+") else 129}',)


@command("+CLCK")
def lock(me: Equipment, one: Command) -> Answer:
    """Whether the SIM asks for a PIN (3GPP TS 27.007, 7.4)."""
    if one.form is Form.TEST:
        return ('+CLCK: ("SC","AO","OI","AI","IR")',)
    facility, mode, *rest = [*words(one.arguments), ""][:3]
    card = me.need_card()
    if integer(mode) == 2:
        return (f"+CLCK: {int(facility == 'SC' and card.pin is not None)}",)
    if facility == "SC":
        if card.pin is not None and rest[:1] != [card.pin]:
            raise refused("CME", 16)
        card.pin = rest[0] if mode == "1" and rest else None
        card.unlocked = True
    return ()


@command("+CPBS")
def phonebook_storage(me: Equipment, one: Command) -> Answer:
    """Only the SIM's."""
    if one.form is Form.TEST:
        return ('+CPBS: ("SM","ME","ON")',)
    me.need_card()
    return (f'+CPBS: "SM",{len(me.phonebook)},250',) if one.form is Form.READ else ()


@command("+CPBR")
def phonebook(me: Equipment, one: Command) -> Answer:
    """Entries from one index to another."""
    if one.form is Form.TEST:
        return ("+CPBR: (1-250),40,14",)
    me.need_card()
    first, last, *_ = [*words(one.arguments), ""]
    start = integer(first)
    found = range(start, integer(last, start) + 1)
    return tuple(
        f'+CPBR: {index},"{me.phonebook[index][0]}",145,"{me.phonebook[index][1]}"'
        for index in found
        if index in me.phonebook
    )
