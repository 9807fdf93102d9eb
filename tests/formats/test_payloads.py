"""The payloads' types, schemas and examples say the same as the code that makes and reads payloads."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from modemd.formats.events import compact_json, event_json, event_object, iso
from modemd.formats.payloads_examples import EXAMPLES
from modemd.formats.schemas import Schemas
from modemd.model import Call, Coding, Inbound, MessageEvent, MessageState, Trouble
from modemd.service.requests import VERBS
from tests.formats.checking import SCHEMAS, VALID, faults
from tests.house import ROOT

EVENT_ID = {"event_id": "9f2c01aa-17"}


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_complete_and_its_examples_are_right(name: str) -> None:
    schema = SCHEMAS[name]
    Draft202012Validator.check_schema(schema)
    assert (schema["$schema"], schema["title"]) == ("https://json-schema.org/draft/2020-12/schema", name)
    assert schema["examples"] == EXAMPLES[name]
    for example in schema["examples"]:
        assert faults(name, json.loads(json.dumps(example))) == []
    for each in (schema, *schema.get("$defs", {}).values()):
        assert each["description"]
        for field, said in each["properties"].items():
            assert said.get("description"), f"{each['title']}.{field} is not described"


def test_what_the_sentences_say_is_short_and_ends() -> None:
    text = json.dumps(SCHEMAS)
    said = {each["description"] for schema in SCHEMAS.values() for each in schema["properties"].values()}
    assert len(said) > 50
    assert [each for each in said if not each.endswith(".")] == []
    assert "#/components" not in text


def test_no_payload_is_made_of_a_type_that_json_has_not() -> None:
    with pytest.raises(TypeError, match="no payload is made of"):
        Schemas("#/", {}, {}).of(bytes)


_TEXT = st.text(max_size=12)
_WORD = st.none() | _TEXT
_MOMENT = st.datetimes(
    datetime(1970, 1, 2),  # noqa: DTZ001 - the zones are drawn
    datetime(2199, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=-9))]),
)
_COUNT = st.integers(0, 255)
_EVENTS = st.builds(
    MessageEvent,
    event=st.sampled_from(MessageState),
    id=st.none() | st.integers(1, 2**53).map(str),
    client_id=_WORD,
    account=_TEXT,
    to=_TEXT,
    at=_MOMENT,
    parts=_COUNT,
    parts_done=_COUNT,
    credits=_COUNT,
    modem=_WORD,
    error=st.none() | st.builds(Trouble, code=_TEXT, reason=_TEXT, retry=st.booleans()),
)
_RECEIVED = st.builds(
    Inbound,
    id=st.integers(1).map(str),
    account=_TEXT,
    originator=_TEXT,
    text=_WORD,
    octets=st.none() | st.binary(max_size=9),
    coding=st.sampled_from(get_args(Coding)),
    modem=_TEXT,
    sc_at=st.none() | _MOMENT,
    received_at=_MOMENT,
    part_count=st.integers(1, 255),
    complete=st.booleans(),
    msisdn=_WORD,
    error=_WORD,
)
_CALLS = st.builds(Call, originator=_WORD, at=_MOMENT, modem=_TEXT, kind=st.just("missed"))


@given(_EVENTS)
def test_every_event_is_as_its_schema_says(event: MessageEvent) -> None:
    told = json.loads(event_json(event))
    assert faults("Event", EVENT_ID | told) == []
    assert told == event_object(event)


@given(_RECEIVED, _WORD)
def test_every_received_message_is_as_its_schema_says(message: Inbound, in_reply_to: str | None) -> None:
    assert faults("Received", EVENT_ID | json.loads(event_json(message, in_reply_to))) == []


@given(_CALLS)
def test_every_call_is_as_its_schema_says(call: Call) -> None:
    assert faults("Call", EVENT_ID | json.loads(event_json(call))) == []


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("Event", {"event_id": "17"}),
        ("Event", {"event": "lost"}),
        ("Event", {"parts": None}),
        ("Event", {"error": {"code": "x", "reason": "y"}}),
        ("Event", {"error": None}),
        ("Received", {"parts": 0}),
        ("Received", {"coding": "utf8"}),
        ("Received", {"data": "0"}),
        ("Call", {"from": 5}),
        ("Credit", {"state": "rich"}),
        ("GatewayState", {"state": "ready"}),
        ("ModemState", {"storage": {"used": 1}}),
        ("QuoteResponse", {"data": {"parts": 1}}),
        ("QuoteResponse", {"status": "done"}),
        ("ResetRequest", {"modem": ""}),
        ("OrderRequest", {"credits": 0}),
    ],
)
def test_what_is_wrong_is_seen(name: str, change: dict[str, Any]) -> None:
    assert not VALID[name].is_valid(EXAMPLES[name][0] | change)


def test_times_are_told_in_utc_whatever_zone_they_came_in() -> None:
    there = datetime(2026, 11, 22, 14, 0, 0, 1999, tzinfo=timezone(timedelta(hours=1)))
    assert iso(there) == iso(there.astimezone(UTC)) == "2026-11-22T13:00:00.001+00:00"


@given(st.text(st.characters(), max_size=9), st.integers())
def test_any_text_and_number_can_be_told(text: str, whole: int) -> None:
    told = json.loads(compact_json({"text": text, "whole": whole}).decode())
    assert told == {"text": text.encode("utf-8", "replace").decode(), "whole": whole}


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_field_stands_in_the_page_about_mqtt(name: str) -> None:
    page = (ROOT / "docs" / "mqtt.md").read_text("utf-8")
    words = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"```.*?```|`[^`]+`", page, re.DOTALL))))
    assert set(SCHEMAS[name]["properties"]) - words == set()


@pytest.mark.parametrize(
    ("section", "kind"), [("## Modems", "ModemEvent"), ("## Credits", "AccountEvent"), ("## Requests", "")]
)
def test_every_event_and_verb_stands_in_its_table(section: str, kind: str) -> None:
    page = (ROOT / "docs" / "mqtt.md").read_text("utf-8").partition(section + "\n")[2].partition("\n## ")[0]
    table = re.search(r"^\| (?:event|verb) \|.*\n(?:\|.*\n)+", page, re.MULTILINE)
    assert table
    first = " ".join(line.split("|")[1] for line in table[0].splitlines()[2:])
    wanted = SCHEMAS[kind]["properties"]["event"]["enum"] if kind else VERBS
    assert set(re.findall(r"`(\w+)`", first)) == set(wanted)
