"""An account keeps the terms that it accepted; planned changes are announced, and may be objected to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from modemd.service.terms import announcements, versions
from modemd.service.terms.terms import Terms, preset
from modemd.store import terms as store
from tests.service.terms.counter import MOMENT, TARIFFS, Counter, local

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.store.database import Database

PRESETS = pytest.mark.parametrize("like", ["smstools", "sms4less"])


def mine(like: str, least: int) -> dict[str, Any]:
    """A configuration whose own terms have this smallest top-up."""
    return {
        "terms": {"mine": {"like": like, "minimum_topup": least}},
        "accounts": {"acme": {"terms": "mine"}},
        "tariffs": TARIFFS,
    }


def counter(folder: Path, database: Database, like: str) -> Counter:
    return Counter(folder, database, "mine", at=local(2026, 1, 31, 12), **mine(like, 100))


def in_force(shop: Counter) -> Terms:
    return shop.office.rules.terms_of("acme")


@PRESETS
def test_L_17_3_an_account_keeps_the_version_that_it_accepted_with_when(
    tmp_path: Path, database: Database, like: str
) -> None:
    shop = counter(tmp_path, database, like)
    accepted = shop.row()
    shop.to(local(2026, 5, 1)).know(**mine(like, 200))
    assert shop.office.rules.terms["mine"].minimum_topup == 200
    assert in_force(shop).minimum_topup == 100
    assert (shop.row().terms_version, shop.row().terms_accepted_at) == (1, accepted.terms_accepted_at)
    assert shop.order(100).credits == 100
    assert shop.add("new", terms="mine").terms_version == 2
    shop.know(**mine(like, 100))
    assert shop.add("as-before", terms="mine").terms_version == 1


@PRESETS
def test_L_17_3_a_planned_change_is_announced_a_calendar_month_ahead(
    tmp_path: Path, database: Database, like: str
) -> None:
    shop = counter(tmp_path, database, like)
    shop.know(**mine(like, 200))
    earliest = local(2026, 3, 1)  # there is no 31 February
    assert "§17.3" in shop.refused(lambda: shop.announce("mine", earliest - MOMENT))
    [told] = shop.announce("mine", earliest)
    assert (told.account, told.version, told.effective_at) == ("acme", 2, earliest)
    event = shop.events()[-1]
    assert (event["event"], event["version"], event["in_force"]) == ("terms_change", 2, False)
    shop.to(earliest - MOMENT)
    assert shop.day() == []
    assert in_force(shop).minimum_topup == 100
    shop.to(earliest)
    assert [(step.kind, step.clause) for step in shop.day()] == [("terms", "L §17.3, 21.2")]
    shop.know()
    assert in_force(shop).minimum_topup == 200
    assert shop.events()[-1]["in_force"] is True
    assert shop.row().terms_accepted_at == round(earliest.timestamp() * 1_000_000)
    assert shop.day() == []


@PRESETS
def test_L_21_2_an_objection_within_7_days_is_recorded_and_waits_for_a_decision(
    tmp_path: Path, database: Database, like: str
) -> None:
    shop = counter(tmp_path, database, like)
    shop.know(**mine(like, 200))
    [told] = shop.announce("mine")
    plan = str(told.id)
    shop.to(local(2026, 2, 8))
    assert "7 days" in shop.refused(lambda: shop.object_to("terms", plan))
    shop.to(local(2026, 2, 8) - MOMENT)
    found = shop.object_to("terms", plan)
    shop.refused(lambda: shop.object_to("terms", plan))
    shop.to(local(2026, 3, 1, 12))
    assert shop.kinds() == []
    shop.decide(found.id, "dismissed")
    assert shop.kinds() == ["terms"]


@PRESETS
def test_L_21_2_upheld_the_change_is_withdrawn(tmp_path: Path, database: Database, like: str) -> None:
    shop = counter(tmp_path, database, like)
    shop.know(**mine(like, 200))
    [told] = shop.announce("mine")
    found = shop.object_to("terms", str(told.id))
    shop.refused(lambda: shop.decide(found.id, "upheld", 5))
    shop.decide(found.id, "upheld")
    assert "terms" not in shop.to(local(2026, 6, 1)).kinds()
    [again] = shop.announce("mine")
    shop.run(lambda tx: announcements.withdraw(tx, "acme", again.id))
    assert "terms" not in shop.to(local(2026, 9, 1)).kinds()


def test_a_later_announcement_takes_the_place_of_an_earlier_one(tmp_path: Path, database: Database) -> None:
    shop = counter(tmp_path, database, "sms4less")
    shop.know(**mine("sms4less", 200))
    shop.announce("mine")
    shop.know(**mine("sms4less", 300))
    shop.announce("mine")
    acme = shop.row().id
    states = [plan.state for plan in shop.run(lambda tx: store.plans_of(tx, acme))]
    assert states == ["withdrawn", "planned"]


def test_nobody_is_told_who_lives_under_these_terms_already(tmp_path: Path, database: Database) -> None:
    shop = counter(tmp_path, database, "sms4less")
    assert "nobody" in shop.refused(lambda: shop.announce("mine"))
    assert "no terms 'gold'" in shop.refused(lambda: shop.announce("gold"))
    shop.refused(lambda: shop.announce("smstools", names=["nobody"]), "account_unknown")
    [told] = shop.announce("smstools", names=["acme"])
    shop.to(told.effective_at).day()
    shop.know()
    assert in_force(shop).name == "smstools"
    shop.know(**mine("sms4less", 100))
    assert in_force(shop).name == "smstools", "what was announced stays though the file says otherwise"


def test_terms_that_changed_in_the_file_are_accepted_by_that(tmp_path: Path, database: Database) -> None:
    shop = counter(tmp_path, database, "sms4less")
    changed = mine("sms4less", 100) | {"accounts": {"acme": {"terms": "smstools"}}}
    shop.to(local(2026, 2, 1)).know(**changed)
    assert in_force(shop).name == "smstools"
    assert shop.row().terms_accepted_at == round(local(2026, 2, 1).timestamp() * 1_000_000)


@PRESETS
def test_a_version_is_read_from_the_store_as_it_was_written(
    tmp_path: Path, database: Database, like: str
) -> None:
    shop = counter(tmp_path, database, like)
    kept = {row.terms: versions.of_row(row) for row in shop.run(store.versions)}
    assert kept[like] == preset(like)
    assert kept["mine"] == shop.office.rules.terms["mine"]


def test_terms_that_nobody_knows_any_more_give_nothing_away(tmp_path: Path, database: Database) -> None:
    shop = counter(tmp_path, database, "sms4less")
    row = shop.row()._replace(terms="gone", terms_version=9)
    assert shop.run(lambda tx: versions.of_account(tx, shop.office.rules, row)).charged


def test_nothing_is_announced_by_a_clock_that_is_set_back(tmp_path: Path, database: Database) -> None:
    shop = counter(tmp_path, database, "sms4less")
    shop.grant(1)
    shop.to(local(2026, 1, 1))
    assert "set back" in shop.refused(lambda: shop.announce("smstools", names=["acme"]))
