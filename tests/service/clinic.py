"""A clinic that reminds its patients: an office whose messages have appointments."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from modemd.errors import Rejected
from modemd.model import SendRequest
from modemd.service import intake, upkeep
from modemd.service.accounts import account_sync
from modemd.service.credits import credit
from modemd.service.reminders import appointments
from modemd.store import accounts
from modemd.store.times import from_us
from tests.service.office import START, TO, Office, rules_of
from tests.store.files import rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from modemd.store.database import Database
    from modemd.store.transaction import Tx

H = timedelta(hours=1)
DAY = timedelta(days=1)
AT = START + 3 * DAY
RULES = rules_of(
    accounts={
        "clinic": {"remind": ["48h", "2h"]},
        "paid": {"terms": "smstools", "remind": ["24h"]},
        "night": {"quiet_hours": "21:00-08:00"},
    }
)


class Desk(Office):
    """An office that takes appointments."""

    def __init__(self, folder: Path, rules: Any = RULES, database: Database | None = None) -> None:
        super().__init__(folder, rules, database=database)
        self.run(lambda tx: account_sync.sync(tx, self.rules, self.now))

    def plan(
        self, at: datetime = AT, text: str = "See you", *, key: str | None = "a1", **wish: Any
    ) -> appointments.Answer:
        [answer] = self.plan_all(self.asked(at, text, key=key, **wish))
        return answer

    @staticmethod
    def asked(at: datetime, text: str = "See you", *, key: str | None = "a1", **wish: Any) -> SendRequest:
        wishes = {"to": TO, "account": "clinic"} | wish
        return SendRequest(text=text, client_id=key, appointment_at=at, **wishes)

    def plan_all(self, *requests: SendRequest) -> Sequence[appointments.Answer]:
        prepared = [intake.prepare(each, self.rules, self.now) for each in requests]
        return self.run(lambda tx: appointments.accept(tx, prepared, self.rules, self.now, source="mqtt"))

    def ask_cancel(self, key: str = "a1", account: str = "clinic") -> str | None:
        """Cancel; return the code of a refusal."""
        try:
            self.run(lambda tx: appointments.cancel(tx, self.rules, account, key, self.now))
        except Rejected as refused:
            return refused.code
        return None

    def waiting(self) -> list[tuple[str | None, timedelta]]:
        """What is still to go: its name, and when, counted from the start."""
        sql = (
            "SELECT message.client_id, coalesce(part.not_before_at, 0) FROM part"
            " JOIN message ON message.id = part.message_id WHERE part.state IN (0, 8) ORDER BY part.id"
        )
        found = rows(self.database, sql)
        return [(name, max(from_us(due) - START, timedelta())) for name, due in found]

    def grant(self, how_many: int) -> int:
        """Give the paying account credits; return its key."""

        def give(tx: Tx) -> int:
            row = accounts.find(tx, "paid")
            assert row is not None
            credit.grant(tx, row.id, how_many, source="grant", by="test", reason="test", now=self.now)
            return row.id

        return self.run(give)

    def balance(self, account_id: int) -> tuple[int, int]:
        """What it may spend, and what is held."""
        found = self.run(lambda tx: credit.balances(tx, account_id))
        return found.balance, found.held

    def go_on(self, pause: timedelta) -> None:
        """Time passes; what falls due is queued, and what is late ends."""
        self.now += pause
        self.run(lambda tx: upkeep.promote(tx, self.rules, self.now))
        self.run(lambda tx: upkeep.expire(tx, self.rules, self.now))


def accepted(answer: appointments.Answer) -> intake.Accepted:
    assert isinstance(answer, intake.Accepted), answer
    return answer


def refused(answer: appointments.Answer) -> str:
    assert isinstance(answer, Rejected), answer
    return answer.code
