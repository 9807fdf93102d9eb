"""Messages of other channels: handed to the broker for a connector, and charged when the broker has them.

A connector gets each at least once, with an ``event_id`` by which it knows a repeat. Until the broker has
acknowledged a message it is ``sending``; its account, consent and credits are those of any message.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from modemd.formats.events import iso
from modemd.model import PartState
from modemd.service import dispatch, routing
from modemd.service.admission import quiet
from modemd.service.credits.suspension import AT_ONCE
from modemd.service.outbox import announce_state, notice
from modemd.service.rollup import settle_by_id
from modemd.store import channels as store
from modemd.store import outbound, outbox, parking, parts, queue
from modemd.store.times import from_us, to_us

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from modemd.service.rules import Rules
    from modemd.store.channels import WaitingPart
    from modemd.store.transaction import Tx

EVENT: Final = "channel"
MOST: Final = 200
"""So many are handed over in one transaction."""
_REFUSED: Final = "the broker would not have it for its channel"
_LATE: Final = "its validity ended before the broker had it"
_GRACE: Final = timedelta(hours=1)


def hand_over(tx: Tx, rules: Rules, now: datetime) -> int:
    """Put what waits for connectors into the outbox; return how many parts were looked at."""
    found = 0
    for route_id, channel in store.routes(tx):
        if channel not in rules.channels:
            continue
        while found < MOST and (waiting := store.first(tx, route_id)) is not None:
            found += 1
            aside = _aside(rules, waiting, now)
            if aside is None:
                _hand_over(tx, channel, waiting, now)
            else:
                target = routing.route_id(tx, rules, f"{aside}:{waiting.account}")
                parking.park(tx, waiting.account, route_id, target, AT_ONCE)
    return found


def _aside(rules: Rules, waiting: WaitingPart, now: datetime) -> str | None:
    """Where a part waits that may not go out: its account is stopped, or it is in its quiet hours."""
    if waiting.stopped is not None:
        return "stopped"
    return queue.QUIET if quiet.until(rules, waiting.account, now) is not None else None


def _hand_over(tx: Tx, channel: str, waiting: WaitingPart, now: datetime) -> None:
    now_us = to_us(now)
    store.take(tx, waiting.id, now_us)
    changed = queue.mark_sending(tx, waiting.message_id, channel, now_us)
    if changed is not None:
        announce_state(tx, changed, now_us)
    body = {
        "id": str(waiting.message_id),
        "client_id": waiting.client_id,
        "account": waiting.account,
        "channel": channel,
        "to": waiting.destination,
        "text": waiting.text,
        "accepted_at": iso(from_us(waiting.accepted_at)),
        "expires_at": None if waiting.deadline_at is None else iso(from_us(waiting.deadline_at)),
        "ref": waiting.note,
    }
    written = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    outbox.broadcast(tx, [notice(EVENT, f"channel/{channel}", written, now_us, waiting.message_id)])


def told(
    tx: Tx, rules: Rules, rows: Sequence[int], now: datetime, refused: Collection[int] = frozenset()
) -> None:
    """Write down what the broker took for connectors: it is sent, and charged.

    ``refused`` are rows that it would not have: such a message has failed, and costs nothing.
    """
    for row in rows:
        handed = store.handed(tx, row)
        if handed is None:
            continue
        part_id, message_id = handed
        message = outbound.find_message(tx, message_id)
        assert message is not None, "a part has a message"
        if row in refused:
            _end(tx, rules, handed, message.route_id, PartState.FAILED, "refused", _REFUSED, now)
        else:
            dispatch.taken(tx, rules, message.modem, part_id, message_id, None, now)


def _end(
    tx: Tx,
    rules: Rules,
    handed: tuple[int, int],
    route_id: int,
    state: PartState,
    code: str,
    reason: str,
    now: datetime,
) -> None:
    part_id, message_id = handed
    parts.move_part(tx, part_id, state, route_id, code=code, reason=reason)
    settle_by_id(tx, rules, message_id, to_us(now), code=code, reason=reason)


def expire(tx: Tx, rules: Rules, now: datetime) -> int:
    """End what no broker was there for until an hour after its deadline; return how many messages."""
    late = store.late(tx, to_us(now - _GRACE))
    for row, part_id, message_id, route_id in late:
        outbox.told(tx, [row])
        _end(tx, rules, (part_id, message_id), route_id, PartState.EXPIRED, "expired", _LATE, now)
    return len(late)
