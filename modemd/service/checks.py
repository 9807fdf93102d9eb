"""The checks that a request has to pass before it may be accepted, and its encoding. They need no store."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from modemd.errors import PduError, Rejected, TooLong
from modemd.gsm.outgoing import Encoded, Outgoing, encode
from modemd.gsm.validity import relative_seconds
from modemd.gsm.values import value
from modemd.model import Quote, SendRequest
from modemd.service import carried, contacts, routing
from modemd.service.admission import quiet
from modemd.service.admission.acceptable import check_destination
from modemd.service.modems import voice
from modemd.service.reminders import reminders

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
    plan: Planned | None = None


@value(frozen=True, slots=True)
class Planned:
    """An appointment's reminders: a message for each of ``leads_s``, or why there can be none.

    ``key`` is the sender's name for it; ``digest`` tells it from the same one at another time or with
    another text.
    """

    key: str | None
    at: datetime
    digest: bytes
    leads_s: tuple[int, ...]
    messages: tuple[Prepared, ...]
    refusal: Rejected | None = None


def prepare(request: SendRequest, rules: Rules, now: datetime) -> Prepared:
    """Check a request and encode it.

    What has an appointment is not to be sent as it is: its ``plan`` holds what is.

    Raises:
        Rejected: with one of the contract's codes.
    """
    if request.appointment_at is not None:
        return _with_plan(request, request.appointment_at, rules, now)
    account = request.account or DEFAULT_ACCOUNT
    _check_account(account, rules)
    is_sms = request.channel == carried.BY_MODEM
    script = voice.script_of(request) if voice.is_call(request, rules) else None
    if not is_sms and script is None:
        carried.check(request, rules)
    destination = contacts.destination_of(request, rules)
    check_destination(destination, account, rules)
    due_at = request.not_before_at if request.not_before_at and request.not_before_at > now else None
    due_at = quiet.until(rules, account, due_at or now) or due_at
    outgoing = _outgoing(request, destination, account, rules)
    if is_sms:
        encoded, route_key = _encoded(outgoing, rules), routing.key_for(rules, destination, request.modem)
    else:
        outgoing = replace(outgoing, report=False, reject_duplicates=False)
        encoded, route_key = carried.as_one_part(), carried.route_key(request.channel)
        if script is not None:
            encoded = voice.as_one_part(destination, script)
            route_key = voice.route_key(script, routing.key_for(rules, destination, request.modem))
    return Prepared(
        request=request,
        account=account,
        outgoing=outgoing,
        encoded=encoded,
        route_key=route_key,
        retries=rules.sending.retries if request.retries is None else request.retries,
        due_at=due_at,
        deadline_at=_deadline(request, due_at or now, rules, now),
        digest=None if request.client_id is None else _digest(request, destination),
        credits=len(encoded.parts) * rules.credits_per_part(account, destination, now),
    )


def _with_plan(request: SendRequest, at: datetime, rules: Rules, now: datetime) -> Prepared:
    """Prepare an appointment: what can be said of it without its times, and a message for each reminder."""
    text = request.text if request.text is None else reminders.filled(request.text, at, rules.zone)
    plain = replace(request, text=text, appointment_at=None, remind_s=None, client_id=None)
    whole = prepare(plain, rules, now)
    account = rules.accounts[whole.account]
    leads_s = account.remind if request.remind_s is None else request.remind_s
    digest = _digest(plain, whole.outgoing.destination, at, tuple(leads_s))
    times: list[reminders.Reminder] = []
    refusal = None
    try:
        quiet = reminders.Hours.of(account.quiet_hours, rules.zone)
        times = reminders.plan(at, leads_s, quiet, now)
    except Rejected as refused:
        refusal = refused
    messages = tuple(_reminder(plain, at, each.due_at, rules, now) for each in times)
    leads = tuple(each.lead_s for each in times)
    planned = Planned(request.client_id, at, digest, leads, messages, refusal)
    due_at = messages[0].due_at if messages else None
    of_each = _digest(plain, whole.outgoing.destination, at)
    return replace(whole, request=request, due_at=due_at, digest=of_each, plan=planned)


def _reminder(
    plain: SendRequest, at: datetime, due_at: datetime | None, rules: Rules, now: datetime
) -> Prepared:
    """One reminder: neither we nor the network may send it when the appointment has begun (L §1.3)."""
    validity_s = rules.sending.validity_s if plain.validity_s is None else plain.validity_s
    if plain.validity_vp is not None:
        validity_s = relative_seconds(plain.validity_vp)
    left_s = max(1, int((at - (due_at or now)).total_seconds()))
    deadline_at = at if plain.deadline_at is None else min(at, plain.deadline_at)
    request = replace(
        plain, not_before_at=due_at, deadline_at=deadline_at, validity_s=min(validity_s, left_s),
        validity_vp=None,
    )  # fmt: skip
    prepared = prepare(request, rules, now)
    return replace(prepared, digest=_digest(request, prepared.outgoing.destination, at))


def _check_account(account: str, rules: Rules) -> None:
    if account not in rules.accounts:
        raise Rejected("account_unknown", f"there is no account {account!r}")


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


def _digest(request: SendRequest, destination: str, *more: object) -> bytes:
    contents = (destination, request.text, request.octets, request.message_class, request.udh, request.ports)
    if request.channel != carried.BY_MODEM:
        more = (*more, request.channel)
    return hashlib.blake2b(repr((*contents, *more)).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def quote(prepared: Prepared) -> Quote:
    """Say what a message would take; an account whose terms charge nothing pays 0 credits."""
    return Quote(len(prepared.encoded.parts), prepared.encoded.coding, prepared.credits)
