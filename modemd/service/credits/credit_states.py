"""What an account may still spend, as the object that is published, answered, and stays on the broker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from modemd.formats.events import iso
from modemd.service.terms.calendar import months_after
from modemd.service.terms.terms_steps import unsent_since
from modemd.store import credit_states as store
from modemd.store import terms_due
from modemd.store.times import from_us, to_us

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modemd.formats.payloads import Credit
    from modemd.service.rules import Rules
    from modemd.store.credit_states import StandingRow
    from modemd.store.transaction import Tx

_State = Literal["active", "suspended", "closed"]

_MOST: Final = 20
"""So many dates of expiry are told: the next ones are those that matter."""


def credits_of_all(tx: Tx, rules: Rules) -> dict[str, Credit]:
    """Return what each account that senders may name can spend, by its name."""
    rows = {row.name: row for row in store.standings(tx)}
    expiring, oldest = store.expiring(tx), terms_due.oldest_credits(tx)
    found = {}
    for name in rules.accounts:
        row = rows.get(name)
        ends = () if row is None else _ends(rules, row, expiring.get(row.id, ()), oldest.get(row.id))
        found[name] = _credit(rules, name, row, ends)
    return found


def credit_of(tx: Tx, rules: Rules, name: str) -> Credit:
    """Return what one account can spend."""
    row = store.standing(tx, name)
    if row is None:
        return _credit(rules, name, None, ())
    expiring, oldest = store.expiring(tx, row.id), terms_due.oldest_credits(tx, row.id)
    return _credit(rules, name, row, _ends(rules, row, expiring.get(row.id, ()), oldest.get(row.id)))


def any_limited(rules: Rules) -> bool:
    """Tell whether any account pays with credits: else there is nothing that changes."""
    return any(rules.terms_of(name).charged for name in rules.accounts)


def _ends(
    rules: Rules, row: StandingRow, expiring: Sequence[tuple[int, int]], oldest_us: int | None
) -> Sequence[tuple[int, int]]:
    """When credits end unused: each lot at its time (L §6.3), or all when nothing is sent (S §7.4)."""
    terms = rules.terms_of(row.name)
    if terms.cancel_expired:
        return expiring
    if terms.forfeit_unsent_months is None or oldest_us is None or not row.balance:
        return ()
    since = from_us(unsent_since(row.terms_since, oldest_us, row.sent_at))
    return [(to_us(months_after(since, terms.forfeit_unsent_months, rules.zone)), row.balance)]


def _credit(rules: Rules, name: str, row: StandingRow | None, ends: Sequence[tuple[int, int]]) -> Credit:
    """As the books have it, the balance is what can be spent: what is held is no part of it.

    An account whose terms charge nothing is not limited by what it has.
    """
    state = "active" if row is None else row.state
    known: _State = "suspended" if state == "suspended" else "active" if state == "active" else "closed"
    terms = rules.terms_of(name)
    if not terms.charged:
        return {"balance": None, "held": 0, "available": None, "expiring": [], "state": known, "low": False}
    balance, held = (0, 0) if row is None else (row.balance, row.held)
    return {
        "balance": balance,
        "held": held,
        "available": balance,
        "expiring": [{"credits": credits_, "at": iso(from_us(at))} for at, credits_ in ends[:_MOST]],
        "state": known,
        "low": known != "closed" and balance <= (rules.accounts[name].low_credit or 0),
    }
