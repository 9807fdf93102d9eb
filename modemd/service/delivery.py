"""What a status report says of the part that it was matched to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from modemd.gsm.causes import tp_status_meaning
from modemd.gsm.incoming import StatusReport, decode_status_report
from modemd.model import PartState
from modemd.service.rollup import settle_by_id
from modemd.store import inbound
from modemd.store.times import to_us

if TYPE_CHECKING:
    from datetime import datetime

    from modemd.service.rules import Rules
    from modemd.store.transaction import Tx

_STATES: Final = {
    "delivered": PartState.DELIVERED,
    "undelivered": PartState.UNDELIVERED,
    "expired": PartState.UNDELIVERED,
}


def move(tx: Tx, rules: Rules, matched: tuple[int, int], read: StatusReport, now: datetime) -> None:
    """Move a ``(part, message)`` as its report says (3GPP TS 23.040, 9.2.3.15)."""
    part_id, message_id = matched
    meaning = tp_status_meaning(read.tp_status)
    state = _STATES.get(meaning.state)
    discharged = None if read.discharged_at is None else to_us(read.discharged_at)
    awaited = inbound.part_reported(
        tx, part_id, read.tp_status, discharged, None if state is None else int(state), final=meaning.final
    )
    if awaited and meaning.final:
        bad = state is PartState.UNDELIVERED
        code = f"TP-ST 0x{read.tp_status:02X}" if bad else None
        reason = meaning.text if bad else None
        settle_by_id(tx, rules, message_id, to_us(now), code=code, reason=reason, reported=state)


def adopt_orphans(tx: Tx, rules: Rules, part_id: int, message_id: int, now: datetime) -> None:
    """A part has just got its TP-MR: see whether its report came before it."""
    for report_id, pdu in inbound.orphans(tx, part_id):
        inbound.adopt(tx, int(report_id), part_id)
        move(tx, rules, (part_id, message_id), decode_status_report(str(pdu)), now)
