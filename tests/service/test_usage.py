"""What each account sends is counted by the day, whether it pays or not."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from modemd.service.admission.pace import day_number
from modemd.store import usage
from tests.service.credits import Counter
from tests.service.office import LONG

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.store.database import Database


@pytest.fixture
def office(tmp_path: Path, database: Database) -> Counter:
    return Counter(tmp_path, database)


def used(office: Counter, name: str, first: int, last: int) -> tuple[int, int]:
    account_id = office.id_of(name)
    return office.database.transact(lambda tx: usage.used(tx, account_id, first, last))


def test_parts_that_the_network_took_are_counted_with_what_they_cost(office: Counter) -> None:
    office.grant(4)
    office.send(LONG, account="acme")
    office.send(account="free")
    for tp_mr in (1, 2, 3, 4):
        office.taken(tp_mr)
    office.send(account="acme")
    office.denied(1)
    today = day_number(office.rules, office.now)
    assert used(office, "acme", today, today) == (3, 3)
    assert used(office, "free", today, today) == (1, 0)
    assert used(office, "clinic", today, today) == (0, 0)


def test_a_day_is_one_of_the_gateways_zone(office: Counter) -> None:
    office.rules = office.in_zone(ZoneInfo("Europe/Brussels"))
    office.later(hours=10, minutes=59)
    office.send(account="free")
    office.taken(1)
    office.later(minutes=1)
    office.send(account="free")
    office.taken(2)
    today = day_number(office.rules, office.now)
    assert used(office, "free", today, today) == (1, 0)
    assert used(office, "free", today - 1, today) == (2, 0)
