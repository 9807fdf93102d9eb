"""The GSM 7-bit alphabets of 3GPP TS 23.038, clause 6.2.1: text to septets and back.

Inside this file a character is one octet, a *mark*: its code, with bit 8 set where the code is in the
extension (single shift) table and so needs an escape before it. Marks are what the C codecs of Python
can make and read in one call.
"""

from __future__ import annotations

import codecs
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from modemd.errors import PduError
from modemd.gsm.basic import DEFAULT, EXTENSION
from modemd.gsm.languages import LOCKING, SINGLE, UNDEFINED

if TYPE_CHECKING:
    from _codecs import _EncodeCharMap

ESCAPE: Final = 0x1B
_REPLACEMENT: Final = "\ufffd"
_XOR_ESCAPE: Final = bytes(code ^ ESCAPE for code in range(256))
_LOW: Final = bytes(range(128))
_SEPTETS: Final = {mark: (bytes([mark]), bytes([ESCAPE, mark & 0x7F])) for mark in range(128, 256)}
_ESCAPED: Final = re.compile(rb"\x1b([\x00-\x7f])", re.DOTALL)


class Alphabet:
    """One pair of tables: a locking shift table (0: the default alphabet) and a single shift table."""

    __slots__ = ("_characters", "_codes", "locking", "single")

    def __init__(self, locking: int, single: int) -> None:
        self.locking = locking if locking in LOCKING else 0
        self.single = single if single in SINGLE else 0
        basic = LOCKING.get(locking, DEFAULT)
        extension = SINGLE.get(single, EXTENSION)
        self._characters = self._reading_table(basic, extension)
        self._codes = self._writing_table(basic, extension)

    @staticmethod
    def _reading_table(basic: str, extension: dict[int, str]) -> str:
        # An escape before a code that the extension lacks gives the main table's character, a lone or
        # doubled one a space (23.038, 6.2.1.1, notes 1 and 3).
        table = [*basic, *(extension.get(code, basic[code]) for code in range(128))]
        table[ESCAPE] = table[0x80 | ESCAPE] = " "
        return "".join(table).replace(UNDEFINED, _REPLACEMENT)

    @staticmethod
    def _writing_table(basic: str, extension: dict[int, str]) -> _EncodeCharMap:
        # UNDEFINED is what codecs.charmap_build takes for no code. Its fast kind of map needs NUL at
        # place 0. Code 0x1B is no character, so every place is XORed with it: place 0 becomes the
        # escape's, and a NUL in a text comes out as one and is refused.
        known = {"\x1b", UNDEFINED}
        table = [UNDEFINED] * 256
        for mark in range(256):
            character = basic[mark] if mark < 0x80 else extension.get(mark & 0x7F, UNDEFINED)
            if character not in known:
                table[mark ^ ESCAPE] = character
                known.add(character)
        table[0] = "\0"
        return codecs.charmap_build("".join(table))

    def encode(self, text: str) -> bytes | None:
        """The text as septets, one an octet, escapes included; ``None`` where a character has no code."""
        try:
            marks = codecs.charmap_encode(text, "strict", self._codes)[0].translate(_XOR_ESCAPE)
        except UnicodeEncodeError:
            return None
        if ESCAPE in marks:
            return None
        septets = marks
        for mark in set(marks.translate(None, _LOW)):
            septets = septets.replace(*_SEPTETS[mark])
        return septets

    def decode(self, septets: bytes) -> str:
        """The text of septets that come one an octet; nothing is refused."""
        if ESCAPE in septets:
            septets = _ESCAPED.sub(_mark_of, septets)
        return codecs.charmap_decode(septets, "strict", self._characters)[0]

    def first_foreign(self, text: str) -> str:
        """The first character that has no code, or an empty string."""
        try:
            codecs.charmap_encode(text, "strict", self._codes)
        except UnicodeEncodeError as refusal:
            return text[refusal.start]
        return "\0" if "\0" in text else ""


def _mark_of(escaped: re.Match[bytes]) -> bytes:
    return bytes((escaped[1][0] | 0x80,))


@lru_cache(maxsize=256)
def alphabet(locking: int = 0, single: int = 0) -> Alphabet:
    """The alphabet of two national language identifiers; one that is not known counts as 0 (23.038, A.1)."""
    return Alphabet(locking, single)


GSM7: Final = alphabet()
"""The default alphabet with its extension table."""


def encode_gsm7(text: str) -> bytes:
    """Septets of the default alphabet, one an octet.

    Raises:
        PduError: a character that the alphabet lacks.
    """
    septets = GSM7.encode(text)
    if septets is None:
        raise PduError(f"{GSM7.first_foreign(text)!r} is not in the GSM 7-bit alphabet")
    return septets
