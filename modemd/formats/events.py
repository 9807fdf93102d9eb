"""Events, received messages and calls as the contract's JSON objects."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from modemd.formats.mms import mms_object
from modemd.formats.payloads import CallBody, EventBody, ReceivedBody
from modemd.model import Call, Inbound, MessageEvent

try:
    import orjson
except ImportError:
    orjson = None  # type: ignore[assignment]  # an extra

_ENCODE: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def iso(moment: datetime) -> str:
    """ISO 8601 with the offset, to the millisecond, in UTC."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="milliseconds")


def event_object(event: MessageEvent) -> EventBody:
    """The contract's event; ``error`` stands only where there is trouble, ``evidence`` after a doubt."""
    told: EventBody = {
        "event": event.event,
        "id": event.id,
        "client_id": event.client_id,
        "account": event.account,
        "to": event.to,
        "at": iso(event.at),
        "parts": event.parts,
        "parts_done": event.parts_done,
        "credits": event.credits,
        "modem": event.modem,
    }
    if event.error is not None:
        told["error"] = {"code": event.error.code, "reason": event.error.reason, "retry": event.error.retry}
    if event.evidence is not None:
        told["evidence"] = event.evidence
    return told


def inbound_object(message: Inbound, in_reply_to: str | None = None) -> ReceivedBody:
    """A received message; ``data`` is the octets in hexadecimal, where there are some."""
    told: ReceivedBody = {
        "id": message.id,
        "from": message.originator,
        "text": message.text,
        "to": message.msisdn,
        "modem": message.modem,
        "sent_at": iso(message.sc_at) if message.sc_at else None,
        "received_at": iso(message.received_at),
        "parts": message.part_count,
        "complete": message.complete,
        "coding": message.coding,
    }
    if in_reply_to is not None:
        told["in_reply_to"] = in_reply_to
    if message.octets is not None:
        told["data"] = message.octets.hex()
    if message.mms is not None:
        told["mms"] = mms_object(message.mms)
    if message.error is not None:
        told["error"] = message.error
    return told


def call_object(call: Call) -> CallBody:
    """A phone call that rang."""
    return {"from": call.originator, "at": iso(call.at), "kind": call.kind}


def event_json(told: MessageEvent | Inbound | Call, in_reply_to: str | None = None) -> bytes:
    """Any of the three as compact UTF-8 JSON."""
    if isinstance(told, MessageEvent):
        return compact_json(event_object(told))
    if isinstance(told, Inbound):
        return compact_json(inbound_object(told, in_reply_to))
    return compact_json(call_object(told))


def compact_json(told: Mapping[str, Any]) -> bytes:
    """An object as UTF-8 JSON without spaces; what is no character in a text becomes ``?``."""
    if orjson is not None:
        try:
            return orjson.dumps(told)
        except orjson.JSONEncodeError:
            pass  # half of a surrogate pair, or a whole number of more than 64 bits
    return _ENCODE(told).encode("utf-8", "replace")
