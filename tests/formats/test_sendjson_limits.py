"""What one payload may ask for: no publish holds up the others for long."""

from __future__ import annotations

import json
from datetime import UTC
from typing import Any

import pytest

from modemd.errors import Rejected
from modemd.formats.sendjson import MAX_CHARACTERS, MAX_MESSAGES, read_send

TO = [f"+3247{place:07}" for place in range(MAX_MESSAGES + 1)]


def count(payload: Any) -> int:
    return len(read_send(json.dumps(payload).encode(), UTC).requests)


def test_as_many_as_are_allowed() -> None:
    assert count({"to": TO[:-1], "text": "x" * (MAX_CHARACTERS // MAX_MESSAGES)}) == MAX_MESSAGES
    assert count({"to": "a;" * 500_000, "text": "x"}) == 1


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ({"to": TO, "text": "x"}, f"to: more than {MAX_MESSAGES} messages at once"),
        ({"to": ",".join(map(str, range(500_000))), "text": "x"}, f"to: more than {MAX_MESSAGES} messages"),
        ([{"to": TO[:6000], "text": "x"}] * 2, f"to: more than {MAX_MESSAGES} messages at once"),
        ({"to": TO[:-1], "text": "x" * 2001}, f"text: more than {MAX_CHARACTERS} characters"),
        ([{"to": TO[:5000], "data": "00" * 2001}] * 2, f"text: more than {MAX_CHARACTERS} characters"),
    ],
)
def test_more_is_refused_before_anything_is_made_of_it(payload: Any, reason: str) -> None:
    with pytest.raises(Rejected) as refused:
        count(payload)
    assert refused.value.code == "bad_request"
    assert reason in refused.value.reason
