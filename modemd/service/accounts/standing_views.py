"""How accounts stand, as people are shown it: state, credits, what waits for credits, what was sent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from modemd.service.admission import pace
from modemd.store import credit_views as store
from modemd.store import usage

if TYPE_CHECKING:
    from datetime import datetime

    from modemd.service.rules import Rules
    from modemd.store.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How an account stands; ``waiting`` messages want ``waiting_credits`` that are not there.

    ``low``: its credits are at the threshold that its ``low_credit`` sets, or under it, or used up.
    """

    account: str
    state: str
    state_code: str | None
    state_reason: str | None
    terms: str
    balance: int
    held: int
    waiting: int
    waiting_credits: int
    low: bool = False


class Sent(NamedTuple):
    """Parts that the network took from an account, and the credits that they cost."""

    today: usage.Usage
    month: usage.Usage


def sent(tx: Tx, rules: Rules, account_id: int, now: datetime) -> Sent:
    """Return what an account has sent today, and in this month, in the gateway's zone."""
    today, local = pace.day_number(rules, now), now.astimezone(rules.zone)
    return Sent(
        usage.used(tx, account_id, today, today), usage.used(tx, account_id, today - local.day + 1, today)
    )


def standings(tx: Tx, rules: Rules | None = None) -> list[Standing]:
    """Return how each account stands, by name; whether its credits are low only where ``rules`` are given."""
    found = [Standing(**row._asdict()) for row in store.standings(tx)]
    if rules is None:
        return found
    return [replace(each, low=_is_low(each, rules)) for each in found]


def _is_low(standing: Standing, rules: Rules) -> bool:
    if standing.state not in {"active", "suspended"} or not rules.terms_of(standing.account).charged:
        return False
    config = rules.accounts.get(standing.account)
    return standing.balance <= ((config.low_credit if config else None) or 0)


def wanting(tx: Tx, rules: Rules) -> list[Standing]:
    """Return the open accounts that an operator should look at: low, suspended, or waiting for credits."""
    return [each for each in standings(tx, rules) if each.low or each.waiting or each.state == "suspended"]
