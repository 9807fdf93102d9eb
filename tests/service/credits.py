"""An office whose account pays, for tests of credit."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from modemd.errors import Rejected
from modemd.service.accounts import account_sync
from modemd.service.credits import credit, credit_verify
from modemd.store import accounts
from tests.service.office import Office, rules_of
from tests.store.files import rows

if TYPE_CHECKING:
    from datetime import datetime, tzinfo
    from pathlib import Path

    from modemd.model import SendRequest
    from modemd.service.credits.credit import Balance
    from modemd.service.rules import Rules
    from modemd.store.database import Database


class Counter(Office):
    """An office with an account ``acme`` under the terms of smstools, and ``clinic`` likewise."""

    def __init__(self, folder: Path, database: Database | None = None, **acme: Any) -> None:
        charged = {"terms": "smstools"}
        rules = rules_of(accounts={"acme": charged | acme, "clinic": charged, "free": {}})
        super().__init__(folder, rules, database=database)
        self.run(lambda tx: account_sync.sync(tx, self.rules, self.now))

    def check(self) -> None:
        """The books of credit are right as well, after every verb."""
        super().check()
        found = self.database.transact(credit_verify.verify)
        assert not found, found

    def id_of(self, name: str = "acme") -> int:
        row = self.database.transact(lambda tx: accounts.find(tx, name))
        assert row is not None, name
        return row.id

    def grant(self, credits_: int, name: str = "acme", expires_at: datetime | None = None) -> int:
        account_id = self.id_of(name)
        return self.run(
            lambda tx: credit.grant(
                tx, account_id, credits_, source="grant", expires_at=expires_at, by="op", reason="a gift",
                now=self.now,
            )
        )  # fmt: skip

    def has(self, name: str = "acme") -> tuple[int, int, int]:
        """What an account has: available, held, captured."""
        found = self.balance(name)
        return found.balance, found.held, found.captured

    def balance(self, name: str = "acme") -> Balance:
        account_id = self.id_of(name)
        return self.database.transact(lambda tx: credit.balances(tx, account_id))

    def refused(self, request: SendRequest) -> Rejected:
        """Why a message is not accepted."""
        [answer] = self.accept(request)
        assert isinstance(answer, Rejected), answer
        return answer

    def cover(self) -> bool:
        return self.run(lambda tx: credit.cover(tx, self.rules, self.now))

    def entries(self, *columns: str) -> list[tuple[Any, ...]]:
        """These columns of the ledger, in order."""
        return rows(self.database, f"SELECT {', '.join(columns)} FROM ledger ORDER BY id")

    def prices(self, prefix: str, credits_: int) -> None:
        """From now on a part to such a number costs so many credits."""
        [bundle] = [{"price": "0.10"}]
        priced = rules_of(
            tariffs={
                "standard": [{"valid_from": "2026-01-01", "bundles": [bundle], "credits": {prefix: credits_}}]
            }
        )
        self.rules = replace(self.rules, tariffs=priced.tariffs)

    def in_zone(self, zone: tzinfo) -> Rules:
        """The same rules in another zone."""
        return replace(self.rules, zone=zone)
