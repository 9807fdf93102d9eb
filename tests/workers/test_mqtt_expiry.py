"""What had waited here before it was read has lived meanwhile."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import UTC, timedelta

import pytest

from modemd.config.mqtt import MqttConfig
from modemd.workers.broker_settings import Arrival
from modemd.workers.mqtt_reading import Reader
from tests.service.office import START, TO, rules_of

READER = Reader(MqttConfig(), rules_of(), UTC, START)


def waited(for_s: float, expiry_s: int | None) -> Arrival:
    payload = json.dumps({"to": TO, "text": "x"}).encode()
    return Arrival(
        "modemd/send", payload, 1, 1, False, False, "back",
        expiry_s=expiry_s, came_at=time.monotonic() - for_s,
    )  # fmt: skip


@pytest.mark.parametrize(("for_s", "left_s"), [(0, 60), (40.5, 20), (59.5, 1)])
def test_what_is_left_of_a_publish_is_the_messages_deadline(for_s: float, left_s: int) -> None:
    made = asyncio.run(READER.read(waited(for_s, 60)))
    [one] = made.prepared
    assert one.deadline_at == START + timedelta(seconds=left_s)
    assert made.reply is not None
    assert made.reply.expires_at == START + timedelta(seconds=left_s)


def test_what_is_over_is_refused() -> None:
    made = asyncio.run(READER.read(waited(600, 60)))
    assert [event.error.code for event in made.refused if event.error is not None] == ["too_late"]
    assert made.prepared == []


def test_what_has_no_end_may_wait() -> None:
    assert len(asyncio.run(READER.read(waited(600, None))).prepared) == 1
