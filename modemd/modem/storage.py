"""The modem's storages: what lies in SM, ME and SR, and how to empty them (27.005, 3.2.2, 3.4.2 ff.)."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Final

from modemd.errors import Refused
from modemd.gsm.at_values import integer, parameters
from modemd.modem.session import Session, is_unknown

log = logging.getLogger(__name__)

_NOT_THERE: Final = {("CMS", 321), ("CME", 21), ("CME", 22)}
_MOST: Final = 255
_FEW: Final = 50
_HOPELESS: Final = 3
"""The index at which reading one by one is given up, if every one before it was refused too."""
_STAT_WORDS: Final = {
    "REC UNREAD": 0,
    "REC READ": 1,
    "STO UNSENT": 2,
    "STO SENT": 3,
}


@dataclass(frozen=True, slots=True)
class Stored:
    """One entry as the modem gave it. ``stat``: 0 and 1 received, 2 and 3 our own; ``pdu`` not checked."""

    storage: str
    index: int
    stat: int
    pdu: str
    tpdu_length: int | None = None


async def list_stored(session: Session, places: Collection[str] = ()) -> list[Stored]:
    """Everything in every storage that the modem named, in the modem's order; nothing, if it cannot read.

    Only those among ``places`` are looked into, unless it named none of them or nothing is in them: some
    modems announce what comes in for one storage, and put it into another.

    Raises:
        Refused: no storage can be read now.
        NoReply, PortLost: as :meth:`Link.command`.
    """
    if not session.capabilities.reads:
        return []
    found: list[Stored] = []
    refusals: list[Refused] = []
    named = session.capabilities.storages or ("",)
    storages = tuple(name for name in named if name in places) or named
    for storage in storages:
        try:
            found += await _list_one(session, storage)
        except Refused as refused:
            _note_unreadable(session, storage, refused)
            refusals.append(refused)
        else:
            session.capabilities.unreadable.discard(storage)
    if not found and len(storages) < len(named):
        return await list_stored(session)
    if len(refusals) == len(storages):
        if not all(is_unknown(refused) for refused in refusals):
            raise refusals[0]
        session.capabilities.reads = False
    return _each_once(found)


def _each_once(found: list[Stored]) -> list[Stored]:
    """Without what a second storage has at the same index: some modems have one storage under two names.

    To delete it twice would delete what came into its place between the two. Where they really are two,
    the next look finds the other.
    """
    by_place: dict[tuple[int, str], Stored] = {}
    for item in found:
        by_place.setdefault((item.index, item.pdu), item)
    return list(by_place.values())


def _note_unreadable(session: Session, storage: str, refused: Refused) -> None:
    if storage not in session.capabilities.unreadable:
        session.capabilities.unreadable.add(storage)
        log.warning("%s: storage %s cannot be read: %s", session.name, storage or "(default)", refused)


async def read_stored(session: Session, storage: str, index: int) -> Stored | None:
    """One entry, by ``AT+CMGR``; ``None`` where it is empty.

    Raises:
        Refused, NoReply, PortLost: as :meth:`Link.command`.
    """
    await select(session, storage)
    try:
        reply = await session.ask(f"AT+CMGR={index}")
    except Refused as refused:
        if (refused.kind, refused.code) in _NOT_THERE:
            return None
        raise
    for head, body in _entries(reply.lines, "+CMGR:"):
        values = parameters(head)
        return Stored(storage, index, _stat(values[0]), body, integer(values[-1]))
    return None


async def delete_stored(session: Session, item: Stored) -> None:
    """Frees the entry; one that is already gone is as good.

    Raises:
        Refused, NoReply, PortLost: as :meth:`Link.command`.
    """
    await select(session, item.storage)
    try:
        await session.ask(f"AT+CMGD={item.index}")
        used, total = session.rooms.get(item.storage, (0, 0))
        if used:
            session.rooms[item.storage] = used - 1, total
    except Refused as refused:
        if (refused.kind, refused.code) not in _NOT_THERE:
            raise


async def select(session: Session, storage: str) -> tuple[int, int] | None:
    """Makes the storage the one that is read and deleted from; how many of how many are in use, if told.

    Raises:
        Refused, NoReply, PortLost: as :meth:`Link.command`.
    """
    if not storage or session.selected == storage:
        return None
    session.selected = None
    reply = await session.ask(f'AT+CPMS="{storage}"')
    session.selected = storage
    return learn_room(session, storage, reply.lines)


def learn_room(session: Session, storage: str, lines: tuple[str, ...]) -> tuple[int, int] | None:
    """What choosing a storage told of it (``+CPMS: <used1>,<total1>,...``, 27.005, 3.2.2)."""
    for line in lines:
        values = [integer(value) for value in parameters(line)[:2]]
        if len(values) == 2 and values[0] is not None and values[1] is not None:
            session.rooms[storage] = values[0], values[1]
            return values[0], values[1]
    return None


async def _list_one(session: Session, storage: str) -> list[Stored]:
    room = await select(session, storage)
    if session.capabilities.lists:
        try:
            reply = await session.ask("AT+CMGL=4", timeout_s=session.link.timing.slow_s)
        except Refused as refused:
            if (refused.kind, refused.code) in _NOT_THERE:
                return []
            session.capabilities.lists = False
            log.info("%s: no list of messages (%s): reading one by one", session.name, refused)
        else:
            return await _complete(session, storage, reply.lines)
    return await _one_by_one(session, storage, room)


async def _complete(session: Session, storage: str, lines: tuple[str, ...]) -> list[Stored]:
    found: list[Stored] = []
    for head, body in _entries(lines, "+CMGL:"):
        values = parameters(head)
        index = integer(values[0])
        if index is None:
            continue
        stat = _stat(values[1]) if len(values) > 1 else 0
        item = Stored(storage, index, stat, body, integer(values[-1]))
        if not _is_whole(item):  # noise on the line: what lies in the storage may be well
            again = await _again(session, item)
            item = item if again is None else again
        if item.pdu:
            found.append(item)
    return found


async def _again(session: Session, item: Stored) -> Stored | None:
    """What the entry holds when it is read alone; an empty one where it cannot be read just now.

    ``None``: nothing else is to be had, since the modem does not know the command, or the place is empty.
    """
    try:
        return await read_stored(session, item.storage, item.index)
    except Refused as refused:
        if is_unknown(refused):
            return None
        log.warning("%s: %s %d is left for later: %s", session.name, item.storage, item.index, refused)
        return replace(item, pdu="")


def _is_whole(item: Stored) -> bool:
    """Whether the PDU is hexadecimal and as long as was said (27.005, 3.1), the SMSC in front or not."""
    try:
        octets = bytes.fromhex(item.pdu)
    except ValueError:
        return False
    if not octets:
        return False
    return item.tpdu_length is None or item.tpdu_length in {len(octets), len(octets) - 1 - octets[0]}


async def _one_by_one(session: Session, storage: str, room: tuple[int, int] | None) -> list[Stored]:
    used, total = room or await _room(session) or (_MOST, _FEW)
    found: list[Stored] = []
    refusals: list[Refused] = []
    for index in range(min(total, _MOST) + 1):  # some count from 0, most from 1
        if len(found) >= used:
            break
        try:
            item = await read_stored(session, storage, index)
        except Refused as refused:
            refusals.append(refused)
            if len(refusals) > index >= _HOPELESS:  # all so far: it is not the places that are refused
                raise
            continue
        if item is not None and item.pdu:
            found.append(item)
    return found


async def _room(session: Session) -> tuple[int, int] | None:
    reply = await session.try_asking("AT+CPMS?")
    for line in reply.lines if reply else ():
        values = parameters(line)
        used, total = (integer(value) for value in [*values, "", "", ""][1:3])
        if used is not None and total is not None:
            return used, total
    return None


def _entries(lines: tuple[str, ...], prefix: str) -> Iterator[tuple[str, str]]:
    """Pairs each head with the line after it: an entry that is spoilt takes no other's place."""
    head: str | None = None
    for line in lines:
        if line.startswith(prefix):
            if head is not None:
                yield head, ""
            head = line
        elif head is not None:
            yield head, line
            head = None
    if head is not None:
        yield head, ""


def _stat(told: str) -> int:
    figure = integer(told)
    return figure if figure is not None else _STAT_WORDS.get(told, 0)
