"""What is made of an arrival, before any store is asked."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import UTC
from typing import Any

import pytest

from modemd.config.mqtt import MqttConfig
from modemd.workers.broker_settings import Arrival
from modemd.workers.mqtt_reading import LARGEST, Read, Reader
from tests.service.office import START, TO, rules_of


def reader(**accounts: Any) -> Reader:
    return Reader(MqttConfig(), rules_of(accounts={"clinic": {}, **accounts}), UTC, START)


def arrival(payload: object, topic: str = "modemd/send", **more: Any) -> Arrival:
    octets = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    known: dict[str, Any] = {"mid": 1, "qos": 1, "dup": False, "retain": False}
    return Arrival(topic, octets, **(known | more))


def read(came: Arrival, **accounts: Any) -> Read:
    return asyncio.run(reader(**accounts).read(came))


@pytest.mark.parametrize(
    ("topic", "asked"),
    [
        ("modemd/send", ("send", None, None)),
        ("modemd/send/clinic", ("send", None, "clinic")),
        ("modemd/request/quote", ("request", "quote", None)),
        ("modemd/request/quote/clinic", ("request", "quote", "clinic")),
        ("modemd/send/a/b", None),
        ("modemd/request/a/b/c", None),
        ("other/send", None),
        ("modemd", None),
    ],
)
def test_what_a_topic_asks(topic: str, asked: object) -> None:
    assert reader().topic(arrival(b"", topic)) == asked


def test_the_topics_account_wins() -> None:
    made = read(arrival({"to": TO, "text": "x", "account": "other"}, "modemd/send/clinic"))
    assert [each.account for each in made.prepared] == ["clinic"]


@pytest.mark.parametrize(
    ("payload", "topic", "code", "account", "word"),
    [
        (b"\xff", "modemd/send", "bad_request", "default", "UTF-8"),
        (b"[]", "modemd/send/clinic", "bad_request", "clinic", "empty"),
        ({"text": "x", "account": "clinic"}, "modemd/send", "bad_request", "clinic", "to:"),
        ({"text": "x", "account": "../#"}, "modemd/send", "bad_request", "default", "to:"),
        ({"to": TO, "text": "x"}, "modemd/send/nobody", "account_unknown", "nobody", "nobody"),
        (b"x" * (LARGEST + 1), "modemd/send", "bad_request", "default", "payload:"),
    ],
)
def test_what_is_refused_names_what_is_wrong(
    payload: object, topic: str, code: str, account: str, word: str
) -> None:
    [event] = read(arrival(payload, topic)).refused
    assert event.error is not None
    assert (event.error.code, event.account) == (code, account)
    assert word in event.error.reason


def test_one_recipient_of_several_is_refused_by_itself() -> None:
    made = read(arrival({"to": [TO, "+32x"], "text": "x", "id": "m"}))
    assert [each.request.client_id for each in made.prepared] == [f"m/{TO}"]
    assert [(each.client_id, each.to) for each in made.refused] == [("m/+32x", "+32x")]


@pytest.mark.parametrize(("client_id", "known_again"), [("m", False), (None, True)])
def test_a_packet_is_noted_where_nothing_else_tells_that_it_came_before(
    client_id: str | None, known_again: bool
) -> None:
    made = read(arrival({"to": TO, "text": "x", "id": client_id}))
    assert (made.digest is not None) == known_again


def test_a_message_ends_with_its_publish() -> None:
    [prepared] = read(arrival({"to": TO, "text": "x", "validity": "1h"}, expiry_s=60)).prepared
    assert (prepared.deadline_at - START).total_seconds() == 60
    [prepared] = read(arrival({"to": TO, "text": "x", "validity": "30s"}, expiry_s=60)).prepared
    assert (prepared.deadline_at - START).total_seconds() == 30


@pytest.mark.parametrize(
    ("topic", "allowed"),
    [
        ("clients/7/answers", True),
        ("modemd/response/quote", True),
        ("modemd/send", False),
        ("modemd/status/clinic", False),
        ("modemd", False),
        ("modemdx/answers", True),
        ("homeassistant/sensor/x/config", False),
        ("$SYS/x", False),
        ("a/+/b", False),
        ("a/#", False),
        ("", False),
        ("x" * 70_000, False),
    ],
)
def test_where_answers_may_go(topic: str, allowed: bool) -> None:
    made = reader().reply(arrival(b"{}", response_topic=topic, correlation=b"c"))
    assert (made is not None) == allowed
    assert made is None or (made.topic, made.correlation) == (topic, b"c")


def test_a_request_whose_time_is_over_is_not_carried_out() -> None:
    long_ago = time.monotonic() - 61
    made = read(arrival({"modem": "gsm1"}, "modemd/request/pause", expiry_s=60, came_at=long_ago))
    assert [event.error.code for event in made.refused if event.error] == ["too_late"]
    assert read(arrival({"modem": "gsm1"}, "modemd/request/pause", expiry_s=60)).refused == []
