"""Who is told of what: one row of the outbox for each consumer that an event concerns.

The spool is told of results, and looks up what it writes. The broker is told of every state, with the payload
as it was then: later states may not change what an event says.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from modemd.formats.events import event_json
from modemd.model import MessageState
from modemd.service.numbering import recipient_key
from modemd.service.told import inbound_value, message_event
from modemd.store import conversation, modems, outbox
from modemd.store.times import from_us, to_us

if TYPE_CHECKING:
    from modemd.model import Call, Evidence, MessageEvent, Reply, Trouble
    from modemd.service.rules import Rules
    from modemd.store.outbound import MessageRow
    from modemd.store.outbox import Notice
    from modemd.store.transaction import Tx

SPOOL: Final = "spool"
MQTT: Final = "mqtt"

CONVERSATION: Final = timedelta(days=30)
"""What a phone sends within this is taken for an answer to the last message that it was sent."""

_CONVERSATION_US: Final = CONVERSATION // timedelta(microseconds=1)
_FIRST_HAND: Final = frozenset({SPOOL})
"""Those who are told by the store; hooks are called with a file, so the spool tells them once it is there."""

_RESULTS: Final = {
    MessageState.SENT: "SENT",
    MessageState.FAILED: "FAILED",
    MessageState.EXPIRED: "FAILED",
    MessageState.CANCELLED: "FAILED",
}
"""States that give a dropped file its result. A message that was ``sent`` keeps its place in ``sent/``."""


def announce(
    tx: Tx,
    rules: Rules,
    row: MessageRow,
    at_us: int,
    *,
    trouble: Trouble | None = None,
    evidence: Evidence | None = None,
) -> None:
    """Tell of the state that an outbound message now has; ``trouble`` stands in for what the row says.

    ``evidence`` is what settled a doubt, where that brought it there.
    """
    if MQTT in rules.consumers:
        announce_state(tx, row, at_us, trouble=trouble, evidence=evidence)
    if row.file_id is None or SPOOL not in rules.consumers:
        return
    result = _RESULTS.get(MessageState(row.state))
    if row.state == MessageState.EXPIRED and row.parts_done == row.part_count:
        result = None  # in the network's hands: it was told as sent
    if result is not None:
        outbox.add(tx, SPOOL, result, at_us, message_id=row.id)


def announce_state(
    tx: Tx,
    row: MessageRow,
    at_us: int,
    *,
    trouble: Trouble | None = None,
    evidence: Evidence | None = None,
    reply: Reply | None = None,
) -> None:
    """Tell the broker, and who asked, of a message's state."""
    event = message_event(row, from_us(at_us), evidence)
    if trouble is not None:
        event = replace(event, error=trouble)
    outbox.broadcast(tx, notices_of(event, at_us, row.id, reply))


def announce_rejected(tx: Tx, rules: Rules, event: MessageEvent, at_us: int, reply: Reply | None) -> None:
    """Tell of a request that was not accepted; it has no id."""
    if MQTT in rules.consumers:
        outbox.broadcast(tx, notices_of(event, at_us, None, reply))


def notices_of(
    event: MessageEvent, at_us: int, message_id: int | None, reply: Reply | None = None
) -> list[Notice]:
    """Return the rows that tell of an event: one for everybody, and one for who asked."""
    body = event_json(event).decode()
    told = [notice(event.event, f"status/{event.account}", body, at_us, message_id)]
    if reply is not None:
        told.append(_answer(event.event, body, at_us, message_id, reply))
    return told


def notice(
    event: str, topic: str, body: str, at_us: int, message_id: int | None = None, *, consumer: str = MQTT
) -> Notice:
    """Return the row that tells a consumer of an event; a broker's ``topic`` stands below its prefix."""
    return {
        "consumer": consumer,
        "event": event,
        "at": at_us,
        "message_id": message_id,
        "body": body,
        "topic": topic,
        "correlation": None,
        "expires_at": None,
    }


def _answer(event: str, body: str, at_us: int, message_id: int | None, reply: Reply) -> Notice:
    told = notice(event, f"={reply.topic}", body, at_us, message_id)
    told["correlation"] = reply.correlation
    told["expires_at"] = None if reply.expires_at is None else to_us(reply.expires_at)
    return told


def announce_inbound(tx: Tx, rules: Rules, inbound_id: int, at_us: int) -> None:
    """Tell of a received message."""
    for consumer in rules.consumers & _FIRST_HAND:
        outbox.add(tx, consumer, "RECEIVED", at_us, inbound_id=inbound_id)
    if MQTT in rules.consumers:
        _tell_received(tx, rules, inbound_id, at_us)


def _tell_received(tx: Tx, rules: Rules, inbound_id: int, at_us: int) -> None:
    facts = {str(each["name"]): each for each in modems.all_modems(tx) if each["gateway"] == rules.gateway}
    received = inbound_value(tx, inbound_id, facts)
    assert received is not None, "it was written just now"
    answered = conversation.last(
        tx, received.account, recipient_key(received.originator), at_us - _CONVERSATION_US
    )
    in_reply_to = None if answered is None else str(answered)
    body = event_json(received, in_reply_to).decode()
    outbox.broadcast(tx, [notice("received", f"received/{received.account}", body, at_us)])


def announce_report(tx: Tx, rules: Rules, report_id: int, message_id: int | None, at_us: int) -> None:
    """Tell of a status report, matched or not."""
    for consumer in rules.consumers & _FIRST_HAND:
        outbox.add(tx, consumer, "REPORT", at_us, report_id=report_id, message_id=message_id)


def announce_call(tx: Tx, rules: Rules, call: Call) -> None:
    """Tell of a phone call."""
    at_us = to_us(call.at)
    for consumer in rules.consumers & _FIRST_HAND:
        body = {
            "from": call.originator,
            "toa": call.originator_toa,
            "modem": call.modem,
            "at": call.at.isoformat(),
            "kind": call.kind,
        }
        outbox.add(tx, consumer, "CALL", at_us, body=json.dumps(body))
    if MQTT in rules.consumers:
        body_told = event_json(call).decode()
        outbox.broadcast(tx, [notice("call", f"call/{call.modem}", body_told, at_us)])
