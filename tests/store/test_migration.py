"""A store of an earlier program is brought up to date with all that is in it, and goes on."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modemd.model import SendRequest
from modemd.service import dispatch, intake, routing
from modemd.service.outcomes import Seat, Taken
from modemd.store import mark, outbox
from modemd.store.database import Database
from modemd.store.migrations.upgrade import upgrade
from tests.service.office import START, rules_of, with_broker
from tests.store.files import fresh, opened, rows, url_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modemd.store.transaction import Tx

FIRST_SCHEMA = Path(__file__).with_name("schema_0001.sql")
FILLED = (
    "INSERT INTO route (id, key) VALUES (1, 'any')",
    "INSERT INTO modem (id, gateway, name, state) VALUES (1, 'gw1', 'gsm1', 'ready')",
    "INSERT INTO gateway VALUES ('gw1', 7, '0.1', 1, 2, NULL)",
    """INSERT INTO message (id, account, source, file_id, destination, text, coding, state, priority,
      route_id, report, part_count, retries, accepted_at, deadline_at)
    VALUES (5, 'default', 'spool', 1, '+32475123456', 'Hello', 'gsm7', 'queued', 10, 1, 0, 1, 5, 0,
      4000000000000000)""",
    """INSERT INTO part (message_id, part_no, part_count, state, route_id, priority, pdu, tpdu_length,
      recipient)
    VALUES (5, 1, 1, 0, 1, 10, '0001000B912374153254F6000005C8329BFD06', 17, '75123456')""",
    "INSERT INTO outbox (id, consumer, event, at, message_id) VALUES (41, 'spool', 'SENT', 9, 4)",
)


def of_the_first_revision(folder: Path) -> Path:
    """A store that the first program made, with a message that waits and an event that is untold."""
    path = folder / "old.db"
    upgrade(path, "0001")
    with sqlite3.connect(path) as connection:
        for statement in FILLED:
            connection.execute(statement)
    connection.close()
    return path


def definitions(connection: Any) -> Iterator[str]:
    """What a database consists of, without line breaks and blanks that mean nothing."""
    found = connection.execute(
        "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"
        " AND name NOT LIKE 'alembic%' ORDER BY name"
    )
    for (text,) in found:
        yield re.sub(r"\s+", " ", str(text)).strip()


def test_the_first_revision_is_what_it_was(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    upgrade(path, "0001")
    with sqlite3.connect(path) as made, sqlite3.connect(":memory:") as kept:
        kept.executescript(FIRST_SCHEMA.read_text())
        assert list(definitions(made)) == list(definitions(kept))
    made.close()
    kept.close()


def test_an_old_store_keeps_what_is_in_it(tmp_path: Path) -> None:
    database = opened(Database(url_of(of_the_first_revision(tmp_path))))
    database.act_as("gw1")
    [event] = database.transact(lambda tx: outbox.untold(tx, "spool", 0, 10))
    assert event == outbox.Untold(41, "SENT", 9, 4, None, None, None)
    assert rows(database, "SELECT id, state, text FROM message") == [(5, "queued", "Hello")]
    assert rows(database, "SELECT name, state, paused_at FROM modem") == [("gsm1", "ready", None)]
    assert rows(database, "SELECT name, pid, broker, broker_error FROM gateway") == [("gw1", 7, None, None)]
    assert rows(database, "PRAGMA integrity_check") == [("ok",)]


def test_an_old_store_goes_on(tmp_path: Path) -> None:
    database = opened(Database(url_of(of_the_first_revision(tmp_path))))
    database.act_as("gw1")
    rules = with_broker(rules_of())
    ids = database.transact(lambda tx: routing.sync(tx, rules))
    seat = Seat(ids["gsm1"], "gsm1", "sim")
    prepared = intake.prepare(SendRequest(to="+32475000001", text="more"), rules, START)
    [accepted] = database.transact(lambda tx: intake.accept(tx, [prepared], rules, START, source="cli"))
    assert isinstance(accepted, intake.Accepted)
    assert accepted.id == 6

    def send_next(tx: Tx) -> int:
        part = dispatch.next_part(tx, rules, seat, START)
        assert part is not None
        dispatch.record(tx, rules, seat, part, Taken(1), START)
        return part.message_id

    assert [database.transact(send_next) for _ in range(2)] == [5, 6]
    events = database.transact(lambda tx: outbox.untold(tx, "mqtt", 0, 10))
    assert [(each.message_id, each.event) for each in events] == [
        (6, "accepted"), (6, "queued"), (5, "sending"), (5, "sent"), (6, "sending"), (6, "sent"),
    ]  # fmt: skip


def test_every_store_has_a_mark_of_its_own(tmp_path: Path) -> None:
    old = opened(Database(url_of(of_the_first_revision(tmp_path))))
    new = opened(Database(url_of(tmp_path / "new.db")))
    marks = {database.transact(mark.tag) for database in (old, new)}
    assert len(marks) == 2
    assert all(re.fullmatch("[0-9a-f]{8}", each) for each in marks)
    kept = old.transact(mark.tag)
    old.close()
    assert opened(Database(url_of(tmp_path / "old.db"))).transact(mark.tag) == kept


def test_an_upgraded_store_is_a_new_one(tmp_path: Path) -> None:
    old = opened(Database(url_of(of_the_first_revision(tmp_path))))
    tables = {table for (table,) in rows(old, "SELECT name FROM sqlite_schema WHERE type = 'table'")}
    assert "modem_order" in tables
    for table in sorted(tables):
        columns = rows(old, f"PRAGMA table_info({table})")
        assert columns == rows(fresh(tmp_path), f"PRAGMA table_info({table})")
