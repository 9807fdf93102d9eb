"""Packing: against an oracle that counts single bits, at every length and behind every header."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modemd.errors import PduError
from modemd.gsm.septets import MAX_SEPTETS, pack, pack_ussd, packed_octets, unpack, unpack_ussd

SEPTETS = st.binary(max_size=MAX_SEPTETS).map(lambda octets: bytes(octet & 0x7F for octet in octets))


def pack_bit_by_bit(septets: bytes) -> bytes:
    bits = "".join(f"{septet:07b}"[::-1] for septet in septets)
    return bytes(int(bits[at : at + 8][::-1], 2) for at in range(0, len(bits), 8))


@settings(deadline=None)
@given(SEPTETS)
def test_packing_is_what_single_bits_say_and_comes_back(septets: bytes) -> None:
    packed = pack(septets)
    assert packed == pack_bit_by_bit(septets)
    assert len(packed) == packed_octets(len(septets))
    assert unpack(packed, len(septets)) == septets


def test_every_length_of_at_signs_survives() -> None:
    # Code 0 looks like fill: the count alone says that it is there.
    for count in range(161):
        assert unpack(pack(bytes(count)), count) == bytes(count)


def test_no_more_septets_than_the_octets_hold() -> None:
    assert unpack(b"\xff\xff", 160) == b"\x7f\x7f"


def test_what_no_message_holds_is_refused() -> None:
    with pytest.raises(PduError, match="more than one message"):
        pack(bytes(MAX_SEPTETS + 1))
    with pytest.raises(PduError, match="more than one message"):
        unpack(bytes(400), 400)


@settings(deadline=None)
@given(SEPTETS.filter(lambda septets: len(septets) <= 182))
def test_ussd_comes_back_without_its_fill(septets: bytes) -> None:
    back = unpack_ussd(pack_ussd(septets))
    # A CR that was the text's own on an octet boundary is kept; the fill is not.
    assert back in {septets, septets + b"\r"}
    assert back == septets or septets.endswith(b"\r")


@pytest.mark.parametrize(
    ("septets", "packed"),
    [(b"abcdefg", "61f1985c369f1b"), (b"abcdefg\r", "61f1985c369f1b0d"), (b"", ""), (b"*100#", "aa180c3602")],
)
def test_ussd_strings(septets: bytes, packed: str) -> None:
    assert pack_ussd(septets).hex() == packed
    assert unpack_ussd(bytes.fromhex(packed)) == septets
