"""A message's way from its acceptance to its report, on either database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modemd.service.stalled import stalled_since
from modemd.store import mark, outbox
from tests.service.office import LONG, Office
from tests.store.files import beside

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.store.database import Database


def test_a_message_goes_out_and_is_delivered(tmp_path: Path, database: Database) -> None:
    office = Office(tmp_path, database=database)
    message_id = office.send()
    office.taken(7)
    assert office.state(message_id) == "sent"
    assert office.reported(7)
    assert office.state(message_id) == "delivered"
    assert office.events(message_id) == ["accepted", "queued", "sending", "sent", "delivered"]


def test_a_long_message_goes_by_one_sim(tmp_path: Path, database: Database) -> None:
    office = Office(tmp_path, database=database)
    message_id = office.send(LONG)
    for tp_mr in range(3):
        office.taken(tp_mr)
    assert office.state(message_id) == "sent"
    for tp_mr in range(3):
        office.reported(tp_mr)
    assert office.state(message_id) == "delivered"


def test_since_when_the_queue_stands_still_is_known(tmp_path: Path, database: Database) -> None:
    office = Office(tmp_path, database=database)
    assert office.run(stalled_since) is None
    office.send()
    accepted_at = office.now
    office.later(minutes=5)
    office.send()
    assert office.run(stalled_since) == accepted_at
    office.later(minutes=5)
    office.taken(7)
    assert office.run(stalled_since) == office.now


def test_keys_are_never_given_twice(tmp_path: Path, database: Database) -> None:
    office = Office(tmp_path, database=database)
    first = office.send()
    assert [office.send(), office.send()] == [first + 1, first + 2]
    ids = [each.id for each in database.transact(lambda tx: outbox.untold(tx, "mqtt", 0, 100))]
    assert ids == sorted(set(ids))


def test_another_s_commit_is_noticed_and_one_s_own_is_not(database: Database) -> None:
    other = beside(database)
    before = database.changes()
    database.transact(mark.renew)
    assert database.changes() == before
    other.transact(mark.renew)
    assert database.changes() != before
