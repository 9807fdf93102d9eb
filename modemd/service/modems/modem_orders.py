"""Orders that a modem's own task carries out: each is begun at most once, and answered once.

``asked → begun → answered``, and the row is struck with the answer. What was begun and never answered,
because the gateway was killed, is answered as ``uncertain``: the network may have got it.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Literal

from modemd.errors import Rejected
from modemd.model import Reply
from modemd.service.responses import COMMAND, hand_over, respond
from modemd.store import modem_orders as store
from modemd.store import modems, outbox
from modemd.store.times import from_us, to_us

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from modemd.service.rules import Rules
    from modemd.store.modem_orders import OrderRow
    from modemd.store.modems import ModemRow
    from modemd.store.transaction import Tx

Verb = Literal["ussd", "reset"]

_MOST_TICKETS: Final = 1000
_STALE: Final = timedelta(minutes=5)
"""After its time a begun order is still its own modem's to answer, this long."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a modem's task is to do, until when."""

    id: int
    verb: str
    arguments: Mapping[str, Any]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Asker:
    """Where an answer goes: to ``topic``, below the prefix, and ``reply``; or to a command's ``ticket``."""

    topic: str = ""
    transaction: Any = None
    reply: Reply | None = None
    ticket: str | None = None


def ask(
    tx: Tx,
    modem: ModemRow,
    verb: Verb,
    arguments: Mapping[str, Any],
    asker: Asker,
    now: datetime,
    within_s: int,
) -> None:
    """Order something of a modem, on whichever gateway it is; it has to begin within ``within_s`` seconds."""
    store.add(
        tx, modem.id, modem.gateway, verb, json.dumps(arguments), reply=_kept(asker), asked_us=to_us(now),
        expires_us=to_us(now + timedelta(seconds=within_s)),
    )  # fmt: skip


def begin(tx: Tx, modem_id: int, now: datetime) -> Order | None:
    """Take a modem's oldest order, to be carried out after the commit; ``None``: there is none."""
    row = store.waiting(tx, modem_id, to_us(now))
    if row is None or not store.begin(tx, row.id, to_us(now)):
        return None
    return Order(row.id, row.verb, json.loads(row.arguments), from_us(row.expires_at) or now)


def finish(tx: Tx, rules: Rules, order_id: int, answer: Mapping[str, Any] | Rejected, now: datetime) -> None:
    """Answer an order; do nothing where it was answered before."""
    row = store.find(tx, order_id)
    if row is not None:
        _answer(tx, rules, row, answer, now)


def recover(tx: Tx, rules: Rules, now: datetime) -> int:
    """Answer what was begun when the gateway last stopped; return how many orders."""
    lost = store.begun(tx, rules.gateway)
    for row in lost:
        _answer(tx, rules, row, _doubt(row), now)
    return len(lost)


def overdue(tx: Tx, rules: Rules, now: datetime) -> int:
    """Answer what no modem has begun in time, also for gateways that are gone; return how many orders."""
    count = 0
    for name in {rules.gateway, *(str(row[0]) for row in modems.gateways(tx))}:
        for row in store.overdue(tx, name, to_us(now)):
            if row.begun_at is None:
                _answer(tx, rules, row, _too_late(tx, row), now)
            elif row.expires_at <= to_us(now - _STALE):
                _answer(tx, rules, row, _doubt(row), now)
            else:
                continue
            count += 1
    return count


def take_answer(tx: Tx, ticket: str) -> str | None:
    """Take the answer to a command's order, as JSON; ``None``: there is none yet."""
    for row in outbox.on_topic(tx, COMMAND, ticket):
        outbox.told(tx, [row.id])
        return row.body
    return None


def forget_answers(tx: Tx, now: datetime) -> None:
    """Drop answers whose commands have not taken them: they were broken off."""
    outbox.forget(tx, COMMAND, to_us(now - _STALE), _MOST_TICKETS)


def next_due(tx: Tx) -> datetime | None:
    """Return when the next order's time is over."""
    return from_us(store.next_expiry(tx))


def _answer(tx: Tx, rules: Rules, row: OrderRow, answer: Mapping[str, Any] | Rejected, now: datetime) -> None:
    if store.strike(tx, row.id):
        asker = _asker(row.reply, row.verb)
        if asker.ticket is not None:
            hand_over(tx, asker.ticket, answer, now)
            return
        respond(tx, rules, asker.topic, asker.transaction, answer, asker.reply, now)


def _doubt(row: OrderRow) -> Rejected:
    return Rejected(
        "uncertain", f"the gateway stopped during the {row.verb}: nobody knows whether it was done"
    )


def _too_late(tx: Tx, row: OrderRow) -> Rejected:
    modem = modems.find(tx, row.modem_id)
    seconds = (row.expires_at - row.asked_at) // 1_000_000
    if modem is None:
        return Rejected("timeout", f"the modem did not come to it within {seconds} seconds")
    why = f"it is {modem.state}" + (f": {modem.error}" if modem.error else "")
    return Rejected("timeout", f"modem {modem.name} did not come to it within {seconds} seconds; {why}")


def _kept(asker: Asker) -> str:
    reply = asker.reply
    kept: dict[str, Any] = {"topic": asker.topic, "transaction": asker.transaction, "ticket": asker.ticket}
    if reply is not None:
        kept["reply"] = reply.topic
        kept["correlation"] = (
            None if reply.correlation is None else base64.b64encode(reply.correlation).decode()
        )
        kept["expires_at"] = None if reply.expires_at is None else to_us(reply.expires_at)
    return json.dumps(kept)


def _asker(kept: str | None, verb: str) -> Asker:
    found: dict[str, Any] = json.loads(kept) if kept else {"topic": f"response/{verb}", "transaction": None}
    reply = None
    if "reply" in found:
        correlation = found["correlation"]
        reply = Reply(
            found["reply"],
            None if correlation is None else base64.b64decode(correlation),
            from_us(found["expires_at"]),
        )
    return Asker(found["topic"], found["transaction"], reply, found.get("ticket"))
