"""Stored messages and how new ones are told (3GPP TS 27.005, 3.1 to 3.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from modemd.simulator.answers import Answer, refused
from modemd.simulator.commands.arguments import integer, integers, words
from modemd.simulator.interpreter import Command, Form, command
from modemd.simulator.storage import ALL, READ, STAT_WORDS, UNREAD, Slot, delete_many
from modemd.simulator.textmode import described

if TYPE_CHECKING:
    from modemd.simulator.equipment import Equipment

_HIGHEST: Final = (3, 3, 3, 2, 1)


@command("+CMGF")
def message_format(me: Equipment, one: Command) -> Answer:
    """0 PDU, 1 text."""
    if one.form is Form.TEST:
        return ("+CMGF: (0-1)",)
    if one.form is Form.READ:
        return (f"+CMGF: {me.settings.cmgf}",)
    wanted = integer(one.arguments, 0, kind="CMS", code=303)
    if wanted not in {0, 1}:
        raise refused("CMS", 303)
    me.settings.cmgf = wanted
    return ()


@command("+CSMS")
def service(me: Equipment, one: Command) -> Answer:
    """1: phase 2+, what is handed over must be acknowledged by +CNMA."""
    if one.form is Form.TEST:
        return ("+CSMS: (0-1)",)
    if one.form is Form.READ:
        return (f"+CSMS: {me.settings.csms},1,1,1",)
    wanted = integer(one.arguments, 0, kind="CMS", code=302)
    if wanted not in {0, 1}:
        raise refused("CMS", 302)
    me.settings.csms = wanted
    return ("+CSMS: 1,1,1",)


@command("+CNMA")
def acknowledge(me: Equipment, one: Command) -> Answer:
    """What was handed over is safe."""
    if one.form is Form.TEST:
        return ("+CNMA: (0-2)",)
    me.acknowledge()
    return ()


@command("+CNMI")
def indications(me: Equipment, one: Command) -> Answer:
    """Where new messages and reports go: mode, mt, bm, ds, bfr."""
    if one.form is Form.TEST:
        return (f"+CNMI: {me.dialect.cnmi}",)
    if one.form is Form.READ:
        return ("+CNMI: " + ",".join(map(str, me.cnmi)),)
    given = integers(one.arguments, kind="CMS", code=303)
    wanted = [old if new is None else new for old, new in zip(me.cnmi, [*given, *[None] * 5], strict=False)]
    if len(given) > 5 or any(not 0 <= value <= most for value, most in zip(wanted, _HIGHEST, strict=True)):
        raise refused("CMS", 303)
    if wanted[3] == 2 and "SR" not in me.stores:
        raise refused("CMS", 303)
    me.cnmi = wanted
    if wanted[0]:
        me.flush()
    return ()


@command("+CPMS")
def preferred_storage(me: Equipment, one: Command) -> Answer:
    """Memory to read and delete, to write and send, to receive into."""
    memories = me.dialect.memories
    if one.form is Form.TEST:
        return (
            "+CPMS: " + ",".join("(" + ",".join(f'"{name}"' for name in group) + ")" for group in memories),
        )
    if one.form is Form.READ:
        return ("+CPMS: " + ",".join(f'"{name}",{_filling(me, name)}' for name in me.chosen),)
    given = words(one.arguments)
    if len(given) > len(memories) or not all(
        name in group or not name for name, group in zip(given, memories, strict=False)
    ):
        raise refused("CMS", 302)
    for place, name in enumerate(given):
        me.chosen[place] = name or me.chosen[place]
    return ("+CPMS: " + ",".join(_filling(me, name) for name in me.chosen),)


def _filling(me: Equipment, name: str) -> str:
    store = me.stores[name]
    return f"{store.used},{store.capacity}"


@command("+CMGL")
def list_messages(me: Equipment, one: Command) -> Answer:
    """All of one kind; unread ones are read by it."""
    if one.form is Form.TEST:
        return ("+CMGL: " + _stats(me),)
    wanted = _stat(me, one.arguments)
    lines: list[str] = []
    for index, slot in me.memory:
        if wanted in {ALL, slot.stat}:
            head, body = described(me.settings, slot)
            lines += [f"+CMGL: {index},{head}", *body]
            _mark_read(slot)
    return tuple(lines)


def _stats(me: Equipment) -> str:
    return "(" + ",".join(f'"{word}"' for word in STAT_WORDS) + ")" if me.settings.cmgf else "(0-4)"


def _stat(me: Equipment, arguments: str) -> int:
    word = words(arguments)[0]
    if me.settings.cmgf:
        if word not in STAT_WORDS and word:
            raise refused("CMS", 305)
        return STAT_WORDS.index(word) if word else UNREAD
    wanted = integer(word, UNREAD, kind="CMS", code=305)
    if not UNREAD <= wanted <= ALL:
        raise refused("CMS", 305)
    return wanted


def _mark_read(slot: Slot) -> None:
    if slot.stat == UNREAD:
        slot.stat = READ


@command("+CMGR")
def read_message(me: Equipment, one: Command) -> Answer:
    """One by its index."""
    if one.form is Form.TEST:
        return ()
    index = integer(words(one.arguments)[0], kind="CMS", code=321)
    if me.dialect.empty_slot_answers_ok and index not in {own for own, _ in me.memory}:
        return ()
    slot = me.memory.get(index)
    head, body = described(me.settings, slot)
    _mark_read(slot)
    return f"+CMGR: {head}", *body


@command("+CMGD")
def delete_message(me: Equipment, one: Command) -> Answer:
    """One by its index, or many by a flag; the network may then have something for the room."""
    if one.form is Form.TEST:
        indices = ",".join(str(index) for index, _ in me.memory)
        return (f"+CMGD: ({indices}),(0-4)",)
    given = integers(one.arguments, kind="CMS", code=321)
    delete_many(me.memory, given[0] or 0, (given[1] if given[1:] else 0) or 0)
    me.air.room(me)
    return ()
