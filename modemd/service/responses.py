"""The answer to a request, written into the outbox of whoever tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from modemd.formats.requestjson import response_json
from modemd.service.outbox import MQTT
from modemd.store import outbox
from modemd.store.times import to_us

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from modemd.errors import Rejected
    from modemd.model import Reply
    from modemd.service.rules import Rules
    from modemd.store.transaction import Tx

COMMAND: Final = "command"
"""A command of another process on this store: it takes its answer from the outbox itself."""
_EVENT: Final = "RESPONSE"


def respond(
    tx: Tx,
    rules: Rules,
    topic: str,
    transaction: Any,
    answer: Mapping[str, Any] | Rejected,
    reply: Reply | None,
    now: datetime,
) -> None:
    """Tell an answer on ``topic``, which is below the prefix, and where the asker wants it besides.

    Without a broker in the configuration, as after a reload, there is nobody to tell it.
    """
    if MQTT not in rules.consumers:
        return
    at_us, body = to_us(now), response_json(transaction, answer)
    expires_us = None if reply is None or reply.expires_at is None else to_us(reply.expires_at)
    correlation = None if reply is None else reply.correlation
    topics = [topic] if reply is None else [topic, f"={reply.topic}"]
    outbox.broadcast(tx, [_notice(MQTT, body, each, at_us, correlation, expires_us) for each in topics])


def hand_over(tx: Tx, ticket: str, answer: Mapping[str, Any] | Rejected, now: datetime) -> None:
    """Lay an answer down for a command that waits for it; ``ticket`` is what it knows it by."""
    outbox.broadcast(tx, [_notice(COMMAND, response_json(None, answer), ticket, to_us(now))])


def _notice(
    consumer: str,
    body: str,
    topic: str,
    at_us: int,
    correlation: bytes | None = None,
    expires_us: int | None = None,
) -> outbox.Notice:
    return {
        "consumer": consumer,
        "event": _EVENT,
        "at": at_us,
        "message_id": None,
        "body": body,
        "topic": topic,
        "correlation": correlation,
        "expires_at": expires_us,
    }
