"""Results written back into a JSON file: the same object or objects, each with ``result``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from modemd.errors import Rejected
from modemd.formats.events import event_object, iso
from modemd.formats.sendfields import recipients
from modemd.formats.sendjson import parse_json
from modemd.model import OutboundResult


def finished_json(original: bytes, results: Sequence[OutboundResult]) -> bytes:
    """The file with a ``result`` in each object: an object for one recipient, a list for several."""
    try:
        parsed = parse_json(original)
    except Rejected:
        return original
    rest = list(results)
    for payload in parsed if isinstance(parsed, list) else [parsed]:
        if isinstance(payload, dict):
            count = _count(payload)
            payload["result"] = _told(rest[:count], count)
            del rest[:count]
    # Half a surrogate pair can stand in a field that nobody reads; ASCII escapes write it as it came.
    text = json.dumps(parsed, ensure_ascii=False, indent=2)
    return (text if _is_unicode(text) else json.dumps(parsed, indent=2)).encode() + b"\n"


def result_object(result: OutboundResult) -> dict[str, Any]:
    """An event, and what is known of how it came about."""
    told = event_object(result.event)
    more = {
        "sent_at": iso(result.sent_at) if result.sent_at else None,
        "sending_time_s": result.sending_time_s or None,
        "message_ids": list(result.tp_mrs) or None,
        "fail_reason": result.fail_reason,
        "number": result.msisdn,
        "imsi": result.imsi,
        "imei": result.imei,
        "pdus": list(result.pdus) or None,
    }
    return told | {name: value for name, value in more.items() if value is not None}


def _count(payload: dict[str, Any]) -> int:
    try:
        return len(recipients(payload))
    except Rejected:
        return 1


def _told(results: Sequence[OutboundResult], count: int) -> Any:
    told = [result_object(result) for result in results]
    return told if count > 1 else (told[0] if told else None)


def _is_unicode(text: str) -> bool:
    return all(not "\ud800" <= character <= "\udfff" for character in text)
