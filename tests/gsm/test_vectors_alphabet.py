"""Alphabets and packing as other projects' tests have them."""

from __future__ import annotations

from collections import Counter

from modemd.gsm.alphabet import GSM7, alphabet
from modemd.gsm.septets import pack, pack_ussd, unpack
from tests.gsm.vectors import Case, cases, is_disputed, needs_vectors


def check_gsm7(case: Case) -> None:
    septets = bytes.fromhex(case["septets"])
    assert GSM7.encode(case["text"]) == septets
    assert pack(septets).hex() == case["packed"]
    assert unpack(bytes.fromhex(case["packed"]), len(septets)) == septets
    assert GSM7.decode(septets) == case["text"]


def check_gsm7_table(case: Case) -> None:
    shifts = alphabet(case["locking"], case["single"])
    for code, character in case["map"].items():
        assert shifts.decode(bytes.fromhex(code)) == character, code
        if case.get("roundtrip") and shifts.encode(character) != bytes.fromhex(code):
            # A character that both tables have goes out by the shorter code.
            assert len(shifts.encode(character) or b"") < len(bytes.fromhex(code)), code


def check_gsm7_decode(case: Case) -> None:
    text = alphabet(case["locking"], case["single"]).decode(bytes.fromhex(case["septets"]))
    assert text == ("{ " if case.get("error") else case["expect"]["text"])


def check_gsm7_pack(case: Case) -> None:
    septets, wanted = bytes.fromhex(case["septets"]), case["expect"]
    if case.get("ussd"):
        assert pack_ussd(septets).hex() == wanted["packed"]
        return
    header = case.get("fill_octets", 0)
    blank = (header * 8 + 6) // 7
    packed = pack(bytes(blank) + septets)[header:]
    assert len(packed) == wanted.get("packed_len", len(packed))
    assert packed.hex() == wanted.get("packed", packed.hex())


def check_gsm7_encodable(case: Case) -> None:
    assert (GSM7.encode(case["input"]["text"]) is not None) == case["expect"]["gsm7"]


def check_gsm7_lossy(case: Case) -> None:
    # Nothing is put in another's place without being asked for.
    for text in case["map"]:
        assert GSM7.encode(text) is None


def check_ucs2(case: Case) -> None:
    assert case["text"].encode("utf-16-be").hex() == case["octets"]


CHECKS = {
    "gsm7": check_gsm7,
    "gsm7_table": check_gsm7_table,
    "gsm7_decode": check_gsm7_decode,
    "gsm7_pack": check_gsm7_pack,
    "gsm7_encodable": check_gsm7_encodable,
    "gsm7_lossy": check_gsm7_lossy,
    "ucs2": check_ucs2,
}


@needs_vectors
def test_alphabet_cases() -> None:
    checked = Counter[str]()
    for case in cases("alphabet"):
        if not is_disputed(case):
            CHECKS[case["kind"]](case)
            checked[case["kind"]] += 1
    assert checked.total() >= 42
    assert set(checked) == set(CHECKS)
