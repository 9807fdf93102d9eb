"""``verify`` finds what does not belong into the books."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from modemd.service.credits import credit_verify
from tests.service.credits import Counter
from tests.service.office import LONG

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.store.database import Database


@pytest.fixture
def office(tmp_path: Path, database: Database) -> Counter:
    return begun(tmp_path, database)


def begun(folder: Path, database: Database | None = None) -> Counter:
    """One of three parts is sent."""
    office = Counter(folder, database)
    office.grant(10)
    office.send(LONG, account="acme")
    office.taken(1)
    return office


def found_after(office: Counter, *changes: str) -> list[str]:
    for change in changes:
        office.database.connection.execute(change)
    return office.database.transact(credit_verify.verify)


def test_right_books_have_no_differences(office: Counter) -> None:
    assert found_after(office) == []


@pytest.mark.parametrize(
    ("change", "sentences"),
    [
        (
            "UPDATE balance SET balance = balance + 1, granted = granted + 1",
            [
                "account 'acme': balance is kept as 8, and the ledger's rows make 7",
                "account 'acme': granted is kept as 11, and the ledger's rows make 10",
            ],
        ),
        (
            "UPDATE lot SET held = 1, captured = 2",
            [
                "lot 1 of account 'acme': held is kept as 1, and the ledger's rows make 2",
                "lot 1 of account 'acme': captured is kept as 2, and the ledger's rows make 1",
            ],
        ),
        (
            "UPDATE part SET state = 5 WHERE part_no = 3",
            ["part 3 of message 1: 1 credits are held, and it is failed"],
        ),
        (
            "DELETE FROM part WHERE part_no = 3",
            ["part 3 of message 1: 1 credits are held, and there is no such part"],
        ),
        (
            "UPDATE message SET credits = 2",
            ["message 1 says that it costs 2 credits, and the ledger's rows make 3"],
        ),
    ],
)
def test_each_difference_is_a_sentence(office: Counter, change: str, sentences: list[str]) -> None:
    assert found_after(office, change) == sentences


_ROW = (
    "INSERT INTO ledger (account_id, at, kind, credits, held, lot_id, message_id, part_id, part_no, hold_no,"
    " share, closing) SELECT account_id, 1, '{kind}', {credits}, {held}, 1, 1, {part}, 1, {hold_no}, 0,"
    " {closing} FROM balance"
)


def test_a_part_that_was_captured_twice_is_found_though_the_index_was_taken_away(tmp_path: Path) -> None:
    found = found_after(
        begun(tmp_path),
        "DROP INDEX ledger_captured_once",
        _ROW.format(kind="capture", credits=0, held=-1, part=1, hold_no=2, closing=1),
    )
    assert "part 1 was captured twice" in found
    assert "part 1 of message 1: 1 credits more were closed than held" in found


def test_a_release_of_more_than_was_held_is_found(office: Counter) -> None:
    found = found_after(office, _ROW.format(kind="release", credits=3, held=-3, part=2, hold_no=1, closing=1))
    assert "part 2 of message 1: 2 credits more were closed than held" in found
