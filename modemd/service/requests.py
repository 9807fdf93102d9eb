"""What the outside asks of the gateway by a verb: each request gets one response, whatever it holds.

The operator may ask everything. An account that asks for itself, on a topic of its own, sees and touches its
own messages and credits only; which topics it can publish to is the broker's to say.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Final

from modemd.errors import Rejected
from modemd.formats.events import event_object
from modemd.formats.requestjson import read_request
from modemd.formats.sendjson import read_send
from modemd.service import orders
from modemd.service.checks import prepare, quote
from modemd.service.credits import credit_requests
from modemd.service.modems import modem_requests
from modemd.service.reminders import appointments
from modemd.service.request import Asked, Told, Verb, Wake, account_meant, topic_of
from modemd.service.responses import respond
from modemd.service.told import message_event
from modemd.store import outbound

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modemd.model import Reply, SendRequest
    from modemd.service.rules import Rules
    from modemd.store.transaction import Tx

__all__ = ["MOST_QUOTED", "VERBS", "Wake", "answer"]

MOST_QUOTED: Final = 1000
"""Recipients of one quote: they are encoded while the store's other jobs wait."""
_CHARACTERS_QUOTED: Final = 1_000_000
"""Of its text, counted for each recipient, for the same reason."""
_LARGEST_ID: Final = 2**63 - 1


def answer(
    tx: Tx,
    verb: str,
    account: str | None,
    octets: bytes,
    rules: Rules,
    now: datetime,
    reply: Reply | None = None,
    *,
    zone: tzinfo = UTC,
) -> Wake:
    """Do what is asked, and write the response, or note whom it is to come from later.

    Args:
        tx: the transaction that all of it becomes.
        verb: the request topic's, whatever it is.
        account: the request topic's where it names one: whose request it is; ``None``: the operator's.
        octets: the payload as it came.
        rules: the rules in force.
        now: aware.
        reply: where the response goes besides ``response/<verb>[/<account>]``.
        zone: where times without an offset are meant.
    """
    transaction = None
    try:
        fields = read_request(octets)
        transaction = fields.transaction()
        told, wake = _do(tx, Asked(verb, account, fields, octets, reply, zone), rules, now)
    except Rejected as refused:
        told, wake = refused, Wake()
    if told is not None:
        respond(tx, rules, topic_of(verb, account), transaction, told, reply, now)
    return wake


def _do(tx: Tx, asked: Asked, rules: Rules, now: datetime) -> tuple[Told | Rejected, Wake]:
    if asked.account is not None and asked.account not in rules.accounts:
        raise Rejected("account_unknown", f"there is no account {asked.account[:80]!r}")
    allowed = _VERBS if asked.account is None else {verb: _VERBS[verb] for verb in _ACCOUNTS_OWN}
    do = allowed.get(asked.verb)
    if do is not None:
        return do(tx, asked, rules, now)
    if asked.verb in _VERBS:
        raise Rejected(
            "not_allowed", f"{asked.verb} is the operator's; an account may ask {_listed(allowed)}"
        )
    raise Rejected("bad_request", f"there is no verb {asked.verb[:80]!r}; there are {_listed(allowed)}")


def _listed(verbs: Mapping[str, object]) -> str:
    return ", ".join(verbs)


def _quote(tx: Tx, asked: Asked, rules: Rules, now: datetime) -> tuple[Told, Wake]:
    """Say what a message would take: parts and credits of all its recipients together."""
    requests = read_send(asked.octets, asked.zone, rules.contacts).requests
    if len(requests) > MOST_QUOTED:
        raise Rejected("bad_request", f"to: a quote is for {MOST_QUOTED} recipients at most")
    if sum(len(each.text or "") + len(each.octets or b"") for each in requests) > _CHARACTERS_QUOTED:
        raise Rejected(
            "bad_request", f"text: a quote is for {_CHARACTERS_QUOTED} characters, counted for each recipient"
        )
    prepared = [prepare(_own(each, asked), rules, now) for each in requests]
    quotes = [quote(each) for each in prepared]
    recipients = [each.outgoing.destination for each in prepared]
    credits_ = sum(each.credits for each in quotes)
    return {
        "parts": sum(each.parts for each in quotes),
        "coding": quotes[0].coding,
        "credits": credits_,
        "to": recipients[0] if len(recipients) == 1 else recipients,
        **credit_requests.covered(tx, rules, prepared[0].account, credits_),
    }, Wake()


def _own(request: SendRequest, asked: Asked) -> SendRequest:
    return request if asked.account is None else replace(request, account=asked.account)


def _cancel(tx: Tx, asked: Asked, rules: Rules, now: datetime) -> tuple[Told, Wake]:
    """End what no modem holds of a message, or of all reminders of an appointment."""
    message_id = asked.fields.whole("id", 1, _LARGEST_ID)
    name = asked.fields.word("client_id")
    if message_id is not None:
        found = outbound.find_message(tx, message_id)
        if found is None or asked.account not in {None, found.account}:  # another's is as good as none
            raise Rejected("bad_request", f"id: there is no message {message_id}")
        row = orders.cancel(tx, rules, message_id, now)
    elif name is not None:
        row = appointments.cancel_named(tx, rules, account_meant(asked, rules), name, now)
    else:
        raise Rejected("bad_request", "id: is missing; give id or client_id")
    return event_object(message_event(row, now)), Wake(results=True)


_VERBS: Final[dict[str, Verb]] = {
    "quote": _quote,
    "cancel": _cancel,
    "balance": credit_requests.balance,
    "order": credit_requests.order,
    "ussd": modem_requests.ussd,
    "pause": modem_requests.pause,
    "resume": modem_requests.resume,
    "reset": modem_requests.reset,
}
VERBS: Final = frozenset(_VERBS)
_ACCOUNTS_OWN: Final = ("quote", "cancel", "balance", "order")
