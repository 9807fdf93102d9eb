"""An operator's counter: a store of either kind, accounts under terms, a calendar that one sets oneself."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

import pytest

from modemd.errors import Rejected
from modemd.model import SendRequest
from modemd.service import intake, orders
from modemd.service.accounts import accounts
from modemd.service.credits import credit, credit_verify, suspension
from modemd.service.money import debts, ordering, payments
from modemd.service.terms import announcements, daily, objections, transfers
from modemd.store.schema import METADATA
from tests.service.office import TO, Office, rules_of, with_broker
from tests.store.files import rows

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from modemd.service.money.ordering import Ordered
    from modemd.service.money.payments import Paid
    from modemd.service.terms.announcements import Announced
    from modemd.service.terms.daily import Step
    from modemd.service.terms.transfers import Transferred
    from modemd.store.accounts import AccountRow
    from modemd.store.balances import Balance
    from modemd.store.database import Database
    from modemd.store.objections import ObjectionRow
    from modemd.store.transaction import Tx

T = TypeVar("T")
BRUSSELS = ZoneInfo("Europe/Brussels")
MOMENT = timedelta(microseconds=1)
TARIFFS = {
    "standard": [
        {
            "valid_from": "2020-01-01",
            "vat": "21",
            "bundles": [
                {"up_to": "500", "price": "0.095"},
                {"up_to": "1000", "price": "0.085"},
                {"up_to": "5000", "price": "0.0725"},
            ],
            "credits": {"+1": "2", "+1809": "3"},
        }
    ]
}


class LotSeen(NamedTuple):
    """What is left of a lot."""

    unspent: int
    held: int
    granted: int
    forfeited: int
    revoked: int
    expires_at: datetime | None
    closed: bool


def local(*when: int) -> datetime:
    """A moment on the wall in Brussels."""
    return datetime(*when, tzinfo=BRUSSELS)  # type: ignore[arg-type,misc]


class Counter:
    """The verbs of the credit side; the account is ``acme`` where none is named."""

    def __init__(
        self,
        folder: Path,
        database: Database,
        under: str = "sms4less",
        *,
        at: datetime,
        more: dict[str, Any] | None = None,
        **sections: Any,
    ) -> None:
        given = {
            "gateway": {"name": "gw1", "country": "BE", "timezone": "Europe/Brussels"},
            "tariffs": TARIFFS,
            "accounts": {"acme": {"terms": under} | (more or {})},
        }
        self.office = Office(folder, rules_of(**given | sections), database=database)
        self.database = database
        self.to(at)
        self.know()

    # -- the calendar --------------------------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        return self.office.now

    def to(self, at: datetime) -> Counter:
        self.office.now = at.astimezone(UTC)  # as the gateway's clock has it
        return self

    def know(self, **sections: Any) -> None:
        """Read the configuration, as a start does; with other sections, as a reload does."""
        if sections:
            given = {"gateway": {"name": "gw1", "country": "BE", "timezone": "Europe/Brussels"}}
            self.office.rules = with_broker(rules_of(**given | sections))
        self.office.rules = self.run(lambda tx: accounts.known(tx, self.office.rules, self.now))

    # -- verbs ---------------------------------------------------------------------------------------------

    def run(self, job: Callable[[Tx], T]) -> T:
        """One transaction; then the sums of the book are looked at."""
        done = self.office.run(job)
        self.check()
        return done

    def add(self, name: str, **settings: Any) -> AccountRow:
        row = self.run(lambda tx: accounts.add(tx, self.office.rules, name, settings, by="ann", now=self.now))
        self.know()
        return row

    def order(self, credits_: int = 500, account: str = "acme", **wish: Any) -> Ordered:
        return self.run(
            lambda tx: ordering.order(
                tx, self.office.rules, account, credits_, by="ann", now=self.now, **wish
            )
        )

    def cancel(self, order_id: int) -> Ordered:
        return self.run(
            lambda tx: ordering.cancel_order(tx, self.office.rules, order_id, by="ann", now=self.now)
        )

    def pay(self, order_id: int, amount: str, ref: str = "") -> Paid:
        mark = ref or f"bank {order_id} {amount} {self.now}"
        return self.run(
            lambda tx: payments.pay(tx, self.office.rules, order_id, amount, mark, by="ann", now=self.now)
        )

    def paid(self, credits_: int = 500, account: str = "acme") -> Ordered:
        """An order that is paid in full."""
        made = self.order(credits_, account)
        return self.pay(made.id, str(made.total)).order

    def chargeback(self, payment: int | str) -> Paid:
        return self.run(
            lambda tx: payments.chargeback(tx, self.office.rules, payment, by="ann", now=self.now)
        )

    def grant(self, credits_: int, account: str = "acme", **wish: Any) -> int:
        owner = self.row(account).id
        return self.run(
            lambda tx: credit.grant(
                tx, owner, credits_, source="grant", by="ann", reason="test", now=self.now, **wish
            )
        )

    def close(self, reason: str, account: str = "acme") -> AccountRow:
        return self.run(
            lambda tx: accounts.close(tx, self.office.rules, account, reason=reason, by="ann", now=self.now)
        )

    def suspend(self, reason: str, account: str = "acme") -> AccountRow:
        return self.run(
            lambda tx: accounts.suspend(tx, self.office.rules, account, reason=reason, by="ann", now=self.now)
        )

    def resume(self, account: str = "acme") -> AccountRow:
        row = self.run(lambda tx: debts.resume(tx, self.office.rules, account, by="ann", now=self.now))
        self.run(lambda tx: suspension.go_on(tx, self.office.rules, self.now))  # as the clock does
        return row

    def transfer(self, to: str, **wish: Any) -> Transferred:
        done = self.run(
            lambda tx: transfers.transfer(tx, self.office.rules, "acme", to, by="ann", now=self.now, **wish)
        )
        self.know()
        return done

    def object_to(self, kind: Any, target: str | None) -> ObjectionRow:
        return self.run(
            lambda tx: objections.object_to(
                tx, self.office.rules, "acme", kind, target, "too dear", by="ann", now=self.now
            )
        )

    def decide(self, objection_id: int, verdict: Any, credits_: int | None = None) -> ObjectionRow:
        return self.run(
            lambda tx: objections.decide(
                tx, self.office.rules, objection_id, verdict, credits_=credits_, by="ann", reason="so it is",
                now=self.now,
            )
        )  # fmt: skip

    def announce(self, terms: str, effective_at: datetime | None = None, **wish: Any) -> list[Announced]:
        return self.run(
            lambda tx: announcements.announce_terms(
                tx, self.office.rules, terms, effective_at, by="ann", now=self.now, **wish
            )
        )

    def send(self, account: str = "acme", to: str = TO, text: str = "Hello") -> intake.Accepted | Rejected:
        [answer] = self.office.accept(SendRequest(to=to, text=text, account=account))
        return answer

    def cancel_message(self, message_id: int) -> None:
        self.run(lambda tx: orders.cancel(tx, self.office.rules, message_id, self.now))

    def sent(self, account: str = "acme") -> None:
        """A message that the network took."""
        answer = self.send(account)
        assert isinstance(answer, intake.Accepted), answer
        self.office.taken()
        self.check()

    def due(self) -> list[Step]:
        return self.run(lambda tx: daily.due(tx, self.office.rules, self.now))

    def day(self) -> list[Step]:
        """The daily application, as the worker does it; what was done."""
        done = []
        for _ in range(daily.ROUNDS):
            done += [step for step in self.due() if self.carry_out(step)]
        return done

    def carry_out(self, step: Step) -> bool:
        return self.run(lambda tx: daily.carry_out(tx, self.office.rules, step, self.now)) is not None

    def kinds(self) -> list[str]:
        """What the daily application would do."""
        return [step.kind for step in self.due()]

    def refused(self, job: Callable[[], object], code: str = "bad_request") -> str:
        """The sentence of a refusal; nothing was written."""
        before = self.dump()
        with pytest.raises(Rejected) as refusal:
            job()
        assert refusal.value.code == code, refusal.value
        assert refusal.value.reason
        assert self.dump() == before
        return refusal.value.reason

    # -- what there is -------------------------------------------------------------------------------------

    def row(self, account: str = "acme") -> AccountRow:
        return self.database.transact(lambda tx: accounts.find(tx, account))

    def state(self, account: str = "acme") -> tuple[str, str | None]:
        row = self.row(account)
        return row.state, row.state_code

    def balance(self, account: str = "acme") -> Balance:
        row = self.row(account)
        return self.database.transact(lambda tx: credit.balances(tx, row.id))

    def lots(self, account: str = "acme") -> list[LotSeen]:
        sql = (
            "SELECT unspent, held, granted, forfeited, revoked, expires_at, closed_at FROM lot"
            f" WHERE account_id = {self.row(account).id} ORDER BY id"
        )
        return [
            LotSeen._make((*row[:5], None if row[5] is None else _local(row[5]), row[6] is not None))
            for row in rows(self.database, sql)
        ]

    def look(self, order_id: int) -> Ordered:
        return self.database.transact(lambda tx: ordering.ordered(tx, order_id))

    def events(self, account: str = "acme") -> list[dict[str, Any]]:
        """What was ever told of an account and is still in the outbox, the oldest first."""
        where = f"topic = 'account/{account}/event' AND consumer = 'mqtt'"
        sql = f"SELECT body FROM outbox WHERE {where} ORDER BY id"
        return [json.loads(row[0]) for row in rows(self.database, sql)]

    def told(self, account: str = "acme") -> list[str]:
        return [str(event["event"]) for event in self.events(account)]

    def dump(self) -> dict[str, list[tuple[Any, ...]]]:
        """Everything that is in the store."""
        return {
            table.name: sorted(rows(self.database, f"SELECT * FROM {table.name}"), key=repr)
            for table in METADATA.sorted_tables
        }

    def check(self) -> None:
        """The books are right, as ``modemd credit verify`` says it."""
        assert self.differences() == []

    def differences(self) -> list[str]:
        return self.database.transact(credit_verify.verify)


def _local(us: int) -> datetime:
    return datetime.fromtimestamp(us / 1_000_000, BRUSSELS)
