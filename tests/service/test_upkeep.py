"""What time alone brings about."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest

from modemd.model import PartState, SendRequest
from modemd.service import arrival, dispatch, orders, upkeep
from modemd.store import upkeep as forget
from modemd.store.times import to_us
from tests.service.office import LONG, START, TO, Office, rules_of
from tests.service.test_arrival import parts_of
from tests.store.files import rows

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.store.transaction import Tx

P = PartState


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path, rules_of(sending={"validity": "1h"}))


def expire(office: Office) -> int:
    return office.run(lambda tx: upkeep.expire(tx, office.rules, office.now))


def next_due(office: Office) -> datetime | None:
    return office.run(lambda tx: upkeep.next_due(tx, office.now))


def test_nothing_is_due_where_there_is_nothing(office: Office) -> None:
    assert next_due(office) is None
    assert not office.run(lambda tx: upkeep.promote(tx, office.rules, office.now))
    assert expire(office) == 0


def test_what_was_not_sent_in_time_expires(office: Office) -> None:
    message = office.send(LONG)
    assert next_due(office) == START + timedelta(hours=1)
    office.later(minutes=59)
    assert expire(office) == 0
    office.later(minutes=1)
    assert expire(office) == 1
    facts = office.facts(message)
    assert (facts.state, facts.states) == ("expired", (P.EXPIRED,) * 3)
    assert facts.message.error_code == "expired"
    assert office.told(message) == ["FAILED"]
    assert office.claim() is None


def test_what_was_sent_in_time_does_not(office: Office) -> None:
    message = office.send()
    office.taken(1)
    office.later(hours=2)
    assert expire(office) == 0
    assert next_due(office) is None
    assert office.state(message) == "sent"


def test_half_a_message_expires_for_the_rest(office: Office) -> None:
    message = office.send(LONG)
    office.taken(1)
    office.later(hours=1)
    assert expire(office) == 1
    assert office.facts(message).states == (P.SENT, P.EXPIRED, P.EXPIRED)
    assert office.state(message) == "expired"


def test_a_part_on_the_air_is_waited_for_without_haste(office: Office) -> None:
    """The clock is not kept awake by a deadline that is past."""
    message = office.send()
    part = office.claimed()
    office.later(hours=1)
    assert expire(office) == 0
    assert next_due(office) is None
    office.run(lambda tx: dispatch.give_back(tx, office.rules, part, office.now))
    assert expire(office) == 1
    assert office.state(message) == "expired"


def test_the_rest_of_a_message_in_doubt_expires_too(tmp_path: Path) -> None:
    office = Office(tmp_path, rules_of(sending={"validity": "1h", "uncertain": "hold"}))
    message = office.send(LONG)
    office.doubted()
    office.later(hours=2)
    assert expire(office) == 1
    assert office.facts(message).states == (P.UNCERTAIN, P.EXPIRED, P.EXPIRED)
    assert office.state(message) == "uncertain"
    office.run(lambda tx: orders.resolve(tx, office.rules, message, "sent", office.now))
    facts = office.facts(message)
    assert (facts.state, facts.message.error_code) == ("expired", "expired")


def test_a_try_that_is_due_is_found(office: Office) -> None:
    office.send()
    decision = office.denied(17)
    assert next_due(office) == decision.until_at
    office.later(minutes=5)
    assert office.run(lambda tx: upkeep.promote(tx, office.rules, office.now))
    office.taken(1)


def test_a_doubt_s_end_is_found(office: Office) -> None:
    office.send()
    office.doubted()
    assert next_due(office) == START + timedelta(minutes=10)


def test_texts_and_numbers_are_forgotten_when_their_time_is_over(office: Office) -> None:
    ended, waiting = (
        office.send("secret", note="mine"),
        office.send("waiting", to="+32475000000", modem="gsm2"),
    )
    office.taken(1)
    office.reported(1)
    pdus = parts_of("to me")
    office.run(lambda tx: arrival.take(tx, office.rules, office.seat(), "default", pdus, office.now))
    office.later(days=1)
    office.run(lambda tx: forget.forget_texts(tx, to_us(START - timedelta(seconds=1))))
    office.run(lambda tx: forget.forget_numbers(tx, to_us(START - timedelta(seconds=1))))
    assert rows(office.database, f"SELECT text, note FROM message WHERE id = {ended}") == [("secret", "mine")]
    office.run(lambda tx: forget.forget_texts(tx, to_us(office.now)))
    texts = "SELECT text, note, destination FROM message ORDER BY id"
    assert rows(office.database, texts) == [(None, None, TO), ("waiting", None, "+32475000000")]
    assert rows(office.database, "SELECT pdu <> '' FROM part ORDER BY id") == [(0,), (1,)]
    assert rows(office.database, "SELECT text, originator FROM inbound") == [(None, "+32475999999")]
    assert rows(
        office.database, "SELECT count(*) FROM inbound_part UNION ALL SELECT count(*) FROM report"
    ) == [(0,), (0,)]
    office.run(lambda tx: forget.forget_numbers(tx, to_us(office.now)))
    numbers = (
        "SELECT destination, recipient FROM message JOIN part ON message_id = message.id ORDER BY part.id"
    )
    assert rows(office.database, numbers) == [(None, None), ("+32475000000", "75000000")]
    assert rows(office.database, "SELECT originator FROM inbound") == [(None,)]
    assert office.state(waiting) == "queued"
    office.taken(2, "gsm2")


def test_what_was_forgotten_is_not_written_again_every_day(office: Office) -> None:
    office.send(report=False)
    office.taken(1)
    office.later(days=1)

    def changed() -> int:
        before = office.database.connection.total_changes
        office.run(lambda tx: forget.forget_texts(tx, to_us(office.now)))
        office.run(lambda tx: forget.forget_numbers(tx, to_us(office.now)))
        changes: int = office.database.connection.total_changes - before
        return changes

    assert changed() > 0
    assert changed() == 0


def test_a_great_many_are_expired_and_promoted_a_thousand_at_a_time(office: Office) -> None:
    """Meanwhile others use the store. A part in doubt does not stand in the way of those behind it."""
    office.send()
    office.doubted()
    late = SendRequest(to=TO, text="Hello", not_before_at=START + timedelta(minutes=5))
    office.accept(*[late] * (upkeep.AT_ONCE + 5))
    office.later(minutes=6)
    for _ in range(2):
        assert office.run(lambda tx: upkeep.promote(tx, office.rules, office.now))
    assert not office.run(lambda tx: upkeep.promote(tx, office.rules, office.now))
    office.later(hours=2)
    assert [expire(office) for _ in range(3)] == [upkeep.AT_ONCE, 5, 0]


def test_an_end_in_doubt_is_told_with_its_reason(office: Office) -> None:
    """Two parts are in doubt when the time of the third is over: their good news does not hide it."""
    message = office.send(LONG, report=False)
    for _ in range(2):
        office.doubted()
    office.later(hours=2)
    assert expire(office) == 1
    for part_id in (1, 2):
        office.run(partial(_is_sent, office, part_id, message))
    facts = office.facts(message)
    assert (facts.state, facts.message.error_code) == ("expired", "expired")


def _is_sent(office: Office, part_id: int, message: int, tx: Tx) -> None:
    upkeep.resolve(tx, office.rules, part_id, message, 1, "sent", office.now)
