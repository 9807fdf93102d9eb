"""PDUs from other projects' tests are read as those tests say, and what they refuse or we may is no crash."""

from __future__ import annotations

from typing import Any

from modemd.cli.pdu_fields import decoded
from modemd.errors import PduError
from modemd.gsm.incoming import decode_deliver
from modemd.gsm.join import join, joined_octets
from tests.gsm.vectors import Case, cases, is_disputed, needs_vectors

FILES = ("deliver", "submit", "status_report")


def read(case: Case) -> dict[str, Any]:
    request = {"pdu": case["pdu"], "direction": case["kind"], "no_smsc": case.get("no_smsc", False)}
    return decoded(request | {"tpdu_length": case.get("tpdu_length")})


def differences(case: Case, asserted: str) -> tuple[int, list[str]]:
    """How many fields were compared, and those that differ."""
    fields = read(case)
    wrong, count = [], 0
    for name, wanted in case.get(asserted, {}).items():
        if is_disputed(case, name):
            continue
        count += 1
        got = fields.get(name, "nothing")
        if isinstance(wanted, dict) and isinstance(got, dict):
            got = {key: value for key, value in got.items() if key in wanted}
        if got != wanted:
            wrong.append(f"{case['id']} {name}: {got!r}, not {wanted!r}")
    return count, wrong


def compare(asserted: str) -> tuple[int, list[str]]:
    results = [differences(case, asserted) for case in cases(*FILES)]
    return sum(count for count, _ in results), [line for _, wrong in results for line in wrong]


@needs_vectors
def test_every_field_that_a_source_asserts() -> None:
    count, wrong = compare("expect")
    assert wrong == []
    assert count >= 216


@needs_vectors
def test_the_remaining_fields_as_another_reader_of_the_standard_has_them() -> None:
    count, wrong = compare("derived")
    assert wrong == []
    assert count >= 376


@needs_vectors
def test_what_a_source_refuses_is_refused_or_read_with_a_fault() -> None:
    found = cases("malformed")
    outcomes = {}
    for case in found:
        try:
            outcomes[case["id"]] = read(case).get("faults", "read")
        except PduError as refusal:
            outcomes[case["id"]] = str(refusal)
    assert outcomes == {
        "pm-del-bad-16": [
            "an odd number of hex digits: the last one is left out",
            "TP-UDL says 129 octets of user data, 128 are there",
        ],
        "gm-bad-1": "the PDU is an SMS of the reserved type 3, not an SMS-SUBMIT",
        "gm-bad-2": "the PDU is not hexadecimal",
        "gm-bad-3": "the PDU is not hexadecimal",
    }


@needs_vectors
def test_parts_join_in_any_order() -> None:
    found = cases("multipart")
    for case in found:
        parts = [decode_deliver(pdu) for pdu in reversed(case["pdus"])]
        by_seq = {part.concat.seq: part for part in parts if part.concat}
        wanted = case["expect"] | case.get("derived", {})
        assert len(by_seq) == wanted.get("parts", len(parts))
        if "text" in wanted:
            assert join(by_seq, len(parts)) == wanted["text"]
        if "data_hex" in wanted:
            assert (joined_octets(by_seq) or b"").hex() == wanted["data_hex"]
        assert {part.originator for part in parts} == {wanted.get("number", parts[0].originator)}
    assert len(found) >= 4
