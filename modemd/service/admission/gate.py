"""What one account may send at present, asked of each of its messages in a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from modemd.errors import Rejected
from modemd.service.admission import consent, pace
from modemd.store import accounts

if TYPE_CHECKING:
    from datetime import datetime

    from modemd.service.checks import Prepared
    from modemd.service.rules import Rules
    from modemd.store.accounts import AccountRow
    from modemd.store.transaction import Tx

_STOPPED: Final = {
    "suspended": ("account_suspended", "is suspended"),
    "closed": ("account_closed", "is closed"),
    "erased": ("account_unknown", "does not exist any more"),
}


class Gate:
    """One account in one batch; ``row`` is ``None`` where the store does not have it (yet)."""

    def __init__(self, tx: Tx, rules: Rules, account: str, now: datetime) -> None:
        self._tx = tx
        self._rules = rules
        self._account = account
        self.row = accounts.find(tx, account)
        self._spans: list[pace.Span] = []
        self._texts: pace.SameText | None = None
        self._shut = _shut(account, self.row)
        config = rules.accounts.get(account)
        self._consent = "none" if config is None else config.consent
        if self.row is not None and config is not None:
            self._spans = pace.spans_of(tx, self.row.id, config, now)
            if config.same_text is not None:
                self._texts = pace.SameText(tx, self.row.id, config.same_text, rules, now)
        self.is_open = not (
            self._shut or self._spans or self._texts or (self.row is not None and self._consent != "none")
        )
        """Nothing is to be asked of any message."""

    def refusal(self, each: Prepared) -> Rejected | None:
        """Return why a message may not pass: how the account stands, consent, then pace."""
        if self._shut is not None:
            return self._shut
        if self.row is not None and self._consent != "none":
            refused = consent.refusal(self._tx, self.row.id, self._consent, each.outgoing.destination)
            if refused is not None:
                return refused
        for span in self._spans:
            refused = span.refusal(self._rules)
            if refused is not None:
                return refused
        return None if self._texts is None else self._texts.refusal(each)

    def admit(self, each: Prepared) -> None:
        """Count a message that has passed."""
        for span in self._spans:
            span.admit()
        if self._texts is not None:
            self._texts.admit(each)

    def flush(self) -> None:
        """Write down what was counted."""
        for span in self._spans:
            span.flush()
        if self._texts is not None:
            self._texts.flush()


def _shut(account: str, row: AccountRow | None) -> Rejected | None:
    if row is None or row.state == "active":
        return None
    code, said = _STOPPED[row.state]
    why = f" ({row.state_code.replace('_', ' ')})" if row.state_code else ""
    return Rejected(code, f"account {account!r} {said}{why}")
