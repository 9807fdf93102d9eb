"""Every field of a SUBMIT is said and read back; what cannot be said is refused in a sentence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modemd.errors import PduError
from modemd.gsm.alphabet import GSM7
from modemd.gsm.dcs import Coding, decode_dcs
from modemd.gsm.incoming import decode_submit
from modemd.gsm.outgoing import Outgoing, encode
from modemd.gsm.validity import relative_octet, relative_seconds

TO = "+32475000001"
ZONES = st.integers(-47, 56).map(lambda quarters: timezone(timedelta(minutes=15 * quarters)))
MOMENTS = st.datetimes(datetime(1990, 1, 2), datetime(2089, 12, 30), timezones=ZONES).map(  # noqa: DTZ001
    lambda at: at.replace(microsecond=0)
)


@settings(deadline=None)
@given(
    destination=st.from_regex(r"\A\+?[0-9*#]{1,20}\Z"),
    text=st.text(max_size=60),
    smsc=st.none() | st.from_regex(r"\A\+?[0-9]{1,15}\Z"),
    report=st.booleans(),
    reject_duplicates=st.booleans(),
    reply_path=st.booleans(),
    tp_mr=st.integers(0, 255),
    pid=st.integers(0, 255),
    message_class=st.none() | st.integers(0, 3),
    validity_vp=st.none() | st.integers(0, 255),
    ports=st.none() | st.tuples(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF)),
)
def test_what_is_asked_for_is_read_back(**wishes: Any) -> None:
    made = encode(Outgoing(**wishes))
    read = [decode_submit(part.pdu, tpdu_length=part.tpdu_length) for part in made.parts]
    assert "".join(part.text or "" for part in read) == wishes["text"]
    for part in read:
        assert part.faults == ()
        assert part.destination == wishes["destination"]
        assert part.smsc == wishes["smsc"]
        assert (part.report, part.reject_duplicates) == (wishes["report"], wishes["reject_duplicates"])
        assert (part.reply_path, part.tp_mr, part.pid) == (
            wishes["reply_path"],
            wishes["tp_mr"],
            wishes["pid"],
        )
        assert part.message_class == wishes["message_class"]
        assert part.ports is None or (part.ports.destination, part.ports.source) == wishes["ports"]
        vp = wishes["validity_vp"]
        assert (part.validity and part.validity.seconds) == (None if vp is None else relative_seconds(vp))


@settings(deadline=None)
@given(MOMENTS)
def test_any_moment_comes_back(at: datetime) -> None:
    made = encode(Outgoing(destination=TO, text="x", validity_at=at))
    validity = decode_submit(made.parts[0].pdu).validity
    assert validity is not None
    assert validity.at == at
    assert validity.at.utcoffset() == at.utcoffset()


@given(st.integers(300, 63 * 7 * 86400))
def test_a_period_is_never_said_longer_than_it_is(seconds: int) -> None:
    octet = relative_octet(seconds)
    assert relative_seconds(octet) <= seconds
    assert octet == 255 or relative_seconds(octet + 1) > seconds


@pytest.mark.parametrize("octet", range(256))
def test_the_periods_of_the_octet_come_back(octet: int) -> None:
    assert relative_seconds(relative_octet(relative_seconds(octet))) == relative_seconds(octet)


def can_be(text: str, coding: Coding) -> bool:
    if coding == "gsm7":
        return GSM7.encode(text) is not None
    return coding == "ucs2" or all(ord(character) < 0x100 for character in text)


@settings(deadline=None)
@given(st.integers(0, 255), st.text(max_size=40))
def test_any_data_coding_scheme(dcs: int, text: str) -> None:
    meaning = decode_dcs(dcs)
    wish = Outgoing(destination=TO, text=text, dcs=dcs)
    if meaning.compressed or not can_be(text, meaning.coding):
        with pytest.raises(PduError, match=r"compression|is not in"):
            encode(wish)
        return
    made = encode(wish)
    read = decode_submit(made.parts[0].pdu)
    assert (read.dcs, read.coding, made.coding) == (dcs, meaning.coding, meaning.coding)
    assert read.text == text or (read.octets == text.encode("latin-1") and read.coding == "8bit")


@pytest.mark.parametrize(
    ("wishes", "sentence"),
    [
        ({"text": None}, "either text or octets"),
        ({"octets": b"x"}, "either text or octets"),
        ({"destination": ""}, "has no digits"),
        ({"destination": "+"}, "has no digits"),
        ({"destination": "Alice"}, "'Alice' is not a number"),
        ({"destination": "+32 475"}, "is not a number"),
        ({"destination": "٣"}, "is not a number"),
        ({"destination": "1" * 21}, "more than 20 digits"),
        ({"destination": "Gatekeepers1", "type_of_number": 5}, "does not fit an alphanumeric address"),
        ({"destination": "Жук", "type_of_number": 5}, "'Ж' is not in"),
        ({"type_of_number": 8}, "type of number is 0 to 7"),
        ({"smsc": "centre"}, "is not a number"),
        ({"tp_mr": 256}, "TP-MR is 0 to 255, not 256"),
        ({"pid": -1}, "PID is 0 to 255, not -1"),
        ({"dcs": 256}, "DCS is 0 to 255"),
        ({"dcs": 0x08, "coding": "gsm7"}, "DCS 0x08 says ucs2, but gsm7 is asked for"),
        ({"dcs": 0x20}, "asks for compression"),
        ({"dcs": 0x11, "message_class": 0}, "does not say message class 0"),
        ({"message_class": 4}, "message class is 0 to 3"),
        ({"text": None, "octets": b"x", "coding": "gsm7"}, "octets cannot go out"),
        ({"text": None, "octets": b"x", "coding": "ucs2"}, "an odd number of octets"),
        ({"text": "ő", "coding": "gsm7"}, "'ő' is not in the GSM 7-bit alphabet"),
        ({"text": "ő", "coding": "8bit"}, "'ő' is not in Latin-1"),
        ({"text": "ab\ud83d"}, "character 3 is half of a surrogate pair"),
        ({"udh": b"\x00\x05\x01"}, "not a row of information elements"),
        ({"ports": (65536, 0)}, "ports are 0 to 65535"),
        ({"validity_s": 299}, "outside five minutes to 63 weeks"),
        ({"validity_s": 38102401}, "outside five minutes to 63 weeks"),
        ({"validity_vp": 256}, "TP-VP is 0 to 255"),
        ({"validity_at": datetime(2026, 1, 1)}, "has no zone"),  # noqa: DTZ001
        ({"text": "x" * 200, "concat_ref": 256}, "256 does not fit"),
    ],
)
def test_refusals(wishes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(PduError, match=sentence):
        encode(Outgoing(**({"destination": TO, "text": "x"} | wishes)))


def test_what_costs_more_is_said() -> None:
    assert encode(Outgoing(destination=TO, text="daß")).warnings == ()
    assert encode(Outgoing(destination=TO, text="ő", coding="ucs2")).warnings == ()
    assert encode(Outgoing(destination=TO, text="un œuf")).warnings == (
        "'œ' is not in the GSM 7-bit alphabet: sent as UCS-2",
    )


def test_without_a_validity_there_is_no_field_for_it() -> None:
    plain = encode(Outgoing(destination=TO, text="x")).parts[0]
    until = encode(Outgoing(destination=TO, text="x", validity_at=datetime(2026, 1, 1, tzinfo=UTC))).parts[0]
    assert decode_submit(plain.pdu).validity is None
    assert until.tpdu_length - plain.tpdu_length == 7
