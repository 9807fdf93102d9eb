"""Whatever comes in: a value or a PduError, with the PDU kept as it was."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modemd.errors import PduError
from modemd.gsm.header import Concat
from modemd.gsm.incoming import (
    Deliver,
    Direction,
    StatusReport,
    decode_any,
    decode_deliver,
    decode_status_report,
    decode_submit,
)
from modemd.gsm.outgoing import Outgoing, encode
from modemd.gsm.terminated import encode_deliver, encode_status_report

AT = datetime(2026, 11, 20, 15, 30, 40, tzinfo=UTC)
DIRECTIONS: tuple[Direction | None, ...] = (None, "deliver", "submit", "status_report")
DELIVER = encode_deliver("+32475000001", "Hello € {there}", sc_at=AT, smsc="+32475161616", ports=(1, 2))[0]
WHOLE = (
    DELIVER.pdu,
    encode_deliver("Modemd", "😀" * 60, sc_at=AT, concat_ref=9)[1].pdu,
    encode(Outgoing(destination="+32475000001", text="ş" * 80, languages=(1,), validity_at=AT)).parts[0].pdu,
    encode_status_report(tp_mr=1, recipient="+32475000001", sc_at=AT, discharged_at=AT, tp_status=0).pdu,
)


def outcome(pdu: str, direction: Direction | None, *, no_smsc: bool = False) -> str:
    """The kind of value, or that it was refused; text and faults can be stored and sent on."""
    try:
        read = decode_any(pdu, direction, no_smsc=no_smsc)
    except PduError:
        return "refused"
    assert read.pdu == pdu
    if isinstance(read, StatusReport):
        assert read.recipient.encode().decode() == read.recipient  # it may be empty
        return "status_report"
    assert (read.text is None) == (read.octets is not None)
    assert (read.text or "").encode().decode() == (read.text or "")
    assert all(fault.encode() for fault in read.faults)
    return "deliver" if isinstance(read, Deliver) else "submit"


@settings(deadline=None, max_examples=300)
@given(st.text(), st.sampled_from(DIRECTIONS), st.booleans())
def test_any_text(text: str, direction: Direction | None, no_smsc: bool) -> None:
    assert outcome(text, direction, no_smsc=no_smsc) in {"refused", *map(str, DIRECTIONS)}


@settings(deadline=None, max_examples=500)
@given(st.binary(max_size=200), st.sampled_from(DIRECTIONS), st.booleans())
def test_any_octets(octets: bytes, direction: Direction | None, no_smsc: bool) -> None:
    assert outcome(octets.hex(), direction, no_smsc=no_smsc) in {"refused", *map(str, DIRECTIONS)}


@settings(deadline=None, max_examples=500)
@given(st.sampled_from(WHOLE), st.data())
def test_any_octet_of_a_good_pdu_changed(pdu: str, draw: st.DataObject) -> None:
    octets = bytearray.fromhex(pdu)
    for _ in range(draw.draw(st.integers(1, 3))):
        octets[draw.draw(st.integers(0, len(octets) - 1))] = draw.draw(st.integers(0, 255))
    for direction in DIRECTIONS:
        assert outcome(octets.hex(), direction) in {"refused", *map(str, DIRECTIONS)}


@pytest.mark.parametrize("pdu", WHOLE, ids=("deliver", "part", "submit", "report"))
def test_every_truncation(pdu: str) -> None:
    kinds = [outcome(pdu[:length], None) for length in range(len(pdu) + 1)]
    assert kinds[0] == "refused"
    assert kinds[-1] != "refused"
    # Once there is enough to be read, more octets never make it worse.
    assert len(list(itertools.groupby(kinds))) == 2


def test_a_pdu_of_another_kind_is_named() -> None:
    with pytest.raises(PduError, match="is an SMS-DELIVER, not an SMS-SUBMIT"):
        decode_submit(DELIVER.pdu)
    with pytest.raises(PduError, match="is an SMS-STATUS-REPORT, not an SMS-DELIVER"):
        decode_deliver(WHOLE[3])
    with pytest.raises(PduError, match="is an SMS-SUBMIT, not an SMS-STATUS-REPORT"):
        decode_status_report(WHOLE[2])


def test_the_reserved_type_is_read_as_a_deliver_where_one_is_expected() -> None:
    reserved = "0007" + encode_deliver("1", "hi", sc_at=AT)[0].pdu[4:]
    assert decode_deliver(reserved).text == "hi"
    with pytest.raises(PduError, match="reserved"):
        decode_any(reserved)


def test_blanks_and_small_letters_are_no_matter() -> None:
    spaced = " ".join(DELIVER.pdu[at : at + 2].lower() for at in range(0, len(DELIVER.pdu), 2)) + "\r\n"
    read = decode_deliver(spaced)
    assert (read.text, read.pdu) == ("Hello € {there}", spaced)


def test_a_modem_that_leaves_the_smsc_out() -> None:
    bare = DELIVER.pdu[16:]
    assert decode_deliver(bare, no_smsc=True).text == "Hello € {there}"
    read = decode_deliver(bare, tpdu_length=DELIVER.tpdu_length)
    assert (read.text, read.smsc, read.faults) == ("Hello € {there}", None, ())


def test_a_first_octet_of_zero_without_smsc() -> None:
    bare = "00" + encode_deliver("+32475000001", "hi", sc_at=AT)[0].pdu[4:]
    assert decode_deliver(bare, tpdu_length=len(bare) // 2).text == "hi"
    counted = "00" + bare
    read = decode_deliver(counted, tpdu_length=len(counted) // 2)
    assert read.text == "hi"
    assert len(read.faults) == 1


def test_a_length_that_was_announced_and_did_not_come() -> None:
    read = decode_deliver(DELIVER.pdu, tpdu_length=DELIVER.tpdu_length + 1)
    assert read.text == "Hello € {there}"
    assert read.faults == (f"{DELIVER.tpdu_length + 1} octets were announced, {DELIVER.tpdu_length} came",)


@pytest.mark.parametrize(
    ("user_data", "sentence"),
    [
        ("0105", "longer than the user data"),
        ("00", "header is missing"),
        ("", "ends within its user data length"),
    ],
)
def test_a_header_that_cannot_be_one(user_data: str, sentence: str) -> None:
    with pytest.raises(PduError, match=sentence):
        decode_deliver(f"0044018100000462110251030400{user_data}")


def test_the_last_of_several_elements_counts() -> None:
    header = "00030102010003020202080400070303"
    read = decode_deliver(f"0044018100000462110251030400{17:02X}{16:02X}{header}")
    assert read.concat == Concat(ref=7, parts=3, seq=3, bits=16)
    assert len(read.udh) == 3


def test_enhanced_validity() -> None:
    def seconds(period: str) -> int | None:
        validity = decode_submit(f"00090000810000{period}00").validity
        assert validity is not None
        assert (validity.format, validity.octets.hex()) == ("enhanced", period.lower())
        return validity.seconds

    assert seconds("00000000000000") is None
    assert seconds("01A70000000000") == 86400
    assert seconds("021E0000000000") == 30
    assert seconds("03102030000000") == 3600 + 120 + 3
    assert seconds("8101A700000000") == 86400
