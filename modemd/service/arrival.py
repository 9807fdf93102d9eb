"""What comes in: kept raw, decoded, joined when whole. Only after the commit may the modem forget it."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from modemd.errors import PduError
from modemd.formats.mms import kept_object
from modemd.gsm.incoming import Deliver, decode_any, decode_deliver
from modemd.gsm.join import join, joined_octets
from modemd.gsm.mms import PUSH_PORTS, read_notification
from modemd.service import reports
from modemd.service.admission import consent
from modemd.service.modems import traffic
from modemd.service.outbox import announce_inbound
from modemd.service.outcomes import Seat
from modemd.store import inbound
from modemd.store.times import from_us, to_us

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from modemd.service.rules import Rules
    from modemd.store.transaction import Row, Tx

JOIN_WITHIN: Final = timedelta(hours=24)
"""How long the parts of a message are waited for; then what there is is handed out, with its gaps marked."""


def take(tx: Tx, rules: Rules, seat: Seat, account: str, pdus: Sequence[str], now: datetime) -> int:
    """Take what a modem held or announced, whatever it is; return how many were new.

    A PDU that cannot be read is kept and announced with its octets. The same PDU from the same SIM is
    one message, however often it is met.
    """
    return sum(_take_one(tx, rules, seat, account, pdu, now) for pdu in pdus)


def _take_one(tx: Tx, rules: Rules, seat: Seat, account: str, pdu: str, now: datetime) -> bool:
    try:
        read = decode_any(pdu)
    except PduError as error:
        return _take_unreadable(tx, rules, seat, account, pdu, str(error), now)
    if isinstance(read, Deliver):
        return _take_deliver(tx, rules, seat, account, read, now)
    try:
        return reports.apply(tx, rules, seat, pdu, now)
    except PduError as error:  # a SUBMIT that somebody stored on the SIM
        return _take_unreadable(tx, rules, seat, account, pdu, str(error), now)


def _keep(tx: Tx, seat: Seat, account: str, pdu: str, now: datetime, read: Deliver | None) -> int | None:
    concat = None if read is None else read.concat
    return inbound.add_part(
        tx,
        sim=seat.sim,
        digest=hashlib.blake2b(pdu.encode("latin-1", "replace"), digest_size=16).digest(),
        pdu=pdu,
        modem=seat.name,
        account=account,
        received_at=to_us(now),
        originator=None if read is None else read.originator,
        concat_key=None if read is None else _concat_key(seat, read),
        part_no=concat.seq if concat else 1,
        part_count=concat.parts if concat else 1,
    )


def _concat_key(seat: Seat, read: Deliver) -> str | None:
    if read.concat is None or read.concat.parts < 2:
        return None
    concat = read.concat
    return f"{seat.sim} {read.originator} {concat.bits}:{concat.ref}/{concat.parts}"


def _take_unreadable(
    tx: Tx, rules: Rules, seat: Seat, account: str, pdu: str, why: str, now: datetime
) -> bool:
    part_id = _keep(tx, seat, account, pdu, now, None)
    if part_id is None:
        return False
    traffic.count(tx, rules, seat, "received", now)
    inbound_id = inbound.add_inbound(
        tx, [part_id], account=account, originator=None, text=None, coding="8bit", modem=seat.name,
        sim=seat.sim, sc_at=None, received_at=to_us(now), part_count=1, complete=0, error=why,
        mms=None,
    )  # fmt: skip
    announce_inbound(tx, rules, inbound_id, to_us(now))
    return True


def _take_deliver(tx: Tx, rules: Rules, seat: Seat, account: str, read: Deliver, now: datetime) -> bool:
    part_id = _keep(tx, seat, account, read.pdu, now, read)
    if part_id is None:
        return False
    traffic.count(tx, rules, seat, "received", now)
    key = _concat_key(seat, read)
    if key is None:
        _write(tx, rules, [(part_id, 1, read.pdu, to_us(now))], 1, seat, account, now)
        return True
    waiting = _one_of_each(inbound.waiting_parts(tx, key), read)
    assert read.concat is not None
    if len(waiting) == read.concat.parts:
        _write(tx, rules, waiting, read.concat.parts, seat, account, now)
    return True


def _one_of_each(rows: Sequence[Row], anchor: Deliver) -> list[Row]:
    """The rows that belong to one message with ``anchor``, at most one a part number, in order.

    Where a part number is there several times, its reference was used again: then each part belongs to the
    message that was sent nearest in time.
    """
    numbered: dict[int, list[Row]] = {}
    for row in rows:
        numbered.setdefault(int(row[1]), []).append(row)
    rivals = max(numbered.values(), key=len)
    if len(rivals) == 1:
        return [row for _no, [row] in sorted(numbered.items())]
    times = {row[0]: decode_deliver(str(row[2])).sc_at for row in rows}

    def nearest(to: datetime | None, among: Sequence[Row]) -> Row:
        return min(reversed(among), key=lambda row: _apart(times[row[0]], to))  # of equals the newest

    mine = nearest(anchor.sc_at, rivals)
    chosen = []
    for _no, candidates in sorted(numbered.items()):
        row = nearest(times[mine[0]], candidates)
        if nearest(times[row[0]], rivals) == mine:
            chosen.append(row)
    return chosen


def _apart(one: datetime | None, other: datetime | None) -> timedelta:
    """How far two times of the service centre are apart; nothing where one is not told."""
    return timedelta() if one is None or other is None else abs(one - other)


def _write(
    tx: Tx, rules: Rules, rows: Sequence[Row], part_count: int, seat: Seat, account: str, now: datetime
) -> None:
    """Join parts, as many as there are, into a message."""
    reads = {int(row[1]): decode_deliver(str(row[2])) for row in rows}
    first, text = next(iter(reads.values())), join(reads, part_count)
    inbound_id = inbound.add_inbound(
        tx,
        [int(row[0]) for row in rows],
        account=account,
        originator=first.originator,
        text=text,
        coding=first.coding,
        modem=seat.name,
        sim=seat.sim,
        sc_at=None if first.sc_at is None else to_us(first.sc_at),
        received_at=to_us(now),
        part_count=part_count,
        complete=int(len(reads) == part_count),
        error=None,
        mms=_mms(reads, now) if len(reads) == part_count else None,
    )
    announce_inbound(tx, rules, inbound_id, to_us(now))
    consent.hear(tx, rules, account, first.originator, text, now)


def _mms(reads: Mapping[int, Deliver], now: datetime) -> str | None:
    """What is kept of a picture message that is announced, as JSON; ``None``: it announces none."""
    first = next(iter(reads.values()))
    if first.ports is None or first.ports.destination not in PUSH_PORTS:
        return None
    read = read_notification(joined_octets(reads) or b"", first.sc_at or now)
    return None if read is None else json.dumps(kept_object(read))


def hand_out_incomplete(tx: Tx, rules: Rules, now: datetime, *, within: timedelta = JOIN_WITHIN) -> int:
    """Hand out messages whose missing parts have not come in time; return how many."""
    stale = inbound.stale_keys(tx, to_us(now - within))
    for key, modem, account, sim, part_count in stale:
        rows = inbound.waiting_parts(tx, key)
        oldest = min(rows, key=lambda row: row[3])
        # What came so much later is of another message, which may still become whole.
        near = [row for row in rows if row[3] - oldest[3] < within // timedelta(microseconds=1)]
        chosen = _one_of_each(near, decode_deliver(str(oldest[2])))
        came_at = from_us(int(chosen[-1][3])) or now
        _write(tx, rules, chosen, part_count, Seat(0, modem, sim), account, came_at)
    return len(stale)
