"""An office whose accounts have their rows in the store, as after a start."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from modemd.errors import Rejected
from modemd.gsm.terminated import encode_deliver
from modemd.model import SendRequest
from modemd.service import arrival, upkeep
from modemd.service.accounts import accounts
from modemd.service.credits import suspension
from modemd.store import accounts as rows
from tests.service.office import TO, Office, rules_of

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.service.intake import Accepted
    from modemd.store.accounts import AccountRow
    from modemd.store.database import Database


class Senders(Office):
    """Accounts as a configuration declares them; its sections are given by name."""

    def __init__(self, folder: Path, database: Database, **sections: Any) -> None:
        super().__init__(folder, rules_of(**sections), database=database)
        self.know()

    def know(self) -> None:
        """As at a start, and when the store's accounts have changed."""
        self.rules = self.run(lambda tx: accounts.known(tx, self.rules, self.now))

    def row(self, name: str) -> AccountRow:
        return self.run(lambda tx: accounts.find(tx, name))

    def rows(self) -> dict[str, AccountRow]:
        return {each.name: each for each in self.run(rows.all_accounts)}

    def ask_for(self, account: str, text: str = "Hello", *, to: str = TO, **wish: Any) -> Accepted | Rejected:
        """One message; the answer of its preparation, or of its acceptance."""
        try:
            [answer] = self.accept(SendRequest(to=to, text=text, account=account, **wish))
        except Rejected as refused:
            return refused
        return answer

    def code(self, account: str, text: str = "Hello", *, to: str = TO, **wish: Any) -> str:
        """How a message is answered: ``ok``, or the code of its refusal."""
        answer = self.ask_for(account, text, to=to, **wish)
        return answer.code if isinstance(answer, Rejected) else "ok"

    def hears(self, text: str, *, originator: str = TO, account: str = "default", name: str = "gsm1") -> None:
        """A message comes in by a modem; ``account`` is whose it is."""
        self.later(seconds=1)
        [part] = encode_deliver(originator, text, sc_at=self.now)
        self.run(lambda tx: arrival.take(tx, self.rules, self.seat(name), account, [part.pdu], self.now))

    def tick(self) -> None:
        """What the clock does each time."""
        self.run(lambda tx: upkeep.promote(tx, self.rules, self.now))
        while self.run(lambda tx: suspension.go_on(tx, self.rules, self.now)):
            pass
        self.run(lambda tx: upkeep.expire(tx, self.rules, self.now))
