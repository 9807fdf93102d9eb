"""Accepting messages: one transaction with all that an accepted message consists of."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from modemd.errors import Rejected
from modemd.gsm.outgoing import Outgoing, encode
from modemd.gsm.values import value
from modemd.model import MessageState, PartState
from modemd.service import routing
from modemd.service.admission.admission import Admission
from modemd.service.checks import Prepared, prepare, quote
from modemd.service.modems import stickiness, voice
from modemd.service.news import News
from modemd.service.numbering import recipient_key
from modemd.service.outbox import MQTT
from modemd.store import outbound
from modemd.store.times import to_us

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from modemd.model import Reply
    from modemd.service.rules import Rules
    from modemd.store.transaction import Tx

__all__ = ["Accepted", "Prepared", "accept", "prepare", "quote"]


@value(frozen=True, slots=True)
class Accepted:
    """A message that is in the store; ``known`` when it was there before (the same ``client_id``)."""

    id: int
    state: MessageState
    parts: int
    known: bool = False


def accept(
    tx: Tx,
    prepared: Sequence[Prepared],
    rules: Rules,
    now: datetime,
    *,
    source: str,
    file_ids: Sequence[int | None] = (),
    replies: Sequence[Reply | None] = (),
) -> list[Accepted | Rejected]:
    """Write messages with their parts; the answers come in the order of the requests.

    One refused message (``duplicate_id``) leaves the others alone, so refusals are returned, not raised, and
    telling of them is the door's. What is accepted, or known, is told of here, and to ``replies`` too.
    """
    writer = _Writer(tx, rules, source, now, len(prepared))
    nobody = [None] * len(prepared)
    asked = zip(prepared, file_ids or nobody, replies or nobody, strict=True)
    answers = [writer.take(each, file_id, reply) for each, file_id, reply in asked]
    writer.flush()
    return answers


class _Writer:
    """Gathers the rows of a batch, so that each table is written by one executemany."""

    def __init__(self, tx: Tx, rules: Rules, source: str, now: datetime, most: int) -> None:
        self._tx = tx
        self._rules = rules
        self._source = source
        self._now, self._now_us = now, to_us(now)
        self._news = News(now) if MQTT in rules.consumers else None
        self._next_id = outbound.next_message_id(tx, most)
        self._admission = Admission(tx, rules, now)
        self._routes: dict[str, int] = {}
        self._messages: list[dict[str, object]] = []
        self._parts: list[dict[str, object]] = []
        self._met: dict[tuple[str, str], tuple[int, bytes | None, str]] = {}

    def take(self, each: Prepared, file_id: int | None, reply: Reply | None) -> Accepted | Rejected:
        assert each.plan is None, "what has an appointment is not sent as it is: appointments.accept takes it"
        again = self._again(each, reply)
        if again is not None:
            return again
        refusal = self._admission.refusal(each)
        if refusal is None and voice.is_call(each.request, self._rules):
            refusal = voice.refusal(self._tx, self._rules, each.route_key)
        if refusal is not None:
            return refusal
        message_id, self._next_id = self._next_id, self._next_id + 1
        waits = self._admission.admit(each, message_id)
        state = MessageState.QUEUED if each.due_at is None else MessageState.SCHEDULED
        if waits:
            state = MessageState.ACCEPTED
        if each.request.client_id is not None:
            self._met[each.account, each.request.client_id] = (message_id, each.digest, state)
        route_id = self._route(each.route_key)
        self._messages.append(self._message_row(each, message_id, file_id, state, route_id))
        self._add_parts(each, message_id, route_id, waits=waits)
        if self._news is not None:
            self._news.accepted(each, message_id, state, reply)
        return Accepted(message_id, state, len(each.encoded.parts))

    def flush(self) -> None:
        self._tx.many(outbound.INSERT_MESSAGE, self._messages)
        self._tx.many(outbound.INSERT_PART, self._parts)
        self._admission.flush()
        if self._news is not None:
            self._news.write(self._tx)

    def _again(self, each: Prepared, reply: Reply | None) -> Accepted | Rejected | None:
        client_id = each.request.client_id
        if client_id is None:
            return None
        found = self._met.get((each.account, client_id)) or outbound.find_by_client(
            self._tx, each.account, client_id
        )
        if found is None:
            return None
        message_id, digest, state = found
        if digest != each.digest:
            return Rejected("duplicate_id", f"id {client_id!r} was used for another message")
        if self._news is not None:
            self._news.known(self._tx, each, message_id, MessageState(state), reply)
        return Accepted(message_id, MessageState(state), len(each.encoded.parts), known=True)

    def _route(self, key: str) -> int:
        known = self._routes.get(key)
        if known is None:
            known = self._routes[key] = routing.route_id(self._tx, self._rules, key)
        return known

    def _message_row(
        self, each: Prepared, message_id: int, file_id: int | None, state: MessageState, route_id: int
    ) -> dict[str, object]:
        return {
            "id": message_id,
            "account": each.account,
            "client_id": each.request.client_id,
            "digest": each.digest,
            "source": self._source,
            "file_id": file_id,
            "destination": each.outgoing.destination,
            "text": each.request.text,
            "coding": each.encoded.coding,
            "state": state.value,
            "priority": int(each.request.priority),
            "route_id": route_id,
            "report": int(each.outgoing.report),
            "part_count": len(each.encoded.parts),
            "retries": each.retries,
            "credits": 0 if state is MessageState.ACCEPTED else each.credits,
            "accepted_at": self._now_us,
            "deadline_at": to_us(each.deadline_at),
            "note": each.request.note,
            "gateway": self._tx.gateway,
        }

    @staticmethod
    def _wants_number(each: Prepared) -> bool:
        """Whether the service centre is to tell it by its TP-MR from others to this phone (TP-RD)."""
        return each.outgoing.reject_duplicates and each.request.tp_mr is None

    def _numbered(self, each: Prepared) -> Outgoing:
        outgoing, parts = each.outgoing, len(each.encoded.parts)
        if outgoing.reject_duplicates:
            outgoing = replace(outgoing, numbered=True)
        if self._wants_number(each):
            refs = [
                outbound.next_concat_ref(self._tx, outgoing.destination, self._now_us) for _ in range(parts)
            ]
            outgoing = replace(outgoing, tp_mr=refs[0] % 256)
        if parts > 1:
            concat_ref = outbound.next_concat_ref(self._tx, outgoing.destination, self._now_us)
            modulus = 65536 if outgoing.concat_bits == 16 else 256
            outgoing = replace(outgoing, concat_ref=concat_ref % modulus)
        return outgoing

    def _add_parts(self, each: Prepared, message_id: int, route_id: int, *, waits: bool) -> None:
        encoded, due = each.encoded, None if waits else each.due_at
        if len(encoded.parts) > 1 or self._wants_number(each):
            encoded = encode(self._numbered(each))
        recipient = recipient_key(each.outgoing.destination)
        if not waits and due is None:
            route_id = stickiness.route_for(self._tx, self._rules, recipient, route_id, self._now)
        self._parts.extend(
            {
                "message_id": message_id,
                "part_no": part_no,
                "part_count": len(encoded.parts),
                "state": int(PartState.SCHEDULED if waits or due else PartState.QUEUED),
                "route_id": route_id,
                "priority": int(each.request.priority),
                "pdu": part.pdu,
                "tpdu_length": part.tpdu_length,
                "recipient": recipient,
                "not_before_at": None if due is None else to_us(due),
            }
            for part_no, part in enumerate(encoded.parts, 1)
        )
