"""Orders, invoices and payments: what every account has in common, and what is refused."""

from __future__ import annotations

import tempfile
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modemd.service.credits import credit_verify
from modemd.store import invoices
from tests.service.terms.counter import TARIFFS, Counter, local
from tests.store.files import fresh, rows

if TYPE_CHECKING:
    from modemd.store.database import Database
    from modemd.store.transaction import Tx

SQLITE_TOO_SLOW = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def counter(folder: Path, database: Database, **wish: Any) -> Counter:
    return Counter(folder, database, "sms4less", at=local(2026, 12, 30, 12), **wish)


def test_invoices_are_numbered_without_gaps_within_the_year_of_the_zone(
    tmp_path: Path, database: Database
) -> None:
    shop = counter(tmp_path, database)
    first = shop.order(5)
    shop.refused(lambda: shop.order(10**9))
    second = shop.order(5)
    shop.cancel(second.id)
    shop.to(local(2026, 12, 31, 23, 59))
    third = shop.order(5)
    shop.to(local(2027, 1, 1))
    fourth = shop.order(5)
    assert [each.invoice for each in (first, second, third, fourth)] == [
        "2026-0001", "2026-0002", "2026-0003", "2027-0001"
    ]  # fmt: skip


def test_the_ten_thousandth_invoice_of_a_year_has_a_fifth_digit(tmp_path: Path, database: Database) -> None:
    shop = counter(tmp_path, database)
    made = shop.order(5)
    database.connection.execute("UPDATE invoice SET number = '2026-9999'")
    assert made.invoice == "2026-0001"
    assert database.transact(lambda tx: invoices.next_of(tx, 2026)) == "2026-10000"
    database.connection.execute("UPDATE invoice SET number = '2026-10000'")
    assert database.transact(lambda tx: invoices.next_of(tx, 2026)) == "2026-10001"


def test_an_order_is_told_with_its_invoice(tmp_path: Path, database: Database) -> None:
    shop = counter(tmp_path, database)
    made = shop.order(500)
    order, invoice = shop.events()
    assert (order["event"], order["order"], order["invoice"]) == ("order", made.id, "2026-0001")
    assert (invoice["event"], invoice["amount"], invoice["vat"], invoice["total"]) == (
        "invoice", "47.50", "9.98", "57.48"
    )  # fmt: skip
    assert invoice["due_at"].startswith("2027-01-29T23:00")


def test_credits_that_are_no_whole_number_of_a_size_are_refused(tmp_path: Path, database: Database) -> None:
    shop = counter(tmp_path, database)
    wrong: list[Any] = [0, -1, -500, 10**9 + 1, 2**63, 1.5, "500", True, None]
    for credits_ in wrong:
        said = shop.refused(lambda credits_=credits_: shop.order(credits_))  # type: ignore[misc]
        assert "whole numbers from 1 to 1,000,000,000" in said


def test_what_cannot_be_ordered_is_refused(tmp_path: Path, database: Database) -> None:
    shop = counter(tmp_path, database)
    cases: list[tuple[dict[str, Any], str, str]] = [
        ({"account": "nobody"}, "account_unknown", "'nobody'"),
        ({"account": "default"}, "bad_request", "charge nothing"),
        ({"bundle": "gold"}, "bad_request", "there is no bundle 'gold'"),
        ({"bundle": "1-500"}, "bad_request", "of the bundle 501-1000"),
        ({"credits_": 5001}, "bad_request", "more than the largest bundle"),
        ({"client_id": ""}, "bad_request", "1 to 200 characters"),
        ({"client_id": "x" * 201}, "bad_request", "1 to 200 characters"),
    ]
    for wish, code, said in cases:
        asked = {"credits_": 600} | wish
        assert said in shop.refused(lambda asked=asked: shop.order(**asked), code)  # type: ignore[misc]


def test_without_a_price_nothing_can_be_ordered(tmp_path: Path, database: Database) -> None:
    shop = counter(tmp_path, database, tariffs={})
    assert "write its bundles and prices under tariffs:" in shop.refused(lambda: shop.order(5))


def test_before_the_first_price_nothing_can_be_ordered(tmp_path: Path, database: Database) -> None:
    later = {"standard": [TARIFFS["standard"][0] | {"valid_from": "2027-01-01"}]}
    shop = counter(tmp_path, database, tariffs=later)
    assert "2027-01-01" in shop.refused(lambda: shop.order(5))


def test_a_closed_account_orders_nothing_and_pays_nothing(tmp_path: Path, database: Database) -> None:
    shop = counter(tmp_path, database)
    made = shop.order(500)
    shop.close("customer")
    shop.refused(lambda: shop.order(5), "account_closed")
    shop.refused(lambda: shop.pay(made.id, "57.48"), "account_closed")
    assert "is closed since 2026-12-30" in shop.refused(lambda: shop.cancel(made.id), "account_closed")


def test_a_suspended_account_s_application_orders_nothing(tmp_path: Path, database: Database) -> None:
    shop = counter(tmp_path, database)
    shop.suspend("bankruptcy")
    shop.refused(lambda: shop.order(5, from_application=True), "account_suspended")
    assert shop.order(5).credits == 5


def test_the_same_order_again_is_the_same_order_whatever_became_of_it(
    tmp_path: Path, database: Database
) -> None:
    shop = counter(tmp_path, database)
    made = shop.order(500, client_id="a")
    shop.pay(made.id, "57.48")
    shop.suspend("bankruptcy")
    again = shop.order(500, client_id="a", bundle="1-500", from_application=True)
    assert (again.id, again.state) == (made.id, "paid")
    shop.refused(lambda: shop.order(500, client_id="a", bundle="501-1000"), "duplicate_id")
    shop.add("other", terms="sms4less")
    assert shop.order(7, "other", client_id="a").id != made.id


def test_a_payment_is_booked_once(tmp_path: Path, database: Database) -> None:
    shop = counter(tmp_path, database)
    made, other = shop.order(500), shop.order(500)
    shop.pay(made.id, "10", " bank 1 ")
    said = shop.refused(lambda: shop.pay(made.id, "10", "bank 1"), "duplicate_id")
    assert "booked already: 10.00 EUR for order 1" in said
    shop.refused(lambda: shop.pay(other.id, "47.48", "bank 1"), "duplicate_id")
    assert "is kept for" in shop.refused(lambda: shop.pay(other.id, "1", "erased-1"))


def test_what_is_no_payment_of_an_order_is_refused(tmp_path: Path, database: Database) -> None:
    shop = counter(tmp_path, database)
    made = shop.order(500)
    for amount, said in (
        ("57.49", "57.49 is more than what is open of order 1: 57.48"),
        ("0", "more than 0"),
        ("-5", "more than 0"),
        ("1.005", "fraction of a cent"),
        ("ten", "no amount"),
    ):
        assert said in shop.refused(lambda amount=amount: shop.pay(made.id, amount))  # type: ignore[misc]


def test_what_is_paid_or_cancelled_or_not_there_is_not_paid(tmp_path: Path, database: Database) -> None:
    shop = counter(tmp_path, database)
    paid, cancelled = shop.paid(500), shop.order(500)
    shop.cancel(cancelled.id)
    assert "paid in full" in shop.refused(lambda: shop.pay(paid.id, "0.01"))
    assert "is cancelled" in shop.refused(lambda: shop.pay(cancelled.id, "0.01"))
    assert "is cancelled" in shop.refused(lambda: shop.cancel(cancelled.id))
    assert "no order 99" in shop.refused(lambda: shop.pay(99, "0.01"))
    for mark in (" ", "\n", "x" * 201, "a\x00b"):
        shop.refused(lambda mark=mark: shop.pay(paid.id, "1", mark))  # type: ignore[misc]


def test_what_is_in_use_is_not_cancelled(tmp_path: Path, database: Database) -> None:
    shop = counter(tmp_path, database, more={"early_activation": "true"})
    made = shop.order(5000)
    assert "can be used already" in shop.refused(lambda: shop.cancel(made.id))


def test_only_a_payment_is_taken_back_and_only_once(tmp_path: Path, database: Database) -> None:
    shop = counter(tmp_path, database)
    made = shop.order(500)
    booked = shop.pay(made.id, "10", "bank 1")
    shop.pay(made.id, "10", "bank 2")
    for unknown in (99, "bank 3", "", "99999999999999999999", "-1"):
        shop.refused(lambda unknown=unknown: shop.chargeback(unknown))  # type: ignore[misc]
    assert shop.chargeback(booked.id).order.paid == Decimal(10)
    assert "already" in shop.refused(lambda: shop.chargeback("bank 1"))
    shop.close("customer")
    assert shop.chargeback("bank 2").order.paid == 0
    assert shop.state() == ("closed", "customer")


def test_a_clock_that_is_set_back_books_nothing(tmp_path: Path, database: Database) -> None:
    shop = counter(tmp_path, database)
    made, other = shop.paid(500), shop.order(5)
    shop.to(local(2026, 12, 30, 11, 58))
    for job in (
        lambda: shop.order(5),
        lambda: shop.pay(other.id, "0.01"),
        lambda: shop.cancel(other.id),
        lambda: shop.chargeback(1),
        lambda: shop.object_to("invoice", made.invoice),
        lambda: shop.transfer("next", holder="B"),
    ):
        assert "the clock is set back" in shop.refused(job)
    shop.to(local(2026, 12, 30, 11, 59)).order(5)


def test_a_gift_is_paid_at_once(tmp_path: Path, database: Database) -> None:
    free = {"standard": [TARIFFS["standard"][0] | {"bundles": [{"price": "0"}]}]}
    shop = counter(tmp_path, database, tariffs=free, more={"early_activation": "true"})
    made = shop.order(10)
    assert (made.state, made.total, made.early) == ("paid", Decimal(0), False)
    assert shop.balance().balance == 10


@SQLITE_TOO_SLOW
@given(st.lists(st.integers(1, 40_000), min_size=1, max_size=6), st.integers(1, 5000))
def test_payments_in_any_parts_sum_up_and_bring_the_credits_once(
    tmp_path: Path, parts: list[int], credits_: int
) -> None:
    folder = Path(tempfile.mkdtemp(dir=tmp_path))
    shop = counter(folder, fresh(folder))
    made = shop.order(credits_)
    total = int(made.total * 100)
    assert made.total == made.net + made.vat
    paid = 0
    for place, wanted in enumerate(parts):
        part = min(wanted, total - paid)
        if part:
            shop.pay(made.id, f"{part / 100:.2f}", f"bank {place}")
            paid += part
    assert shop.look(made.id).paid * 100 == paid
    assert shop.balance().balance == (credits_ if paid == total else 0)
    if paid < total:
        shop.pay(made.id, str(made.total - Decimal(paid) / 100), "the rest")
    assert (shop.look(made.id).state, shop.balance().granted) == ("paid", credits_)
    [(booked,)] = rows(shop.database, "SELECT sum(cents) FROM payment")
    assert booked == total


class Undo(Exception):
    """Takes back what was changed to see whether it is found."""


def test_money_that_does_not_add_up_is_found(tmp_path: Path, database: Database) -> None:
    shop = counter(tmp_path, database)
    shop.paid(500)
    shop.order(4)
    for sql, said in (
        ("UPDATE payment SET cents = cents - 1", "57.48 is kept as paid, and its payments make 57.47"),
        ("UPDATE payment SET charged_back_at = 1", "57.48 is kept as paid, and its payments make 0.00"),
        ("UPDATE credit_order SET state = 'open' WHERE id = 1", "1 is open, and 57.48 of 57.48 is paid"),
        ("UPDATE credit_order SET state = 'paid' WHERE id = 2", "2 is paid, and 0.00 of 0.46 is paid"),
        ("UPDATE credit_order SET lot_id = 7 WHERE id = 1", "order 1 has no lot of its own"),
        ("UPDATE invoice SET number = '2026-0003' WHERE id = 2", "2026-0003 does not follow 1 of 2026"),
        ("DELETE FROM invoice WHERE id = 1", "order 1 has no invoice"),
    ):
        shop.check()

        def tamper(tx: Tx, sql: str = sql) -> None:
            tx.text(sql)
            raise Undo(credit_verify.verify(tx))

        with pytest.raises(Undo, match=said):
            database.transact(tamper)


def test_an_order_that_rounds_to_nothing_is_no_gift(tmp_path: Path, database: Database) -> None:
    cheap = {"standard": [TARIFFS["standard"][0] | {"bundles": [{"price": "0.004"}]}]}
    shop = counter(tmp_path, database, tariffs=cheap)
    assert "less than a cent" in shop.refused(lambda: shop.order(1, from_application=True))
    assert shop.order(2).total == Decimal("0.01")
    assert shop.balance().balance == 0


def test_a_payment_that_is_taken_back_is_not_guessed(tmp_path: Path, database: Database) -> None:
    shop = counter(tmp_path, database)
    made = shop.order(500)
    first, second = shop.pay(made.id, "1", "bank 7"), shop.pay(made.id, "2", "1")
    assert "is the mark of payment" in shop.refused(lambda: shop.chargeback("1"))
    assert shop.chargeback(first.ref).id == first.id
    assert shop.chargeback(str(second.id)).id == second.id
