"""What a modem passes on of a USSD dialogue: ``+CUSD: <m>[,<str>[,<dcs>]]`` (3GPP TS 27.007, 7.15).

By the standard a text of the default alphabet comes in the character set of ``AT+CSCS``, and any other as
hexadecimal octets. Makers differ: some give packed septets in hexadecimal, some UCS-2 with a coding scheme of
the default alphabet. What can be told from the text itself is told.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from modemd.gsm.alphabet import GSM7
from modemd.gsm.basic import DEFAULT
from modemd.gsm.dcs import Coding
from modemd.gsm.septets import pack_ussd, unpack_ussd

LONGEST: Final = 182
"""Septets of one USSD string: 160 octets (22.030, 4.1; 24.090)."""

_LINE: Final = re.compile(
    r'\+CUSD: ?(?P<mode>\d)\s*(?:, ?(?:"(?P<quoted>.*)"|(?P<bare>[^",]*))\s*(?:, ?(?P<dcs>\d{1,3}))?)?\s*,?',
    re.DOTALL,
)
_BROKEN: Final = re.compile(r'\+CUSD: ?(?P<mode>\d)[\s,]*"?(?P<quoted>.*)(?P<bare>)(?P<dcs>)', re.DOTALL)
"""A text that is not ended: part of it is lost."""
_HEX: Final = re.compile(r"(?:[0-9A-F]{2}){2,}|(?:[0-9a-f]{2}){2,}")
_CONTROLS: Final = re.compile(r"[\x00-\x09\x0b\x0c\x0e-\x1f]")
_LANGUAGE: Final = re.compile(r"[a-z]{2}[\r\n]")
_ALPHABETS: Final[tuple[Coding, ...]] = ("gsm7", "8bit", "ucs2", "gsm7")
_PLAIN: Final = frozenset(
    letter for code, letter in enumerate(DEFAULT) if code == ord(letter) and 0x20 <= code < 0x7F
) - {'"'}
_LANGUAGE_THEN_TEXT: Final = 0x10
_LANGUAGE_THEN_UCS2: Final = 0x11


class UssdCode(NamedTuple):
    """``mode`` is ``<m>``: 0 it is over, 1 an answer is awaited, 2 to 5 it came to nothing."""

    mode: int
    text: str | None


def read_ussd(said: str, *, packed: bool = False) -> UssdCode | None:
    """Read the whole code, its line feeds included; ``None`` where it is none.

    ``packed``: this modem is known to give packed septets in hexadecimal.
    """
    found = _LINE.fullmatch(said.strip()) or _BROKEN.fullmatch(said.strip())
    if found is None:
        return None
    given = found["quoted"] if found["quoted"] is not None else found["bare"]
    if not given:
        return UssdCode(int(found["mode"]), None)
    dcs = min(int(found["dcs"] or 15), 255)
    return UssdCode(int(found["mode"]), decode_ussd(given, dcs, packed=packed))


def coding_of(dcs: int) -> Coding:
    """The alphabet of a cell broadcast data coding scheme, as USSD has it (23.038, clause 5)."""
    group = dcs >> 4
    if group in {0x4, 0x5, 0x9}:
        return _ALPHABETS[dcs >> 2 & 3]
    if group in {0x6, 0x7}:
        return "8bit"  # compressed
    if group == 0xF:
        return "8bit" if dcs & 0x04 else "gsm7"
    return "ucs2" if dcs == _LANGUAGE_THEN_UCS2 else "gsm7"


def decode_ussd(text: str, dcs: int, *, packed: bool = False) -> str:
    """The text as people read it; nothing is refused."""
    coding = coding_of(dcs)
    if _HEX.fullmatch(text) and (read := _from_hex(text, coding, dcs, packed=packed)) is not None:
        return read
    plain = _from_line(text)
    return plain[3:] if dcs == _LANGUAGE_THEN_TEXT and _LANGUAGE.match(plain) else plain


def _from_hex(text: str, coding: Coding, dcs: int, *, packed: bool) -> str | None:
    """What hexadecimal digits stand for; ``None`` where they are a text of such letters."""
    octets = bytes.fromhex(text)
    if coding == "ucs2":
        return _ucs2(octets, dcs)
    if coding == "8bit":
        return _octets(octets)
    if packed:
        return GSM7.decode(unpack_ussd(octets))
    if text.isdigit():
        return None  # an amount or a phone number
    if _looks_ucs2(octets):
        return octets.decode("utf-16-be", "replace")
    read = GSM7.decode(unpack_ussd(octets))
    return read if _readable(read) else None


def _ucs2(octets: bytes, dcs: int) -> str:
    if dcs == _LANGUAGE_THEN_UCS2 and re.fullmatch(rb"[a-z]{2}", unpack_ussd(octets[:2])[:2]):
        octets = octets[2:]
    return octets[: len(octets) // 2 * 2].decode("utf-16-be", "replace")


def _octets(octets: bytes) -> str:
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.decode("latin-1")


def _looks_ucs2(octets: bytes) -> bool:
    """One script beside the Latin one, and nothing in it that cannot be shown."""
    if len(octets) % 2:
        return False
    pages = set(octets[0::2]) - {0x00, 0x20}
    return len(pages) <= 1 and _readable(octets.decode("utf-16-be", "replace"))


def _readable(text: str) -> bool:
    return "\ufffd" not in text and all(letter.isprintable() or letter in "\r\n" for letter in text)


def _from_line(text: str) -> str:
    """Octets of a line: of the GSM alphabet where control codes stand in it, else ASCII, UTF-8 or Latin."""
    octets = text.encode("latin-1", "replace")
    if _CONTROLS.search(text) and max(octets) < 0x80:
        return GSM7.decode(octets)
    return _octets(octets)


def code_fault(code: str) -> str:
    """What is wrong with a text that is to be sent as USSD; empty where it can be sent."""
    septets = GSM7.encode(code)
    if septets is None or not code.isprintable():
        foreign = GSM7.first_foreign(code) or next(letter for letter in code if not letter.isprintable())
        return f"{foreign!r} cannot be sent as USSD"
    if len(septets) > LONGEST:
        return f"it is longer than {LONGEST} characters"
    return ""


def is_plain(code: str) -> bool:
    """Whether each of its characters has the same code in ASCII and in the GSM alphabet, and is no quote."""
    return _PLAIN.issuperset(code)


def packed_hex(code: str) -> str:
    """The septets packed, in hexadecimal, as makers want it that pass USSD on unread."""
    return pack_ussd(GSM7.encode(code) or b"").hex().upper()


def ucs2_hex(code: str) -> str:
    """The text as ``AT+CSCS="UCS2"`` wants it."""
    return code.encode("utf-16-be").hex().upper()
