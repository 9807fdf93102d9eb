"""Messages that are kept until their account's credits cover them (``on_insufficient: wait``).

They are ``accepted``, and nothing is held for them. They are covered in the order of their acceptance: the
first that the balance does not cover keeps back those behind it, of its own account only, so that long ones
are not overtaken for ever by short ones. Their time runs meanwhile, and ends them as it does any other. Where
the account's terms charge nothing any more, they go for nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from modemd.model import MessageState, PartState
from modemd.service.credits.credit_alerts import watch_low
from modemd.service.credits.credit_holds import Purse
from modemd.service.modems import stickiness
from modemd.service.outbox import announce
from modemd.store import accounts, ledger, parts
from modemd.store import credit_wait as store
from modemd.store.times import from_us, to_us

if TYPE_CHECKING:
    from datetime import datetime

    from modemd.service.rules import Rules
    from modemd.store.credit_wait import Waiting
    from modemd.store.transaction import Tx

AT_ONCE: Final = 1000
"""So many messages are covered in one transaction: the modems wait for it."""


def cover(tx: Tx, rules: Rules, now: datetime) -> bool:
    """Queue what can be paid by now, a thousand messages at most; tell whether there may be more."""
    left = AT_ONCE - _free(tx, rules, AT_ONCE, to_us(now))
    for account_id in store.coverable(tx) if left else ():
        left -= _cover(tx, rules, account_id, left, now)
        if not left:
            break
    return not left


def _free(tx: Tx, rules: Rules, most: int, now_us: int) -> int:
    """Let go what waits of accounts that came under terms which charge nothing; return how many messages."""
    done = 0
    for account_id, name in store.waiters(tx):
        if name in rules.accounts and not rules.terms_of(name).charged:
            free = store.first(tx, account_id, most - done)
            for each in free:
                _promote(tx, rules, each._replace(credits=0), now_us)
            done += len(free)
    return done


def _cover(tx: Tx, rules: Rules, account_id: int, most: int, now: datetime) -> int:
    """Cover an account's first messages; return how many."""
    purse, at_us = Purse(tx, account_id), to_us(now)
    covered: list[Waiting] = []
    entries: list[ledger.Entry] = []
    for each in store.first(tx, account_id, most):
        if purse.available < each.credits:
            break
        purse.available -= each.credits
        covered.append(each)
        part_ids = parts.ids_of(tx, each.message_id, each.message_id)[each.message_id]
        price = each.credits // len(part_ids)
        wanted = [(part_id, part_no, 1, price) for part_no, part_id in enumerate(part_ids, 1)]
        entries.extend(purse.draw(each.message_id, wanted, at_us))
    ledger.post(tx, entries)
    for each in covered:
        _promote(tx, rules, each, at_us)
    row = accounts.find_by_id(tx, account_id)
    if row is not None:
        watch_low(tx, rules, row, purse.available, now)
    return len(covered)


def _promote(tx: Tx, rules: Rules, each: Waiting, now_us: int) -> None:
    later = each.due_at is not None and each.due_at > now_us
    row = store.promote(
        tx,
        each.message_id,
        each.credits,
        each.due_at if later else None,
        message_state=MessageState.SCHEDULED if later else MessageState.QUEUED,
        part_state=PartState.SCHEDULED if later else PartState.QUEUED,
    )
    if not later:
        stickiness.pin_due(tx, rules, row, from_us(now_us))
    announce(tx, rules, row, now_us)
