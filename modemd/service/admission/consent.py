"""Consent (S §5.4): who may be sent to, as the recipients themselves say by SMS, or the operator for them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from modemd.errors import Rejected
from modemd.model import PartState
from modemd.service.accounts import account_events
from modemd.service.numbering import normalise, recipient_key
from modemd.service.rollup import settle_by_id
from modemd.store import account_queue, accounts, consents, conversation, outbound, parts
from modemd.store.consents import ConsentRow
from modemd.store.times import to_us

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from modemd.service.rules import Rules
    from modemd.store.accounts import AccountRow
    from modemd.store.transaction import Tx

log = logging.getLogger(__name__)

BY_SMS: Final = "sms"
BY_OPERATOR: Final = "operator"
_MOST: Final = 1000


def refusal(tx: Tx, account_id: int, wanted: str, destination: str) -> Rejected | None:
    """Return why an account that asks for consent (``opt-out``, ``required``) may not send to a number."""
    state = consents.state_of(tx, account_id, destination)
    if state == "revoked":
        return Rejected("opted_out", "the recipient said STOP, or the operator for him")
    if state is None and wanted == "required":
        return Rejected("no_consent", "no consent of the recipient is on record")
    return None


def grant(tx: Tx, rules: Rules, account: str, phone: str, *, by: str, now: datetime) -> str:
    """Write down that a number may be sent to; return it as it is kept.

    Raises:
        Rejected: ``account_unknown``, ``account_closed``, ``bad_number``.
    """
    row, recipient = _asked(tx, rules, account, phone)
    consents.keep(tx, row.id, ConsentRow(recipient, "granted", to_us(now), BY_OPERATOR, by))
    return recipient


def revoke(tx: Tx, rules: Rules, account: str, phone: str, *, by: str, now: datetime) -> str:
    """Write down that a number may not be sent to, and cancel what waits for it; return it as it is kept.

    Raises:
        Rejected: ``account_unknown``, ``account_closed``, ``bad_number``.
    """
    row, recipient = _asked(tx, rules, account, phone)
    _end(tx, rules, row, recipient, BY_OPERATOR, by, now)
    return recipient


def _asked(tx: Tx, rules: Rules, account: str, phone: str) -> tuple[AccountRow, str]:
    row = accounts.find(tx, account)
    if row is None:
        raise Rejected("account_unknown", f"there is no account {account!r}")
    if row.state in {"closed", "erased"}:
        raise Rejected("account_closed", f"account {account!r} is {row.state}")
    return row, normalise(phone, rules.country)


def hear(
    tx: Tx, rules: Rules, own_account: str, originator: str | None, text: str | None, now: datetime
) -> None:
    """Take a received message for what it may mean: STOP ends consent, START gives it (back).

    It counts for the account of the latest conversation with that phone, and for the one whose messages its
    modem takes, as far as they ask for consent. The message itself is told of like any other.
    """
    word = rules.words.meant(text)
    if word is None or not originator or not rules.asks_consent:
        return
    try:
        phone = normalise(originator, rules.country)
    except Rejected:
        return  # a name, which nothing can be sent to
    concerned = list(_concerned(tx, rules, own_account, phone))
    if word == "stop":
        for row in concerned:
            _end(tx, rules, row, phone, BY_SMS, phone, now)
    else:
        _give_back(tx, rules, concerned, phone, now)


def _concerned(tx: Tx, rules: Rules, own_account: str, phone: str) -> Iterator[AccountRow]:
    asking = [name for name, config in rules.accounts.items() if config.consent != "none"]
    latest = conversation.latest(tx, asking, recipient_key(phone))
    for name in dict.fromkeys([latest, own_account if own_account in asking else None]):
        row = None if name is None else accounts.find(tx, name)
        if row is not None and row.state in {"active", "suspended"}:
            yield row


def _give_back(tx: Tx, rules: Rules, concerned: list[AccountRow], phone: str, now: datetime) -> None:
    stopped = [row for row in concerned if consents.state_of(tx, row.id, phone) == "revoked"]
    wanted = [row for row in concerned if rules.accounts[row.name].consent == "required"]
    given = {row.id for row in (*stopped, *wanted)}
    if not given:  # it was said to another account: the latest one that was told STOP
        given = set(consents.stopped_by(tx, phone)[:1])
    for account_id in sorted(given):
        consents.keep(tx, account_id, ConsentRow(phone, "granted", to_us(now), BY_SMS, phone))
        log.info("a recipient gave consent by SMS (account %d)", account_id)


def _end(tx: Tx, rules: Rules, row: AccountRow, phone: str, how: str, by: str, now: datetime) -> None:
    if consents.state_of(tx, row.id, phone) == "revoked":
        return
    consents.keep(tx, row.id, ConsentRow(phone, "revoked", to_us(now), how, by))
    cancelled = _cancel_waiting(tx, rules, row, phone, now)
    facts = {"to": phone, "how": how, "cancelled": cancelled}
    account_events.tell(tx, rules, row, "opted_out", facts, now)
    log.info("a recipient of account %s opted out (%s); %d messages were cancelled", row.name, how, cancelled)


def _cancel_waiting(tx: Tx, rules: Rules, row: AccountRow, phone: str, now: datetime) -> int:
    cancelled = 0
    for message_id in account_queue.waiting_for(tx, row.name, recipient_key(phone), _MOST):
        message = outbound.find_message(tx, message_id)
        if message is None or message.destination != phone:
            continue
        parts.close_waiting(tx, message_id, PartState.CANCELLED)
        settle_by_id(tx, rules, message_id, to_us(now), code="opted_out", reason="the recipient opted out")
        cancelled += 1
    return cancelled
