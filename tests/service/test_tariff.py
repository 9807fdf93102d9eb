"""Tariffs: which version holds when, which bundle an order falls into, what a part costs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modemd.config.terms import TariffConfig
from modemd.errors import Rejected
from modemd.service.money.money import cents_of, euros, net_cents, vat_cents
from modemd.service.terms.tariff import Tariff, tariff_of
from tests.service.office import rules_of

BRUSSELS = ZoneInfo("Europe/Brussels")


def tariff(*versions: dict[str, object]) -> Tariff:
    read = [TariffConfig.model_validate({"bundles": [{"price": "0.1"}]} | each) for each in versions]
    return tariff_of("standard", read, BRUSSELS)


def test_a_version_holds_from_the_first_moment_of_its_day_in_the_zone() -> None:
    both = tariff(
        {"valid_from": "2026-01-01", "credits": {"+1": 2}}, {"valid_from": "2026-07-01", "credits": {"+1": 3}}
    )
    summer = datetime(2026, 6, 30, 22, tzinfo=UTC)
    assert both.credits_for("+12125550123", summer) == 3
    assert both.credits_for("+12125550123", summer - timedelta(microseconds=1)) == 2
    winter = datetime(2025, 12, 31, 23, tzinfo=UTC)
    assert both.at(winter - timedelta(microseconds=1)) is None
    assert both.credits_for("+12125550123", winter - timedelta(microseconds=1)) == 1


@pytest.mark.parametrize(
    ("to", "credits_"), [("+32475123456", 1), ("+12125550123", 2), ("+18095550123", 3), ("8989", 1), ("", 1)]
)
def test_the_longest_prefix_that_fits_says_what_a_part_costs(to: str, credits_: int) -> None:
    only = tariff({"valid_from": "2020-01-01", "credits": {"+1": 2, "+1809": 3, "+999": 9}})
    assert only.credits_for(to, datetime(2026, 1, 1, tzinfo=UTC)) == credits_


def test_every_destination_can_have_a_price() -> None:
    only = tariff({"valid_from": "2020-01-01", "credits": {"": 5, "+32": 1}})
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert [only.credits_for(to, now) for to in ("+32475123456", "+49170", "8989")] == [1, 5, 5]


def test_bundles_are_named_by_their_size_where_they_have_no_name() -> None:
    bundles = [
        {"up_to": 500, "price": "0.1"},
        {"up_to": 1000, "price": "0.09", "name": "big"},
        {"price": "0.08"},
    ]
    prices = tariff({"valid_from": "2020-01-01", "bundles": bundles}).versions[0]
    assert [(each.name, each.least, each.most) for each in prices.bundles] == [
        ("1-500", 1, 500), ("big", 501, 1000), ("1001+", 1001, None)
    ]  # fmt: skip
    found = [prices.bundle_for(size) for size in (1, 500, 501, 1000, 1001, 10**9)]
    assert [each and each.name for each in found] == ["1-500", "1-500", "big", "big", "1001+", "1001+"]


def test_without_a_tariff_a_part_takes_one_credit_and_without_charge_none() -> None:
    accounts = {"acme": {"terms": "smstools"}, "gold": {"terms": "sms4less", "tariff": "gold"}}
    gold = [{"valid_from": "2020-01-01", "bundles": [{"price": "1"}], "credits": {"+32": 4}}]
    rules = rules_of(accounts=accounts, tariffs={"gold": gold})
    now = datetime(2026, 1, 1, tzinfo=UTC)
    names = ("acme", "gold", "default", "nobody")
    assert [rules.credits_per_part(name, "+32475", now) for name in names] == [1, 4, 0, 0]


@given(st.integers(1, 10**9), st.decimals("0", "1000", places=8))
def test_an_amount_is_rounded_half_up_to_the_cent(credits_: int, price: Decimal) -> None:
    cents = net_cents(credits_, price)
    assert abs(euros(cents) - credits_ * price) <= Decimal("0.005")
    assert net_cents(credits_, price + Decimal("0.00000001")) >= cents


@pytest.mark.parametrize(
    ("net", "rate", "vat"), [(4750, "21", 998), (50, "21", 11), (1, "21", 0), (3, "21", 1)]
)
def test_vat_is_rounded_half_up_to_the_cent(net: int, rate: str, vat: int) -> None:
    assert vat_cents(net, Decimal(rate)) == vat
    assert vat_cents(net, None) == 0


@given(st.integers(1, 10**15 - 1))
def test_cents_are_read_as_they_are_written(cents: int) -> None:
    assert cents_of(str(euros(cents))) == cents
    assert cents_of(euros(cents)) == cents


@pytest.mark.parametrize(
    "amount",
    ["", " ", "0", "-1", "-0.01", "12.505", "0.001", "NaN", "sNaN", "Infinity", "-Infinity", "1e30", "1e-9",
     "12,50", "twelve", "1e1", "1_0", "1.0.0", "10000000000000", "£5", 12.5, 12, None, True],
)  # fmt: skip
def test_what_is_no_amount_is_refused(amount: object) -> None:
    with pytest.raises(Rejected) as refusal:
        cents_of(amount)  # type: ignore[arg-type]
    assert refusal.value.code == "bad_request"


def test_of_a_tariff_only_revisions_in_a_first_quarter_and_one_a_year_hold_where_that_is_promised() -> None:
    days = ("2024-07-01", "2025-02-01", "2025-03-01", "2025-09-01", "2026-03-31", "2026-04-01")
    versions: list[dict[str, object]] = [{"valid_from": day} for day in days]
    every = tariff(*versions)
    assert every.revised("any") is every
    kept = every.revised("first_quarter")
    assert [f"{each.valid_from}" for each in kept.versions] == ["2026-03-31", "2025-02-01", "2024-07-01"]
    assert kept.revised("first_quarter") is kept
    one = tariff({"valid_from": "2026-07-01"})
    assert one.revised("first_quarter") is one
