"""Whether what was accepted may still go out, or go out again: much can have become of it meanwhile.

What waits is cancelled in the transaction that makes it unwanted. What a modem has in hand then, or may have
sent, cannot be: it is looked at here before it is tried again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modemd.errors import Rejected
from modemd.service.admission import consent
from modemd.store import accounts, appointments
from modemd.store.times import to_us

if TYPE_CHECKING:
    from datetime import datetime

    from modemd.service.rules import Rules
    from modemd.store.outbound import MessageRow
    from modemd.store.transaction import Tx


def refusal(tx: Tx, rules: Rules, message: MessageRow, now: datetime) -> Rejected | None:
    """Return why a message may not be tried again; ``None``: it may.

    Its recipient said STOP, or gave no consent where that is required (S §5.4); its account is closed
    (S §7.7, L §19.1); its appointment is past, was called off, or has moved (L §1.3).
    """
    row = accounts.find(tx, message.account)
    if row is not None:
        if row.state in {"closed", "erased"}:
            return Rejected("account_closed", f"account {message.account!r} is {row.state}")
        config = rules.accounts.get(message.account)
        if config is not None and config.consent != "none" and message.destination:
            refused = consent.refusal(tx, row.id, config.consent, message.destination)
            if refused is not None:
                return refused
    return _out_of_date(tx, message, now)


def _out_of_date(tx: Tx, message: MessageRow, now: datetime) -> Rejected | None:
    found = appointments.of_message(tx, message.id)
    if found is None:
        return None
    appointment, revision = found
    if appointment.state == "cancelled" or appointment.revision != revision:
        return Rejected("too_late", "its appointment has changed")
    return Rejected("too_late", "its appointment is past") if appointment.at <= to_us(now) else None
