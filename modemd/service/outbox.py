"""Who is told of what: one row of the outbox for each consumer that an event concerns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from modemd.model import MessageState
from modemd.store import outbox

if TYPE_CHECKING:
    from modemd.service.rules import Rules
    from modemd.store.outbound import MessageRow
    from modemd.store.transaction import Tx

SPOOL: Final = "spool"

_FIRST_HAND: Final = frozenset({SPOOL})
"""Those who are told by the store; hooks are called with a file, so the spool tells them once it is there."""

_RESULTS: Final = {
    MessageState.SENT: "SENT",
    MessageState.FAILED: "FAILED",
    MessageState.EXPIRED: "FAILED",
    MessageState.CANCELLED: "FAILED",
}
"""States that give a dropped file its result. A message that was ``sent`` keeps its place in ``sent/``."""


def announce(tx: Tx, rules: Rules, row: MessageRow, at_us: int) -> None:
    """Tell of the state that an outbound message now has."""
    if row.file_id is None or SPOOL not in rules.consumers:
        return
    result = _RESULTS.get(MessageState(row.state))
    if row.state == MessageState.EXPIRED and row.parts_done == row.part_count:
        result = None  # in the network's hands: it was told as sent
    if result is not None:
        outbox.add(tx, SPOOL, result, at_us, message_id=row.id)


def announce_inbound(tx: Tx, rules: Rules, inbound_id: int, at_us: int) -> None:
    """Tell of a received message."""
    for consumer in rules.consumers & _FIRST_HAND:
        outbox.add(tx, consumer, "RECEIVED", at_us, inbound_id=inbound_id)


def announce_report(tx: Tx, rules: Rules, report_id: int, message_id: int | None, at_us: int) -> None:
    """Tell of a status report, matched or not."""
    for consumer in rules.consumers & _FIRST_HAND:
        outbox.add(tx, consumer, "REPORT", at_us, report_id=report_id, message_id=message_id)


def announce_call(tx: Tx, rules: Rules, body: str, at_us: int) -> None:
    """Tell of a phone call; ``body`` is the call as JSON."""
    for consumer in rules.consumers & _FIRST_HAND:
        outbox.add(tx, consumer, "CALL", at_us, body=body)
