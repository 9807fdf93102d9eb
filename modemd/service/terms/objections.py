"""Objections (L §9, 21.2): to an invoice, a service or announced terms, within days; what comes of them.

An objection suspends nothing: an invoice stays due while it is looked at. What is upheld is made good by a
row of the ledger that the objection names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from modemd.errors import Rejected
from modemd.service.accounts.customers import check_clock, open_customer
from modemd.service.credits import credit
from modemd.service.terms import versions
from modemd.service.terms.calendar import days_after
from modemd.store import invoices, outbound
from modemd.store import objections as store
from modemd.store import terms as plans
from modemd.store.times import from_us, to_us

if TYPE_CHECKING:
    from datetime import datetime

    from modemd.service.rules import Rules
    from modemd.service.terms.terms import Terms
    from modemd.store.accounts import AccountRow
    from modemd.store.objections import ObjectionRow
    from modemd.store.transaction import Tx

Kind = Literal["invoice", "service", "terms"]
Verdict = Literal["upheld", "dismissed"]
_KINDS: Final = ("invoice", "service", "terms")
_LONGEST: Final = 2000


def object_to(
    tx: Tx, rules: Rules, name: str, kind: Kind, target: str | None, text: str, *, by: str, now: datetime
) -> ObjectionRow:
    """Record an objection; announced terms that are objected to wait for a decision.

    Args:
        tx: the transaction.
        rules: the rules in force.
        name: the account that objects.
        kind: to what.
        target: the invoice's number; the message's id, or ``None`` for a service in general; the id of the
            announced change.
        text: what is objected.
        by: who records it.
        now: when, aware.

    Raises:
        Rejected: ``bad_request``: there is no such thing, it is too late (L §9: 7 days), the terms know no
            objections, or the clock is set back; ``account_unknown``, ``account_closed``.
    """
    row = open_customer(tx, name)
    if kind not in _KINDS:
        raise Rejected("bad_request", f"objections are to an invoice, a service or terms, not {kind!r}")
    if not 1 <= len(text.strip()) <= _LONGEST:
        raise Rejected("bad_request", f"an objection says what it is about, in at most {_LONGEST} characters")
    check_clock(tx, row.id, now)
    terms = versions.of_account(tx, rules, row)
    since, what = _TARGETS[kind](tx, row, target)
    if since is not None:
        _check_in_time(rules, terms, kind, since, what, now)
    elif not terms.objection_days:
        raise Rejected("bad_request", f"the terms {terms.name} know no objections")
    if kind == "terms":
        plans.set_plan(tx, int(target or 0), "objected")
    added = store.add(
        tx, account_id=row.id, kind=kind, target=target, text=text.strip(), at_us=to_us(now), by=by
    )
    return _found(tx, added)


def decide(
    tx: Tx,
    rules: Rules,
    objection_id: int,
    verdict: Verdict,
    *,
    credits_: int | None = None,
    by: str,
    reason: str,
    now: datetime,
) -> ObjectionRow:
    """Decide on an objection.

    Upheld, an invoice or a service is made good with credits (L §9), and announced terms are withdrawn.
    Dismissed, nothing changes; announced terms are planned again.

    Args:
        tx: the transaction.
        rules: the rules in force.
        objection_id: which.
        verdict: ``upheld`` or ``dismissed``.
        credits_: what makes it good; needed for an invoice or a service that is upheld, and only then.
        by: who decides.
        reason: why.
        now: when, aware.

    Raises:
        Rejected: ``bad_request``: there is none, it is decided, the credits are missing or none of its
            business, or the clock is set back; ``account_closed``.
    """
    found = _found(tx, objection_id)
    if found.verdict is not None:
        when = f"{from_us(found.decided_at or 0).astimezone(rules.zone):%Y-%m-%d}"
        raise Rejected("bad_request", f"objection {objection_id} was {found.verdict} on {when} already")
    if verdict not in {"upheld", "dismissed"}:
        raise Rejected("bad_request", f"an objection is upheld or dismissed, not {verdict!r}")
    good = verdict == "upheld" and found.kind != "terms"
    if good is (credits_ is None):
        what = (
            "an upheld objection is made good with credits" if good else "no credits belong to this decision"
        )
        raise Rejected("bad_request", f"{what} (L §9)")
    check_clock(tx, found.account_id, now)
    entry_id = None
    if credits_ is not None:
        if credits_ < 1:
            raise Rejected("bad_request", f"an objection is made good with credits, not with {credits_}")
        why = f"objection {found.id} upheld (L §9): {reason}"
        entry_id = credit.adjust(
            tx, found.account_id, credits_, order_id=_order_of(tx, found), by=by, reason=why, now=now
        )
    elif found.kind == "terms":
        _decide_plan(tx, int(found.target or 0), upheld=verdict == "upheld")
    store.decide(tx, found.id, verdict, to_us(now), by=by, entry_id=entry_id)
    return _found(tx, found.id)


def _decide_plan(tx: Tx, plan_id: int, *, upheld: bool) -> None:
    """A change that was announced anew since, or was withdrawn, stays as it is."""
    plan = plans.find_plan(tx, plan_id)
    if plan is not None and plan.state == "objected":
        plans.set_plan(tx, plan_id, "withdrawn" if upheld else "planned")


def _invoice(tx: Tx, row: AccountRow, target: str | None) -> tuple[int | None, str]:
    found = invoices.find(tx, target or "")
    if found is None or found.account_id != row.id:
        raise Rejected("bad_request", f"account {row.name!r} has no invoice {target!r}")
    return found.issued_at, f"invoice {found.invoice_no} is of"


def _service(tx: Tx, row: AccountRow, target: str | None) -> tuple[int | None, str]:
    if target is None:
        return None, ""
    message_id = int(target) if target.isascii() and target.isdigit() and len(target) < 19 else 0
    found = outbound.find_message(tx, message_id)
    times = None if found is None else outbound.times_of(tx, message_id)
    if found is None or found.account != row.name or times is None:
        raise Rejected("bad_request", f"account {row.name!r} has no message {target!r}")
    return times.ended_at or times.sent_at or times.accepted_at, f"message {message_id} is of"


def _plan(tx: Tx, row: AccountRow, target: str | None) -> tuple[int | None, str]:
    plan_id = int(target) if target and target.isascii() and target.isdigit() and len(target) < 19 else 0
    found = plans.find_plan(tx, plan_id)
    if found is None or found.account_id != row.id or found.state != "planned":
        raise Rejected("bad_request", f"no change of terms {target!r} is planned for account {row.name!r}")
    return found.announced_at, "the change was announced on"


_TARGETS: Final = {"invoice": _invoice, "service": _service, "terms": _plan}


def _check_in_time(rules: Rules, terms: Terms, kind: Kind, since: int, what: str, now: datetime) -> None:
    days = terms.notice_objection_days if kind == "terms" else terms.objection_days
    clause = terms.clause("notice_objection_days" if kind == "terms" else "objection_days")
    if not days:
        raise Rejected("bad_request", f"the terms {terms.name} know no objection to an invoice or a service")
    if now >= days_after(from_us(since), days, rules.zone):
        day = f"{from_us(since).astimezone(rules.zone):%Y-%m-%d}"
        raise Rejected(
            "bad_request", f"it is too late: {what} {day}, and objections come within {days} days ({clause})"
        )


def _order_of(tx: Tx, found: ObjectionRow) -> int | None:
    if found.kind != "invoice":
        return None
    invoice = invoices.find(tx, found.target or "")
    return None if invoice is None else invoice.order_id


def _found(tx: Tx, objection_id: int) -> ObjectionRow:
    row = store.find(tx, objection_id)
    if row is None:
        raise Rejected("bad_request", f"there is no objection {objection_id}")
    return row
