"""Every statement compiles for both databases, SQLite knows what it names, and the hot ones use an index."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import insert, literal, select

import modemd.store
from modemd.store.keys import Keys
from modemd.store.schema import message, part, route
from modemd.store.statement import DIALECTS, Statement
from tests.store.files import fresh, served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def _inside(value: Any, name: str) -> Iterator[tuple[str, Statement]]:
    if isinstance(value, Statement):
        yield name, value
    elif isinstance(value, Keys):
        yield f"{name}.last", value.last
    elif isinstance(value, list | tuple):
        for place, each in enumerate(value):
            yield from _inside(each, f"{name}[{place}]")
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _inside(each, f"{name}[{key}]")


def _all() -> Iterator[tuple[str, Statement]]:
    for room in pkgutil.iter_modules(modemd.store.__path__):
        if not room.ispkg:
            module = importlib.import_module(f"modemd.store.{room.name}")
            for name, value in vars(module).items():
                yield from _inside(value, f"{room.name}.{name}")


STATEMENTS = dict(_all())
BIG = ("message", "part", "inbound", "inbound_part", "report", "outbox")
"""Tables that grow with every message."""
ONCE_A_DAY = "upkeep._FORGET_"
FOR_PEOPLE = ("views.", "verify.", "queue._WAITING", "account_queue.", "erasure.", "export.")
AT_A_RENAME = "spool_places._TAKE"
"""A gateway that got another name."""
NEWEST_FIRST = "inbound._LAG"
"""Walks reports from the newest, and stops at the first."""


def plan(database: Any, statement: Statement) -> list[str]:
    """What SQLite means to do."""
    ready = statement.ready("sqlite")
    rows = database.connection.execute(
        f"EXPLAIN QUERY PLAN {ready.text}", [None] * len(ready.names)
    ).fetchall()
    return [str(row[3]) for row in rows]


def _walks(step: str) -> bool:
    """Whether a step reads a whole big table; a scan of the index of what is in doubt reads that only."""
    words = step.split()
    return words[0] == "SCAN" and words[1] in BIG and "part_in_doubt" not in words


def test_there_are_statements() -> None:
    assert len(STATEMENTS) > 80
    assert {"queue.CLAIM", "outbound.INSERT_PART", "upkeep._FORGET_NUMBERS[0]"} <= set(STATEMENTS)


@pytest.mark.parametrize("name", STATEMENTS)
def test_it_compiles_for_both_databases_with_the_same_parameters(name: str) -> None:
    ready = {dialect: STATEMENTS[name].ready(dialect) for dialect in DIALECTS}
    assert set(ready["sqlite"].names) == set(ready["postgresql"].names)
    assert ready["sqlite"].text.count("?") == len(ready["sqlite"].names)


def test_sqlite_knows_all_that_they_name_and_the_hot_ones_use_an_index(tmp_path: Path) -> None:
    database = fresh(tmp_path)
    walking = {
        name for name, each in STATEMENTS.items() if any(_walks(step) for step in plan(database, each))
    }
    may = (ONCE_A_DAY, AT_A_RENAME, NEWEST_FIRST, *FOR_PEOPLE)
    assert {name for name in walking if not name.startswith(may)} == set()
    database.close()


def test_postgresql_knows_all_that_they_name() -> None:
    database = served()
    refused = {}
    for name, each in STATEMENTS.items():
        ready = each.ready("postgresql")
        try:
            database.connection.execute(f"EXPLAIN {ready.text}", dict.fromkeys(ready.names))
        except database.engine.errors as error:
            refused[name] = str(error)
    assert refused == {}


def test_the_claim_seeks_the_head_of_each_route(tmp_path: Path) -> None:
    database = fresh(tmp_path)
    steps = plan(database, STATEMENTS["queue.CLAIM"])
    assert steps == [
        "SEARCH part USING INTEGER PRIMARY KEY (rowid=?)",
        "SCALAR SUBQUERY 2",
        "SEARCH r USING PRIMARY KEY (modem_id=?)",
        "SEARCH p USING INTEGER PRIMARY KEY (rowid=?)",
        "CORRELATED SCALAR SUBQUERY 1",
        "SEARCH q USING INDEX part_ready (route_id=?)",
        "USE TEMP B-TREE FOR ORDER BY",  # over one row for each route of the modem
        "CORRELATED SCALAR SUBQUERY 3",  # whose it is
        "SEARCH m USING INTEGER PRIMARY KEY (rowid=?)",
        "CORRELATED SCALAR SUBQUERY 4",  # whether that account is stopped
        "SEARCH m USING INTEGER PRIMARY KEY (rowid=?)",
        "SEARCH a USING INDEX sqlite_autoindex_account_1 (name=?)",
    ]
    database.close()


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("inbound._AWAITED", "part_awaiting (recipient=? AND tp_mr=?)"),
        ("inbound._DOUBTFUL", "part_in_doubt"),
        ("inbound._ORPHANS", "report_orphan (recipient=? AND tp_mr=?)"),
        ("clock_set._MOVE_ORPHANS", "report_orphan"),
        ("inbound._WAITING", "inbound_waiting (concat_key=?)"),
        ("parts._IN_DOUBT", "part_in_doubt (modem_id=?)"),
        ("parts._SUBMITTING", "part_in_doubt (modem_id=?)"),
        ("parts._DOUBTS_OVER", "part_in_doubt"),
        ("parts._NEXT_DOUBT", "part_in_doubt"),
        ("queue._PROMOTE_PARTS", "part_due (not_before_at<?)"),
        ("queue._NEXT_DUE", "part_due"),
        ("queue._UNPIN", "part_ready (route_id=?)"),
        ("outbound._BY_CLIENT", "message_client (account=? AND client_id=?)"),
        ("holds._CAPTURE_PART", "h USING INDEX ledger_part_once (part_id=?)"),
        ("holds._CAPTURE_PART", "c USING INDEX ledger_part_once (part_id=? AND hold_no=? AND share=?"),
        ("holds._FOLLOW", "p USING INDEX part_of_message (message_id=?)"),
        ("holds._FOLLOW", "h USING INDEX ledger_part_once (part_id=?)"),
        ("lots._SPENDABLE", "lot_spendable (account_id=?)"),
        ("credit_wait._FIRST", "credit_wait_of (account_id=?)"),
        ("parking._PARK", "part_ready (route_id=?)"),
        ("parking._RESUMED", "part_ready (route_id=?)"),
        ("outbox._UNTOLD", "outbox_untold (consumer=? AND gateway=? AND id>?)"),
        ("outbox._FORGET", "outbox_untold (consumer=? AND gateway=?)"),
        ("receipts._DIGEST", "SEARCH receipt USING PRIMARY KEY (gateway=? AND packet_id=?)"),
        ("conversation._LAST", "SEARCH conversation USING PRIMARY KEY (account=? AND recipient=?)"),
        ("modem_orders._NEXT", "modem_order_of (modem_id=?)"),
        ("modem_orders._OVERDUE", "modem_order_expiry (gateway=? AND expires_at<?)"),
        ("upkeep._OVERDUE", "message_deadline (deadline_at>? AND deadline_at<?)"),
        ("upkeep._NEXT_DEADLINE", "message_deadline (deadline_at>?)"),
        ("spool._BY_KEY", "sqlite_autoindex_spool_file_1 (key=?)"),
        ("spool._UNFINISHED", "message_file (file_id=?)"),
    ],
)
def test_what_runs_often_goes_by_its_index(tmp_path: Path, name: str, index: str) -> None:
    database = fresh(tmp_path)
    steps = plan(database, STATEMENTS[name])
    assert any(index in step for step in steps), steps
    database.close()


def test_a_constant_that_would_be_lost_is_refused() -> None:
    with pytest.raises(AssertionError, match="constants must be literals"):
        Statement(select(part.c.id).where(part.c.state == literal(0))).ready("sqlite")
    with pytest.raises(AssertionError, match="constants must be literals"):
        Statement(select(message.c.id).limit(1)).ready("sqlite")


def test_an_insert_names_only_the_columns_that_are_given() -> None:
    assert Statement(insert(route), ("key",)).ready("sqlite").text == 'INSERT INTO route ("key") VALUES (?)'
