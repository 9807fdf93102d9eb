"""PDUs of our own making, octet by octet: what the collection of other projects' has none of."""

from __future__ import annotations

from typing import Any

import pytest

from modemd.cli.pdu_fields import decoded, encoded

TO = "+32475000001"
DA = "0B912374050000F1"
STAMP = "62110251030440"
"""2026-11-20, 15:30:40, +01:00"""

WRITTEN: dict[str, tuple[dict[str, Any], str]] = {
    "report and raw validity": (
        {"to": TO, "text": "Tot straks! €5 {ok}", "srr": True, "vp_raw": 170, "mr": 7},
        f"003107{DA}0000AA16D4371D34A7CBC3EB7908B429D7401BD47BBD4901",
    ),
    "a service code": ({"to": "*100#", "text": "saldo"}, "00010005811A00FB000005F3309BFC06"),
    "a national number": ({"to": "1733", "number_type": "national", "text": "x"}, "00010004A1713300000178"),
    "a type by its octet": ({"to": "1733", "number_type": 4, "text": "x"}, "00010004C1713300000178"),
    "a name": (
        {"to": "Modemd", "number_type": "alphanumeric", "text": "x"},
        "0001000BD0CD37B9DC260300000178",
    ),
    "octets to a port": (
        {"to": TO, "data_hex": "00ff10", "ports": [2948, 9200], "class": 1},
        f"004100{DA}00150A0605040B8423F000FF10",
    ),
    "a port by names": (
        {"to": TO, "data_hex": "ff", "ports": {"dest": 1}},
        f"004100{DA}00040806050400010000FF",
    ),
    "a pair of surrogates": (
        {"to": TO, "text": "naïve 😀", "class": 0},
        f"000100{DA}001810006E006100EF007600650020D83DDE00",
    ),
    "a locking shift table": (
        {"to": TO, "text": "şğı", "languages": [1], "alphabet": "gsm7"},
        f"004100{DA}00000803250101E8300E",
    ),
    "a single shift table": (
        {"to": TO, "text": "á", "languages": [2], "alphabet": "gsm7"},
        f"004100{DA}00000703240102D88401",
    ),
    "raw elements": (
        {"to": TO, "text": "x", "udh": [{"iei": 112, "data": "00"}], "alphabet": "8bit"},
        f"004100{DA}0004050370010078",
    ),
    "16-bit reference": (
        {"to": TO, "data_hex": "00" * 134, "concat_ref": 258, "concat_bits": 16, "autosplit": "udh"},
        f"000100{DA}000486" + "00" * 134,
    ),
    "message waiting": (
        {"to": TO, "text": "x", "dcs": 0xC8, "pid": 0x5F},
        f"000100{DA}5FC80178",
    ),
    "reply path, no duplicates": (
        {"to": TO, "text": "", "rd": True, "reply_path": True},
        f"008500{DA}000000",
    ),
    "latin-1": ({"to": TO, "text": "é", "alphabet": "8bit"}, f"000100{DA}000401E9"),
    "a moment in the south": (
        {"to": TO, "text": "x", "vp_time": "2026-11-20T15:30:40-03:30"},
        f"001900{DA}0000621102510304490178",
    ),
}

READ: dict[str, tuple[str, dict[str, Any]]] = {
    "an unknown time": (f"0004{DA}0000000000000000000178", {"time": None, "text": "x"}),
    "February 30": (f"0004{DA}0000622003000000000178", {"time": None, "text": "x"}),
    "last century": (f"0004{DA}0000991000000000000178", {"time": None}),
    "no digits at all": (f"000400810000{STAMP}0178", {"number": "", "number_type": "unknown"}),
    "a service code": (f"000405811A00FB0000{STAMP}0178", {"number": "*100#"}),
    "the other digits": (f"00040681CBEDF00000{STAMP}0178", {"number": "#abc0"}),
    "flash": (f"0004{DA}0010{STAMP}0178", {"message_class": 0, "alphabet": "gsm7", "text": "x"}),
    "a reserved alphabet": (f"0004{DA}000C{STAMP}0178", {"alphabet": "gsm7", "text": "x"}),
    "to be deleted once read": (f"0004{DA}0048{STAMP}020078", {"alphabet": "ucs2", "text": "x"}),
    "compressed": (
        f"0004{DA}0020{STAMP}020178",
        {"alphabet": "8bit", "data_hex": "0178", "compressed": True},
    ),
    "a reserved group": (f"0004{DA}0084{STAMP}0178", {"alphabet": "gsm7", "text": "x"}),
    "a fax waits": (
        f"0004{DA}00D9{STAMP}0178",
        {"mwi": {"store": True, "active": True, "type": "fax"}, "text": "x"},
    ),
    "no more e-mail waits": (
        f"0004{DA}00E2{STAMP}020078",
        {"mwi": {"store": True, "active": False, "type": "email"}, "alphabet": "ucs2", "text": "x"},
    ),
    "octets of class 2": (f"0004{DA}00F6{STAMP}0178", {"message_class": 2, "data_hex": "78"}),
    "eight at signs": (f"0004{DA}0000{STAMP}0800000000000000", {"text": "@@@@@@@@"}),
    "16-bit reference": (
        f"0044{DA}0000{STAMP}0A060804010203027800",
        {"text": "x@", "concat": {"ref": 258, "parts": 3, "seq": 2, "bits": 16}},
    ),
    "half a pair": (f"0004{DA}0008{STAMP}04D83D0078", {"text": "\ufffdx"}),
    "half a character": (
        f"0004{DA}0008{STAMP}03007800",
        {"text": "x", "faults": ["the last UCS-2 character is half there"]},
    ),
    "fewer septets than said": (
        f"0004{DA}0000{STAMP}0A78",
        {"text": "x", "faults": ["TP-UDL says 9 octets of user data, 1 are there"]},
    ),
    "more octets than said": (
        f"0004{DA}0000{STAMP}0178FFFF",
        {"text": "x", "faults": ["2 octets come after the user data"]},
    ),
    "an element that runs over": (
        f"0044{DA}0004{STAMP}0603700500ABCD",
        {"udh": [], "data_hex": "abcd", "faults": ["the user data header is damaged"]},
    ),
    "part 0 of 2": (f"0044{DA}0004{STAMP}0705000307020041", {"udh_count": 1, "data_hex": "41"}),
    "8-bit ports": (
        f"0044{DA}0004{STAMP}06040402F01041",
        {"ports": {"dest": 240, "src": 16, "bits": 8}},
    ),
    "tables that nobody has": (
        f"0044{DA}0000{STAMP}090625010924016360",
        {"languages": {"locking": 9, "single": 99}},
    ),
}


@pytest.mark.parametrize("case", WRITTEN.values(), ids=WRITTEN)
def test_written(case: tuple[dict[str, Any], str]) -> None:
    wish, pdu = case
    assert encoded(wish)["pdus"] == [pdu]


@pytest.mark.parametrize("case", READ.values(), ids=READ)
def test_read(case: tuple[str, dict[str, Any]]) -> None:
    pdu, wanted = case
    fields = decoded({"pdu": pdu, "direction": "deliver"})
    assert {name: fields.get(name, "nothing") for name in wanted} == wanted
    assert "concat" in wanted or "concat" not in fields
    assert "faults" in wanted or "faults" not in fields
