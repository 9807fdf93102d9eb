"""The books when they are long: a balance and the newest lines of a statement, and verifying all of it.

The rows are as sent messages leave them: for each a hold and its capture, written by SQL.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from modemd.service.accounts import accounts
from modemd.service.credits import credit, credit_verify, credit_views
from modemd.store.transaction import Tx
from tests.bench.credit_accept import Till
from tests.bench.measures import Figures, Measure, Options, Row
from tests.bench.rig import folder

_FEW = 1000
_MANY = 1_000_000
_SAMPLES = 300
_NUMBERS = "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < {count})"
_MESSAGE = """
INSERT INTO message (id, account, source, destination, coding, state, priority, route_id, report, part_count,
  parts_done, retries, credits, accepted_at, deadline_at)
SELECT i, 'payer', 'spool', '+32475000000', 'gsm7', 'sent', 10, 1, 0, 1, 1, 5, 1, {now}, {now} FROM n"""
_PART = """
INSERT INTO part (id, message_id, part_no, part_count, state, route_id, priority, pdu, tpdu_length, recipient)
SELECT i, i, 1, 1, 3, 1, 10, '', 1, '' FROM n"""
_ENTRY = """
INSERT INTO ledger (account_id, at, kind, credits, held, lot_id, message_id, part_id, part_no, hold_no, share,
  closing)
SELECT {account}, {now}, """
_HOLD = _ENTRY + "'hold', -1, 1, {lot}, i, i, 1, 1, 0, 0 FROM n"
_CAPTURE = _ENTRY + "'capture', 0, -1, {lot}, i, i, 1, 1, 0, 1 FROM n"
_SUMS = (
    "UPDATE lot SET unspent = unspent - {count}, captured = {count} WHERE id = {lot}",
    "UPDATE balance SET balance = balance - {count}, captured = {count} WHERE account_id = {account}",
)
_FILL = (*(_NUMBERS + each for each in (_MESSAGE, _PART, _HOLD, _CAPTURE)), *_SUMS)


class _Books:
    """A store with so many rows in one account's ledger."""

    def __init__(self, place: Path, rows: int) -> None:
        self.till = Till(place)
        database = self.till.database
        self.account = database.transact(lambda tx: accounts.find(tx, "payer").id)
        [(lot,)] = database.connection.execute("SELECT max(id) FROM lot").fetchall()
        now_us = int(datetime.now(UTC).timestamp() * 1e6)
        for statement in _FILL:
            made = statement.format(count=rows // 2, now=now_us, account=self.account, lot=lot)
            database.connection.execute(made)

    def took_us(self, look: Callable[[Tx], object]) -> float:
        """The median of many looks."""
        took = []
        for _ in range(_SAMPLES):
            began = time.perf_counter()
            self.till.database.read(look)
            took.append((time.perf_counter() - began) * 1e6)
        return statistics.median(took)

    def balance_us(self) -> float:
        return self.took_us(lambda tx: credit.balances(tx, self.account))

    def statement_us(self) -> float:
        return self.took_us(lambda tx: credit_views.statement(tx, self.account, "payer", most=50))

    def verify_s(self) -> float:
        began = time.perf_counter()
        found = self.till.database.read(credit_verify.verify)
        took_s = time.perf_counter() - began
        assert not found, found[:3]
        return took_s


def _run(_options: Options) -> Figures:
    with folder() as one, folder() as two:
        few, many = _Books(one, _FEW), _Books(two, _MANY)
        figures = {
            "balance_few": few.balance_us(),
            "balance_many": many.balance_us(),
            "statement_few": few.statement_us(),
            "statement_many": many.statement_us(),
            "verify": many.verify_s(),
        }
        for books in (few, many):
            books.till.database.close()
    return figures | {
        "balance_ratio": figures["balance_many"] / figures["balance_few"],
        "statement_ratio": figures["statement_many"] / figures["statement_few"],
    }


ROWS = (
    Row(
        "credit-books",
        (
            Measure("balance_few", "a balance, 1,000 rows in the ledger", "µs", digits=1),
            Measure("balance_many", "a balance, 1,000,000 rows", "µs", digits=1),
            Measure("balance_ratio", "the second by the first", "×", 1.5, most=True, digits=2),
            Measure("statement_few", "the newest 50 lines of a statement, 1,000 rows", "µs"),
            Measure("statement_many", "the same, 1,000,000 rows", "µs"),
            Measure("statement_ratio", "the second by the first", "×", 1.5, most=True, digits=2),
            Measure("verify", "verifying 1,000,000 rows", "s", 10, most=True, digits=2),
        ),
        _run,
    ),
)
