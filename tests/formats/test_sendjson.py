"""The ``send`` payload: each field is checked by itself, and a refusal names the field."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modemd.errors import Rejected
from modemd.formats.sendjson import read_send
from modemd.formats.spoolfile import finished, peek_priority, read
from modemd.model import Priority, SendRequest
from tests.formats.made import BRUSSELS, FAILED, SENT


def _read(**fields: Any) -> tuple[SendRequest, ...]:
    return read_send(json.dumps(fields).encode(), BRUSSELS).requests


def _one(**fields: Any) -> SendRequest:
    (request,) = _read(**({"to": "+32475123456", "text": "hello"} | fields))
    return request


@pytest.mark.parametrize(
    ("fields", "name", "expected"),
    [
        ({}, "priority", Priority.NORMAL),
        ({"id": "a1"}, "client_id", "a1"),
        ({"id": 7}, "client_id", "7"),
        ({"account": "clinic"}, "account", "clinic"),
        ({"report": False}, "report", False),
        ({"report": None}, "report", None),
        ({"validity": "2h"}, "validity_s", 7200),
        ({"validity": 90}, "validity_s", 90),
        ({"at": "2026-11-22T14:30:00+02:00"}, "not_before_at", datetime(2026, 11, 22, 12, 30, tzinfo=UTC)),
        ({"at": "2026-11-22 14:30"}, "not_before_at", datetime(2026, 11, 22, 13, 30, tzinfo=UTC)),
        ({"priority": "High"}, "priority", Priority.HIGH),
        ({"flash": True}, "message_class", 0),
        ({"class": 2}, "message_class", 2),
        ({"udh": "05 00 03 AA 02 01"}, "udh", bytes.fromhex("0003AA0201")),
        ({"udh": "0003AA0201"}, "udh", bytes.fromhex("0003AA0201")),
        ({"port": 2948}, "ports", (2948, 0)),
        ({"port": [2948, 9200]}, "ports", (2948, 9200)),
        ({"modem": "gsm1"}, "modem", "gsm1"),
        ({"ref": "order 12"}, "note", "order 12"),
        ({"channel": "whatsapp"}, "channel", "whatsapp"),
        ({"text": None, "body": "b"}, "text", "b"),
        ({"text": None, "message": "m"}, "text", "m"),
        ({"to": None, "number": "+33612345678"}, "to", "+33612345678"),
        ({"text": None, "data": "00ff"}, "octets", b"\x00\xff"),
        ({"unknown": {"x": [1]}}, "text", "hello"),
    ],
)
def test_fields(fields: dict[str, Any], name: str, expected: Any) -> None:
    assert getattr(_one(**fields), name) == expected


def test_several_recipients_are_several_requests_with_ids_of_their_own() -> None:
    requests = _read(to=["+32475000001", "+32475000002;+32475000003", "+32475000001"], text="x", id="a")
    assert [(request.to, request.client_id) for request in requests] == [
        ("+32475000001", "a/+32475000001"),
        ("+32475000002", "a/+32475000002"),
        ("+32475000003", "a/+32475000003"),
    ]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"to": None}, "to: is missing"),
        ({"to": []}, "to: is empty"),
        ({"appointment": "tomorrow"}, "appointment: 'tomorrow' is not a time"),
        (
            {"appointment": "2026-12-01 10:00", "at": "2026-11-30 10:00"},
            "at: what goes before an appointment",
        ),
        ({"remind": "24h"}, "remind: appointment: is missing"),
        ({"appointment": "2026-12-01 10:00", "remind": "soon"}, "remind: 'soon' is not a length of time"),
        ({"appointment": "2026-12-01 10:00", "remind": []}, "remind: is one length of time, or a list"),
        ({"appointment": "2026-12-01 10:00", "remind": ["1h"] * 17}, "remind: is one length of time"),
        ({"appointment": "2026-12-01 10:00", "remind": 59}, "remind: a reminder goes out from a minute"),
        ({"appointment": "2026-12-01 10:00", "remind": "367 d"}, "remind: a reminder goes out from a minute"),
        ({"appointment": "2026-12-01 10:00", "remind": True}, "remind: is a length of time such as"),
        ({"to": " ; "}, "to: is empty"),
        ({"to": 32475123456}, "to: a number is written as text, in quotes, not as a number"),
        ({"to": ["+32", True]}, "to: .* not as true or false"),
        ({"text": 5}, "text: is a number, not text"),
        ({"text": "a\0b"}, "text: holds a NUL character"),
        ({"text": "\ud83d"}, "text: holds half of a surrogate pair"),
        ({"data": "00"}, "data: a message has either text or data"),
        ({"text": None, "data": "0"}, "data: is not a text of hexadecimal digits"),
        ({"text": None, "data": 5}, "data: is not a text of hexadecimal digits"),
        ({"id": ["x"]}, "id: is a list, not text"),
        ({"id": "x" * 256}, "id: is longer than 255 characters"),
        ({"report": "yes"}, "report: is text; write true or false"),
        ({"validity": "soon"}, "validity: 'soon' is not a length of time"),
        ({"validity": 0}, "validity: is a whole number from 1"),
        ({"validity": True}, "validity: is a whole number from 1"),
        ({"at": "tomorrow"}, "at: 'tomorrow' is not a time"),
        ({"at": "9999-12-31T23:59:59-23:59"}, "at: .* after 2199"),
        ({"priority": "urgent"}, "priority: 'urgent' is none of high, normal, low, bulk"),
        ({"flash": 1}, "flash: is a number; write true or false"),
        ({"class": 4}, "class: is a whole number from 0 to 3"),
        ({"udh": "05"}, "udh: is not a user data header"),
        ({"port": 70000}, "port: is a whole number from 0 to 65535"),
        ({"port": [1, 2, 3]}, "port: is a whole number"),
    ],
)
def test_a_wrong_field_is_named(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(Rejected, match=f"^bad_request: {words}"):
        _one(**fields)


def test_nothing_to_send_is_empty() -> None:
    with pytest.raises(Rejected) as refused:
        _one(text="")
    assert (refused.value.code, refused.value.fail_reason) == ("empty", "text: is missing or empty")


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (b"{", "not JSON: .* in line 1, column 2"),
        (b"\xff", "not JSON: octet 1 is not UTF-8"),
        (b'"hello"', "a message is a JSON object"),
        (b"[]", "the list of messages is empty"),
        (b"[" * 100_000, "too deep"),
        (b"9" * 10_000, "too many digits"),
        (b'[{"to": "+32475123456", "text": "x"}, {"to": 5}]', "message 2 of 2: to: "),
        (b'{"to": ' + json.dumps([str(n) for n in range(10_001)]).encode() + b', "text": "x"}', "more than"),
    ],
)
def test_what_is_no_payload_is_told_so(octets: bytes, words: str) -> None:
    with pytest.raises(Rejected, match=words):
        read_send(octets, UTC)


def test_a_spool_file_is_json_by_its_name_or_its_first_character() -> None:
    dropped = b'\xef\xbb\xbf\n{"to": "+32475123456", "text": "x", "priority": "high"}'
    for name in ("a", "a.json"):
        assert read(name, dropped).format == "json"
        assert peek_priority(name, dropped[:70]) is Priority.HIGH
    with pytest.raises(Rejected, match=r"the format json, which spool\.formats does not name"):
        read("a", dropped, ["smstools3"])


def test_results_are_written_into_the_objects() -> None:
    dropped = b'[{"to": ["+1", "+2"], "text": "\xc3\xa9"}, {"to": "+3", "text": "x", "keep": 1.50}]'
    told = finished("json", dropped, [SENT, FAILED, SENT])
    first, second = json.loads(told)
    assert [result["event"] for result in first["result"]] == ["sent", "failed"]
    assert first["result"][1]["error"]["reason"] == "+CMS ERROR: 38 (Network out of order)"
    assert second["result"]["message_ids"] == [101, 102]
    assert second["result"]["at"] == "2026-11-22T13:14:49.000+00:00"
    assert (first["text"], second["keep"]) == ("é", 1.5)
    assert finished("json", told, [SENT, FAILED, SENT]) == told
    assert read("a.json", told).requests == read("a.json", dropped).requests


def test_where_a_recipient_has_no_result_the_others_keep_theirs() -> None:
    dropped = b'{"to": ["+33612345678", "0475 12 34 56", "12"], "text": "x"}'
    told = json.loads(finished("json", dropped, SENT))["result"]
    assert [result and result["to"] for result in told] == [None, "+32475123456", None]


def test_finishing_a_file_that_is_no_json_leaves_it() -> None:
    assert finished("json", b"{", SENT) == b"{"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
_NAMES = ["to", "text", "data", "id", "report", "validity", "at", "priority", "flash", "class", "udh", "port"]


@given(st.dictionaries(st.sampled_from(_NAMES), _JSON, max_size=5), st.booleans())
def test_any_json_is_messages_or_rejected_and_its_results_can_be_written(
    fields: dict[str, Any],
    good: bool,
) -> None:
    dropped = json.dumps(fields | ({"to": "+1", "text": "x"} if good else {})).encode()
    try:
        told = read("a.json", dropped).requests[0].to
    except Rejected as refused:
        told = refused.fail_reason
    assert told
    once = finished("json", dropped, SENT)
    assert finished("json", once, SENT) == once


@given(st.binary(max_size=60))
def test_any_octets_are_messages_or_rejected(octets: bytes) -> None:
    try:
        told = read("a.json", b"{" + octets).requests[0].to
    except Rejected as refused:
        told = refused.fail_reason
    assert told
