"""Messages become the PDUs, the parts and the octets that other projects' tests say."""

from __future__ import annotations

from datetime import datetime

import pytest

from modemd.cli.pdu_fields import encoded
from modemd.errors import PduError
from modemd.gsm.incoming import Submit, decode_submit
from modemd.gsm.outgoing import Outgoing, encode
from modemd.gsm.segments import Split, choose_form
from modemd.gsm.timestamp import encode_timestamp
from modemd.gsm.validity import relative_octet
from tests.gsm.vectors import cases, is_disputed, needs_vectors, text_of


def digits(pdu: Submit) -> tuple[str | None, str, str | None]:
    return pdu.smsc, pdu.destination, pdu.text


@needs_vectors
def test_the_pdus_of_a_message() -> None:
    checked = 0
    for case in cases("encode_submit"):
        if case.get("error"):
            with pytest.raises(PduError):
                encoded(case["input"])
        elif is_disputed(case):  # the type of number: the digits are to be the same
            ours = encoded(case["input"])["pdus"]
            assert [digits(decode_submit(pdu)) for pdu in ours] == [
                digits(decode_submit(pdu)) for pdu in case["pdus"]
            ]
        else:
            answer = encoded(case["input"])
            assert answer["pdus"] == case["pdus"], case["id"]
            assert answer["tpdu_lengths"] == case.get("tpdu_lengths", answer["tpdu_lengths"]), case["id"]
            checked += 1
    assert checked >= 30


@needs_vectors
def test_how_many_parts_a_text_takes() -> None:
    checked = 0
    for case in cases("split"):
        given = case["input"]
        wish = Outgoing(
            destination="+32475000001",
            text=text_of(given),
            coding=given.get("coding"),
            concat_bits=given.get("concat_bits", 8),
        )
        checked += 1
        if case.get("error"):
            with pytest.raises(PduError):
                encode(wish)
            continue
        if given.get("assume_multipart"):
            form = choose_form(text_of(given), given.get("coding"), (), Split())
            room = form.room(5)
            assert len(form.cut(lambda _seq, room=room: room)) == case["expect"]["parts"], case["id"]  # type: ignore[misc]
            continue
        made = encode(wish)
        assert (len(made.parts), made.coding) == (case["expect"]["parts"], case["expect"]["coding"]), case[
            "id"
        ]
    assert checked >= 38


@needs_vectors
def test_the_octets_of_a_validity_period() -> None:
    checked = 0
    for case in cases("validity"):
        given, checked = case["input"], checked + 1
        if case.get("error"):
            with pytest.raises(PduError):
                relative_octet(given["vp_seconds"])
        elif "vp_time" in given:
            octets = encode_timestamp(datetime.fromisoformat(given["vp_time"]))
            assert octets.hex() == case["expect"]["vp_raw_hex"], case["id"]
        else:
            assert relative_octet(given["vp_seconds"]) == case["expect"]["vp_raw"], case["id"]
    assert checked >= 18
