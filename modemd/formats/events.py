"""Events and received messages as the contract's JSON objects."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from modemd.model import Call, Inbound, MessageEvent


def iso(moment: datetime) -> str:
    """ISO 8601 with the offset, to the millisecond, in UTC."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def event_object(event: MessageEvent) -> dict[str, Any]:
    """The contract's event; ``error`` stands only where there is trouble."""
    told: dict[str, Any] = {
        "event": event.event.value,
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
    return told


def inbound_object(message: Inbound, in_reply_to: str | None = None) -> dict[str, Any]:
    """A received message; ``data`` is the octets in hexadecimal, where there are some."""
    told: dict[str, Any] = {
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
    if message.error is not None:
        told["error"] = message.error
    return told


def call_object(call: Call) -> dict[str, Any]:
    """A phone call that rang."""
    return {"from": call.originator, "at": iso(call.at), "kind": call.kind}


def event_json(told: MessageEvent | Inbound | Call, in_reply_to: str | None = None) -> bytes:
    """Any of the three as compact UTF-8 JSON."""
    if isinstance(told, MessageEvent):
        made = event_object(told)
    elif isinstance(told, Inbound):
        made = inbound_object(told, in_reply_to)
    else:
        made = call_object(told)
    return json.dumps(made, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
