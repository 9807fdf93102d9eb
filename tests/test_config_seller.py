"""Who sells, and where a holder lives, as the configuration says it."""

from __future__ import annotations

import pytest

from modemd.config import parse
from modemd.errors import ConfigError


def seller_fault(keys: str) -> str:
    with pytest.raises(ConfigError) as raised:
        parse(f"seller: {{{keys}}}")
    [only] = raised.value.faults
    return str(only)


def test_without_the_section_there_is_no_seller() -> None:
    assert parse("").seller is None


def test_a_seller_is_read_with_its_bank_account_without_spaces() -> None:
    seller = parse(
        "seller: {name: Example, address: [Stationsstraat 1, 9000 Gent], vat_number: BE 0123.456.749,"
        " iban: be68 5390 0754 7034, bic: gkcc be bb, email: a@b.example, note: Thank you.}"
    ).seller
    assert seller is not None
    assert seller.address == ("Stationsstraat 1", "9000 Gent")
    assert (seller.vat_number, seller.iban, seller.bic) == ("BE 0123.456.749", "BE68539007547034", "GKCCBEBB")
    assert (seller.email, seller.note) == ("a@b.example", "Thank you.")


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ("iban: BE68539007547034", "'name' is missing"),
        ("name: A, iban: BE68539007547035", "check digits"),
        ("name: A, iban: '5390 0754 7034'", "is no IBAN, such as"),
        ("name: A, bic: GKCC", "is no BIC"),
        ("name: A, vat_number: 0123456749", "without quotes is no text to YAML"),
        ("name: A, vat_number: '?'", "no VAT number"),
        ("name: A, address: [a, b, c, d, e, f, g]", "seller.address"),
        ('name: "A\\nB"', "no line of text"),
        ("name: A, adress: B", "did you mean 'address'?"),
    ],
)
def test_what_is_wrong_with_a_seller_is_told(keys: str, says: str) -> None:
    assert says in seller_fault(keys)


def test_an_account_has_the_address_and_vat_number_of_its_holder() -> None:
    text = "accounts: {a: {address: Kerkstraat 5, vat_number: BE0987.654.394}, b: {address: [One, Two]}}"
    accounts = parse(text).accounts
    assert (accounts["a"].address, accounts["a"].vat_number) == (("Kerkstraat 5",), "BE0987.654.394")
    assert (accounts["b"].address, accounts["b"].vat_number) == (("One", "Two"), None)
