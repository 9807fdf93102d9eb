"""What the database itself refuses, whatever the program does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from modemd.store import accounts, balances, holds, ledger, lots
from modemd.store.ledger import Entry
from tests.store.files import fresh, rows, served

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.store.database import Database
    from modemd.store.transaction import Tx


REFUSED = r"(?i)constraint"


@pytest.fixture(params=["sqlite", "postgresql"])
def books(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """A store with account 1 and lot 1, which has ten credits."""
    database = fresh(tmp_path) if request.param == "sqlite" else served()
    database.transact(_begin)
    return database


def _begin(tx: Tx) -> None:
    account_id = accounts.add(
        tx, "acme", origin="command", gateway=None, settings="{}", holder=None, email=None, terms="smstools",
        terms_version=1, at_us=1,
    )  # fmt: skip
    lot_id = lots.open_lot(tx, account_id, source="grant", order_id=None, at_us=1, expires_us=None)
    ledger.post_noted(tx, [Entry(account_id, 1, "grant", 10, 0, lot_id)], by="op", reason="r")


def hold(credits_: int = 1, **other: Any) -> Entry:
    place = {"message_id": 1, "part_id": 7, "part_no": 1, "hold_no": 1, "share": 0, "closing": 0}
    return Entry(1, 2, "hold", -credits_, credits_, 1, **(place | other))


def capture(credits_: int = 1, **other: Any) -> Entry:
    return hold(credits_)._replace(kind="capture", credits=0, held=-credits_, closing=1, **other)


def refused(books: Database, *entries: Entry) -> bool:
    """Whether the database does not take them, and nothing of them is left."""
    before = rows(books, "SELECT * FROM ledger"), rows(books, "SELECT * FROM balance")
    with pytest.raises(Exception, match=REFUSED):
        books.transact(lambda tx: ledger.post(tx, entries))
    return (rows(books, "SELECT * FROM ledger"), rows(books, "SELECT * FROM balance")) == before


def test_more_than_there_is_cannot_be_held(books: Database) -> None:
    assert refused(books, hold(11))
    assert refused(books, *[hold(4, part_id=part) for part in (1, 2, 3)])
    books.transact(lambda tx: ledger.post(tx, [hold(10)]))
    assert refused(books, hold(1, part_id=8))


def test_a_part_is_held_once_under_one_number(books: Database) -> None:
    books.transact(lambda tx: ledger.post(tx, [hold()]))
    assert refused(books, hold())


def test_a_hold_is_closed_once(books: Database) -> None:
    books.transact(lambda tx: ledger.post(tx, [hold(2), capture(2)]))
    assert refused(books, capture(2))
    assert refused(books, capture(2)._replace(kind="release", credits=2))


def test_a_part_is_captured_once_whatever_its_holds(books: Database) -> None:
    again = {"hold_no": 2}
    books.transact(lambda tx: ledger.post(tx, [hold(), capture(), hold(**again)]))
    assert refused(books, capture(1, **again))
    books.transact(lambda tx: ledger.post(tx, [capture(1, **again)._replace(kind="release", credits=1)]))


@pytest.mark.parametrize(
    "entry",
    [
        Entry(1, 2, "grant", -1, 0, 1),
        Entry(1, 2, "grant", 1, 1, 1),
        Entry(1, 2, "forfeit", 1, 0, 1),
        Entry(1, 2, "adjust", 0, 0, 1),
        Entry(1, 2, "gift", 1, 0, 1),
        hold()._replace(credits=1),
        hold()._replace(part_id=None),
        capture()._replace(held=1),
        capture()._replace(closing=0),
    ],
)
def test_each_kind_does_what_it_is_for(books: Database, entry: Entry) -> None:
    assert refused(books, entry)


@pytest.mark.parametrize(
    "change", ["UPDATE ledger SET credits = 11", "DELETE FROM ledger", "DELETE FROM ledger WHERE id = 1"]
)
def test_rows_of_the_ledger_are_neither_changed_nor_removed(books: Database, change: str) -> None:
    with pytest.raises(Exception, match="the ledger is only added to"):
        books.connection.execute(change)


def test_sums_that_do_not_add_up_are_refused(books: Database) -> None:
    for change in (
        "UPDATE balance SET balance = 11",
        "UPDATE lot SET unspent = 9",
        "UPDATE lot SET held = -1",
    ):
        with pytest.raises(Exception, match=REFUSED):
            books.connection.execute(change)


def test_capturing_again_takes_nothing(books: Database) -> None:
    books.transact(lambda tx: ledger.post(tx, [hold(3)]))
    assert books.transact(lambda tx: holds.capture(tx, 7, 5)) == 3
    assert books.transact(lambda tx: holds.capture(tx, 7, 6)) == 0
    found = books.transact(lambda tx: balances.find_balance(tx, 1))
    assert (found.balance, found.held, found.captured) == (7, 0, 3)
    assert (found.first_funded_at, found.funded_at, found.sent_at, found.posted_at) == (1, 1, 5, 5)
