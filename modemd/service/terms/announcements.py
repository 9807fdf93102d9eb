"""Planned changes of terms (L §17.3, 21.2): announced a calendar month ahead, then in force by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from modemd.errors import Rejected
from modemd.service.accounts.account_events import tell
from modemd.service.accounts.customers import by_id, check_clock, customer, open_customer
from modemd.service.terms import versions
from modemd.service.terms.calendar import days_after, months_after
from modemd.store import accounts
from modemd.store import terms as store
from modemd.store.times import to_us

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from modemd.service.rules import Rules
    from modemd.store.accounts import AccountRow
    from modemd.store.transaction import Tx


class Announced(NamedTuple):
    """A change that was announced to an account; ``id`` is what an objection names."""

    id: int
    account: str
    terms: str
    version: int
    effective_at: datetime
    objection_until: datetime


def announce_terms(
    tx: Tx,
    rules: Rules,
    terms: str,
    effective_at: datetime | None = None,
    *,
    names: Sequence[str] = (),
    by: str,
    now: datetime,
) -> list[Announced]:
    """Announce that accounts will live under terms as they read today.

    Args:
        tx: the transaction.
        rules: the rules in force; they say how the terms read.
        terms: the name of the terms.
        effective_at: from when on, aware; default: as soon as each account's own terms allow.
        names: the accounts; default: every open one that lives under another version of these terms.
        by: who announces it.
        now: when, aware.

    Raises:
        Rejected: ``bad_request``: no such terms, nobody to announce it to, or less than the notice that an
            account's terms promise (L §17.3), or the clock is set back; ``account_unknown``,
            ``account_closed``.
    """
    if terms not in rules.terms:
        raise Rejected(
            "bad_request", f"there are no terms {terms!r}; there are {', '.join(sorted(rules.terms))}"
        )
    version = versions.newest(tx, rules, terms, now)
    rows = [open_customer(tx, name) for name in names] or [
        row
        for row in accounts.all_accounts(tx)
        if row.terms == terms and row.state in {"active", "suspended"} and row.origin != "gone"
    ]
    rows = [row for row in rows if (row.terms, row.terms_version) != (terms, version)]
    if not rows:
        raise Rejected(
            "bad_request", f"there is nobody who lives otherwise than under {terms} as it reads today"
        )
    return [_announce(tx, rules, row, terms, version, effective_at, by, now) for row in rows]


def withdraw(tx: Tx, name: str, plan_id: int) -> None:
    """Take back a change that is not in force yet.

    Raises:
        Rejected: ``bad_request``: the account has no such plan; ``account_unknown``.
    """
    row = customer(tx, name)
    plan = store.find_plan(tx, plan_id)
    if plan is None or plan.account_id != row.id or plan.state not in {"planned", "objected"}:
        raise Rejected("bad_request", f"no change of terms {plan_id} is planned for account {name!r}")
    store.set_plan(tx, plan.id, "withdrawn")


def _announce(
    tx: Tx,
    rules: Rules,
    row: AccountRow,
    terms: str,
    version: int,
    effective_at: datetime | None,
    by: str,
    now: datetime,
) -> Announced:
    check_clock(tx, row.id, now)
    current = versions.of_account(tx, rules, row)
    earliest = months_after(now, current.notice_months, rules.zone)
    at = effective_at or earliest
    if at < earliest:
        month = "calendar month" if current.notice_months == 1 else "calendar months"
        raise Rejected(
            "bad_request",
            f"a change is announced to account {row.name!r} at least {current.notice_months} {month} ahead"
            f" ({current.clause('notice_months') or 'its terms'}):"
            f" not before {earliest.astimezone(rules.zone):%Y-%m-%d %H:%M}",
        )
    for earlier in store.plans_of(tx, row.id):
        if earlier.state in {"planned", "objected"}:
            store.set_plan(tx, earlier.id, "withdrawn")
    plan_id = store.add_plan(
        tx, row.id, terms, version, announced_us=to_us(now), effective_us=to_us(at), by=by
    )
    until = days_after(now, current.notice_objection_days, rules.zone)
    facts = {
        "terms": terms, "version": version, "effective_at": at, "objection_until": until, "change": plan_id,
        "in_force": False, "clause": current.clause("notice_months") or None,
    }  # fmt: skip
    tell(tx, rules, by_id(tx, row.id), "terms_change", facts, now)
    return Announced(plan_id, row.name, terms, version, at, until)
