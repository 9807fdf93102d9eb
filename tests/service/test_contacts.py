"""Names that stand for phone numbers, in everything that is written as JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from modemd.config import parse
from modemd.errors import Rejected
from modemd.formats.sendjson import read_send
from modemd.formats.spoolfile import finished
from modemd.model import MessageEvent, MessageState, OutboundResult
from modemd.service import intake
from modemd.service.rules import Rules

if TYPE_CHECKING:
    from collections.abc import Sequence

NOW = datetime(2026, 11, 22, 14, 30, tzinfo=UTC)
RULES = Rules.of(
    parse(
        "gateway: {name: gw1, country: BE}\n"
        'contacts: {nurse: "+32475000001", Night: ["+32475000002", "0475000003"]}'
    )
)


def _asked(to: object, **more: object) -> list[tuple[str, str | None]]:
    payload = json.dumps({"to": to, "text": "Hello", **more}).encode()
    requests = read_send(payload, UTC, RULES.contacts).requests
    prepared = [intake.prepare(request, RULES, NOW) for request in requests]
    return [(each.outgoing.destination, each.request.client_id) for each in prepared]


@pytest.mark.parametrize(
    ("to", "numbers"),
    [
        ("nurse", ["+32475000001"]),
        ("Night", ["+32475000002", "+32475000003"]),
        (["nurse", "Night"], ["+32475000001", "+32475000002", "+32475000003"]),
        ("nurse; +32475000009", ["+32475000001", "+32475000009"]),
        (["nurse", "+32475000001"], ["+32475000001"]),
        ("+32475000009", ["+32475000009"]),
    ],
)
def test_a_contact_is_its_numbers(to: object, numbers: Sequence[str]) -> None:
    assert [number for number, _ in _asked(to)] == numbers


def test_the_id_is_that_of_the_message_or_has_its_number() -> None:
    assert _asked("nurse", id="a") == [("+32475000001", "a")]
    assert _asked("Night", id="a") == [("+32475000002", "a/+32475000002"), ("+32475000003", "a/0475000003")]


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ("nures", "'nures' is no phone number and no contact; did you mean 'nurse'?"),
        ("night", "'night' is no phone number and no contact; did you mean 'Night'?"),
        ("doctor", "'doctor' is no phone number and no contact; no name in contacts: is like it"),
        ("+", "'+' is no phone number"),
    ],
)
def test_a_name_that_is_none_is_said(to: str, said: str) -> None:
    with pytest.raises(Rejected) as refused:
        _asked(to)
    assert refused.value.code == "bad_number"
    assert refused.value.reason == said


def test_without_contacts_a_name_is_no_phone_number_as_ever() -> None:
    rules = Rules.of(parse("gateway: {name: gw1}"))
    with pytest.raises(Rejected, match=r"'nurse' is no phone number$"):
        intake.prepare(read_send(b'{"to": "nurse", "text": "Hi"}', UTC).requests[0], rules, NOW)


def test_the_results_of_a_file_stand_in_the_object_of_their_contact() -> None:
    dropped = json.dumps([{"to": "Night", "text": "a"}, {"to": "nurse", "text": "b"}]).encode()
    results = [_result(number) for number, _ in [*_asked("Night"), *_asked("nurse")]]
    told: list[dict[str, Any]] = json.loads(finished("json", dropped, results, contacts=RULES.contacts))
    assert [each["to"] for each in told[0]["result"]] == ["+32475000002", "+32475000003"]
    assert told[1]["result"]["to"] == "+32475000001"


def _result(number: str) -> OutboundResult:
    event = MessageEvent(
        event=MessageState.SENT, id="1", client_id=None, account="default", to=number, at=NOW
    )
    return OutboundResult(event=event, sent_at=NOW, ended_at=NOW + timedelta(seconds=1))
