"""Taking out of a modem's answers whatever tells whose it is, so that they still hang together.

The same digits become the same other digits wherever they stand, also with swapped nibbles as the SIM keeps
them (11.11, 10.1.1) and as hexadecimal UCS-2. Nobody can turn them back: they are drawn by a key that is
thrown away. Lengths and the first two digits stay.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Final

_RUN: Final = re.compile(r"[0-9]{7,}")
_LONG_RUN: Final = re.compile(r"[0-9]{14,}")
_SHORT_RUN: Final = re.compile(r"[0-9]{4,}")
_FILE: Final = re.compile(r'(?<=")[0-9A-Fa-f]{14,}(?=")')
"""What a SIM has in one of its files."""
_PDU: Final = re.compile(r"(?:[0-9A-Fa-f]{2}){18,}")
_QUOTED: Final = re.compile(r'"[^"]*"')
_HEX_WORD: Final = re.compile(r"(?<![0-9A-Za-z-])(0x)?([0-9A-Fa-f]{4,9})(?![0-9A-Za-z])")
_UCS2: Final = re.compile(r"(?:00[0-9A-Fa-f]{2}){7,}")

FIXED_PDU: Final = "07917283010010F5040BC87238880900F10000993092516195800AE8329BFD4697D9EC37"
"""A message that everybody knows."""
OF_THE_MAKE: Final = ("AT+CGMI", "AT+CGMM", "AT+CGMR", "AT+GMI", "AT+GMM", "AT+GMR", "AT+CLAC")
"""Answers that tell of the make alone: only what is as long as an identity is taken out of them."""
OF_A_PERSON: Final = ("+CNUM:", "+CSCA:", "+CPBR:", "+CLIP:")
OF_A_PLACE: Final = ("+CREG:", "+CGREG:", "+CEREG:", "+C5GREG:", "+CPSI:", "#RFSTS:")
_FIRST_MARK: Final = 0xF0000
"""A private plane of Unicode: no modem's line has it."""


class Mask:
    """One trace's key; ``secrets`` are what must not survive anywhere, as they are known beforehand."""

    def __init__(self, key: bytes, secrets: tuple[str, ...] = ()) -> None:
        self._key = key
        self._pairs: list[tuple[str, str]] = []
        for secret in sorted({one.lstrip("+") for one in secrets}, key=len, reverse=True):
            if len(secret) > 2:
                masked = self.digits(secret)
                self._pairs += [(form(secret), form(masked)) for form in (str, swapped, ucs2)]

    def digits(self, run: str) -> str:
        """Other digits, as many; never the same."""
        drawn = "".join(str(octet % 10) for octet in self._drawn(run, len(run)))
        new = (run[:2] + drawn)[: len(run)]
        return new if new != run else run[:-1] + str((int(run[-1]) + 1) % 10)

    def line(self, command: str, line: str) -> str:
        """One line of the answer to ``command``, masked."""
        done: list[str] = []

        def put(text: str) -> str:
            done.append(text)
            return chr(_FIRST_MARK + len(done) - 1)  # what is masked once is not masked again

        for secret, masked in self._pairs:
            line = re.sub(re.escape(secret), lambda _, text=masked: put(text), line, flags=re.IGNORECASE)  # type: ignore[misc]
        if line.startswith(OF_A_PERSON):
            line = _SHORT_RUN.sub(lambda run: put(self.digits(run[0])), _no_name(line))
        line = _UCS2.sub(lambda text: put(_blank(text[0])), line)
        line = _PDU.sub(lambda _: put(FIXED_PDU), line)
        line = _FILE.sub(lambda file: put(_RUN.sub(lambda run: self.digits(run[0]), file[0])), line)
        if line.startswith(OF_A_PLACE):
            line = _HEX_WORD.sub(lambda word: (word[1] or "") + put(self._word(word[2])), line)
        runs = _LONG_RUN if command in OF_THE_MAKE else _RUN
        line = runs.sub(lambda run: self.digits(run[0]), line)
        return "".join(_expanded(done, letter) for letter in line)

    def _word(self, word: str) -> str:
        """Another hexadecimal figure; one that may be decimal stays so, without leading zeros."""
        drawn = self._drawn(word.upper(), len(word))
        digits = "123456789" if word.isdigit() else "0123456789ABCDEF"
        new = "".join(digits[octet % len(digits)] for octet in drawn)
        return new if new != word.upper() else new[:-1] + ("1" if new[-1] != "1" else "2")

    def _drawn(self, text: str, count: int) -> bytes:
        found = b""
        while len(found) < count:
            found += blake2b(text.encode() + found, key=self._key).digest()
        return found[:count]


def _expanded(done: list[str], letter: str) -> str:
    place = ord(letter) - _FIRST_MARK
    return done[place] if 0 <= place < len(done) else letter


def _blank(hexadecimal: str) -> str:
    return ucs2(re.sub(r"\S", "x", bytes.fromhex(hexadecimal).decode("utf-16-be", "replace")))


def swapped(digits: str) -> str:
    """Digits as a SIM's file has them: nibbles swapped, filled with F."""
    even = digits + "F" * (len(digits) % 2)
    return "".join(even[at + 1] + even[at] for at in range(0, len(even), 2))


def ucs2(text: str) -> str:
    """A text in UCS-2 as hexadecimal digits."""
    return text.encode("utf-16-be").hex().upper()


def _no_name(line: str) -> str:
    """Names that stand in quotes are emptied; phone numbers are left for the digits' mask."""
    return _QUOTED.sub(
        lambda found: found[0] if re.fullmatch(r'"\+?[0-9*#\U000F0000-\U000FFFFF]*"', found[0]) else '""',
        line,
    )
