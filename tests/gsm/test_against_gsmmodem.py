"""python-gsmmodem-new as a second opinion, where it is known to be right."""

from __future__ import annotations

import string
from datetime import datetime, timedelta
from typing import Any

from gsmmodem import pdu as stranger
from hypothesis import given, settings
from hypothesis import strategies as st

from modemd.gsm.alphabet import GSM7
from modemd.gsm.incoming import decode_deliver
from modemd.gsm.outgoing import Outgoing, encode
from modemd.gsm.septets import pack
from modemd.gsm.terminated import encode_deliver

# It lacks "§" and the form feed, takes "ÿ" for one, and loses a trailing "@" at every eighth length.
KNOWN = "".join(sorted(set(stranger.GSM7_BASIC) - set("\x1b`§@"))) + "^{}\\[]~|€"
WIDE = st.text(
    st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"], exclude_characters="ÿ"), max_size=300
)
TEXTS = st.text(KNOWN, max_size=400) | WIDE.map(lambda text: text + "ő")
NUMBERS = st.from_regex(r"\A\+[1-9][0-9]{4,14}\Z")


@settings(deadline=None)
@given(
    NUMBERS,
    TEXTS,
    st.integers(0, 255),
    st.none() | st.integers(300, 63 * 604800),
    st.none() | NUMBERS,
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
def test_the_same_submit(
    to: str, text: str, mr: int, seconds: int | None, smsc: str | None, srr: bool, rd: bool, flash: bool
) -> None:
    text = text.replace("\x1b", "")
    validity = None if seconds is None else timedelta(seconds=seconds)
    theirs = stranger.encodeSmsSubmitPdu(to, text, mr, validity, smsc, srr, rd, flash)
    ours = encode(
        Outgoing(
            destination=to,
            text=text,
            tp_mr=mr,
            concat_ref=mr,
            validity_s=seconds,
            smsc=smsc,
            report=srr,
            reject_duplicates=rd,
            message_class=0 if flash else None,
        ),
    )
    assert [part.pdu for part in ours.parts] == [str(part) for part in theirs]


@settings(deadline=None)
@given(st.text(KNOWN + "@", max_size=300))
def test_the_same_septets(text: str) -> None:
    theirs = stranger.encodeGsm7(text)
    assert GSM7.encode(text) == bytes(theirs)
    assert pack(bytes(theirs)) == bytes(stranger.packSeptets(theirs))


@settings(deadline=None)
@given(NUMBERS, st.text(string.printable[:62] + "€é ", min_size=1, max_size=300), st.integers(0, 255))
def test_the_same_deliver(originator: str, text: str, ref: int) -> None:
    at = datetime.fromisoformat("2026-11-20T15:30:40+01:00")
    for part in encode_deliver(originator, text, sc_at=at, concat_ref=ref):
        theirs: dict[str, Any] = stranger.decodeSmsPdu(part.pdu)
        ours = decode_deliver(part.pdu)
        assert (ours.text, ours.originator, ours.sc_at) == (theirs["text"], theirs["number"], theirs["time"])
        elements = theirs.get("udh", [])
        assert (
            [(ours.concat.ref, ours.concat.parts, ours.concat.seq)] * len(elements)
            == [(element.reference, element.parts, element.number) for element in elements]
            if ours.concat
            else elements == []
        )
