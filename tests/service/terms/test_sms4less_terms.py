"""The preset sms4less: each test is named after the clause of L that it shows."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from modemd.errors import Rejected
from modemd.service import intake
from tests.service.terms.counter import MOMENT, TARIFFS, Counter, local

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.store.database import Database

EARLY = {"early_activation": "true"}


def counter(folder: Path, database: Database, **wish: object) -> Counter:
    return Counter(folder, database, "sms4less", at=local(2026, 11, 22, 12), **wish)  # type: ignore[arg-type]


def test_L_8_1_nothing_can_be_sent_before_a_lot_is_active(tmp_path: Path, database: Database) -> None:
    shop = counter(tmp_path, database)
    made = shop.order(500)
    assert shop.balance().balance == 0
    answer = shop.send()
    assert isinstance(answer, Rejected)
    assert answer.code == "insufficient_credit"
    shop.pay(made.id, str(made.total))
    assert shop.balance().balance == 500
    shop.sent()
    assert shop.balance().balance == 499


@pytest.mark.parametrize(
    ("credits_", "bundle", "net"),
    [
        (1, "1-500", "0.10"),  # 0.095, rounded half up
        (500, "1-500", "47.50"),
        (501, "501-1000", "42.59"),  # 42.585
        (1000, "501-1000", "85.00"),
        (1001, "1001-5000", "72.57"),  # 72.5725
        (5000, "1001-5000", "362.50"),
    ],
)
def test_L_5_2_the_price_depends_on_the_size_of_the_bundle(
    tmp_path: Path, database: Database, credits_: int, bundle: str, net: str
) -> None:
    made = counter(tmp_path, database).order(credits_)
    assert (made.bundle, made.net) == (bundle, Decimal(net))
    assert made.total == made.net + made.vat


def test_L_5_3_a_part_takes_a_credit_or_what_its_prefix_says(tmp_path: Path, database: Database) -> None:
    shop = counter(tmp_path, database)
    shop.grant(100)
    for to, left in (("+32475123456", 99), ("+12125550123", 97), ("+18095550123", 94)):
        shop.send(to=to)
        assert shop.balance().balance == left


def test_L_5_4_amounts_are_without_vat_which_is_a_line_of_its_own(tmp_path: Path, database: Database) -> None:
    made = counter(tmp_path, database).order(500)
    assert (made.net, made.vat_rate, made.vat, made.total) == (
        Decimal("47.50"), Decimal(21), Decimal("9.98"), Decimal("57.48")
    )  # fmt: skip


def test_L_5_4_without_a_rate_there_is_no_vat(tmp_path: Path, database: Database) -> None:
    bare = [{key: value for key, value in TARIFFS["standard"][0].items() if key != "vat"}]
    made = counter(tmp_path, database, tariffs={"standard": bare}).order(500)
    assert (made.net, made.vat_rate, made.vat, made.total) == (Decimal("47.50"), None, 0, made.net)


def test_L_6_1_an_order_may_come_straight_from_the_application(tmp_path: Path, database: Database) -> None:
    shop = counter(tmp_path, database)
    made = shop.order(500, from_application=True, client_id="app 1")
    again = shop.order(500, from_application=True, client_id="app 1")
    assert again.id == made.id
    reason = shop.refused(lambda: shop.order(501, from_application=True, client_id="app 1"), "duplicate_id")
    assert "app 1" in reason


def test_L_7_1_an_invoice_is_due_after_30_days_at_the_end_of_the_day(
    tmp_path: Path, database: Database
) -> None:
    assert counter(tmp_path, database).order().due_at == local(2026, 12, 23)


def test_L_7_2_no_reminder_is_sent_of_an_unpaid_invoice(tmp_path: Path, database: Database) -> None:
    shop = counter(tmp_path, database)
    shop.order(500)
    told = shop.told()
    shop.to(local(2027, 11, 22))
    assert shop.day() == []
    assert shop.told() == told
    assert shop.state() == ("active", None)  # its credits are in nobody's use


def test_L_7_3_the_largest_bundle_is_usable_at_once_where_that_was_agreed(
    tmp_path: Path, database: Database
) -> None:
    shop = counter(tmp_path, database, more=EARLY)
    assert not shop.order(1000).early
    assert shop.balance().balance == 0
    made = shop.order(5000)
    assert made.early
    assert shop.balance().balance == 5000
    shop.pay(made.id, str(made.total))
    assert shop.balance().balance == 5000, "its credits come once"


def test_L_7_3_without_that_agreement_the_largest_bundle_waits_for_its_payment(
    tmp_path: Path, database: Database
) -> None:
    shop = counter(tmp_path, database)
    assert not shop.order(5000).early
    assert shop.balance().balance == 0


def test_L_8_1_it_is_suspended_when_the_due_date_passes_until_it_is_paid_in_full(
    tmp_path: Path, database: Database
) -> None:
    shop = counter(tmp_path, database, more=EARLY)
    made = shop.order(5000)
    shop.to(local(2026, 12, 23) - MOMENT)
    assert shop.day() == []
    shop.to(local(2026, 12, 23))
    assert [(step.kind, step.clause) for step in shop.day()] == [("suspend", "L §7.3, 8.1")]
    assert shop.state() == ("suspended", "unpaid")
    assert shop.told()[-2:] == ["payment_overdue", "suspended"]
    answer = shop.send()
    assert isinstance(answer, Rejected)
    assert answer.code == "account_suspended"
    shop.pay(made.id, "438.62")
    assert shop.state() == ("suspended", "unpaid")
    shop.pay(made.id, "0.01")
    assert shop.state() == ("active", None)
    assert shop.told()[-1] == "resumed"
    assert shop.day() == []


def test_L_6_2_a_lot_is_valid_for_two_years_to_the_end_of_the_day(tmp_path: Path, database: Database) -> None:
    shop = counter(tmp_path, database)
    shop.paid(500)
    assert shop.lots()[0].expires_at == local(2028, 11, 23)
    shop.to(local(2028, 11, 23) - MOMENT)
    assert shop.day() == []
    shop.sent()
    assert shop.balance().balance == 499


def test_L_6_3_what_is_unused_of_an_older_lot_is_cancelled_then(tmp_path: Path, database: Database) -> None:
    shop = counter(tmp_path, database)
    shop.paid(500)
    shop.to(local(2027, 6, 1)).paid(100)
    shop.to(local(2028, 11, 23))
    [step] = shop.day()
    assert (step.kind, step.clause, step.credits) == ("expire", "L §6.3", 500)
    assert [(lot.unspent, lot.forfeited) for lot in shop.lots()] == [(0, 500), (100, 0)]
    assert shop.balance().forfeited == 500
    assert shop.told()[-1] == "credit_forfeited"
    assert shop.day() == []


def test_L_6_3_the_operator_may_leave_them(tmp_path: Path, database: Database) -> None:
    shop = Counter(
        tmp_path, database, "kind", at=local(2026, 11, 22, 12),
        terms={"kind": {"like": "sms4less", "cancel_expired": "no"}},
    )  # fmt: skip
    shop.paid(500)
    shop.to(local(2029, 1, 1))
    assert shop.day() == []
    shop.sent()


def test_L_4_5_nothing_is_refunded_when_credits_expire_or_an_account_ends(
    tmp_path: Path, database: Database
) -> None:
    shop = counter(tmp_path, database)
    made = shop.paid(500)
    assert "no refunds" in shop.refused(lambda: shop.cancel(made.id))
    shop.to(local(2028, 11, 23)).day()
    assert shop.look(made.id).paid == made.total
    assert shop.balance().balance == 0
