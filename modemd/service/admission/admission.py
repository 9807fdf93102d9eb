"""Whether a message that is well-formed may be accepted: what only the store can tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modemd.service.admission.gate import Gate
from modemd.service.credits.credit_alerts import watch_low
from modemd.service.credits.credit_holds import Holds, short
from modemd.store import credit_wait
from modemd.store.credit_wait import Waiting
from modemd.store.times import to_us

if TYPE_CHECKING:
    from datetime import datetime

    from modemd.errors import Rejected
    from modemd.service.checks import Prepared
    from modemd.service.rules import Rules
    from modemd.store.transaction import Tx


class Admission:
    """The checks of one batch: each account is looked up once, what is counted is written once."""

    def __init__(self, tx: Tx, rules: Rules, now: datetime) -> None:
        self._tx = tx
        self._rules = rules
        self._now = now
        self._gates: dict[str, Gate] = {}
        self._holds = Holds(tx, to_us(now))
        self._waiting: list[Waiting] = []
        self._blocked: dict[int, bool] = {}

    def refusal(self, each: Prepared) -> Rejected | None:
        """Return why a message may not be accepted; ``None``: it may, and ``admit`` comes next."""
        gate = self._gates.get(each.account) or self._gate(each.account)
        refused = None if gate.is_open else gate.refusal(each)
        if refused is None and each.credits:
            refused = self._short_of_credit(each, gate)
        return refused

    def admit(self, each: Prepared, message_id: int) -> bool:
        """Count a message that is accepted under this key; tell whether it has to wait for credits."""
        gate = self._gates[each.account]
        if not gate.is_open:
            gate.admit(each)
        if not each.credits:
            return False
        assert gate.row is not None, "it was admitted"
        account_id = gate.row.id
        if self._kept_back(each, account_id):
            due_us = None if each.due_at is None else to_us(each.due_at)
            self._waiting.append(Waiting(message_id, account_id, each.credits, due_us))
            self._blocked[account_id] = True
            return True
        self._holds.reserve(account_id, each.account, message_id, each.credits)
        return False

    def flush(self) -> None:
        """Write down what was counted; messages and parts are in the store now."""
        self._warn(self._holds.drawn())
        self._holds.flush()
        credit_wait.add(self._tx, self._waiting)
        self._waiting = []
        for gate in self._gates.values():
            gate.flush()

    def _warn(self, left: dict[int, int]) -> None:
        """Tell the accounts whose credits are low now; ``left``: what they have, by their keys."""
        for gate in self._gates.values() if left else ():
            if gate.row is not None and gate.row.id in left:
                watch_low(self._tx, self._rules, gate.row, left[gate.row.id], self._now)

    def _gate(self, account: str) -> Gate:
        gate = self._gates[account] = Gate(self._tx, self._rules, account, self._now)
        return gate

    def _short_of_credit(self, each: Prepared, gate: Gate) -> Rejected | None:
        available = 0 if gate.row is None else self._holds.available(gate.row.id)
        if available >= each.credits or (gate.row is not None and self._may_wait(each.account)):
            return None
        return short(each.account, each.credits, available)

    def _may_wait(self, account: str) -> bool:
        config = self._rules.accounts.get(account)
        return config is not None and config.on_insufficient == "wait"

    def _kept_back(self, each: Prepared, account_id: int) -> bool:
        """Whether a message is not covered, or others of its account that came before it are not."""
        if not self._may_wait(each.account):
            return False
        blocked = self._blocked.get(account_id)
        if blocked is None:
            blocked = self._blocked[account_id] = credit_wait.any_of(self._tx, account_id)
        return blocked or self._holds.available(account_id) < each.credits
