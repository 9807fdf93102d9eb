"""Traces: read and written as they are, and masked so that nothing of who it was remains."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modemd.formats.trace import Trace, read_trace, write_trace
from modemd.formats.trace_mask import Mask, swapped, ucs2

KEY = b"k" * 32
digits = st.text("0123456789", min_size=1)
IDENTITIES = {
    "imei": st.from_regex(r"[0-9]{15}", fullmatch=True),
    "imsi": st.from_regex(r"[0-9]{15}", fullmatch=True),
    "iccid": st.from_regex(r"89[0-9]{17,18}", fullmatch=True),
    "msisdn": st.from_regex(r"\+?[1-9][0-9]{7,13}", fullmatch=True),
    "smsc": st.from_regex(r"\+[1-9][0-9]{8,12}", fullmatch=True),
}
FORMS = (
    "{imei}",
    "+CGSN: {imei}",
    'IMEI:"{imei}",SN:{imsi}',
    "{imsi}",
    "+CCID: {iccid}F",
    '^ICCID: "{iccid}"',
    '+CRSM: 144,0,"{swapped}"',
    '+CNUM: "Alice","{msisdn}",145',
    '+CNUM: "{wide}","{msisdn}",129,7,4',
    '+CSCA: "{smsc}",145',
    '+CUSD: 0,"Your number is {msisdn}",15',
    "+CPSI: LTE,Online,206-10,0x{imei},{imsi},203",
    "x{iccid}x{imei}x{imsi}",
    "{imei}{imsi}",
)


@given(
    st.fixed_dictionaries(IDENTITIES), st.sampled_from(FORMS), st.sampled_from(["AT+CGMR", "ATI", "AT+CNUM"])
)
def test_nothing_of_an_identity_survives(who: dict[str, str], form: str, command: str) -> None:
    mask = Mask(KEY, tuple(who.values()))
    line = form.format(**who, swapped=swapped(who["iccid"]), wide=ucs2(who["msisdn"]))
    masked = mask.line(command, line)
    for secret in who.values():
        bare = secret.lstrip("+")
        assert bare not in masked
        assert swapped(bare) not in masked
        assert ucs2(bare) not in masked
    assert "Alice" not in masked
    assert mask.line(command, line) == masked


@given(st.lists(st.from_regex(r"[0-9]{14,24}", fullmatch=True), min_size=1, max_size=3), st.text(max_size=10))
def test_long_runs_are_masked_even_where_nobody_knows_them(runs: list[str], between: str) -> None:
    assume_free = re.sub(r"[0-9A-Fa-f]", "-", between)
    line = f"+X: {(',' + assume_free).join(runs)}"
    for command in ("AT+CGMR", "AT+X"):
        masked = Mask(KEY).line(command, line)
        assert not any(run in masked for run in runs)
        assert len(masked) == len(line)


def test_the_same_digits_become_the_same_wherever_they_stand() -> None:
    iccid = "8932000000000000017"
    mask = Mask(KEY, (iccid,))
    told = mask.line("AT+CCID", f"+CCID: {iccid}").removeprefix("+CCID: ")
    assert told != iccid
    assert told.startswith("89")
    assert mask.line("AT+CRSM", f'+CRSM: 144,0,"{swapped(iccid)}"') == f'+CRSM: 144,0,"{swapped(told)}"'
    assert Mask(b"other" * 6, (iccid,)).line("AT+CCID", iccid) != told


@pytest.mark.parametrize(
    ("command", "line"),
    [
        ("AT+CGMR", "Revision:1418B05SIM800L24"),
        ("AT+CGMR", "SWI9X30C_02.24.05.06 r7040 CARMD-EV-FRMWR2 2017/05/19 06:23:09"),
        ("AT+CPMS=?", '+CPMS: ("SM","ME"),("SM","ME"),("SM","ME")'),
        ("AT+CSQ", "+CSQ: 20,99"),
        ("AT+CREG?", "+CREG: 0,1"),
        ("AT+COPS?", '+COPS: 0,2,"20610",7'),
        ("AT+CCLK?", '+CCLK: "26/11/23,00:08:44+04"'),
        ("AT+CESQ", "+CESQ: 99,99,255,255,19,46"),
    ],
)
def test_what_tells_of_nobody_stays(command: str, line: str) -> None:
    assert Mask(KEY, ("861234560000001",)).line(command, line) == line


def test_places_and_messages_are_masked() -> None:
    mask = Mask(KEY)
    place = mask.line("AT+CREG?", '+CREG: 2,1,"0A1B","0001C2D3",7')
    assert re.fullmatch(r'\+CREG: 2,1,"[0-9A-F]{4}","[0-9A-F]{8}",7', place)
    assert "0A1B" not in place
    assert "01C2D3" not in place
    pdu = "07911326040000F0040B911346610089F60000208062917314080CC8F71D14969741F977FD07"
    assert pdu not in mask.line("AT+CMGR=1", pdu)


def trace() -> Trace:
    return Trace(
        modem="Acme A1",
        real_device=True,
        responses={"AT\r": ("OK\r\n",), "AT+X?\r": (), 'AT+CSCS="GSM"\r': ("+CME ERROR: 4\r\n",)},
        seconds={"AT\r": 0.01},
        notes=("one",),
        source="a test",
    )


def test_a_trace_is_read_as_it_was_written() -> None:
    assert read_trace(write_trace(trace())) == trace()


def test_a_trace_tells_its_answers() -> None:
    assert trace().accepted("AT") == ()
    assert trace().answer("AT+X?") == ()
    assert trace().accepted('AT+CSCS="GSM"') is None
    assert trace().answer("AT+Y") is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"responses": {"AT\\r": "OK"}}', '{"responses": 1}'])
def test_what_is_no_trace_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="trace"):
        read_trace(text)
