"""The user data header and its information elements (3GPP TS 23.040, 9.2.3.24)."""

from __future__ import annotations

from typing import Final, Literal

from modemd.errors import PduError
from modemd.gsm.values import value

CONCAT_8: Final = 0x00
PORTS_16: Final = 0x05
CONCAT_16: Final = 0x08
SINGLE_SHIFT: Final = 0x24
LOCKING_SHIFT: Final = 0x25


@value(frozen=True, slots=True)
class Element:
    """One information element: its identifier and its contents."""

    iei: int
    octets: bytes


@value(frozen=True, slots=True)
class Concat:
    """Which part of which message (9.2.3.24.1 and .8): ``seq`` of ``parts``, both from 1."""

    ref: int
    parts: int
    seq: int
    bits: Literal[8, 16] = 8


@value(frozen=True, slots=True)
class Ports:
    """Application ports (9.2.3.24.3 and .4)."""

    destination: int
    source: int
    bits: Literal[8, 16] = 16


@value(frozen=True, slots=True)
class Header:
    """A user data header, read: ``octets`` are its elements without the length in front."""

    octets: bytes = b""
    elements: tuple[Element, ...] = ()
    concat: Concat | None = None
    ports: Ports | None = None
    locking: int = 0
    single: int = 0
    whole: bool = True


def split_elements(octets: bytes) -> tuple[tuple[Element, ...], bool]:
    """The elements, and whether they fill the octets exactly; one that runs over the end is left out."""
    elements = []
    at, end = 0, len(octets)
    while at + 2 <= end:
        stop = at + 2 + octets[at + 1]
        if stop > end:
            break
        elements.append(Element(octets[at], octets[at + 2 : stop]))
        at = stop
    return tuple(elements), at == end


def decode_header(octets: bytes) -> Header:
    """Read a header without its length octet; of elements that come twice the last one counts (9.2.3.24)."""
    elements, whole = split_elements(octets)
    concat: Concat | None = None
    ports: Ports | None = None
    locking = single = 0
    for element in elements:
        inside = element.octets
        match element.iei, len(inside):
            case 0x00, 3:
                concat = _concat(inside[0], inside[1], inside[2], 8) or concat
            case 0x08, 4:
                concat = _concat(int.from_bytes(inside[:2], "big"), inside[2], inside[3], 16) or concat
            case 0x04, 2:
                ports = Ports(inside[0], inside[1], 8)
            case 0x05, 4:
                ports = Ports(int.from_bytes(inside[:2], "big"), int.from_bytes(inside[2:], "big"), 16)
            case 0x24, 1:
                single = inside[0]
            case 0x25, 1:
                locking = inside[0]
    return Header(octets, elements, concat, ports, locking, single, whole)


def _concat(ref: int, parts: int, seq: int, bits: Literal[8, 16]) -> Concat | None:
    # 9.2.3.24.1: a part 0, or one beyond the last, means that the whole element is to be ignored.
    return Concat(ref, parts, seq, bits) if 0 < seq <= parts else None


def encode_concat(concat: Concat) -> bytes:
    """The element of one part, 8 or 16 bits of reference.

    Raises:
        PduError: the reference does not fit its bits.
    """
    if not 0 <= concat.ref < 1 << concat.bits:
        raise PduError(f"{concat.ref} does not fit a concatenation reference of {concat.bits} bits")
    if concat.bits == 8:
        return bytes((CONCAT_8, 3, concat.ref, concat.parts, concat.seq))
    return bytes((CONCAT_16, 4, concat.ref >> 8, concat.ref & 0xFF, concat.parts, concat.seq))


def encode_ports(destination: int, source: int) -> bytes:
    """The element of 16-bit application ports.

    Raises:
        PduError: a port is not 0 to 65535.
    """
    if not (0 <= destination <= 0xFFFF and 0 <= source <= 0xFFFF):
        raise PduError(f"ports are 0 to 65535, not {destination} and {source}")
    return bytes((PORTS_16, 4)) + destination.to_bytes(2, "big") + source.to_bytes(2, "big")
