"""TP-Data-Coding-Scheme: what the user data is, and where it wants to go (3GPP TS 23.038, clause 4)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from modemd.errors import PduError
from modemd.gsm.values import value

Coding = Literal["gsm7", "ucs2", "8bit"]

_ALPHABETS: Final[tuple[Coding, ...]] = ("gsm7", "8bit", "ucs2", "gsm7")  # a reserved one counts as default
_ALPHABET_BITS: Final[dict[Coding, int]] = {"gsm7": 0x00, "8bit": 0x04, "ucs2": 0x08}
_WAITING: Final = ("voicemail", "fax", "email", "other")


@dataclass(frozen=True, slots=True)
class MessageWaiting:
    """A message waiting indication: whether the text is to be kept, and what waits or no longer does."""

    store: bool
    active: bool
    type: str


@value(frozen=True, slots=True)
class DataCoding:
    """One octet's meaning. Compressed user data has ``coding`` ``8bit``: its octets are kept as they are."""

    dcs: int
    coding: Coding
    message_class: int | None = None
    compressed: bool = False
    delete_after_reading: bool = False
    waiting: MessageWaiting | None = None


@lru_cache(maxsize=256)
def decode_dcs(dcs: int) -> DataCoding:
    """The meaning of any octet; reserved ones count as the default alphabet, as 23.038 asks."""
    group = dcs >> 4
    if group < 0x8:
        compressed = bool(dcs & 0x20)
        return DataCoding(
            dcs,
            "8bit" if compressed else _ALPHABETS[dcs >> 2 & 3],
            message_class=dcs & 3 if dcs & 0x10 else None,
            compressed=compressed,
            delete_after_reading=group >= 0x4,
        )
    if group == 0xF:
        return DataCoding(dcs, "8bit" if dcs & 0x04 else "gsm7", message_class=dcs & 3)
    if group >= 0xC:
        waiting = MessageWaiting(store=group != 0xC, active=bool(dcs & 0x08), type=_WAITING[dcs & 3])
        return DataCoding(dcs, "ucs2" if group == 0xE else "gsm7", waiting=waiting)
    return DataCoding(dcs, "gsm7")


def encode_dcs(coding: Coding, message_class: int | None = None) -> int:
    """The octet of the general group: a coding, and a class where one is asked for.

    Raises:
        PduError: the class is not 0 to 3.
    """
    if message_class is None:
        return _ALPHABET_BITS[coding]
    if not 0 <= message_class <= 3:
        raise PduError(f"the message class is 0 to 3, not {message_class}")
    return _ALPHABET_BITS[coding] | 0x10 | message_class
