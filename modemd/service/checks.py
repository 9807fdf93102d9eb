"""The checks that a request has to pass before it may be accepted, and its encoding. They need no store."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from modemd.errors import PduError, Rejected, TooLong
from modemd.gsm.outgoing import Encoded, Outgoing, encode
from modemd.gsm.values import value
from modemd.model import Quote, SendRequest
from modemd.service import contacts, routing

if TYPE_CHECKING:
    from datetime import datetime

    from modemd.service.rules import Rules

DEFAULT_ACCOUNT: Final = "default"
_SHORTEST_VP_S: Final = 300
_LONGEST_VP_S: Final = 63 * 7 * 86400
_TWO_HUNDRED_YEARS_S: Final = 6_311_520_000


@value(frozen=True, slots=True)
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
    credits: int = 0


def prepare(request: SendRequest, rules: Rules, now: datetime) -> Prepared:
    """Check a request and encode it.

    Raises:
        Rejected: with one of the contract's codes.
    """
    account = request.account or DEFAULT_ACCOUNT
    _check_account(account, rules)
    if request.channel != "sms":
        raise Rejected("bad_request", f"channel {request.channel!r} is not carried by this gateway")
    destination = contacts.destination_of(request, rules)
    _check_allowed(destination, account, rules)
    due_at = request.not_before_at if request.not_before_at and request.not_before_at > now else None
    outgoing = _outgoing(request, destination, account, rules)
    encoded = _encoded(outgoing, rules)
    return Prepared(
        request=request,
        account=account,
        outgoing=outgoing,
        encoded=encoded,
        route_key=routing.key_for(rules, destination, request.modem),
        retries=rules.sending.retries if request.retries is None else request.retries,
        due_at=due_at,
        deadline_at=_deadline(request, due_at or now, rules, now),
        digest=None if request.client_id is None else _digest(request, destination),
        credits=len(encoded.parts) * rules.credits_per_part(account, destination, now),
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
        languages=request.languages or rules.accounts[account].language_ids,
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


def _encoded(outgoing: Outgoing, rules: Rules) -> Encoded:
    try:
        encoded = encode(outgoing)
    except TooLong as error:
        raise Rejected("too_long", str(error), fail_reason="Too long text") from error
    except PduError as error:
        raise Rejected("not_encodable", str(error)) from error
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
    """Say what a message would take; an account whose terms charge nothing pays 0 credits."""
    return Quote(len(prepared.encoded.parts), prepared.encoded.coding, prepared.credits)
