"""Addresses: digits in semi-octets, letters in septets (3GPP TS 23.040, 9.1.2.3 to 9.1.2.5)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from gsmmodem.pdu import encodeSemiOctets

from modemd.errors import PduError
from modemd.gsm.alphabet import GSM7, encode_gsm7
from modemd.gsm.septets import pack, unpack
from modemd.gsm.values import value

if TYPE_CHECKING:
    from modemd.gsm.cursor import Cursor

INTERNATIONAL: Final = 1
ALPHANUMERIC: Final = 5
TYPES_OF_NUMBER: Final = (
    "unknown",
    "international",
    "national",
    "network",
    "subscriber",
    "alphanumeric",
    "abbreviated",
    "reserved",
)
MAX_DIGITS: Final = 20

_DIGITS: Final = "0123456789*#abc"
_FILL: Final = 0xF
_PAIRS: Final = tuple(
    "".join(_DIGITS[nibble] if nibble < _FILL else "" for nibble in (octet & 0xF, octet >> 4))
    for octet in range(256)
)
_TO_HEX: Final = str.maketrans("*#abc", "ABCDE")


@value(frozen=True, slots=True)
class Address:
    """A number (``+`` where it is international) or an alphanumeric name, and its type-of-address octet."""

    digits: str
    toa: int

    @property
    def type_of_number(self) -> int:
        """Bits 7 to 5 of the type of address (23.040, 9.1.2.5)."""
        return self.toa >> 4 & 7


def semi_octets(digits: str) -> bytes:
    """Digits, ``*`` and ``#`` two an octet, low half first, an odd one filled up with F."""
    return bytes(encodeSemiOctets(digits.translate(_TO_HEX)))


def _plain(address: str, type_of_number: int | None) -> tuple[str, int]:
    digits = address.removeprefix("+")
    if not digits:
        raise PduError("the number has no digits")
    if digits.strip("0123456789*#"):
        raise PduError(f"{address!r} is not a number")
    if len(digits) > MAX_DIGITS:
        raise PduError(f"the number {address} has more than {MAX_DIGITS} digits")
    if type_of_number is None:
        type_of_number = INTERNATIONAL if address.startswith("+") else 0
    return digits, 0x81 | type_of_number << 4


@lru_cache(maxsize=512)
def encode_address(address: str, type_of_number: int | None = None) -> bytes:
    """A TP address field: length in semi-octets, type of address, digits (23.040, 9.1.2.5).

    ``+`` makes the number international, without it the type is unknown; ``type_of_number`` (0 to 7)
    says otherwise, and 5 takes up to eleven letters of the GSM alphabet.

    Raises:
        PduError: not a number, or too long.
    """
    if type_of_number is not None and not 0 <= type_of_number <= 7:
        raise PduError(f"the type of number is 0 to 7, not {type_of_number}")
    if type_of_number == ALPHANUMERIC:
        septets = encode_gsm7(address)
        if not 0 < len(septets) <= 11:
            raise PduError(f"{address!r} does not fit an alphanumeric address of 1 to 11 characters")
        return bytes((-(len(septets) * -7 // 4), 0xD0)) + pack(septets)
    digits, toa = _plain(address, type_of_number)
    return bytes((len(digits), toa)) + semi_octets(digits)


@lru_cache(maxsize=64)
def encode_smsc(smsc: str | None) -> bytes:
    """The octets in front of a TPDU: length in octets, type, digits; ``00`` where the SIM's own is meant.

    Raises:
        PduError: not a number, or too long.
    """
    if not smsc:
        return b"\0"
    digits, toa = _plain(smsc, None)
    packed = semi_octets(digits)
    return bytes((len(packed) + 1, toa)) + packed


def _read_digits(toa: int, octets: bytes, digits: int) -> str:
    if toa >> 4 & 7 == ALPHANUMERIC:
        return GSM7.decode(unpack(octets, digits * 4 // 7))
    read = "".join(map(_PAIRS.__getitem__, octets))[:digits]
    return f"+{read}" if toa >> 4 & 7 == INTERNATIONAL and read else read


def decode_address(cursor: Cursor, what: str) -> Address:
    """Read a TP address field (23.040, 9.1.2.5).

    Raises:
        PduError: the PDU ends within it.
    """
    digits = cursor.octet(what)
    toa = cursor.octet(what)
    return Address(_read_digits(toa, cursor.take((digits + 1) // 2, what), digits), toa)


def decode_smsc(cursor: Cursor) -> str | None:
    """Read the service centre's address in front of a TPDU; ``None`` where there is none.

    Raises:
        PduError: the PDU ends within it.
    """
    length = cursor.octet("SMSC address")
    if length == 0:
        return None
    octets = cursor.take(length, "SMSC address")
    return _read_digits(octets[0], octets[1:], (length - 1) * 2) or None
