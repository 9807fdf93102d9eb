"""An account that comes under other terms, or whose holder changes: what counts from then on."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.service.terms.counter import MOMENT, TARIFFS, Counter, local

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.store.database import Database


def under(named: str, **sections: Any) -> dict[str, Any]:
    return {"tariffs": TARIFFS, "accounts": {"acme": {"terms": named}}} | sections


def sole(**holders: str) -> dict[str, Any]:
    accounts = {name: {"terms": "smstools", "holder": holder} for name, holder in holders.items()}
    return {"tariffs": TARIFFS, "accounts": accounts}


def test_months_without_a_message_count_from_when_the_account_began_to_pay(
    tmp_path: Path, database: Database
) -> None:
    shop = Counter(tmp_path, database, "smstools", at=local(2026, 1, 1))
    shop.grant(10)
    shop.sent()
    shop.know(**under("unlimited"))
    shop.to(local(2027, 2, 1)).sent()  # free, so that it is in no book
    shop.know(**under("smstools"))
    shop.to(local(2028, 2, 1) - MOMENT)
    assert shop.due() == []
    assert shop.to(local(2028, 2, 1)).kinds() == ["forfeit"]


def test_years_without_use_count_from_when_the_account_came_under_the_terms(
    tmp_path: Path, database: Database
) -> None:
    shop = Counter(tmp_path, database, "unlimited", at=local(2020, 1, 1))
    shop.to(local(2026, 1, 1)).sent()
    shop.know(**under("sms4less"))
    shop.to(local(2031, 1, 1) - MOMENT)
    assert shop.due() == []
    assert shop.to(local(2031, 1, 1)).kinds() == ["close"]


@pytest.mark.parametrize(("like", "due_at"), [("smstools", (2026, 4, 15)), ("unlimited", (2026, 6, 1))])
def test_another_version_of_the_same_terms_begins_no_count_anew_unless_it_charges_first(
    tmp_path: Path, database: Database, like: str, due_at: tuple[int, int, int]
) -> None:
    def mine(like: str, least: int) -> dict[str, Any]:
        return under("mine", terms={"mine": {"like": like, "minimum_topup": least}})

    shop = Counter(tmp_path, database, "mine", at=local(2026, 1, 15), **mine(like, 5))
    shop.to(local(2026, 2, 1)).know(**mine("smstools", 6))
    [told] = shop.announce("mine", names=["acme"])
    assert told.effective_at == local(2026, 3, 1)
    shop.to(told.effective_at).day()
    assert shop.row().terms_accepted_at == round(told.effective_at.timestamp() * 1_000_000)
    shop.to(local(*due_at) - MOMENT)
    assert shop.due() == []
    assert shop.to(local(*due_at)).kinds() == ["close"]


def test_an_account_that_gets_a_holder_who_has_one_is_suspended(tmp_path: Path, database: Database) -> None:
    shop = Counter(tmp_path, database, "smstools", at=local(2026, 1, 1), **sole(acme="Bob", second="Ann"))
    assert [shop.state(), shop.state("second")] == [("active", None)] * 2
    shop.know(**sole(acme="Bob", second="BOB "))
    assert [shop.state(), shop.state("second")] == [("active", None), ("suspended", "terms")]
    shop.resume("second")
    shop.know(**sole(acme="Bob", second="BOB "))
    assert shop.state("second") == ("active", None), "the operator has looked at it"


def test_an_account_that_is_put_back_is_suspended_where_its_holder_has_another_by_now(
    tmp_path: Path, database: Database
) -> None:
    shop = Counter(tmp_path, database, "smstools", at=local(2026, 1, 1), **sole(acme="Zoë Ünal"))
    shop.know(**sole())
    shop.add("new", terms="smstools", holder="zoë  ünal")
    shop.know(**sole(acme="ZOË ÜNAL"))
    assert [shop.state(), shop.state("new")] == [("suspended", "terms"), ("active", None)]


def test_a_holder_s_second_account_is_suspended_when_both_come_under_such_terms(
    tmp_path: Path, database: Database
) -> None:
    shop = Counter(tmp_path, database, at=local(2026, 1, 1), more={"holder": "Ann"})
    shop.add("second", terms="sms4less", holder="Ann")
    shop.announce("smstools", names=["acme", "second"])
    shop.to(local(2026, 2, 1)).day()
    assert [shop.state(), shop.state("second")] == [("active", None), ("suspended", "terms")]


def test_an_objection_to_a_change_that_was_announced_anew_brings_the_old_one_not_back(
    tmp_path: Path, database: Database
) -> None:
    shop = Counter(tmp_path, database, "smstools", at=local(2026, 1, 1))
    [first] = shop.announce("sms4less", names=["acme"])
    objection = shop.object_to("terms", str(first.id))
    [second] = shop.announce("sms4less", local(2026, 6, 1), names=["acme"])
    shop.decide(objection.id, "dismissed")
    shop.to(local(2026, 5, 31) + timedelta(hours=23))
    assert [step.target for step in shop.due() if step.kind == "terms"] == []
    assert [step.target for step in shop.to(local(2026, 6, 1)).due() if step.kind == "terms"] == [second.id]


def test_an_account_that_was_promised_it_is_not_sold_prices_of_the_middle_of_the_year(
    tmp_path: Path, database: Database
) -> None:
    dearer = {"valid_from": "2026-07-01", "bundles": [{"price": "1"}], "credits": {"+32": 3}}
    tariffs = {"standard": [*TARIFFS["standard"], dearer]}
    shop = Counter(tmp_path, database, "smstools", at=local(2026, 7, 2), tariffs=tariffs)
    shop.add("less", terms="sms4less")
    assert [shop.order(10, name).unit_price for name in ("acme", "less")] == [Decimal(1), Decimal("0.095")]
    shop.grant(9)
    shop.grant(9, "less")
    shop.sent()
    shop.sent("less")
    assert [shop.balance(name).captured for name in ("acme", "less")] == [3, 1]


def test_who_is_resumed_and_owes_is_suspended_for_that(tmp_path: Path, database: Database) -> None:
    shop = Counter(tmp_path, database, at=local(2026, 1, 1))
    made = shop.order(10)
    shop.pay(made.id, str(made.total), "bank 1")
    shop.suspend("force_majeure")
    shop.chargeback("bank 1")
    assert shop.state() == ("suspended", "force_majeure")
    shop.resume()
    assert shop.state() == ("suspended", "chargeback")
    shop.resume()
    assert shop.state() == ("active", None), "the operator gives it time"
    shop.to(local(2026, 1, 2)).day()
    assert shop.state() == ("suspended", "chargeback")
    shop.pay(made.id, str(made.total), "bank 2")
    assert shop.state() == ("active", None)


def test_the_default_account_that_is_in_default_does_not_go_on_when_something_else_is_paid(
    tmp_path: Path, database: Database
) -> None:
    early = {"like": "smstools", "due_days": 30, "early_activation": True}
    accounts = {"acme": {}, "default": {"terms": "mine", "early_activation": True}}
    shop = Counter(tmp_path, database, at=local(2026, 1, 1), terms={"mine": early}, accounts=accounts)
    in_use, paid = shop.order(5000, "default"), shop.order(5, "default")
    shop.pay(paid.id, str(paid.total), "bank 1")
    shop.to(local(2026, 3, 1)).day()
    assert shop.state("default") == ("suspended", "unpaid")
    shop.chargeback("bank 1")
    shop.pay(in_use.id, str(in_use.total), "bank 2")
    assert shop.state("default") == ("suspended", "in_default")
