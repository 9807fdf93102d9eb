"""Seller and holder on invoices, on both databases: kept as of their day, the holder's until he is erased."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modemd.service.accounts import accounts, erasure
from modemd.service.money import money_views
from tests.service.terms.counter import Counter, local
from tests.store.files import rows

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.service.money.money_views import OrderView
    from modemd.store.database import Database

HOLDER = {"holder": "Acmé", "address": ["Rue Haute 1", "1000 Bruxelles"], "vat_number": "BE0987.654.394"}
SELLER = {"name": "Émile & Co", "iban": "BE68 5390 0754 7034"}
LINES = ("Rue Haute 1", "1000 Bruxelles", "VAT number BE0987.654.394")


def opened(folder: Path, database: Database) -> Counter:
    return Counter(folder, database, at=local(2026, 12, 1), more=HOLDER, seller=SELLER)


def view(shop: Counter, invoice_no: str) -> OrderView:
    return shop.run(lambda tx: money_views.order_of_invoice(tx, invoice_no))


def test_an_invoice_keeps_the_seller_and_the_holder_of_its_day(tmp_path: Path, database: Database) -> None:
    shop = opened(tmp_path, database)
    made = shop.order(500)
    shop.know(accounts={"acme": {"terms": "sms4less", "holder": "Acmé"}})
    kept = view(shop, made.invoice)
    assert kept.holder_lines == LINES
    assert kept.seller is not None
    assert (kept.seller.name, kept.seller.iban) == ("Émile & Co", "BE68539007547034")


def test_erasing_leaves_the_seller_and_nothing_of_the_holder(tmp_path: Path, database: Database) -> None:
    shop = opened(tmp_path, database)
    made = shop.order(500)
    shop.cancel(made.id)
    rules = shop.office.rules
    shop.run(lambda tx: accounts.close(tx, rules, "acme", reason="customer", by="ann", now=shop.now))
    shop.run(lambda tx: erasure.erase(tx, rules, "acme", by="ann", now=shop.now))
    kept = view(shop, made.invoice)
    assert (kept.holder, kept.holder_lines) == (None, ())
    assert kept.seller is not None
    held = repr([rows(database, f"SELECT * FROM {table}") for table in ("account", "invoice")])
    assert "Rue Haute" not in held
    assert "0987" not in held
