"""What accounts are told before it happens: credits that end, prices that change. Each is told once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from modemd.service.accounts.account_events import tell
from modemd.service.credits import credit_alerts
from modemd.service.terms import versions
from modemd.service.terms.calendar import months_after
from modemd.service.terms.terms_steps import unsent_since
from modemd.store import account_told, terms_due
from modemd.store.times import from_us, to_us

if TYPE_CHECKING:
    from datetime import datetime

    from modemd.service.rules import Rules
    from modemd.service.terms.tariff import Prices
    from modemd.service.terms.terms import Terms
    from modemd.store.accounts import AccountRow
    from modemd.store.terms_due import OldLot, Standing
    from modemd.store.transaction import Tx

_AHEAD: Final = timedelta(days=max(credit_alerts.DAYS))
PRICES: Final = "price_change"


def warn(tx: Tx, rules: Rules, now: datetime) -> int:
    """Tell accounts of lots that expire (L §6.3), of balances that are forfeited (S §7.4), both 30 and 7 days
    before, and of prices that are known beforehand (L §5.5, 17.3); return how many were told.
    """
    standings = [each for each in terms_due.standings(tx) if each.account.state in {"active", "suspended"}]
    accepted = versions.in_force(tx, [each.account for each in standings])
    ending: dict[int, list[OldLot]] = {}
    for lot in terms_due.old_lots(tx, to_us(now + _AHEAD)):
        ending.setdefault(lot.account_id, []).append(lot)
    oldest = terms_due.oldest_credits(tx)
    count = 0
    for each in standings:
        row = each.account
        terms = accepted.get(row.name) or rules.terms_of(row.name)
        if not terms.charged:
            continue
        if terms.cancel_expired:
            count += _expiring(tx, rules, row, ending.get(row.id, []), now)
        count += _unsent(tx, rules, each, terms, oldest.get(row.id), now)
        count += _prices(tx, rules, row, terms, now)
    return count


def _expiring(tx: Tx, rules: Rules, row: AccountRow, lots: list[OldLot], now: datetime) -> int:
    return sum(
        credit_alerts.warn_expiring(tx, rules, row, lot.id, lot.unspent, lot.expires_at, now) for lot in lots
    )


def _unsent(tx: Tx, rules: Rules, each: Standing, terms: Terms, oldest: int | None, now: datetime) -> int:
    """Nothing was sent for so long that the balance is forfeited soon (S §7.4)."""
    if terms.forfeit_unsent_months is None or oldest is None:
        return 0
    since = unsent_since(each.account.terms_since, oldest, each.balance.sent_at)
    ends_at = months_after(from_us(since), terms.forfeit_unsent_months, rules.zone)
    near = [days for days in credit_alerts.DAYS if now < ends_at <= now + timedelta(days=days)]
    if not near:
        return 0
    key = f"unsent/{since}/{min(near)}"
    facts = {
        "credits": each.balance.balance,
        "expires_at": ends_at,
        "clause": terms.clause("forfeit_unsent_months"),
        "reason": f"nothing was sent for {terms.forfeit_unsent_months} months in a row by then",
    }
    return _once(tx, rules, each.account, credit_alerts.EXPIRING, key, facts, now)


def _prices(tx: Tx, rules: Rules, row: AccountRow, terms: Terms, now: datetime) -> int:
    entry = rules.accounts.get(row.name)
    tariff = rules.tariffs.get((None if entry is None else entry.tariff) or terms.tariff)
    if tariff is None or tariff.at(now) is None:
        return 0
    coming = [prices for prices in tariff.revised(terms.revision).versions if prices.starts_at > now]
    return sum(
        _once(
            tx,
            rules,
            row,
            PRICES,
            f"{tariff.name}/{prices.valid_from}",
            _price_facts(tariff.name, prices),
            now,
        )
        for prices in coming
    )


def _price_facts(tariff: str, prices: Prices) -> dict[str, object]:
    said = ", ".join(f"{each.name}: {each.price}" for each in prices.bundles)
    return {"tariff": tariff, "effective_at": prices.starts_at, "currency": prices.currency, "prices": said}


def _once(
    tx: Tx, rules: Rules, row: AccountRow, event: str, key: str, facts: dict[str, object], now: datetime
) -> int:
    if key in account_told.keys(tx, row.id, event):
        return 0
    account_told.note(tx, row.id, event, key, to_us(now))
    tell(tx, rules, row, event, facts, now)
    return 1
