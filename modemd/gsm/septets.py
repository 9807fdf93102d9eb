"""Seven-bit characters to octets and back (3GPP TS 23.038, 6.1.2).

Both directions run on one long integer instead of a loop over characters: pairs of septets are pushed
together, then pairs of pairs, then fours, which leaves 56 useful bits in every 64.
"""

from __future__ import annotations

from typing import Final

from modemd.errors import PduError

MAX_SEPTETS: Final = 320
"""More than any TP-UDL (255) with its header, and than any USSD string (182), can say."""

_ROUNDS: Final = ((7, 8, 1), (14, 16, 2), (28, 32, 4))


def _mask(width: int, period: int, *, odd: bool) -> int:
    one = ((1 << width) - 1) << (period if odd else 0)
    return sum(one << shift for shift in range(0, MAX_SEPTETS * 8, period * 2))


_PACK: Final = tuple(
    (_mask(width, period, odd=False), _mask(width, period, odd=True), by) for width, period, by in _ROUNDS
)
_UNPACK: Final = tuple(
    (_mask(width, period, odd=False), _mask(width, period, odd=False) << width, by)
    for width, period, by in reversed(_ROUNDS)
)


def packed_octets(count: int) -> int:
    """How many octets ``count`` septets take."""
    return (count * 7 + 7) // 8


def pack(septets: bytes) -> bytes:
    """Pack one-septet-an-octet into octets, the unused high bits of the last one zero.

    Raises:
        PduError: more than :data:`MAX_SEPTETS`.
    """
    count = len(septets)
    if count > MAX_SEPTETS:
        raise PduError(f"{count} septets are more than one message can hold")
    bits = int.from_bytes(septets, "little")
    for even, odd, by in _PACK:
        bits = (bits & even) | ((bits & odd) >> by)
    octets = bytearray(bits.to_bytes((count + 7) // 8 * 8, "little"))
    del octets[7::8]
    del octets[(count * 7 + 7) // 8 :]
    return bytes(octets)


def unpack(octets: bytes, count: int) -> bytes:
    """The first ``count`` septets of packed octets, or as many as there are, one an octet.

    Raises:
        PduError: more than :data:`MAX_SEPTETS`.
    """
    count = min(count, len(octets) * 8 // 7)
    if count > MAX_SEPTETS:
        raise PduError(f"{count} septets are more than one message can hold")
    groups = (count + 7) // 8
    spread = bytearray(groups * 8)
    padded = octets.ljust(groups * 7, b"\0")[: groups * 7]
    for place in range(7):
        spread[place::8] = padded[place::7]
    bits = int.from_bytes(spread, "little")
    for low, high, by in _UNPACK:
        bits = (bits & low) | ((bits & high) << by)
    return bits.to_bytes(groups * 8, "little")[:count]


def pack_ussd(septets: bytes) -> bytes:
    """Pack as USSD and cell broadcast do: seven spare bits hold a CR (23.038, 6.1.2.3.1).

    A text that itself ends in CR on an octet boundary gets a second one, so that the first survives.
    """
    spare = len(septets) % 8
    if spare == 7 or (spare == 0 and septets.endswith(b"\r")):
        septets += b"\r"
    return pack(septets)


def unpack_ussd(octets: bytes) -> bytes:
    """The septets of a USSD string, without the CR that fills the last octet (23.038, 6.1.2.3.1)."""
    septets = unpack(octets, len(octets) * 8 // 7)
    if len(septets) % 8 == 0 and septets.endswith(b"\r"):
        return septets[:-1]
    if len(septets) % 8 == 1 and septets.endswith(b"\r\r"):
        return septets[:-1]
    return septets
