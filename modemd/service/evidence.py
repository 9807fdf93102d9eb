"""What a modem and its SIM can tell of a part that nobody answered for.

The SIM keeps the TP-MR that was last used (3GPP TS 31.102, 4.2.9). The modem writes it when a message was
submitted (23.040, 9.2.3.6): some before the network has answered, some whatever it answers, some only when
it took the message. A count that is one further says that the network was given it, and not that it took it:
that is noted, and a status report waited for on. If none comes, the policy ``resend`` takes it for sent:
radio fails in that very second far less often than an answer is lost, and so fewer messages are lost thereby
than would be doubled. An unchanged count says that the network never had it, so that it goes again and cannot
arrive twice; but only by a modem that is known to write the count down whatever the network answers: the
caller has to know.

Some modems keep what they have sent (27.005, 3.1, ``<stat>`` 3): a copy that was not there before says the
same as an answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from modemd.errors import PduError
from modemd.gsm.incoming import decode_submit
from modemd.model import Evidence, Trouble
from modemd.service import dispatch
from modemd.service.outbox import MQTT, announce_state
from modemd.store import doubts, outbound, parts
from modemd.store.times import to_us

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from modemd.service.outcomes import Seat
    from modemd.service.rules import Rules
    from modemd.store.transaction import Tx

_COUNTED: Final = "the modem did not answer, but the SIM has counted it: a status report is waited for"


def by_count(
    tx: Tx, rules: Rules, seat: Seat, part_id: int, before: int, last_used: int, now: datetime
) -> Evidence | None:
    """Judge a part in doubt by the SIM's count before it and now; return what that says, if anything.

    Args:
        tx: the transaction.
        rules: the rules in force.
        seat: the modem with the SIM that it went by.
        part_id: the part; one that is in doubt no more, or went by another SIM, is left alone.
        before: the TP-MR of the part before it, by its ``+CMGS``.
        last_used: the one that the SIM says was last used.
        now: aware.
    """
    if not doubts.is_open(tx, part_id, seat.modem_id, seat.sim):
        return None
    if last_used == before:
        dispatch.not_sent(tx, rules, seat, part_id, now)
        return Evidence.NOT_SENT
    if last_used != (before + 1) % 256:
        return None
    message_id = doubts.note(tx, part_id, last_used, Evidence.MESSAGE_REFERENCE)
    message = outbound.find_message(tx, message_id) if MQTT in rules.consumers else None
    if message is not None:
        trouble = Trouble(code="uncertain", reason=_COUNTED, retry=True)
        announce_state(tx, message, to_us(now), trouble=trouble, evidence=Evidence.MESSAGE_REFERENCE)
    return Evidence.MESSAGE_REFERENCE


def by_copies(tx: Tx, rules: Rules, seat: Seat, copies: Sequence[str], since: datetime, now: datetime) -> int:
    """Settle parts in doubt of which the modem keeps a copy as sent; return how many.

    ``copies`` are the PDUs of those that were not there at ``since``. One that stands for a part that is
    known to have been sent since then stands for no other. Both times are aware.
    """
    seen = [_contents(pdu) for pdu in copies]
    settled = 0
    for part_id, message_id, pdu in parts.in_doubt(tx, seat.modem_id):
        mine = _contents(str(pdu))
        known = doubts.sent_alike(tx, seat.modem_id, str(pdu), to_us(since))
        if mine is not None and seen.count(mine) > known:
            dispatch.taken(
                tx, rules, seat.name, int(part_id), int(message_id), None, now,
                evidence=Evidence.STORED_COPY,
            )  # fmt: skip
            settled += 1
    return settled


def _contents(pdu: str) -> tuple[object, ...] | None:
    """Recipient and user data, by which a copy is known: the modem has filled in the TP-MR."""
    try:
        read = decode_submit(pdu)
    except PduError:
        return None
    return read.destination, read.dcs, read.udh_octets, read.text, read.octets
