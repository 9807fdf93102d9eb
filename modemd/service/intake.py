"""Accepting messages: the checks, then one transaction with all that an accepted message consists of."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from modemd.errors import PduError, Rejected
from modemd.gsm.outgoing import Encoded, Outgoing, encode
from modemd.model import MessageState, PartState, Quote, SendRequest
from modemd.service import routing
from modemd.service.numbering import normalise, recipient_key
from modemd.store import outbound
from modemd.store.times import to_us

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from modemd.service.rules import Rules
    from modemd.store.transaction import Tx

DEFAULT_ACCOUNT: Final = "default"
_SHORTEST_VP_S: Final = 300
_LONGEST_VP_S: Final = 63 * 7 * 86400
_TWO_HUNDRED_YEARS_S: Final = 6_311_520_000


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request that passed every check that needs no store."""

    request: SendRequest
    account: str
    outgoing: Outgoing
    encoded: Encoded
    route_key: str
    retries: int
    due_at: datetime | None
    deadline_at: datetime
    digest: bytes | None


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message that is in the store; ``known`` when it was there before (the same ``client_id``)."""

    id: int
    state: MessageState
    parts: int
    known: bool = False


def prepare(request: SendRequest, rules: Rules, now: datetime) -> Prepared:
    """Check a request and encode it.

    Raises:
        Rejected: with one of the contract's codes.
    """
    account = request.account or DEFAULT_ACCOUNT
    _check_account(account, rules)
    if request.channel != "sms":
        raise Rejected("bad_request", f"channel {request.channel!r} is not carried by this gateway")
    destination = normalise(request.to, rules.country, request.type_of_number)
    _check_allowed(destination, account, rules)
    due_at = request.not_before_at if request.not_before_at and request.not_before_at > now else None
    outgoing = _outgoing(request, destination, account, rules)
    return Prepared(
        request=request,
        account=account,
        outgoing=outgoing,
        encoded=_encoded(outgoing, rules),
        route_key=routing.key_for(rules, destination, request.modem),
        retries=rules.sending.retries if request.retries is None else request.retries,
        due_at=due_at,
        deadline_at=_deadline(request, due_at or now, rules, now),
        digest=None if request.client_id is None else _digest(request, destination),
    )


def _check_account(account: str, rules: Rules) -> None:
    if account not in rules.accounts:
        raise Rejected("account_unknown", f"there is no account {account!r}")


def _check_allowed(destination: str, account: str, rules: Rules) -> None:
    allowed = rules.accounts[account].allow
    if allowed and not destination.startswith(tuple(allowed)):
        raise Rejected(
            "not_allowed",
            f"account {account!r} may not send to {destination[:5]}…",
            fail_reason="Destination is not whitelisted",
        )


def _outgoing(request: SendRequest, destination: str, account: str, rules: Rules) -> Outgoing:
    if request.octets is None and not request.text:
        raise Rejected("empty", "there is no text", fail_reason="No text or data")
    validity_s = request.validity_s
    if validity_s is None and request.validity_vp is None:
        validity_s = rules.sending.validity_s
    if validity_s is not None:  # the network knows 5 minutes to 63 weeks; the deadline is kept by us
        validity_s = min(max(validity_s, _SHORTEST_VP_S), _LONGEST_VP_S)
    return Outgoing(
        destination=destination,
        text=request.text if request.octets is None else None,
        octets=request.octets,
        coding=request.coding,
        languages=request.languages or languages_of(rules, account),
        message_class=request.message_class,
        dcs=request.dcs,
        pid=request.pid,
        udh=request.udh,
        ports=request.ports,
        smsc=request.smsc,
        validity_s=validity_s,
        validity_vp=request.validity_vp,
        report=rules.sending.reports if request.report is None else request.report,
        reject_duplicates=request.reject_duplicates,
        reply_path=request.reply_path,
        tp_mr=request.tp_mr or 0,
        concat_bits=request.concat_bits,
        type_of_number=request.type_of_number,
        autosplit=request.autosplit,
    )


def languages_of(rules: Rules, account: str) -> tuple[int, ...]:
    """Return the national language identifiers (3GPP TS 23.038, 6.2.1.2.4) that an account may use."""
    return tuple(_LANGUAGE_IDS[name] for name in rules.accounts[account].languages if name in _LANGUAGE_IDS)


_LANGUAGE_IDS: Final = {
    "tr": 1, "es": 2, "pt": 3, "bn": 4, "gu": 5, "hi": 6, "kn": 7, "ml": 8, "or": 9, "pa": 10, "ta": 11,
    "te": 12, "ur": 13,
}  # fmt: skip


def _encoded(outgoing: Outgoing, rules: Rules) -> Encoded:
    try:
        encoded = encode(outgoing)
    except PduError as error:
        code = "too_long" if "long" in str(error) else "not_encodable"
        raise Rejected(code, str(error), fail_reason="Too long text" if code == "too_long" else "") from error
    if len(encoded.parts) > rules.sending.max_parts:
        raise Rejected(
            "too_long",
            f"the text needs {len(encoded.parts)} parts, and {rules.sending.max_parts} are allowed",
            fail_reason=f"Too long text: {len(encoded.parts)} parts, {rules.sending.max_parts} are allowed",
        )
    return encoded


def _deadline(request: SendRequest, begins_at: datetime, rules: Rules, now: datetime) -> datetime:
    validity_s = rules.sending.validity_s if request.validity_s is None else request.validity_s
    deadline_at = begins_at + timedelta(seconds=min(validity_s, _TWO_HUNDRED_YEARS_S))
    if request.deadline_at is not None:
        deadline_at = min(deadline_at, request.deadline_at)
    if deadline_at <= max(now, begins_at):
        raise Rejected("too_late", "its time is over before it could be sent")
    return deadline_at


def _digest(request: SendRequest, destination: str) -> bytes:
    contents = (destination, request.text, request.octets, request.message_class, request.udh, request.ports)
    return hashlib.blake2b(repr(contents).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def quote(prepared: Prepared) -> Quote:
    """Say what a message would take. Accounts without terms pay nothing: credits are 0."""
    return Quote(len(prepared.encoded.parts), prepared.encoded.coding, 0)


def accept(
    tx: Tx,
    prepared: Sequence[Prepared],
    rules: Rules,
    now: datetime,
    *,
    source: str,
    file_ids: Sequence[int | None] = (),
) -> list[Accepted | Rejected]:
    """Write messages with their parts; the answers come in the order of the requests.

    One refused message (``duplicate_id``) leaves the others alone, so refusals are returned, not raised.
    """
    writer = _Writer(tx, rules, source, to_us(now))
    owners = file_ids or [None] * len(prepared)
    answers = [writer.take(each, file_id) for each, file_id in zip(prepared, owners, strict=True)]
    writer.flush()
    return answers


class _Writer:
    """Gathers the rows of a batch, so that each table is written by one executemany."""

    def __init__(self, tx: Tx, rules: Rules, source: str, now_us: int) -> None:
        self._tx = tx
        self._rules = rules
        self._source = source
        self._now_us = now_us
        self._next_id = outbound.next_message_id(tx)
        self._routes: dict[str, int] = {}
        self._messages: list[dict[str, object]] = []
        self._parts: list[dict[str, object]] = []
        self._met: dict[tuple[str, str], tuple[int, bytes | None, str]] = {}

    def take(self, each: Prepared, file_id: int | None) -> Accepted | Rejected:
        again = self._again(each)
        if again is not None:
            return again
        message_id, self._next_id = self._next_id, self._next_id + 1
        state = MessageState.QUEUED if each.due_at is None else MessageState.SCHEDULED
        if each.request.client_id is not None:
            self._met[each.account, each.request.client_id] = (message_id, each.digest, state)
        route_id = self._route(each.route_key)
        self._messages.append(self._message_row(each, message_id, file_id, state, route_id))
        self._add_parts(each, message_id, route_id)
        return Accepted(message_id, state, len(each.encoded.parts))

    def flush(self) -> None:
        self._tx.many(outbound.INSERT_MESSAGE, self._messages)
        self._tx.many(outbound.INSERT_PART, self._parts)

    def _again(self, each: Prepared) -> Accepted | Rejected | None:
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
            "credits": 0,
            "accepted_at": self._now_us,
            "deadline_at": to_us(each.deadline_at),
            "note": each.request.note,
        }

    def _add_parts(self, each: Prepared, message_id: int, route_id: int) -> None:
        encoded, due = each.encoded, each.due_at
        if len(encoded.parts) > 1:
            concat_ref = outbound.next_concat_ref(self._tx, each.outgoing.destination, self._now_us)
            modulus = 65536 if each.outgoing.concat_bits == 16 else 256
            encoded = encode(replace(each.outgoing, concat_ref=concat_ref % modulus))
        self._parts.extend(
            {
                "message_id": message_id,
                "part_no": part_no,
                "part_count": len(encoded.parts),
                "state": int(PartState.QUEUED if due is None else PartState.SCHEDULED),
                "route_id": route_id,
                "priority": int(each.request.priority),
                "pdu": part.pdu,
                "tpdu_length": part.tpdu_length,
                "recipient": recipient_key(each.outgoing.destination),
                "not_before_at": None if due is None else to_us(due),
            }
            for part_no, part in enumerate(encoded.parts, 1)
        )
