"""Whether a message that is well-formed may be accepted: what only the store can tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modemd.service.credit_holds import Holds, short
from modemd.store import accounts
from modemd.store.times import to_us

if TYPE_CHECKING:
    from datetime import datetime

    from modemd.errors import Rejected
    from modemd.service.checks import Prepared
    from modemd.service.rules import Rules
    from modemd.store.accounts import AccountRow
    from modemd.store.transaction import Tx


class Admission:
    """The checks of one batch: each account is looked up once, what is counted is written once."""

    def __init__(self, tx: Tx, rules: Rules, now: datetime) -> None:
        self._tx = tx
        self._rules = rules
        self._now = now
        self._rows: dict[str, AccountRow | None] = {}
        self._holds = Holds(tx, to_us(now))

    def refusal(self, each: Prepared) -> Rejected | None:
        """Return why a message may not be accepted; ``None``: it may, and ``admit`` comes next."""
        return self._short_of_credit(each) if each.credits else None

    def admit(self, each: Prepared, message_id: int) -> None:
        """Count a message that is accepted under this key."""
        if each.credits:
            self._holds.reserve(self._account_id(each.account), message_id, each.credits)

    def flush(self) -> None:
        """Write down what was counted; messages and parts are in the store now."""
        self._holds.flush()

    def _row(self, account: str) -> AccountRow | None:
        try:
            return self._rows[account]
        except KeyError:
            row = self._rows[account] = accounts.find(self._tx, account)
            return row

    def _account_id(self, account: str) -> int:
        row = self._row(account)
        assert row is not None, "it was admitted"
        return row.id

    def _short_of_credit(self, each: Prepared) -> Rejected | None:
        row = self._row(each.account)
        available = 0 if row is None else self._holds.available(row.id)
        if available >= each.credits:
            return None
        return short(each.account, each.credits, available)
