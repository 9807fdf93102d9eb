"""The schema of ``send`` and the reader of ``send`` allow the same."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modemd.errors import Rejected
from modemd.formats.payloads_examples import EXAMPLES
from modemd.formats.sendjson import read_send
from tests.formats.checking import SCHEMAS, VALID
from tests.formats.made import BRUSSELS

GOOD: dict[str, Any] = {"to": "+32475123456", "text": "hello"}
TYPES: list[Any] = ["x", "", 7, -1, 5.5, True, False, None, [], ["+32475123456"], [7], {}, {"a": 1}]
"""A value or two of every type that JSON has."""


def _is_taken(payload: Any) -> bool:
    try:
        read_send(json.dumps(payload).encode(), BRUSSELS)
    except Rejected:
        return False
    return True


def test_the_examples_are_taken() -> None:
    assert [_is_taken(example) for example in EXAMPLES["Send"]] == [True] * 3


_FIELDS = set(SCHEMAS["Send"]["properties"])
_BY_CONTENTS: dict[str, list[Any]] = {
    # What the reader refuses of values that have the right type.
    "to": ["", []],
    "number": ["", []],
    "validity": ["x", ""],
    "at": ["x"],
    "appointment": ["x"],
    "remind": ["x", ["+32475123456"]],
    "udh": [],
    "data": ["", None],  # the message then has nothing in it
}
_AS_ABSENT: dict[str, list[Any]] = {
    # A blank word is as good as none, which a form need not know.
    "priority": [""],
}


@pytest.mark.parametrize("field", sorted(_FIELDS))
@pytest.mark.parametrize("value", TYPES, ids=repr)
def test_the_reader_refuses_what_the_schema_refuses_by_type_and_nothing_else(field: str, value: Any) -> None:
    payload = dict(GOOD)
    if field in {"number", "body", "message", "data"}:  # the other spellings, by themselves
        del payload["to" if field == "number" else "text"]
    if field == "remind":
        payload["appointment"] = "2026-11-22 14:30"
    payload[field] = value
    fits = VALID["Send"].is_valid(payload)
    if value in _AS_ABSENT.get(field, []):
        assert (fits, _is_taken(payload)) == (False, True)
    elif value in _BY_CONTENTS.get(field, []) or (value in ("", None) and field in NEEDED):
        assert (fits, _is_taken(payload)) == (True, False)
    else:
        assert fits == _is_taken(payload)


NEEDED = {"to", "number", "text", "body", "message", "data"}


@pytest.mark.parametrize("missing", ["to", "text"])
def test_what_must_be_there_must_be_there(missing: str) -> None:
    payload = {name: value for name, value in GOOD.items() if name != missing}
    assert not VALID["Send"].is_valid(payload)
    assert not _is_taken(payload)


_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "to": st.sampled_from(["+32475123456", "a;b", ["+1", "+2"], "nurse"]),
    "number": st.sampled_from(["+32475123456", ["+1"]]),
    "text": st.text(min_size=1, max_size=9),
    "body": st.text(max_size=9),
    "message": st.none() | st.text(max_size=9),
    "data": st.none() | st.binary(max_size=5).map(lambda octets: octets.hex(" ")),
    "id": st.none() | st.text(max_size=257) | st.integers(),
    "account": st.none() | st.text(max_size=257),
    "report": st.none() | st.booleans(),
    "validity": st.sampled_from(["2h", "soon", None, 90, 0, 10**12]),
    "at": st.sampled_from(["2026-11-22 14:30", "2026-11-22T14:30:00+01:00", "", None, "x" * 300]),
    "appointment": st.sampled_from(["2026-11-22 14:30", "", None, "tomorrow"]),
    "remind": st.sampled_from(["24h", "2d, 2h", 3600, 59, 10**9, ["24h", 7200], [], [None], "", None]),
    "priority": st.sampled_from(["high", "normal", "low", "bulk", None]),
    "flash": st.none() | st.just(value=False),
    "class": st.none() | st.integers(-1, 4),
    "udh": st.sampled_from([None, "", "05 00 03 AA 02 01", "0003AA0201", "05"]),
    "port": st.none() | st.integers(-1, 0x10000) | st.lists(st.integers(0, 0x10000), max_size=3),
    "modem": st.none() | st.text(max_size=257),
    "ref": st.none() | st.text(max_size=257),
    "channel": st.none() | st.text(max_size=9),
    "unknown": st.none() | st.lists(st.integers(), max_size=2),
}


def test_every_field_is_tried() -> None:
    assert set(_VALUES) - {"unknown"} == _FIELDS


@given(st.fixed_dictionaries({}, optional=_VALUES))
def test_what_is_taken_fits_the_schema(payload: dict[str, Any]) -> None:
    assert not _is_taken(payload) or not list(VALID["Send"].iter_errors(payload))
