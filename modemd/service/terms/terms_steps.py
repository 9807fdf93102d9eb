"""What the accounts' terms bring about today, each step with its clause.

A step is only a finding: nothing is changed by looking. It is found again by its key when it is carried out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple, Protocol, TypeVar

from modemd.service.accounts.accounts import DEFAULT
from modemd.service.money import debts
from modemd.service.terms import versions
from modemd.service.terms.calendar import months_after
from modemd.service.terms.terms import Terms
from modemd.store import credit_orders, terms_due
from modemd.store import terms as plans
from modemd.store.times import from_us, to_us

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from modemd.service.rules import Rules
    from modemd.store.accounts import AccountRow
    from modemd.store.balances import Balance
    from modemd.store.terms_due import Standing
    from modemd.store.transaction import Tx

Kind = Literal["terms", "expire", "suspend", "forfeit", "close", "erase"]
UNFUNDED: Final = "unfunded"
USED_UP: Final = "used_up"
UNUSED: Final = "unused"
DELETED: Final = {
    UNFUNDED: "unfunded_close_months",
    USED_UP: "used_up_close_months",
    UNUSED: "unused_delete_years",
}
"""The codes under which an account is closed by a rule, after which it is erased; and the rule's field."""


class _Owned(Protocol):
    @property
    def account_id(self) -> int: ...


_T = TypeVar("_T", bound=_Owned)


class Step(NamedTuple):
    """One thing to be done to one account.

    ``kind``: ``terms`` (announced terms take effect), ``expire`` (a lot), ``suspend`` (for what is owed),
    ``forfeit`` (the balance), ``close``, ``erase``. ``target``: the lot, order or planned change, by its id.
    ``credits`` are lost by it. ``due_at``: since when it is due; ``code``: why, for the account's state.
    """

    kind: Kind
    account_id: int
    account: str
    target: int | None
    clause: str
    sentence: str
    credits: int
    due_at: datetime
    code: str = ""

    @property
    def key(self) -> tuple[str, int, int | None]:
        """By what it is found again."""
        return self.kind, self.account_id, self.target


def due(tx: Tx, rules: Rules, now: datetime, account_id: int | None = None) -> list[Step]:
    """Return what the terms bring about by now, in the order of doing it; of one account or of all."""
    standings = terms_due.standings(tx, account_id)
    found = _Found(tx, rules, standings, now, account_id)
    steps = [step for each in standings for step in found.of(each)]
    return sorted(steps, key=lambda step: (_ORDER.index(step.kind), step.due_at, step.account_id))


_ORDER: Final[tuple[Kind, ...]] = ("terms", "expire", "suspend", "forfeit", "close", "erase")


class _Found:
    """What one look at the store found, by account."""

    def __init__(
        self, tx: Tx, rules: Rules, standings: list[Standing], now: datetime, account_id: int | None
    ) -> None:
        at_us = to_us(now)
        self._rules, self._now = rules, now
        self._accepted = versions.in_force(tx, [each.account for each in standings])
        self._lots = _by_account(terms_due.old_lots(tx, at_us, account_id))
        self._owed = _by_account(credit_orders.owed(tx, at_us, account_id))
        self._plans = _by_account(plans.plans_due(tx, at_us, account_id))
        self._oldest = terms_due.oldest_credits(tx, account_id)

    def of(self, each: Standing) -> Iterator[Step]:
        row, has = each.account, each.balance
        terms = self._terms(row)
        if row.state == "closed":
            yield from self._erase(row, terms, has)
            return
        yield from self._planned(row)
        if terms.charged:
            yield from self._expire(row, terms)
            yield from self._suspend(row, terms)
            yield from self._forfeit(row, terms, has)
            yield from self._close(row, terms, has)

    def _terms(self, row: AccountRow) -> Terms:
        return (
            self._accepted.get(row.name)
            or self._rules.terms.get(row.terms)
            or Terms(name=row.terms, charged=True)
        )

    def _planned(self, row: AccountRow) -> Iterator[Step]:
        for plan in self._plans.get(row.id, ()):
            sentence = f"the terms {plan.terms}, version {plan.version}, take effect as announced"
            over = from_us(plan.effective_at)
            yield Step("terms", row.id, row.name, plan.id, "L §17.3, 21.2", sentence, 0, over)

    def _expire(self, row: AccountRow, terms: Terms) -> Iterator[Step]:
        clause = terms.clause("cancel_expired")
        for lot in self._lots.get(row.id, ()) if terms.cancel_expired else ():
            over = from_us(lot.expires_at)
            day = f"{over.astimezone(self._rules.zone):%Y-%m-%d %H:%M}"
            sentence = f"lot {lot.id} was valid until {day}: what is unused of it is cancelled"
            yield Step("expire", row.id, row.name, lot.id, clause, sentence, lot.unspent, over)

    def _suspend(self, row: AccountRow, terms: Terms) -> Iterator[Step]:
        for order in self._owed.get(row.id, ())[:1] if row.state == "active" else ():
            if order.lot_id is not None and order.due_at is not None and order.due_at <= to_us(self._now):
                since, code, field = order.due_at, debts.UNPAID, "early_activation"
                why = "is overdue, and its credits are in use"
            else:
                since, code, field = order.ordered_at, debts.CHARGEBACK, "chargeback"
                why = "was paid, and a payment was taken back"
            sentence = f"order {order.id} {why}: suspended until it is paid"
            clause = terms.clause(field)
            yield Step("suspend", row.id, row.name, order.id, clause, sentence, 0, from_us(since), code)

    def _forfeit(self, row: AccountRow, terms: Terms, has: Balance) -> Iterator[Step]:
        """Nothing was sent for so many months in a row, while there were credits (S §7.4)."""
        months, oldest = terms.forfeit_unsent_months, self._oldest.get(row.id)
        if months is None or oldest is None:
            return
        since = unsent_since(row.terms_since, oldest, has.sent_at)
        over = self._over(since, months)
        if over is not None:
            sentence = f"nothing was sent for {months} months in a row: the balance is forfeited"
            clause = terms.clause("forfeit_unsent_months")
            yield Step("forfeit", row.id, row.name, None, clause, sentence, has.balance, over)

    def _close(self, row: AccountRow, terms: Terms, has: Balance) -> Iterator[Step]:
        if row.name == DEFAULT:
            return
        for code, months, since, why in _closings(row, terms, has):
            over = self._over(since, months)
            if over is not None:
                clause = terms.clause(DELETED[code])
                sentence = f"{why}: it is closed, then deleted"
                yield Step("close", row.id, row.name, None, clause, sentence, has.balance, over, code)
                return

    def _erase(self, row: AccountRow, terms: Terms, has: Balance) -> Iterator[Step]:
        """What was closed by a rule is erased; so is, in time, what was closed otherwise (L §15.4)."""
        if row.state_code in DELETED:
            clause = terms.clause(DELETED[row.state_code])
            over = from_us(row.closed_at)
        elif terms.unused_delete_years is not None:
            clause = terms.clause("unused_delete_years")
            over = self._over(_used(row, has), terms.unused_delete_years * 12)
        else:
            return
        if over is not None:
            yield Step("erase", row.id, row.name, None, clause, "its personal data is erased", 0, over)

    def _over(self, since_us: int, months: int) -> datetime | None:
        """When a time of so many months is over; ``None``: it is not over yet."""
        over = months_after(from_us(since_us), months, self._rules.zone)
        return over if over <= self._now else None


def _closings(row: AccountRow, terms: Terms, has: Balance) -> Iterator[tuple[str, int, int, str]]:
    """For each rule that ends an account: its code, its months, since when they count, and what it says.

    Who had other terms before has as much time as who is new.
    """
    empty = has.balance + has.held == 0
    if terms.unfunded_close_months is not None and has.posted_at is None:
        months = terms.unfunded_close_months
        yield UNFUNDED, months, row.terms_since, f"never funded in {months} months"
    if terms.used_up_close_months is not None and has.posted_at is not None and empty:
        months = terms.used_up_close_months
        yield (
            USED_UP,
            months,
            max(row.terms_since, has.posted_at),
            f"used up, and not funded again in {months} months",
        )
    if terms.unused_delete_years is not None:
        years = terms.unused_delete_years
        yield UNUSED, years * 12, _used(row, has), f"not used in {years} years"


def _used(row: AccountRow, has: Balance) -> int:
    """Return when an account was last used: it sent, was funded, or came under its terms."""
    return max(row.terms_since, has.sent_at or 0, has.funded_at or 0)


def unsent_since(terms_since: int, oldest: int, sent_at: int | None) -> int:
    """Return since when nothing was sent for credits that there were, in microseconds since 1970 (S §7.4).

    What was sent under terms that charge nothing is in no book: it counts from when that ended.
    """
    return max(terms_since, oldest, sent_at or 0)


def _by_account(rows: Iterable[_T]) -> dict[int, list[_T]]:
    found: dict[int, list[_T]] = {}
    for row in rows:
        found.setdefault(row.account_id, []).append(row)
    return found
