"""Status reports: matched to the part that they speak of, whichever came first."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from modemd.gsm.incoming import StatusReport, decode_status_report
from modemd.model import Evidence
from modemd.service import dispatch
from modemd.service.delivery import move
from modemd.service.numbering import recipient_key
from modemd.service.outbox import announce_report
from modemd.store import inbound
from modemd.store.times import to_us

if TYPE_CHECKING:
    from datetime import datetime

    from modemd.service.outcomes import Seat
    from modemd.service.rules import Rules
    from modemd.store.transaction import Tx

_SC_SECOND_US: Final = 1_000_000
_CLOCKS_DIFFER: Final = timedelta(minutes=15)
"""How far a service centre's clock may be off ours, beside what is known of it, where there is no TP-MR."""


def apply(tx: Tx, rules: Rules, seat: Seat, pdu: str, now: datetime) -> bool:
    """Keep a report, match it and move its part; tell whether it was new.

    A report that finds no part is kept as an orphan: it can overtake the ``+CMGS`` answer.

    Raises:
        PduError: the PDU is no status report; keep it as an inbound part instead.
    """
    read = decode_status_report(pdu)
    digest = hashlib.blake2b(pdu.encode("latin-1", "replace"), digest_size=16).digest()
    if inbound.is_known_report(tx, seat.sim, digest):
        return False  # before any match: what it said once may not settle another part's doubt
    matched = _match(tx, rules, seat, read, now)
    report_id = inbound.add_report(
        tx,
        sim=seat.sim,
        digest=digest,
        pdu=pdu,
        modem=seat.name,
        received_at=to_us(now),
        tp_mr=read.tp_mr,
        recipient=recipient_key(read.recipient),
        tp_status=read.tp_status,
        discharged_at=None if read.discharged_at is None else to_us(read.discharged_at),
        sc_at=None if read.sc_at is None else to_us(read.sc_at),
        part_id=None if matched is None else matched[0],
        orphan=int(matched is None),
    )
    announce_report(tx, rules, report_id, None if matched is None else matched[1], to_us(now))
    if matched is not None:
        move(tx, rules, matched, read, now)
    return True


def _match(tx: Tx, rules: Rules, seat: Seat, read: StatusReport, now: datetime) -> tuple[int, int] | None:
    recipient = recipient_key(read.recipient)
    found = inbound.awaited_part(tx, recipient, read.tp_mr, seat.sim)
    if found is not None:
        return found
    # The answer to a submit may have been lost: then the report is the evidence that the network took it.
    doubtful = inbound.doubtful_parts(tx, recipient, seat.sim)
    if doubtful:
        until_us = _until(tx, seat, read, now)
        doubtful = [each for each in doubtful if each[2] <= until_us]
    if not doubtful:
        return None
    part_id, message_id, _at = doubtful[0] if len(doubtful) == 1 else _likeliest(tx, seat, doubtful, read)
    dispatch.taken(tx, rules, seat.name, part_id, message_id, read.tp_mr, now, evidence=Evidence.REPORT)
    return part_id, message_id


def _until(tx: Tx, seat: Seat, read: StatusReport, now: datetime) -> int:
    """When a part was handed over, at the latest, that the service centre took when it says."""
    behind_us = max(0, -inbound.service_centre_lag(tx, seat.sim))
    return to_us((read.sc_at or now) + _CLOCKS_DIFFER) + behind_us


def _likeliest(
    tx: Tx, seat: Seat, doubtful: list[tuple[int, int, int]], read: StatusReport
) -> tuple[int, int, int]:
    """Of several parts in doubt for one phone, the one handed over when the service centre took this one.

    Its clock is compared with ours by what it last said of this SIM. It counts whole seconds; among those
    that fit, the newest is meant: what came of the others was known before it was handed over.
    """
    if read.sc_at is None:
        return doubtful[-1]
    taken_us = to_us(read.sc_at) - inbound.service_centre_lag(tx, seat.sim)
    return min(doubtful, key=lambda each: max(0, abs(each[2] - taken_us) - _SC_SECOND_US))
