"""A SUBMIT without its optional fields says the same to the same."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modemd.gsm.incoming import decode_submit
from modemd.gsm.leaner import leaner
from modemd.gsm.outgoing import Outgoing, SubmitPart, encode

if TYPE_CHECKING:
    from modemd.gsm.incoming import Submit

KEPT = (
    "text",
    "octets",
    "destination",
    "destination_toa",
    "smsc",
    "pid",
    "dcs",
    "tp_mr",
    "udh_octets",
    "udl",
)


def facts(submit: Submit) -> dict[str, Any]:
    return {name: getattr(submit, name) for name in KEPT}


@given(
    destination=st.sampled_from(["+32475123456", "8810", "+3247512345"]),
    text=st.sampled_from(["x", "ж" * 200, "Hello " * 60]),
    smsc=st.sampled_from([None, "+32475161616"]),
    when=st.sampled_from([{}, {"validity_s": 86400}, {"validity_at": datetime(2026, 12, 1, tzinfo=UTC)}]),
    report=st.booleans(),
    leave_out=st.sets(st.sampled_from(["report", "validity", "type_of_number"])),
)
def test_only_what_is_named_is_left_out(
    destination: str, text: str, smsc: str | None, when: dict[str, Any], report: bool, leave_out: set[str]
) -> None:
    outgoing = Outgoing(destination=destination, text=text, smsc=smsc, report=report, **when)
    for part in encode(outgoing).parts:
        before, lean = decode_submit(part.pdu), leaner(part, leave_out)
        after = decode_submit(lean.pdu)
        assert facts(after) == facts(before)
        assert after.tpdu_length == lean.tpdu_length
        assert after.faults == ()
        assert after.report == (report and "report" not in leave_out)
        assert after.validity == (None if "validity" in leave_out else before.validity)


@pytest.mark.parametrize("first", [0x01, 0x09, 0x11, 0x19])
def test_every_kind_of_validity_is_left_out(first: int) -> None:
    octets = {0x01: "", 0x09: "01" * 7, 0x11: "A7", 0x19: "01" * 7}[first]
    whole = f"00{first:02X}00049121430000{octets}0131"
    lean = leaner(SubmitPart(whole, len(whole) // 2 - 1), {"validity"})
    assert lean == SubmitPart("0001000491214300000131", 10)
