"""The daily application of the accounts' terms: each step is one transaction, and is done once.

Whatever is due is found anew from the books, so that days on which no gateway ran are caught up with, and a
step that another gateway, or a command, has done meanwhile is not due any more.
"""

from __future__ import annotations

import logging
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from modemd.errors import Rejected
from modemd.service.accounts import account_sync, accounts, erasure
from modemd.service.accounts.account_events import tell
from modemd.service.accounts.customers import by_id
from modemd.service.clock_set import EARLIEST
from modemd.service.credits import credit
from modemd.service.money.debts import UNPAID
from modemd.service.money.ordering import facts_of
from modemd.service.terms import versions
from modemd.service.terms.calendar import day_of
from modemd.service.terms.terms_steps import Step, due
from modemd.store import accounts as store
from modemd.store import credit_orders, lots
from modemd.store import terms as plans
from modemd.store.times import to_us

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from modemd.service.accounts.erasure import Erased
    from modemd.service.rules import Rules
    from modemd.store.accounts import AccountRow
    from modemd.store.transaction import Tx

__all__ = [
    "BY",
    "ROUNDS",
    "Carried",
    "Step",
    "carry_out",
    "check_clock",
    "check_leap",
    "due",
    "is_done",
    "note_day",
]

log = logging.getLogger(__name__)

BY: Final = "terms"
"""Who does what a rule brings about."""
ROUNDS: Final = 3
"""A step may bring about another: what is closed is erased. So often it is looked again."""


LEAP: Final = timedelta(days=62)
"""After a longer time without an application the clock is not believed."""


class Carried(NamedTuple):
    """A step that was done; ``erased`` says what was removed, and which files are still to be."""

    step: Step
    erased: Erased | None


def is_done(tx: Tx, rules: Rules, now: datetime) -> bool:
    """Tell whether today's application is done, in the gateway's zone; also where the clock is set back."""
    newest = plans.newest_day(tx)
    return newest is not None and newest >= _today(rules, now)


def check_clock(tx: Tx, rules: Rules, now: datetime) -> None:
    """Refuse to apply the terms of a day before one that is done: ``Rejected`` with ``bad_request``.

    Nor are they applied by a clock that was never set.
    """
    newest, today = plans.newest_day(tx), _today(rules, now)
    if now < EARLIEST:
        raise Rejected("bad_request", f"the clock is not set: it says {today}")
    if newest is not None and newest > today:
        raise Rejected(
            "bad_request",
            f"the clock is set back: it says {today}, and the terms were applied for {newest} already",
        )


def check_leap(tx: Tx, rules: Rules, now: datetime) -> None:
    """Refuse to apply the terms unasked where the clock has leapt: ``Rejected`` with ``bad_request``.

    A clock that is years ahead by mistake would take credits and close accounts, which nothing undoes.
    Whether it is right a person can tell: ``modemd terms apply`` is not refused.
    """
    newest, today = plans.newest_day(tx), day_of(now, rules.zone)
    if newest is not None and newest >= EARLIEST.date().isoformat() and _since(newest, today) > LEAP:
        raise Rejected(
            "bad_request",
            f"it is {today}, the clock says, and they were last applied on {newest}; if the clock is right,"
            " see what is due with: modemd terms apply --dry-run, and apply them by hand, once",
        )


def note_day(tx: Tx, rules: Rules, now: datetime) -> None:
    """Write down that today's application is done."""
    plans.note_day(tx, _today(rules, now), rules.gateway, to_us(now))


def carry_out(tx: Tx, rules: Rules, step: Step, now: datetime) -> Carried | None:
    """Do one step, where it is still due; ``None``: it is not.

    Raises:
        Rejected: the books say no: the clock is set back.
    """
    found = next((each for each in due(tx, rules, now, step.account_id) if each.key == step.key), None)
    if found is None:
        return None
    row = by_id(tx, found.account_id)
    erased = _DO[found.kind](tx, rules, found, row, now)
    log.warning("account %s: %s (%s)", row.name, found.sentence, found.clause or "its own terms")
    return Carried(found, erased)


def _since(day: str, today: date) -> timedelta:
    return today - date.fromisoformat(day)


def _today(rules: Rules, now: datetime) -> str:
    return day_of(now, rules.zone).isoformat()


def _change_terms(tx: Tx, rules: Rules, step: Step, row: AccountRow, now: datetime) -> None:
    plan = None if step.target is None else plans.find_plan(tx, step.target)
    assert plan is not None, "it was found a moment ago"
    charged = versions.of_account(tx, rules, row).charged
    store.set_terms(tx, row.id, plan.terms, plan.version, to_us(now), anew=plan.terms != row.terms)
    if versions.of_account(tx, rules, by_id(tx, row.id)).charged is not charged:
        store.set_terms(tx, row.id, plan.terms, plan.version, to_us(now))
    account_sync.stop_changed_twin(tx, rules, row.id, now)
    plans.set_plan(tx, plan.id, "applied")
    facts = {"terms": plan.terms, "version": plan.version, "in_force": True, "clause": step.clause}
    tell(tx, rules, row, "terms_change", facts, now)


def _expire(tx: Tx, rules: Rules, step: Step, row: AccountRow, now: datetime) -> None:
    assert step.target is not None, "a lot expires"
    _take(tx, rules, step, row, [step.target], now)


def _forfeit(tx: Tx, rules: Rules, step: Step, row: AccountRow, now: datetime) -> None:
    _take(tx, rules, step, row, lots.unclosed(tx, row.id), now)


def _take(tx: Tx, rules: Rules, step: Step, row: AccountRow, lot_ids: list[int], now: datetime) -> None:
    reason = f"{step.sentence} ({step.clause})"
    lost = sum(
        credit.take_away(tx, row.id, lot_id, "forfeit", by=BY, reason=reason, now=now) for lot_id in lot_ids
    )
    if lost:
        facts = {"credits": lost, "lot": step.target, "reason": step.sentence, "clause": step.clause}
        tell(tx, rules, row, "credit_forfeited", facts, now)


def _suspend(tx: Tx, rules: Rules, step: Step, row: AccountRow, now: datetime) -> None:
    order = None if step.target is None else credit_orders.find(tx, step.target)
    assert order is not None, "it was found a moment ago"
    if step.code == UNPAID:
        facts = {**facts_of(order), "due_at": step.due_at, "clause": step.clause}
        tell(tx, rules, row, "payment_overdue", facts, now)
    reason = f"{step.sentence} ({step.clause})"
    accounts.suspend(tx, rules, row.name, code=step.code, reason=reason, by=BY, now=now)


def _close(tx: Tx, rules: Rules, step: Step, row: AccountRow, now: datetime) -> None:
    reason = f"{step.sentence} ({step.clause})"
    accounts.close(tx, rules, row.name, code=step.code, reason=reason, by=BY, now=now)


def _erase(tx: Tx, rules: Rules, _step: Step, row: AccountRow, now: datetime) -> Erased:
    return erasure.erase(tx, rules, row.name, by=BY, now=now)


_DO: Final[dict[str, Callable[[Tx, Rules, Step, AccountRow, datetime], Erased | None]]] = {
    "terms": _change_terms,
    "expire": _expire,
    "suspend": _suspend,
    "forfeit": _forfeit,
    "close": _close,
    "erase": _erase,
}
