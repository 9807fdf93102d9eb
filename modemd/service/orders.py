"""What an operator orders about one message: cancel it, try it again, settle its doubt."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal

from modemd.errors import Rejected
from modemd.model import MessageState, PartState
from modemd.service import recall, routing, upkeep
from modemd.service.credits import credit_holds
from modemd.service.rollup import settle
from modemd.store import appointments, message_orders, outbound, parts
from modemd.store.times import to_us

if TYPE_CHECKING:
    from datetime import datetime

    from modemd.service.rules import Rules
    from modemd.store.outbound import MessageRow
    from modemd.store.transaction import Tx

_S = MessageState
_WHY_NOT_CANCELLED: Final = {
    _S.SENDING: "a modem is sending it just now",
    _S.UNCERTAIN: "a modem may have sent it; settle that with: modemd messages resolve",
    _S.SENT: "the network has it",
    _S.DELIVERED: "it has been delivered",
    _S.UNDELIVERED: "the network had it, and could not deliver it",
}
_WHY_NOT_RETRIED: Final = {
    _S.SENT: "the network has it",
    _S.DELIVERED: "it has been delivered",
    _S.UNDELIVERED: "the network had it, and could not deliver it: send it anew",
    _S.UNCERTAIN: "a modem may have sent it; settle that first with: modemd messages resolve",
}
_AGAIN: Final = frozenset({_S.FAILED, _S.EXPIRED, _S.CANCELLED})


def cancel(tx: Tx, rules: Rules, message_id: int, now: datetime) -> MessageRow:
    """End what no modem holds of a message; a part that is being submitted goes on.

    Raises:
        Rejected: ``bad_request``: there is no such message; ``too_late``: nothing of it waits any more.
    """
    message = _find(tx, message_id)
    if not parts.close_waiting(tx, message_id, PartState.CANCELLED):
        why = _WHY_NOT_CANCELLED.get(MessageState(message.state), f"it is {message.state} already")
        raise Rejected("too_late", f"message {message_id} cannot be cancelled: {why}")
    return settle(tx, rules, message, to_us(now), code="cancelled", reason="it was cancelled")


def retry(tx: Tx, rules: Rules, message_id: int, now: datetime) -> MessageRow:
    """Queue again what was not sent of a message, with a fresh deadline of ``sending.validity``.

    Parts that the network took are not sent again, and the others follow them by the same SIM.
    What is sent again is held anew where credits are charged.

    Raises:
        Rejected: ``bad_request``: there is no such message, or nothing of it to be sent again; ``too_late``:
            it reminds of an appointment that is past, or has moved; ``opted_out``, ``no_consent`` (S §5.4);
            ``insufficient_credit``, ``account_closed``, ``account_unknown``. Nothing is written then.
    """
    message = _find(tx, message_id)
    state = MessageState(message.state)
    if state not in _AGAIN:
        why = _WHY_NOT_RETRIED.get(state, f"it is {state}: it goes out by itself")
        raise Rejected("bad_request", f"message {message_id} cannot be tried again: {why}")
    if message.parts_done == message.part_count:
        why = _WHY_NOT_RETRIED[_S.UNDELIVERED]
        raise Rejected("bad_request", f"message {message_id} cannot be tried again: {why}")
    if message_orders.forgotten_parts(tx, message_id):
        raise Rejected("bad_request", f"message {message_id} cannot be tried again: its text is not kept")
    _check_wanted(tx, rules, message, now)
    deadline_us = to_us(now + timedelta(seconds=rules.sending.validity_s))
    deadline_us = min(deadline_us, _reminds_until(tx, message_id, deadline_us))
    credit_holds.hold_again(tx, rules, message, now)
    message_orders.set_deadline(tx, message_id, deadline_us)
    message_orders.requeue_unsent(tx, message_id, _route_again(tx, rules, message))
    return settle(tx, rules, message, to_us(now))


def _check_wanted(tx: Tx, rules: Rules, message: MessageRow, now: datetime) -> None:
    if message.account not in rules.accounts:  # nobody could say under which terms it is paid for
        raise Rejected("account_unknown", f"there is no account {message.account!r} any more")
    refused = recall.refusal(tx, rules, message, now)
    if refused is not None:
        why = f"message {message.id} cannot be tried again: {refused.reason}"
        raise Rejected(refused.code, why)


def _reminds_until(tx: Tx, message_id: int, otherwise_us: int) -> int:
    """A reminder is of use until its appointment (L §1.3)."""
    found = appointments.of_message(tx, message_id)
    return otherwise_us if found is None else found[0].at


def _route_again(tx: Tx, rules: Rules, message: MessageRow) -> int:
    begun_by = message.modem if message.parts_done else None
    if any(modem.name == begun_by and modem.send for modem in rules.modems):
        return routing.route_id(tx, rules, f"modem:{begun_by}")
    return message.route_id


def resolve(
    tx: Tx, rules: Rules, message_id: int, verdict: Literal["sent", "failed"], now: datetime
) -> MessageRow:
    """Settle every part of a message that is in doubt: a person knows what became of it.

    Raises:
        Rejected: ``bad_request``: there is no such message, or nothing of it is in doubt.
    """
    message = _find(tx, message_id)
    doubtful = message_orders.parts_in_doubt(tx, message_id)
    if not doubtful:
        raise Rejected("bad_request", f"message {message_id} is {message.state}: nothing of it is in doubt")
    for part_id, route_id in doubtful:
        upkeep.resolve(tx, rules, part_id, message_id, route_id, verdict, now)
    return _find(tx, message_id)


def _find(tx: Tx, message_id: int) -> MessageRow:
    message = outbound.find_message(tx, message_id)
    if message is None:
        raise Rejected("bad_request", f"there is no message {message_id}")
    return message
