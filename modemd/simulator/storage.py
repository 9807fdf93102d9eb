"""Where a modem keeps messages: SM, ME and SR, and MT, which is SM and ME seen as one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from modemd.simulator.answers import refused

if TYPE_CHECKING:
    from collections.abc import Iterator

UNREAD, READ, UNSENT, SENT, ALL = range(5)
STAT_WORDS: Final = ("REC UNREAD", "REC READ", "STO UNSENT", "STO SENT", "ALL")
"""3GPP TS 27.005, 3.1, ``<stat>``: the place is the number used in PDU mode."""


@dataclass(slots=True)
class Slot:
    """One stored PDU with its SMSC octets; ``length`` counts the octets after those."""

    stat: int
    pdu: str
    length: int


@dataclass(slots=True)
class Store:
    """One memory; indices run from ``first`` and a freed one is used again."""

    name: str
    capacity: int
    first: int = 1
    slots: dict[int, Slot] = field(default_factory=dict)

    @property
    def full(self) -> bool:
        """No room for one more."""
        return len(self.slots) >= self.capacity

    @property
    def used(self) -> int:
        """Slots taken."""
        return len(self.slots)

    def add(self, slot: Slot) -> int:
        """Keep it at the lowest free index; Refused (CMS 322) when full."""
        if self.full:
            raise refused("CMS", 322)
        index = next(i for i in range(self.first, self.first + self.capacity) if i not in self.slots)
        self.slots[index] = slot
        return index

    def get(self, index: int) -> Slot:
        """The slot; Refused (CMS 321) where there is none."""
        try:
            return self.slots[index]
        except KeyError:
            raise refused("CMS", 321) from None

    def delete(self, index: int) -> None:
        """Free one slot; an empty one is no error, one that cannot exist is (CMS 321)."""
        if not self.first <= index < self.first + self.capacity:
            raise refused("CMS", 321)
        self.slots.pop(index, None)

    def __iter__(self) -> Iterator[tuple[int, Slot]]:
        return iter(sorted(self.slots.items()))


class JoinedStore(Store):
    """``MT``: the slots of ME, and after them those of SM."""

    __slots__ = ("_halves",)

    def __init__(self, *halves: Store) -> None:
        super().__init__("MT", sum(half.capacity for half in halves), halves[0].first)
        self._halves = halves

    @property
    def full(self) -> bool:
        """Both are."""
        return all(half.full for half in self._halves)

    @property
    def used(self) -> int:
        """Of both."""
        return sum(half.used for half in self._halves)

    def add(self, slot: Slot) -> int:
        """Into the first that has room."""
        offset = 0
        for half in self._halves:
            if not half.full:
                return half.add(slot) - half.first + self.first + offset
            offset += half.capacity
        raise refused("CMS", 322)

    def get(self, index: int) -> Slot:
        """From the half that the index falls into."""
        half, own = self._place(index)
        return half.get(own)

    def delete(self, index: int) -> None:
        """From the half that the index falls into."""
        half, own = self._place(index)
        half.delete(own)

    def _place(self, index: int) -> tuple[Store, int]:
        offset = index - self.first
        for half in self._halves:
            if 0 <= offset < half.capacity:
                return half, offset + half.first
            offset -= half.capacity
        raise refused("CMS", 321)

    def __iter__(self) -> Iterator[tuple[int, Slot]]:
        offset = self.first
        for half in self._halves:
            for index, slot in half:
                yield index - half.first + offset, slot
            offset += half.capacity


def delete_many(store: Store, index: int, flag: int) -> None:
    """``AT+CMGD=index,flag`` (3GPP TS 27.005, 3.5.4): 0 one, 1 read, 2 + sent, 3 + unsent, 4 all."""
    if not flag:
        return store.delete(index)
    going = {1: (READ,), 2: (READ, SENT), 3: (READ, SENT, UNSENT), 4: (UNREAD, READ, SENT, UNSENT)}.get(flag)
    if going is None:
        raise refused("CMS", 305)
    for own, slot in list(store):
        if slot.stat in going:
            store.delete(own)
    return None
