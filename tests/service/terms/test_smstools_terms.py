"""The preset smstools: each test is named after the clause of S that it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from modemd.errors import Rejected
from modemd.service.outcomes import Taken
from modemd.store import accounts
from tests.service.office import LONG, TO
from tests.service.terms.counter import MOMENT, Counter, local

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.store.database import Database


def counter(folder: Path, database: Database, **wish: object) -> Counter:
    return Counter(folder, database, "smstools", at=local(2026, 1, 31, 10), **wish)  # type: ignore[arg-type]


def test_S_7_2_only_what_is_paid_can_be_spent(tmp_path: Path, database: Database) -> None:
    shop = counter(tmp_path, database)
    made = shop.order(2)
    answer = shop.send()
    assert isinstance(answer, Rejected)
    assert answer.code == "insufficient_credit"
    shop.pay(made.id, str(made.total))
    shop.sent()
    shop.sent()
    answer = shop.send()
    assert isinstance(answer, Rejected)
    assert answer.code == "insufficient_credit"


def test_S_7_3_an_order_has_the_smallest_top_up_at_least(tmp_path: Path, database: Database) -> None:
    terms = {"mine": {"like": "smstools", "minimum_topup": 100}}
    shop = Counter(tmp_path, database, "mine", at=local(2026, 1, 31, 10), terms=terms)
    assert "S §7.3" in shop.refused(lambda: shop.order(99))
    assert shop.order(100).credits == 100


def test_S_7_4_a_lot_is_usable_from_the_day_that_the_money_is_received(
    tmp_path: Path, database: Database
) -> None:
    shop = counter(tmp_path, database)
    made = shop.order(5000)
    assert not made.early
    assert made.due_at is None
    shop.to(local(2026, 3, 29, 3))
    shop.pay(made.id, "438.62")
    assert shop.balance().balance == 0
    shop.pay(made.id, "0.01")
    assert shop.balance().balance == 5000
    [lot] = shop.lots()
    assert lot.expires_at is None


def test_S_7_4_the_largest_bundle_is_not_usable_before_whatever_the_account_agreed(
    tmp_path: Path, database: Database
) -> None:
    assert not counter(tmp_path, database, more={"early_activation": "true"}).order(5000).early


def test_S_7_4_the_balance_is_forfeited_after_12_months_without_a_message(
    tmp_path: Path, database: Database
) -> None:
    shop = counter(tmp_path, database)
    shop.paid(500)
    shop.to(local(2026, 2, 28, 17)).sent()
    shop.to(local(2026, 9, 1)).paid(100)
    shop.to(local(2027, 2, 28, 17) - MOMENT)
    assert shop.day() == []
    shop.to(local(2027, 2, 28, 17))
    [step] = shop.day()
    assert (step.kind, step.clause, step.credits) == ("forfeit", "S §7.4", 599)
    assert (shop.balance().balance, shop.balance().forfeited) == (0, 599)
    assert shop.state() == ("active", None)
    assert shop.told()[-1] == "credit_forfeited"
    assert shop.day() == []


def test_S_7_4_a_message_begins_the_12_months_anew(tmp_path: Path, database: Database) -> None:
    shop = counter(tmp_path, database)
    shop.paid(500)
    shop.to(local(2027, 1, 31, 10) - MOMENT).sent()
    shop.to(local(2028, 1, 31, 10) - 2 * MOMENT)
    assert shop.day() == []
    assert shop.to(local(2028, 1, 31, 10)).kinds() == ["forfeit"]


def test_S_7_4_credits_that_came_after_a_long_silence_are_not_lost_at_once(
    tmp_path: Path, database: Database
) -> None:
    shop = counter(tmp_path, database)
    shop.paid(1)
    shop.sent()
    shop.to(local(2027, 1, 31, 9)).paid(100)
    shop.to(local(2027, 6, 1))
    assert shop.day() == []
    assert shop.to(local(2028, 1, 31, 9)).kinds() == ["forfeit"]


def test_S_7_4_without_a_message_credits_never_expire_by_their_age(
    tmp_path: Path, database: Database
) -> None:
    shop = counter(tmp_path, database)
    shop.paid(500)
    for year in range(2027, 2037):
        shop.to(local(year, 1, 15)).sent()
        assert shop.day() == []
    assert shop.balance().balance == 490


def test_S_7_4_there_are_no_refunds(tmp_path: Path, database: Database) -> None:
    shop = counter(tmp_path, database)
    made = shop.paid(500)
    assert "no refunds" in shop.refused(lambda: shop.cancel(made.id))
    shop.close("operator")
    assert shop.balance().balance == 0
    assert shop.look(made.id).paid == made.total


def test_S_7_5_a_chargeback_puts_the_account_in_default_and_closes_it(
    tmp_path: Path, database: Database
) -> None:
    shop = counter(tmp_path, database)
    shop.paid(100)
    made = shop.order(500)
    shop.pay(made.id, str(made.total), "bank 7")
    shop.sent()
    told = shop.chargeback("bank 7")
    assert shop.state() == ("closed", "in_default")
    assert told.order.state == "in_default"
    assert told.order.paid == 0
    has = shop.balance()
    assert (has.balance, has.captured, has.forfeited, has.revoked) == (0, 1, 99, 500)
    assert [event for event in shop.told() if event in {"credit_revoked", "closed"}] == [
        "credit_revoked", "closed"
    ]  # fmt: skip
    assert "in default" not in shop.refused(lambda: shop.pay(made.id, "1.00"), "account_closed")
    assert "already" in shop.refused(lambda: shop.chargeback("bank 7"))


def test_S_7_5_what_waits_is_cancelled_and_what_is_under_way_is_still_charged(
    tmp_path: Path, database: Database
) -> None:
    shop = counter(tmp_path, database)
    made = shop.order(500)
    shop.pay(made.id, str(made.total), "bank 7")
    shop.send()
    part = shop.office.claimed()
    waiting = shop.send(to="+32475123457")
    shop.chargeback("bank 7")
    assert shop.office.state(waiting.id) == "cancelled"  # type: ignore[union-attr]
    shop.office.record(part, Taken(1))
    has = shop.balance()
    assert (has.balance, has.held, has.captured, has.forfeited + has.revoked) == (0, 0, 1, 499)


def test_S_7_7_an_account_that_was_never_funded_is_closed_and_deleted_after_3_months(
    tmp_path: Path, database: Database
) -> None:
    shop = counter(tmp_path, database)
    shop.to(local(2026, 5, 1) - MOMENT)  # there is no 31 April
    assert shop.day() == []
    shop.to(local(2026, 5, 1))
    done = shop.day()
    assert [(step.kind, step.clause) for step in done] == [("close", "S §7.7"), ("erase", "S §7.7")]
    assert shop.run(lambda tx: accounts.find(tx, "acme")) is None
    assert shop.day() == []


def test_S_7_7_a_funded_account_is_not_closed_for_that(tmp_path: Path, database: Database) -> None:
    shop = counter(tmp_path, database)
    shop.to(local(2026, 5, 1) - MOMENT).paid(1)
    shop.to(local(2026, 8, 1))
    assert shop.day() == []


def test_S_7_7_who_had_other_terms_before_has_3_months_from_the_change(
    tmp_path: Path, database: Database
) -> None:
    shop = Counter(tmp_path, database, "unlimited", at=local(2020, 1, 1))
    shop.to(local(2026, 2, 1)).know(accounts={"acme": {"terms": "smstools"}})
    shop.to(local(2026, 5, 1) - MOMENT)
    assert shop.day() == []
    assert shop.to(local(2026, 5, 1)).kinds() == ["close"]


def test_S_7_7_it_is_closed_and_deleted_12_months_after_the_last_credit_was_used(
    tmp_path: Path, database: Database
) -> None:
    shop = counter(tmp_path, database)
    shop.paid(2)
    shop.to(local(2026, 3, 1)).sent()
    shop.to(local(2026, 10, 25, 12)).sent()
    shop.to(local(2027, 10, 25, 12) - MOMENT)
    assert shop.day() == []
    assert [step.kind for step in shop.to(local(2027, 10, 25, 12)).day()] == ["close", "erase"]


def test_S_7_7_not_if_it_was_funded_again(tmp_path: Path, database: Database) -> None:
    shop = counter(tmp_path, database)
    shop.paid(1)
    shop.sent()
    shop.to(local(2027, 1, 31, 10) - MOMENT).paid(1)
    assert shop.to(local(2027, 6, 1)).day() == []


def test_S_7_7_a_holder_has_one_open_account(tmp_path: Path, database: Database) -> None:
    shop = counter(tmp_path, database)
    shop.add("first", terms="smstools", holder="Dr. Jansen")
    before = shop.refused(lambda: shop.add("second", terms="smstools", holder="dr. jansen"))
    assert "S §7.7" in before
    shop.add("other", terms="sms4less", holder="Dr. Jansen")
    shop.close("operator", "first")
    shop.close("customer", "other")
    shop.add("second", terms="smstools", holder="Dr. Jansen")


def test_S_7_7_an_account_is_ended_at_any_time_for_any_reason(tmp_path: Path, database: Database) -> None:
    shop = counter(tmp_path, database)
    shop.close("we do not like it")
    assert shop.state() == ("closed", "operator")
    shop.add("other", terms="smstools")
    shop.close("", "other")
    assert shop.state("other") == ("closed", "operator")


def test_S_6_3_an_account_is_stopped_at_once_and_goes_on_later(tmp_path: Path, database: Database) -> None:
    shop = counter(tmp_path, database)
    shop.paid(10)
    shop.send(text=LONG)
    shop.office.taken()
    shop.suspend("abuse")
    assert shop.office.claim() is None
    shop.resume()
    shop.office.taken()
    assert shop.balance().captured == 2


def test_S_1_2_an_account_goes_to_no_other_holder(tmp_path: Path, database: Database) -> None:
    shop = counter(tmp_path, database)
    shop.paid(10)
    assert "S §1.2" in shop.refused(lambda: shop.transfer("next", holder="B"), "not_allowed")


def test_L_6_1_orders_do_not_come_from_the_application_there(tmp_path: Path, database: Database) -> None:
    shop = counter(tmp_path, database)
    assert "L §6.1" in shop.refused(lambda: shop.order(100, from_application=True), "not_allowed")


def test_L_9_there_is_no_objection_there(tmp_path: Path, database: Database) -> None:
    shop = counter(tmp_path, database)
    made = shop.order(100)
    assert "know no objection" in shop.refused(lambda: shop.object_to("invoice", made.invoice))


def test_L_5_3_the_parts_of_a_message_are_what_is_charged(tmp_path: Path, database: Database) -> None:
    shop = counter(tmp_path, database)
    shop.paid(10)
    shop.send(text="x" * 1530)
    assert (shop.balance().balance, shop.balance().held) == (0, 10)
    for _ in range(10):
        shop.office.taken()
    assert (shop.balance().held, shop.balance().captured) == (0, 10)


def test_L_10_2_a_message_that_the_network_took_is_charged_though_it_is_not_delivered(
    tmp_path: Path, database: Database
) -> None:
    shop = counter(tmp_path, database)
    shop.paid(10)
    shop.send()
    shop.office.taken(7)
    shop.office.reported(7, 0x41, to=TO)
    assert shop.balance().captured == 1


@pytest.mark.parametrize("by", ["cancel", "refuse"])
def test_S_5_2_what_the_network_did_not_take_is_not_charged(
    tmp_path: Path, database: Database, by: str
) -> None:
    shop = counter(tmp_path, database)
    shop.paid(10)
    message = shop.send()
    if by == "refuse":
        shop.office.denied(1)
    else:
        shop.cancel_message(message.id)  # type: ignore[union-attr]
    assert (shop.balance().balance, shop.balance().held) == (10, 0)
