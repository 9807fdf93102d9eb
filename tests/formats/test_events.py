"""Events, received messages and calls as the contract's JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

from modemd.formats.events import event_json, event_object
from modemd.model import Call, Inbound
from tests.formats.made import FAILED, NOW, SENT
from tests.house import ROOT


def test_an_event_has_the_contracts_fields() -> None:
    assert event_object(SENT.event) == {
        "event": "sent",
        "id": "m1",
        "client_id": None,
        "account": "default",
        "to": "+32475123456",
        "at": "2026-11-22T13:14:49.000+00:00",
        "parts": 2,
        "parts_done": 2,
        "credits": 0,
        "modem": "GSM1",
    }


def test_trouble_is_told_in_error() -> None:
    told = json.loads(event_json(FAILED.event))
    assert told["error"] == {
        "code": "network",
        "reason": "+CMS ERROR: 38 (Network out of order)",
        "retry": False,
    }


def test_a_received_message_has_the_contracts_fields() -> None:
    message = Inbound(
        id="i1",
        account="default",
        originator="+32475123456",
        text="héllo",
        coding="gsm7",
        modem="GSM1",
        sc_at=NOW,
        received_at=NOW,
        msisdn="+32475000001",
    )
    assert json.loads(event_json(message)) == {
        "id": "i1",
        "from": "+32475123456",
        "text": "héllo",
        "to": "+32475000001",
        "modem": "GSM1",
        "sent_at": "2026-11-22T13:14:49.000+00:00",
        "received_at": "2026-11-22T13:14:49.000+00:00",
        "parts": 1,
        "complete": True,
        "coding": "gsm7",
    }
    answered = json.loads(event_json(replace(message, text=None, octets=b"\0\xff"), in_reply_to="m1"))
    assert (answered["text"], answered["data"], answered["in_reply_to"]) == (None, "00ff", "m1")


def test_a_text_with_half_of_a_surrogate_pair_is_still_utf8() -> None:
    call = Call(originator="\ud83d", at=NOW, modem="GSM1")
    assert json.loads(event_json(call).decode())["from"] == "?"


def test_without_the_quick_library_the_octets_are_the_same() -> None:
    code = (
        "import sys; sys.modules['orjson'] = None\n"
        "from modemd.formats import events; from tests.formats.made import FAILED\n"
        "assert events.orjson is None\n"
        "sys.stdout.buffer.write(events.event_json(FAILED.event))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, cwd=ROOT)
    assert told.stdout == event_json(FAILED.event)
