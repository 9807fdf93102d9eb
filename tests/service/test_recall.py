"""What was accepted and is unwanted by now: it is neither tried again by itself nor by an order (S §5.4)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from modemd.errors import Rejected
from modemd.model import PartState
from modemd.service import dispatch, orders, upkeep
from modemd.service.accounts import accounts
from modemd.service.admission import consent
from modemd.service.credits import credit
from modemd.service.outcomes import Denied
from tests.service.office import TO
from tests.service.senders import Senders

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.store.database import Database

ACCOUNTS = {"clinic": {"terms": "smstools", "consent": "opt-out"}}
BUSY = Denied("CMS", 42, "+CMS ERROR: 42")


@pytest.fixture
def office(tmp_path: Path, database: Database) -> Senders:
    office = Senders(tmp_path, database, accounts=ACCOUNTS)
    clinic = office.row("clinic").id
    office.run(lambda tx: credit.grant(tx, clinic, 9, source="grant", by="op", reason="t", now=office.now))
    return office


def stop(office: Senders) -> None:
    office.run(lambda tx: consent.revoke(tx, office.rules, "clinic", TO, by="op", now=office.now))


def close(office: Senders) -> None:
    office.run(lambda tx: accounts.close(tx, office.rules, "clinic", reason="ended", by="op", now=office.now))


def left(office: Senders) -> tuple[int, int, int]:
    clinic = office.row("clinic").id
    found = office.run(lambda tx: credit.balances(tx, clinic))
    return found.balance, found.held, found.captured


def resolve_doubts(office: Senders) -> None:
    office.later(hours=3)
    office.run(lambda tx: upkeep.resolve_doubts(tx, office.rules, office.now))


def refused(office: Senders, message: int) -> str:
    with pytest.raises(Rejected) as refusal:
        office.run(lambda tx: orders.retry(tx, office.rules, message, office.now))
    return refusal.value.code


def is_cancelled(office: Senders, message: int, code: str) -> bool:
    facts = office.facts(message)
    return (facts.state, facts.message.error_code, office.claim()) == ("cancelled", code, None)


def test_who_said_stop_is_not_sent_a_message_that_is_tried_again_by_hand(office: Senders) -> None:
    message = office.send(account="clinic")
    stop(office)
    assert refused(office, message) == "opted_out"
    assert left(office) == (9, 0, 0)
    office.run(lambda tx: consent.grant(tx, office.rules, "clinic", TO, by="op", now=office.now))
    office.retried.add(message)
    office.run(lambda tx: orders.retry(tx, office.rules, message, office.now))
    assert office.state(message) == "queued"


def test_a_stop_while_a_modem_has_the_message_keeps_it_from_being_tried_again(office: Senders) -> None:
    message = office.send(account="clinic")
    part = office.claimed()
    stop(office)
    office.record(part, BUSY)
    assert is_cancelled(office, message, "opted_out")
    assert left(office) == (9, 0, 0)


def test_nor_does_it_go_out_when_the_modem_gives_it_back(office: Senders) -> None:
    message = office.send(account="clinic")
    part = office.claimed()
    stop(office)
    office.run(lambda tx: dispatch.give_back(tx, office.rules, part, office.now))
    assert is_cancelled(office, message, "opted_out")


def test_what_is_in_doubt_when_a_stop_comes_is_not_sent_again(office: Senders) -> None:
    message = office.send(account="clinic")
    office.doubted()
    stop(office)
    resolve_doubts(office)
    assert is_cancelled(office, message, "opted_out")
    assert left(office) == (9, 0, 0)


def test_what_is_in_doubt_when_its_account_closes_is_not_sent_again(office: Senders) -> None:
    message = office.send(account="clinic")
    office.doubted()
    close(office)
    assert left(office) == (0, 1, 0)
    resolve_doubts(office)
    assert is_cancelled(office, message, "account_closed")
    assert left(office) == (0, 0, 0)


def test_who_is_not_asked_for_consent_is_sent_what_failed_before(office: Senders) -> None:
    message = office.send(account="default")
    office.record(office.claimed(), BUSY)
    assert office.facts(message).states == (PartState.SCHEDULED,)


def test_a_message_of_an_account_that_is_known_no_more_is_not_sent_for_nothing(office: Senders) -> None:
    message = office.send(account="clinic")
    office.run(lambda tx: orders.cancel(tx, office.rules, message, office.now))
    office.rules = replace(office.rules, accounts={}, declared={"default": office.rules.accounts["default"]})
    office.know()
    assert refused(office, message) == "account_unknown"
