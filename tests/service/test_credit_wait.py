"""Messages that are kept until their account's credits cover them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from modemd.errors import Rejected
from modemd.model import MessageState, PartState, SendRequest
from modemd.service import intake, orders, upkeep
from modemd.service.accounts import accounts
from modemd.service.credits import credit_verify, credit_wait
from tests.service.credits import Counter
from tests.service.office import LONG, TO, rules_of, with_broker
from tests.store.files import rows

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.store.database import Database

S = MessageState


@pytest.fixture
def office(tmp_path: Path, database: Database) -> Counter:
    return Counter(tmp_path, database, on_insufficient="wait")


def waiting(office: Counter) -> int:
    [(count,)] = rows(office.database, "SELECT count(*) FROM credit_wait")
    return int(count)


def test_a_message_is_kept_until_a_top_up_covers_it(office: Counter) -> None:
    one = office.send(account="acme")
    assert office.state(one) == S.ACCEPTED
    assert office.facts(one).message.credits == 0
    assert office.claim() is None
    assert not office.cover()
    office.grant(1)
    office.cover()
    assert office.state(one) == S.QUEUED
    assert office.facts(one).message.credits == 1
    assert office.has() == (0, 1, 0)
    assert office.taken().message_id == one
    assert waiting(office) == 0


def test_what_came_first_is_covered_first_and_keeps_back_what_came_later(office: Counter) -> None:
    long, short = office.send(LONG, account="acme"), office.send(account="acme")
    office.grant(2)
    later = office.send(account="acme")
    office.cover()
    assert [office.state(each) for each in (long, short, later)] == [S.ACCEPTED] * 3
    office.grant(2)
    office.cover()
    assert [office.state(each) for each in (long, short, later)] == [S.QUEUED, S.QUEUED, S.ACCEPTED]


def test_in_one_batch_a_message_that_waits_keeps_back_those_behind_it(office: Counter) -> None:
    office.grant(2)
    requests = [SendRequest(to=TO, text=text, account="acme") for text in ("one", LONG, "three")]
    answers = office.accept(*requests)
    states = [answer.state for answer in answers if not isinstance(answer, Rejected)]
    assert states == [S.QUEUED, S.ACCEPTED, S.ACCEPTED]
    assert office.has() == (1, 1, 0)


def test_other_accounts_are_not_kept_back(office: Counter) -> None:
    office.send(account="acme")
    office.grant(1, "clinic")
    assert office.state(office.send(account="clinic")) == S.QUEUED
    assert office.refused(SendRequest(to=TO, text="x", account="clinic")).code == "insufficient_credit"


def test_what_is_released_covers_what_waits(office: Counter) -> None:
    office.grant(1)
    first, second = office.send(account="acme"), office.send(account="acme")
    office.run(lambda tx: orders.cancel(tx, office.rules, first, office.now))
    office.cover()
    assert office.state(second) == S.QUEUED


def test_it_ends_when_its_time_is_over(office: Counter) -> None:
    one = office.send(account="acme", validity_s=60)
    office.later(minutes=2)
    office.run(lambda tx: upkeep.expire(tx, office.rules, office.now))
    assert office.state(one) == S.EXPIRED
    assert waiting(office) == 0
    office.grant(1)
    office.cover()
    assert office.has() == (1, 0, 0)


def test_it_can_be_cancelled_and_tried_again(office: Counter) -> None:
    one = office.send(account="acme")
    office.run(lambda tx: orders.cancel(tx, office.rules, one, office.now))
    assert office.state(one) == S.CANCELLED
    assert waiting(office) == 0
    with pytest.raises(Rejected, match="needs 1 credit,"):
        office.run(lambda tx: orders.retry(tx, office.rules, one, office.now))
    office.grant(1)
    office.retried.add(one)
    office.run(lambda tx: orders.retry(tx, office.rules, one, office.now))
    assert office.has() == (0, 1, 0)


def test_one_for_later_is_scheduled_when_it_is_covered(office: Counter) -> None:
    later = office.send(account="acme", not_before_at=office.now + timedelta(hours=1))
    soon = office.send(account="acme", not_before_at=office.now + timedelta(seconds=1))
    office.later(minutes=1)
    office.grant(2)
    office.cover()
    assert office.facts(later).states == (PartState.SCHEDULED,)
    assert office.state(later) == S.SCHEDULED
    assert office.state(soon) == S.QUEUED
    office.later(hours=1)
    office.run(lambda tx: upkeep.promote(tx, office.rules, office.now))
    assert office.state(later) == S.QUEUED


def test_nothing_is_covered_for_an_account_that_is_suspended(office: Counter) -> None:
    one = office.send(account="acme")
    office.grant(1)
    office.run(
        lambda tx: accounts.suspend(tx, office.rules, "acme", reason="bad words", by="op", now=office.now)
    )
    office.cover()
    assert office.state(one) == S.ACCEPTED
    office.run(lambda tx: accounts.resume(tx, office.rules, "acme", by="op", now=office.now))
    office.cover()
    assert office.state(one) == S.QUEUED


def test_a_thousand_are_covered_at_a_time(tmp_path: Path) -> None:
    office = Counter(tmp_path, on_insufficient="wait")
    most = credit_wait.AT_ONCE
    run, rules = office.database.transact, office.rules  # without a look at each message
    prepared = [intake.prepare(SendRequest(to=TO, text="x", account="acme"), rules, office.now)] * (most + 1)
    run(lambda tx: intake.accept(tx, prepared, rules, office.now, source="mqtt"))
    office.database.connection.execute("DELETE FROM touched")
    office.grant(most + 1)
    assert run(lambda tx: credit_wait.cover(tx, rules, office.now))
    assert waiting(office) == 1
    assert not run(lambda tx: credit_wait.cover(tx, rules, office.now))
    assert waiting(office) == 0
    assert office.has() == (0, most + 1, 0)
    assert not run(credit_verify.verify)


def test_what_waits_goes_for_nothing_once_the_accounts_terms_charge_nothing(office: Counter) -> None:
    one, later = (
        office.send(account="acme"),
        office.send(LONG, account="acme", not_before_at=office.now + timedelta(hours=1)),
    )
    free = {"acme": {"terms": "unlimited"}, "clinic": {"terms": "smstools"}, "free": {}}
    office.rules = with_broker(rules_of(accounts=free))
    office.rules = office.run(lambda tx: accounts.known(tx, office.rules, office.now))
    assert not office.cover()
    assert [office.state(each) for each in (one, later)] == [S.QUEUED, S.SCHEDULED]
    assert waiting(office) == 0
    assert office.taken().message_id == one
    assert office.has() == (0, 0, 0)


def test_what_waits_of_an_account_that_is_known_no_more_does_not_go_for_nothing(office: Counter) -> None:
    one = office.send(account="acme")
    office.rules = with_broker(rules_of())
    office.rules = office.run(lambda tx: accounts.known(tx, office.rules, office.now))
    office.cover()
    assert office.state(one) == S.ACCEPTED
