"""What a simulated network sends is read back whole."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modemd.errors import PduError
from modemd.gsm.incoming import decode_deliver, decode_status_report, decode_submit
from modemd.gsm.join import join, joined_octets
from modemd.gsm.outgoing import Outgoing, encode
from modemd.gsm.terminated import encode_deliver, encode_status_report, forward

AT = datetime(2026, 11, 20, 15, 30, 40, tzinfo=timezone(timedelta(hours=1)))
NUMBERS = st.from_regex(r"\A\+?[0-9*#]{1,20}\Z")
NAMES = st.text("abcdefghijklmnopqrstuvwxyz .-&éÅ", min_size=1, max_size=11).filter(
    lambda name: name.strip("+")
)


@settings(deadline=None)
@given(
    originator=NUMBERS | NAMES,
    text=st.text(max_size=400),
    smsc=st.none() | st.from_regex(r"\A\+?[0-9]{1,15}\Z"),
    pid=st.integers(0, 255),
    message_class=st.none() | st.integers(0, 3),
    concat_ref=st.integers(0, 255),
    concat_bits=st.sampled_from((8, 16)),
    reply_path=st.booleans(),
    sends_reports=st.booleans(),
    ports=st.none() | st.tuples(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF)),
    languages=st.sets(st.integers(0, 14), max_size=2).map(tuple),
    order=st.randoms(use_true_random=False),
)
def test_a_message_comes_back(order: Any, **wishes: Any) -> None:
    parts = encode_deliver(sc_at=AT, **wishes)
    read = [decode_deliver(part.pdu, tpdu_length=part.tpdu_length) for part in parts]
    order.shuffle(read)
    by_seq = {part.concat.seq if part.concat else 1: part for part in read}
    assert join(by_seq, len(parts)) == wishes["text"]
    for part in read:
        assert (part.originator, part.smsc) == (wishes["originator"], wishes["smsc"])
        assert (part.pid, part.message_class) == (wishes["pid"], wishes["message_class"])
        assert (part.reply_path, part.sends_reports) == (wishes["reply_path"], wishes["sends_reports"])
        assert (part.sc_at, part.faults, part.more_to_send) == (AT, (), False)
        assert part.concat is None or part.concat.ref == wishes["concat_ref"]


@settings(deadline=None)
@given(st.binary(max_size=600))
def test_octets_come_back(octets: bytes) -> None:
    read = [decode_deliver(part.pdu) for part in encode_deliver("1", octets=octets, sc_at=None)]
    assert joined_octets({part.concat.seq if part.concat else 1: part for part in read}) == octets
    assert {part.sc_at for part in read} == {None}


@settings(deadline=None)
@given(
    tp_mr=st.integers(0, 255),
    recipient=NUMBERS,
    tp_status=st.integers(0, 255),
    smsc=st.none() | st.from_regex(r"\A\+?[0-9]{1,15}\Z"),
)
def test_a_report_comes_back(**facts: Any) -> None:
    later = AT + timedelta(seconds=5)
    made = encode_status_report(sc_at=AT, discharged_at=later, **facts)
    read = decode_status_report(made.pdu, tpdu_length=made.tpdu_length)
    assert {name: getattr(read, name) for name in facts} == facts
    assert (read.sc_at, read.discharged_at, read.faults) == (AT, later, ())


@pytest.mark.parametrize(
    "wish",
    [
        Outgoing(destination="1", text="plain"),
        Outgoing(destination="1", text="ş" * 100, languages=(1,), report=True, reply_path=True),
        Outgoing(destination="1", text="😀" * 100, message_class=0, pid=0x41),
        Outgoing(destination="1", octets=bytes(range(200)), ports=(2948, 9200), concat_bits=16),
    ],
    ids=("plain", "turkish", "emoji", "octets"),
)
def test_a_network_forwards_what_was_submitted(wish: Outgoing) -> None:
    for part in encode(wish).parts:
        submit = decode_submit(part.pdu)
        sent = forward(submit, originator="+32475000001", sc_at=AT, smsc="+32475161616")
        read = decode_deliver(sent.pdu, tpdu_length=sent.tpdu_length)
        assert (read.text, read.octets, read.udh) == (submit.text, submit.octets, submit.udh)
        assert (read.pid, read.dcs, read.message_class) == (submit.pid, submit.dcs, submit.message_class)
        assert (read.originator, read.smsc, read.sc_at) == ("+32475000001", "+32475161616", AT)
        assert (read.reply_path, read.sends_reports) == (submit.reply_path, submit.report)


def test_a_pair_that_a_sender_cut_in_two_comes_out_whole() -> None:
    cut = "a😀".encode("utf-16-be")
    halves = [
        encode_deliver("1", octets=octets, dcs=0x08, sc_at=AT, udh=bytes((0, 3, 1, 2, seq)))[0]
        for seq, octets in ((1, cut[:4]), (2, cut[4:]))
    ]
    read = {seq: decode_deliver(half.pdu) for seq, half in enumerate(halves, 1)}
    assert read[1].text == "a\ufffd"
    assert join(read, 2) == "a😀"


def test_a_name_that_is_too_long_is_refused() -> None:
    with pytest.raises(PduError, match="1 to 11 characters"):
        encode_deliver("Gatekeepers of", "x", sc_at=AT)
