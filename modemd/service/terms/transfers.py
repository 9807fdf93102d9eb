"""An account goes to another holder (L §18.2): its credits, its terms, and who said STOP to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from modemd.errors import Rejected
from modemd.service.accounts import accounts
from modemd.service.accounts.account_events import tell
from modemd.service.accounts.customers import by_id, check_clock, open_customer
from modemd.service.credits import credit
from modemd.service.terms import versions
from modemd.store import accounts as rows
from modemd.store import consents, credit_orders, lots
from modemd.store.balances import find_balance
from modemd.store.times import from_us, to_us

if TYPE_CHECKING:
    from datetime import datetime

    from modemd.service.rules import Rules
    from modemd.service.terms.terms import Terms
    from modemd.store.accounts import AccountRow
    from modemd.store.transaction import Tx

_OF_THE_HOLDER = frozenset({"holder", "address", "vat_number", "email", "mail", "unix_user", "terms"})
"""Settings that are not the next holder's."""


class Transferred(NamedTuple):
    """What went along."""

    account: str
    to: str
    holder: str | None
    credits: int
    lots: int


def transfer(
    tx: Tx,
    rules: Rules,
    name: str,
    to: str,
    *,
    holder: str | None = None,
    email: str | None = None,
    by: str,
    now: datetime,
) -> Transferred:
    """Hand an account over to another holder, who has, or gets, the account ``to``; the first is closed.

    The operator approves of it by calling this. The balance goes along, each lot until its own expiry, and so
    do the terms in the version that was accepted, and every recipient's STOP; consents that were given to the
    first holder do not.

    Raises:
        Rejected: ``not_allowed``: the terms want no transfer (S §1.2); ``account_unknown``,
            ``account_closed``, ``account_suspended``; ``bad_request``: something is still open or held, or
            the other account lives under other terms and has books of its own.
    """
    source = open_customer(tx, name)
    terms = versions.of_account(tx, rules, source)
    _check(tx, source, terms, to, now)
    target = rows.find(tx, to)
    if target is None:
        target = _opened(tx, rules, source, to, holder, email, by, now)
    else:
        _check_target(tx, source, target)
    anew = target.terms != source.terms
    rows.set_terms(tx, target.id, source.terms, source.terms_version, to_us(now), anew=anew)
    moved = [_move(tx, source, target, lot_id, by, now) for lot_id, _ in lots.spendable(tx, source.id)]
    _keep_stops(tx, source, target)
    reason = "transferred to another holder (L §18.2)"
    accounts.close(tx, rules, name, code="transferred", reason=reason, by=by, now=now)
    facts = {"from": name, "to": to, "credits": sum(moved), "by": by}
    for each in (source, by_id(tx, target.id)):
        tell(tx, rules, each, "transfer", facts, now)
    return Transferred(name, to, by_id(tx, target.id).holder, sum(moved), len(moved))


def _check(tx: Tx, source: AccountRow, terms: Terms, to: str, now: datetime) -> None:
    if not terms.transferable:
        clause = f" ({terms.clause('transferable')})" if terms.clause("transferable") else ""
        raise Rejected("not_allowed", f"the terms {terms.name} allow no transfer to another holder{clause}")
    if source.name in {to, accounts.DEFAULT}:
        raise Rejected("bad_request", f"account {source.name!r} cannot go to {to!r}")
    if source.state == "suspended":
        raise Rejected(
            "account_suspended", f"account {source.name!r} is suspended: {source.state_reason or ''}"
        )
    check_clock(tx, source.id, now)
    unpaid = credit_orders.unpaid(tx, source.id)
    if unpaid:
        raise Rejected("bad_request", f"order {unpaid[0].id} is open: it is paid or cancelled first")
    held = find_balance(tx, source.id).held
    if held:
        raise Rejected(
            "bad_request",
            f"{held} credits are held for messages on their way: they end, or are cancelled, first",
        )


def _check_target(tx: Tx, source: AccountRow, target: AccountRow) -> None:
    if target.state != "active":
        raise Rejected(
            "account_suspended" if target.state == "suspended" else "account_closed",
            f"account {target.name!r} is {target.state}",
        )
    same = (target.terms, target.terms_version) == (source.terms, source.terms_version)
    if not same and find_balance(tx, target.id).posted_at is not None:
        raise Rejected(
            "bad_request",
            f"account {target.name!r} lives under {target.terms}, version {target.terms_version}, and has"
            f" books of its own: the terms {source.terms} cannot go along (L §18.2)",
        )


def _opened(
    tx: Tx,
    rules: Rules,
    source: AccountRow,
    to: str,
    holder: str | None,
    email: str | None,
    by: str,
    now: datetime,
) -> AccountRow:
    if holder is None:
        raise Rejected("bad_request", f"there is no account {to!r} yet: name its holder")
    kept = accounts.settings_of(source.settings).model_dump(
        exclude_defaults=True, exclude=set(_OF_THE_HOLDER)
    )
    settings = kept | {"terms": source.terms, "holder": holder, "email": email}
    return accounts.add(tx, rules, to, settings, by=by, now=now)


def _move(tx: Tx, source: AccountRow, target: AccountRow, lot_id: int, by: str, now: datetime) -> int:
    lot = lots.find_lot(tx, lot_id)
    assert lot is not None, "it was found a moment ago"
    reason = "transfer to another holder (L §18.2)"
    moved = credit.take_away(tx, source.id, lot_id, "transfer_out", by=by, reason=reason, now=now)
    credit.grant(
        tx, target.id, moved, source="transfer", kind="transfer_in", expires_at=from_us(lot.expires_at),
        by=by, reason=reason, now=now,
    )  # fmt: skip
    return moved


def _keep_stops(tx: Tx, source: AccountRow, target: AccountRow) -> None:
    """Whoever said STOP is not asked to say it again."""
    for row in consents.of_account(tx, source.id):
        if row.state == "revoked":
            consents.keep(tx, target.id, row)
