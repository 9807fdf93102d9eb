"""What is told of accounts: to the broker, and by e-mail where the account chose it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from modemd.service import upkeep
from modemd.service.accounts.account_events import EVENTS, tell
from tests.service.office import START, Office, rules_of
from tests.store.files import rows

if TYPE_CHECKING:
    from pathlib import Path


class Row(NamedTuple):
    """What is asked of an account's row here."""

    id: int = 7
    name: str = "clinic"
    email: str | None = "desk@clinic.example"


def told(office: Office, event: str, row: Row, **facts: object) -> dict[str, list[dict[str, Any]]]:
    """Tell of an event; return the bodies by consumer."""
    office.run(lambda tx: tell(tx, office.rules, row, event, facts, START))  # type: ignore[arg-type]
    found: dict[str, list[dict[str, Any]]] = {"mqtt": [], "mail": []}
    for consumer, topic, body in rows(office.database, "SELECT consumer, topic, body FROM outbox"):
        assert topic == "account/clinic/event"
        found[consumer].append(json.loads(body))
    return found


def test_an_event_is_told_on_the_accounts_topic_with_its_facts(tmp_path: Path) -> None:
    office = Office(tmp_path)
    due = datetime(2026, 12, 22, 23, 0, tzinfo=UTC)
    bodies = told(office, "order", Row(), credits=500, amount=Decimal("47.50"), due_at=due, bundle=None)
    assert bodies["mqtt"] == [
        {
            "event": "order",
            "account": "clinic",
            "at": "2026-11-22T12:00:00.000+00:00",
            "credits": 500,
            "amount": "47.50",
            "due_at": "2026-12-22T23:00:00.000+00:00",
        }
    ]
    assert bodies["mail"] == []


def test_without_a_broker_no_row_is_written(tmp_path: Path) -> None:
    assert told(Office(tmp_path, broker=False), "closed", Row()) == {"mqtt": [], "mail": []}


@pytest.mark.parametrize("event", EVENTS)
def test_every_event_can_be_told(tmp_path: Path, event: str) -> None:
    assert [each["event"] for each in told(Office(tmp_path), event, Row())["mqtt"]] == [event]


def test_an_event_that_there_is_not_is_a_mistake_of_ours(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no event 'party'"):
        told(Office(tmp_path), "party", Row())


def with_mail(office: Office) -> Office:
    office.rules = replace(office.rules, consumers=office.rules.consumers | {"mail"})
    return office


def test_an_account_without_an_address_or_a_choice_gets_no_mail(tmp_path: Path) -> None:
    office = with_mail(Office(tmp_path, rules_of(accounts={"clinic": {}})))
    assert told(office, "closed", Row())["mail"] == []
    assert told(office, "closed", Row(email=None))["mail"] == []


@pytest.mark.parametrize(
    ("chosen", "mailed"),
    [(["closed"], True), (["all"], True), ("all", True), (["order", "invoice"], False), ([], False)],
)
def test_the_events_that_an_account_chose_are_mailed(
    tmp_path: Path, chosen: str | list[str], mailed: bool
) -> None:
    office = with_mail(Office(tmp_path, rules_of(accounts={"clinic": {"mail": chosen}})))
    bodies = told(office, "closed", Row(), reason="customer")
    assert bodies["mail"] == [{"address": "desk@clinic.example", "told": bodies["mqtt"][0]}] * mailed
    assert bodies["mqtt"][0]["reason"] == "customer"


def test_a_letter_is_written_where_there_is_no_broker(tmp_path: Path) -> None:
    office = with_mail(Office(tmp_path, rules_of(accounts={"clinic": {"mail": "all"}}), broker=False))
    bodies = told(office, "opted_out", Row(), to="+32475123456")
    assert bodies["mqtt"] == []
    assert bodies["mail"][0]["told"]["to"] == "+32475123456"


def test_letters_that_nobody_takes_are_forgotten_in_time(tmp_path: Path) -> None:
    office = with_mail(Office(tmp_path, rules_of(accounts={"clinic": {"mail": "all"}}), broker=False))
    assert len(told(office, "closed", Row())["mail"]) == 1
    kept = timedelta(days=30)
    assert office.run(lambda tx: upkeep.forget_untold(tx, START + kept, kept)) == 0
    assert office.run(lambda tx: upkeep.forget_untold(tx, START + kept + timedelta(seconds=1), kept)) == 1
    assert rows(office.database, "SELECT count(*) FROM outbox") == [(0,)]
