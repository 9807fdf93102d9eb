"""What an account may still spend, as the object that is published, answered, and stays on the broker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from modemd.formats.events import iso
from modemd.store import credit_states as store
from modemd.store.times import from_us

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
    expiring = store.expiring(tx)
    return {
        name: _credit(rules, name, row, expiring.get(row.id, ()) if row else ())
        for name, row in ((name, rows.get(name)) for name in rules.accounts)
    }


def credit_of(tx: Tx, rules: Rules, name: str) -> Credit:
    """Return what one account can spend."""
    row = store.standing(tx, name)
    return _credit(rules, name, row, store.expiring(tx, row.id).get(row.id, ()) if row else ())


def any_limited(rules: Rules) -> bool:
    """Tell whether any account pays with credits: else there is nothing that changes."""
    return any(rules.terms_of(name).charged for name in rules.accounts)


def _credit(rules: Rules, name: str, row: StandingRow | None, expiring: Sequence[tuple[int, int]]) -> Credit:
    """As the books have it, the balance is what can be spent: what is held is no part of it.

    An account whose terms charge nothing is not limited by what it has.
    """
    state = "active" if row is None else row.state
    known: _State = "suspended" if state == "suspended" else "active" if state == "active" else "closed"
    terms = rules.terms_of(name)
    if not terms.charged:
        return {"balance": None, "held": 0, "available": None, "expiring": [], "state": known, "low": False}
    balance, held = (0, 0) if row is None else (row.balance, row.held)
    told = expiring if terms.cancel_expired else ()
    return {
        "balance": balance,
        "held": held,
        "available": balance,
        "expiring": [{"credits": credits_, "at": iso(from_us(at))} for at, credits_ in told[:_MOST]],
        "state": known,
        "low": known != "closed" and balance <= (rules.accounts[name].low_credit or 0),
    }
