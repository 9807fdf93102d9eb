"""Credits that are low, and credits that will end: told in time and once; on both databases."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from modemd.model import SendRequest
from modemd.service import orders
from modemd.service.accounts import accounts
from modemd.service.credits import credit, credit_alerts
from modemd.store import accounts as rows_of
from modemd.store.times import to_us
from tests.service.office import TO, Office, rules_of
from tests.store.files import rows

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.store.accounts import AccountRow
    from modemd.store.database import Database
    from modemd.store.transaction import Tx

ACCOUNTS = {
    "clinic": {"terms": "sms4less", "low_credit": 5},
    "shop": {"terms": "sms4less"},
    "late": {"terms": "sms4less", "low_credit": 5, "on_insufficient": "wait"},
    "free": {"low_credit": 5},
}


class Till:
    """An office with paying accounts, and what they have been told."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.office = Office(folder, rules_of(accounts=ACCOUNTS), database=database)
        self.office.rules = self.office.run(lambda tx: accounts.known(tx, self.office.rules, self.office.now))

    def row(self, tx: Tx, account: str) -> AccountRow:
        found = rows_of.find(tx, account)
        assert found is not None
        return found

    def grant(self, account: str, credits_: int) -> int:
        return self.office.run(
            lambda tx: credit.grant(
                tx, self.row(tx, account).id, credits_, source="grant", by="op", reason="test",
                now=self.office.now,
            )
        )  # fmt: skip

    def send(self, count: int, account: str = "clinic") -> None:
        requests = [SendRequest(to=TO, text="Hello", account=account) for _ in range(count)]
        self.office.accept(*requests)

    def told(self) -> list[dict[str, Any]]:
        found = rows(self.office.database, "SELECT body FROM outbox WHERE topic LIKE 'account/%' ORDER BY id")
        return [json.loads(body) for (body,) in found]

    def lows(self) -> list[tuple[str, int]]:
        return [(each["account"], each["available"]) for each in self.told() if each["event"] == "low_credit"]


@pytest.fixture
def till(tmp_path: Path, database: Database) -> Till:
    return Till(tmp_path, database)


def test_credits_that_come_down_to_the_threshold_are_told_once(till: Till) -> None:
    till.grant("clinic", 8)
    till.send(2)
    assert till.lows() == []
    till.send(1)
    assert till.told() == [
        {
            "event": "low_credit",
            "account": "clinic",
            "at": "2026-11-22T12:00:00.000+00:00",
            "available": 5,
            "threshold": 5,
        }
    ]
    till.send(3)
    assert len(till.lows()) == 1


def test_a_batch_tells_what_is_left_after_all_of_it(till: Till) -> None:
    till.grant("clinic", 8)
    till.send(6)
    assert till.lows() == [("clinic", 2)]


def test_it_is_told_again_after_a_top_up_has_lifted_the_credits_above_it(till: Till) -> None:
    till.grant("clinic", 6)
    till.send(3)
    till.grant("clinic", 2)  # five: not above
    till.send(1)
    assert till.lows() == [("clinic", 3)]
    till.grant("clinic", 2)
    till.send(1)
    assert till.lows() == [("clinic", 3), ("clinic", 5)]


def test_a_message_that_gives_its_credits_back_is_no_top_up(till: Till) -> None:
    till.grant("clinic", 6)
    first = till.office.send(account="clinic")
    till.office.run(lambda tx: orders.cancel(tx, till.office.rules, first, till.office.now))
    till.send(1)
    assert till.lows() == [("clinic", 5)]


def test_what_is_covered_later_is_told_as_well(till: Till) -> None:
    till.send(3, "late")
    assert till.lows() == []
    till.grant("late", 7)
    till.office.run(lambda tx: credit.cover(tx, till.office.rules, till.office.now))
    assert till.lows() == [("late", 4)]


def test_who_set_no_threshold_or_does_not_pay_is_not_told(till: Till) -> None:
    till.grant("shop", 2)
    till.send(2, "shop")
    till.send(2, "free")
    assert till.told() == []


def test_credits_that_end_are_told_thirty_and_seven_days_before(till: Till) -> None:
    lot, ends = till.grant("clinic", 9), till.office.now + timedelta(days=40)

    def warn(**pause: float) -> bool:
        now = till.office.later(**pause)
        return till.office.run(
            lambda tx: credit_alerts.warn_expiring(
                tx, till.office.rules, till.row(tx, "clinic"), lot, 9, to_us(ends), now
            )
        )

    assert [warn(days=9), warn(days=1), warn(days=1), warn(days=22), warn(days=1)] == [
        False, True, False, True, False,
    ]  # fmt: skip
    assert till.told() == [
        {
            "event": "credit_expiring",
            "account": "clinic",
            "at": at,
            "credits": 9,
            "expires_at": "2027-01-01T12:00:00.000+00:00",
            "lot": lot,
        }
        for at in ("2026-12-02T12:00:00.000+00:00", "2026-12-25T12:00:00.000+00:00")
    ]


def test_who_was_not_told_in_time_is_told_once_of_the_nearer_day(till: Till) -> None:
    lot, ends = till.grant("clinic", 9), till.office.now + timedelta(days=3)
    for expected in (True, False):
        assert expected is till.office.run(
            lambda tx: credit_alerts.warn_expiring(
                tx, till.office.rules, till.row(tx, "clinic"), lot, 9, to_us(ends), till.office.now
            )
        )
    assert len(till.told()) == 1


@pytest.mark.parametrize(("credits_", "days"), [(9, 0), (9, -1), (0, 2)])
def test_what_has_ended_or_is_used_up_is_not_told(till: Till, credits_: int, days: int) -> None:
    lot, now = till.grant("clinic", 9), till.office.now
    assert not till.office.run(
        lambda tx: credit_alerts.warn_expiring(
            tx,
            till.office.rules,
            till.row(tx, "clinic"),
            lot,
            credits_,
            to_us(now + timedelta(days=days)),
            now,
        )
    )
    assert till.told() == []
