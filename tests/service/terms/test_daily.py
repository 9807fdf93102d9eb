"""The daily application: rehearsed, done once, caught up with, and not done by a clock that is set back."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from modemd.config.terms import TermsConfig
from modemd.errors import Rejected
from modemd.service.terms import daily, terms_warnings
from modemd.service.terms.terms import own
from tests.service.terms.counter import MOMENT, TARIFFS, Counter, local

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.store.database import Database


def counter(folder: Path, database: Database, under: str = "sms4less", **wish: Any) -> Counter:
    return Counter(folder, database, under, at=local(2026, 11, 22, 12), **wish)


def warn(shop: Counter) -> int:
    return shop.run(lambda tx: terms_warnings.warn(tx, shop.office.rules, shop.now))


def test_looking_changes_nothing(tmp_path: Path, database: Database) -> None:
    shop = counter(tmp_path, database)
    shop.paid(500)
    shop.to(local(2029, 1, 1))
    before = shop.dump()
    [step] = shop.due()
    assert (step.kind, step.account, step.credits) == ("expire", "acme", 500)
    assert step.due_at == local(2028, 11, 23)
    assert "2028-11-23 00:00" in step.sentence
    assert shop.dump() == before


def test_a_step_is_done_once_whoever_comes_second(tmp_path: Path, database: Database) -> None:
    shop = counter(tmp_path, database)
    shop.paid(500)
    [step] = shop.to(local(2029, 1, 1)).due()
    assert shop.carry_out(step)
    after = shop.dump()
    assert not shop.carry_out(step)
    assert shop.dump() == after


def test_a_step_that_is_not_due_any_more_is_not_done(tmp_path: Path, database: Database) -> None:
    shop = counter(tmp_path, database, more={"early_activation": "true"})
    made = shop.order(5000)
    [step] = shop.to(local(2027, 1, 1)).due()
    shop.pay(made.id, str(made.total))
    assert not shop.carry_out(step)
    assert shop.state() == ("active", None)


def test_days_on_which_no_gateway_ran_are_caught_up_with(tmp_path: Path, database: Database) -> None:
    shop = counter(tmp_path, database, "smstools")
    shop.paid(5)
    shop.to(local(2036, 1, 1))
    assert [step.kind for step in shop.day()] == ["forfeit"]
    shop.to(local(2036, 12, 31))
    assert shop.day() == []
    shop.to(local(2037, 1, 1))
    assert [step.kind for step in shop.day()] == ["close", "erase"]


def test_an_account_without_charge_has_no_steps(tmp_path: Path, database: Database) -> None:
    shop = counter(tmp_path, database, "unlimited")
    assert shop.to(local(2056, 1, 1)).due() == []


def test_rules_that_own_terms_leave_out_do_not_exist(tmp_path: Path, database: Database) -> None:
    none = dict.fromkeys(("forfeit_unsent_months", "unfunded_close_months", "used_up_close_months"), 0)
    shop = counter(tmp_path, database, "mine", terms={"mine": {"like": "smstools"} | none})
    assert shop.to(local(2056, 1, 1)).due() == []
    shop.paid(500)
    assert shop.to(local(2086, 1, 1)).due() == []
    forever = {"like": "sms4less", "lot_months": 0, "unused_delete_years": 0}
    assert own("ever", TermsConfig.model_validate(forever)).lot_months is None


def test_the_account_of_who_names_none_is_never_closed(tmp_path: Path, database: Database) -> None:
    shop = counter(tmp_path, database, accounts={"default": {"terms": "smstools"}})
    assert shop.to(local(2056, 1, 1)).due() == []


def test_what_is_held_of_a_lot_that_expired_is_charged_or_lost(tmp_path: Path, database: Database) -> None:
    shop = counter(tmp_path, database)
    shop.paid(3)
    shop.to(local(2028, 11, 23) - MOMENT)
    shop.send()
    shop.send(to="+32475123457")
    shop.to(local(2028, 11, 23)).day()
    assert (shop.balance().balance, shop.balance().held, shop.balance().forfeited) == (0, 2, 1)
    shop.office.taken()
    shop.office.denied(1)
    assert (shop.balance().held, shop.balance().captured, shop.balance().forfeited) == (0, 1, 2)
    assert shop.to(local(2028, 11, 24)).day() == []


def test_a_day_is_noted_in_the_zone_and_done_once(tmp_path: Path, database: Database) -> None:
    shop = counter(tmp_path, database)
    rules = shop.office.rules
    shop.run(lambda tx: daily.note_day(tx, rules, local(2026, 12, 31, 23, 59)))
    shop.run(lambda tx: daily.note_day(tx, rules, local(2026, 12, 31, 23, 59)))
    assert shop.run(lambda tx: daily.is_done(tx, rules, local(2026, 12, 31, 0, 0)))
    assert not shop.run(lambda tx: daily.is_done(tx, rules, local(2027, 1, 1, 0, 0)))


def test_a_clock_that_is_set_back_applies_nothing(tmp_path: Path, database: Database) -> None:
    shop = counter(tmp_path, database)
    rules = shop.office.rules
    shop.run(lambda tx: daily.note_day(tx, rules, local(2026, 12, 31)))
    said = shop.refused(
        lambda: shop.run(lambda tx: daily.check_clock(tx, rules, local(2026, 12, 30, 23, 59)))
    )
    assert "the clock is set back: it says 2026-12-30" in said
    assert shop.run(lambda tx: daily.is_done(tx, rules, local(2026, 12, 30)))
    shop.run(lambda tx: daily.check_clock(tx, rules, local(2026, 12, 31, 12)))


def test_a_clock_that_was_never_set_applies_nothing_and_its_day_is_no_leap(
    tmp_path: Path, database: Database
) -> None:
    shop = counter(tmp_path, database)
    rules, unset = shop.office.rules, local(1970, 1, 1, 2)
    said = shop.refused(lambda: shop.run(lambda tx: daily.check_clock(tx, rules, unset)))
    assert said == "the clock is not set: it says 1970-01-01"
    shop.run(lambda tx: daily.note_day(tx, rules, unset))
    shop.run(lambda tx: daily.check_leap(tx, rules, local(2026, 11, 22)))
    assert not shop.run(lambda tx: daily.is_done(tx, rules, local(2026, 11, 22)))


def test_a_step_before_the_newest_entry_is_refused(tmp_path: Path, database: Database) -> None:
    shop = counter(tmp_path, database)
    shop.paid(3)
    shop.to(local(2029, 1, 1)).paid(5)
    shop.to(local(2028, 12, 1))
    [step] = shop.due()
    assert "the clock is set back" in shop.refused(lambda: shop.carry_out(step))


def test_credits_that_will_end_are_told_30_and_7_days_before_and_once(
    tmp_path: Path, database: Database
) -> None:
    shop = counter(tmp_path, database)
    shop.paid(500)
    end = local(2028, 11, 23).astimezone(UTC)
    shop.to(end - timedelta(days=30) - MOMENT)
    assert warn(shop) == 0
    shop.to(end - timedelta(days=30))
    assert [warn(shop), warn(shop)] == [1, 0]
    shop.to(end - timedelta(days=7))
    assert [warn(shop), warn(shop)] == [1, 0]
    event = shop.events()[-1]
    assert (event["event"], event["credits"]) == ("credit_expiring", 500)


def test_a_balance_that_will_be_forfeited_is_told_30_and_7_days_before(
    tmp_path: Path, database: Database
) -> None:
    shop = counter(tmp_path, database, "smstools")
    shop.paid(500)
    end = local(2027, 11, 22, 12).astimezone(UTC)
    shop.to(end - timedelta(days=31))
    assert warn(shop) == 0
    shop.to(end - timedelta(days=30))
    assert [warn(shop), warn(shop)] == [1, 0]
    shop.to(end - timedelta(days=7))
    assert [warn(shop), warn(shop)] == [1, 0]
    event = shop.events()[-1]
    assert (event["event"], event["credits"], event["clause"]) == ("credit_expiring", 500, "S §7.4")
    shop.sent()
    assert warn(shop) == 0


def test_L_5_5_new_prices_are_told_beforehand_and_once(tmp_path: Path, database: Database) -> None:
    dearer = TARIFFS["standard"][0] | {"valid_from": "2027-01-01", "bundles": [{"price": "0.2"}]}
    shop = counter(tmp_path, database, tariffs={"standard": [*TARIFFS["standard"], dearer]})
    assert [warn(shop), warn(shop)] == [1, 0]
    event = shop.events()[-1]
    assert (event["event"], event["prices"]) == ("price_change", "1+: 0.2")
    shop.to(local(2027, 1, 1))
    assert warn(shop) == 0


@pytest.mark.parametrize("under", ["smstools", "sms4less"])
def test_nothing_is_due_on_the_first_day(tmp_path: Path, database: Database, under: str) -> None:
    shop = counter(tmp_path, database, under)
    assert shop.day() == []
    shop.paid(500)
    assert shop.day() == []
    answer = shop.send()
    assert not isinstance(answer, Rejected)
