"""Requests are read as their schemas say, and every response is as its own schema says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modemd.formats.channels import CHANNELS
from modemd.formats.payloads_examples import EXAMPLES
from modemd.service import requests
from modemd.service.outbox import MQTT
from modemd.service.requests import answer
from modemd.store import outbox
from tests.formats.checking import SCHEMAS, VALID, faults_on
from tests.service.office import Office, rules_of

if TYPE_CHECKING:
    from pathlib import Path

VERBS = ("quote", "cancel", "balance", "order", "ussd", "pause", "resume", "reset")
TYPES: list[Any] = ["x", 7, -1, 5.5, True, False, None, [], [7], {}, {"a": 1}, "x" * 256]


def test_every_verb_has_its_channels() -> None:
    topics = {each.topic for each in CHANNELS}
    for way in ("request", "response"):
        assert {f"{way}/{verb}" for verb in requests._VERBS} <= topics
        assert {f"{way}/{verb}/{{account}}" for verb in requests._ACCOUNTS_OWN} <= topics
    assert set(VERBS) == set(requests._VERBS)


def _office(folder: Path) -> Office:
    return Office(folder, rules_of(accounts={"clinic": {}}))


def _ask(office: Office, path: str, octets: bytes) -> list[tuple[str, dict[str, Any]]]:
    """What was told because of a request, each with its topic; what modems are asked is told later."""
    verb, _, account = path.partition("/")

    def job(tx: Any) -> list[outbox.Untold]:
        behind = max((row.id for row in outbox.untold(tx, MQTT, 0, 10_000)), default=0)
        answer(tx, verb, account or None, octets, office.rules, office.now)
        return outbox.untold(tx, MQTT, behind, 10)

    told = []
    for row in office.run(job):
        body = {"event_id": f"00000000-{row.id}"} | json.loads(row.body or "")
        told.append((f"modemd/{row.topic}", body))
    return told


def _faults(told: list[tuple[str, dict[str, Any]]]) -> list[str]:
    return [fault for topic, body in told for fault in faults_on(topic, json.dumps(body).encode())]


@pytest.mark.parametrize("verb", VERBS)
def test_what_the_schema_refuses_is_refused_and_the_field_is_named(tmp_path: Path, verb: str) -> None:
    office, name = _office(tmp_path), f"{verb.capitalize()}Request"
    good = EXAMPLES[name][0]
    wrong = []
    for field in SCHEMAS[name]["properties"]:
        for value in TYPES:
            spelt = {"number": "to", "body": "text", "message": "text", "data": "text"}.get(field, field)
            payload = {key: given for key, given in good.items() if key != spelt} | {field: value}
            told = _ask(office, verb, json.dumps(payload).encode())
            assert _faults(told) == [], payload
            reasons = [body["error"]["reason"] for _, body in told if body["error"]]
            if not VALID[name].is_valid(payload) and not any(
                reason.startswith((f"{spelt}:", f"{field}:")) for reason in reasons
            ):
                wrong.append((field, value, reasons))
    assert wrong == []


@pytest.mark.parametrize("path", [*VERBS, "quote/clinic", "cancel/clinic", "balance/clinic", "order/clinic"])
def test_the_examples_are_done_or_refused_as_the_schemas_say(tmp_path: Path, path: str) -> None:
    office = _office(tmp_path)
    office.send("to be cancelled", client_id="order-12", account="clinic")
    for example in EXAMPLES[f"{path.partition('/')[0].capitalize()}Request"]:
        told = _ask(office, path, json.dumps(example).encode())
        assert _faults(told) == []
        assert [body["transaction"] for topic, body in told if "/response/" in topic] in (
            [example["transaction"]],
            [],
        )
        assert told or path in {"ussd", "reset"}


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
_NAMES = ("transaction", "to", "text", "id", "client_id", "account", "credits", "modem", "code", "timeout")


def test_every_response_is_as_documented(tmp_path: Path) -> None:
    office = _office(tmp_path)

    @given(
        st.sampled_from([*VERBS, "dance", "quote/clinic", "ussd/clinic", "balance/nobody"]),
        st.dictionaries(st.sampled_from(_NAMES), _JSON, max_size=5).map(json.dumps).map(str.encode)
        | st.binary(max_size=20),
    )
    def hold(path: str, octets: bytes) -> None:
        told = _ask(office, path, octets)
        assert _faults(told) == []
        assert len([topic for topic, _ in told if "/response/" in topic]) == 1

    hold()
