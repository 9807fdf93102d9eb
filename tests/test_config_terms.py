"""Terms and tariffs of one's own: what they may say, and what is told of what they may not."""

from __future__ import annotations

from decimal import Decimal

import pytest

from modemd.config import parse
from modemd.errors import ConfigError

TARIFF = """
tariffs:
  standard:
    - valid_from: 2026-01-01
      vat: 21
      bundles: [{up_to: 500, price: 0.095}, {up_to: 1000, price: "0.085"}]
      credits: {"+1": 2}
"""


def fault(text: str) -> str:
    with pytest.raises(ConfigError) as raised:
        parse(text)
    [only] = raised.value.faults
    return str(only)


def tariff(*days: str) -> str:
    versions = "".join(
        f"    - {{valid_from: {day}, bundles: [{{price: 0.0{9 - place}}}]}}\n"
        for place, day in enumerate(days)
    )
    return f"accounts: {{a: {{terms: sms4less}}}}\ntariffs:\n  standard:\n{versions}"


def test_prices_are_the_decimal_numbers_that_were_written() -> None:
    [version] = parse(TARIFF).tariffs["standard"]
    assert [bundle.price for bundle in version.bundles] == [Decimal("0.095"), Decimal("0.085")]
    assert (version.vat, version.currency, version.credits) == (Decimal(21), "EUR", {"+1": 2})


def test_own_terms_say_what_differs_from_a_preset() -> None:
    terms = parse("terms: {mine: {like: smstools, minimum_topup: 100, chargeback: suspend}}\n").terms["mine"]
    assert (terms.like, terms.minimum_topup, terms.chargeback, terms.lot_months) == (
        "smstools", 100, "suspend", None
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("terms: {smstools: {like: sms4less}}\n", "preset's name"),
        ("terms: {mine: {like: sms5less}}\n", "like"),
        ("terms: {mine: {minimum_topup: 5}}\n", "like"),
        ("terms: {mine: {like: smstools, minimum_topup: 0}}\n", "minimum_topup"),
        ("accounts: {a: {terms: smstool}}\n", "did you mean 'smstools'"),
        ("accounts: {a: {tariff: gold}}\n", "there is no tariff 'gold'"),
        ("terms: {mine: {like: smstools, tariff: gold}}\n", "there is no tariff 'gold'"),
        (TARIFF.replace("0.095", "cheap"), "no decimal number"),
        (TARIFF.replace("0.095", "-1"), "price"),
        (TARIFF.replace("0.095", "NaN"), "price"),
        (TARIFF.replace("2026-01-01", "January"), "no day"),
        (TARIFF.replace("up_to: 1000", "up_to: 400"), "sizes must rise"),
        (TARIFF.replace("up_to: 500, ", ""), "only the last bundle"),
        (TARIFF.replace("price:", "name: a, price:"), "two bundles have the name 'a'"),
        (TARIFF.replace("up_to: 500", "up_to: 0"), "up_to"),
        (TARIFF.replace('"+1": 2', '"+1": 0'), "credits"),
        (tariff("2026-01-01", "2025-01-01"), "does not follow"),
    ],
)
def test_what_is_wrong_is_told(text: str, said: str) -> None:
    assert said in fault(text)


@pytest.mark.parametrize("days", [["2026-05-01"], ["2026-05-01", "2027-03-31"], ["2026-01-01", "2026-02-01"]])
def test_L_5_5_prices_are_revised_once_a_year_in_the_first_quarter(days: list[str]) -> None:
    assert len(parse(tariff(*days)).tariffs["standard"]) == len(days)


def test_L_5_5_a_revision_in_another_quarter_is_refused() -> None:
    said = fault(tariff("2026-01-01", "2027-04-01"))
    assert "tariffs.standard[1].valid_from" in said
    assert "L §5.5" in said


def test_L_5_5_a_second_revision_in_a_year_is_refused() -> None:
    assert "2027 has a revision on 2027-01-01 already" in fault(
        tariff("2026-01-01", "2027-01-01", "2027-03-01")
    )


def test_L_5_5_binds_only_tariffs_of_such_terms() -> None:
    text = tariff("2026-01-01", "2026-07-01", "2026-08-01")
    assert len(parse(text.replace("sms4less", "smstools")).tariffs["standard"]) == 3
    free = text.replace("sms4less", "mine") + "terms: {mine: {like: sms4less, revision: any}}\n"
    assert len(parse(free).tariffs["standard"]) == 3
