"""The preset sms4less: each test is named after the clause of L that it shows."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from modemd.errors import Rejected
from modemd.store import accounts
from tests.service.terms.counter import MOMENT, TARIFFS, Counter, local
from tests.store.files import rows

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


def test_L_5_2_the_price_depends_on_the_size_of_the_bundle(tmp_path: Path, database: Database) -> None:
    shop = counter(tmp_path, database)
    for credits_, bundle, net in (
        (1, "1-500", "0.10"),  # 0.095, rounded half up
        (500, "1-500", "47.50"),
        (501, "501-1000", "42.59"),  # 42.585
        (1000, "501-1000", "85.00"),
        (1001, "1001-5000", "72.57"),  # 72.5725
        (5000, "1001-5000", "362.50"),
    ):
        made = shop.order(credits_)
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
    assert (made.net, made.vat_rate, made.vat, made.total) == (Decimal("47.50"), None, Decimal(0), made.net)


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


def test_L_19_1_a_chargeback_suspends_the_account_until_it_is_paid_again(
    tmp_path: Path, database: Database
) -> None:
    shop = counter(tmp_path, database)
    made = shop.order(500)
    shop.pay(made.id, "20.00", "bank 1")
    shop.pay(made.id, "37.48", "bank 2")
    told = shop.chargeback("bank 2")
    assert (told.order.state, told.order.open) == ("open", Decimal("37.48"))
    assert shop.state() == ("suspended", "chargeback")
    assert shop.balance().balance == 500, "its credits stay"
    shop.pay(made.id, "37.47", "bank 3")
    assert shop.state() == ("suspended", "chargeback")
    shop.pay(made.id, "0.01", "bank 4")
    assert shop.state() == ("active", None)
    assert shop.balance().granted == 500


def test_L_19_1_who_owes_twice_goes_on_when_both_are_paid(tmp_path: Path, database: Database) -> None:
    shop = counter(tmp_path, database, more=EARLY)
    early = shop.order(5000)
    late = shop.order(10)
    shop.pay(late.id, str(late.total), "bank 1")
    shop.chargeback("bank 1")
    shop.to(local(2027, 1, 1)).day()
    shop.pay(late.id, str(late.total), "bank 2")
    assert shop.state() == ("suspended", "chargeback")
    shop.pay(early.id, str(early.total), "bank 3")
    assert shop.state() == ("active", None)


def test_L_19_1_the_operator_s_own_suspension_outlives_a_payment(tmp_path: Path, database: Database) -> None:
    shop = counter(tmp_path, database, more=EARLY)
    made = shop.order(5000)
    shop.suspend("bankruptcy: court of Ghent")
    shop.to(local(2027, 1, 1)).day()
    shop.pay(made.id, str(made.total))
    assert shop.state() == ("suspended", "bankruptcy")


REASONS = (
    "death", "payment deferment", "reorganisation", "bankruptcy", "attachment", "administration",
    "receivership", "obligation unmet", "ceased", "liquidated", "transferred", "merged", "force majeure",
)  # fmt: skip


def test_L_19_1_it_is_suspended_or_ended_for_a_written_reason_that_is_recorded(
    tmp_path: Path, database: Database
) -> None:
    shop = counter(tmp_path, database, accounts={f"a{n}": {"terms": "sms4less"} for n in range(len(REASONS))})
    assert "L §19.1" in shop.refused(lambda: shop.suspend("we do not like it", "a0"))
    assert "L §19.1" in shop.refused(lambda: shop.close("we do not like it", "a0"))
    for n, reason in enumerate(REASONS):
        shop.suspend(reason, f"a{n}")
        assert shop.state(f"a{n}") == ("suspended", reason.replace(" ", "_"))
        shop.close(f"{reason}: as told", f"a{n}")
        assert shop.state(f"a{n}") == ("closed", reason.replace(" ", "_"))


def test_L_19_3_the_customer_may_end_it_at_any_time_and_loses_what_is_unused(
    tmp_path: Path, database: Database
) -> None:
    shop = counter(tmp_path, database)
    shop.paid(500)
    shop.close("customer")
    has = shop.balance()
    assert (shop.state(), has.balance, has.forfeited) == (("closed", "customer"), 0, 500)


def test_L_15_4_it_is_deleted_after_5_years_without_use(tmp_path: Path, database: Database) -> None:
    shop = Counter(
        tmp_path, database, "mine", at=local(2023, 2, 28, 9),
        terms={"mine": {"like": "sms4less", "cancel_expired": "no"}},
    )  # fmt: skip
    shop.paid(500)
    shop.to(local(2024, 2, 29, 9)).sent()
    shop.to(local(2029, 3, 1) - MOMENT)  # there is no 29 February
    assert shop.day() == []
    shop.to(local(2029, 3, 1))
    assert [(step.kind, step.clause, step.credits) for step in shop.day()] == [
        ("close", "L §4.5, 15.4", 499), ("erase", "L §4.5, 15.4", 0),
    ]  # fmt: skip
    assert shop.run(lambda tx: accounts.find(tx, "acme")) is None


def test_L_15_4_so_is_what_was_closed_before(tmp_path: Path, database: Database) -> None:
    shop = counter(tmp_path, database)
    shop.close("customer")
    assert shop.to(local(2031, 11, 22, 12) - MOMENT).kinds() == []
    assert shop.to(local(2031, 11, 22, 12)).kinds() == ["erase"]


def test_L_5_5_an_order_keeps_the_price_of_its_day(tmp_path: Path, database: Database) -> None:
    dearer = TARIFFS["standard"][0] | {"valid_from": "2027-01-01", "bundles": [{"price": "1"}]}
    tariffs = {"standard": [*TARIFFS["standard"], dearer]}
    shop = counter(tmp_path, database, tariffs=tariffs)
    shop.to(local(2027, 1, 1) - MOMENT)
    before = shop.order(500)
    shop.to(local(2027, 1, 1))
    assert (before.net, shop.order(500).net) == (Decimal("47.50"), Decimal(500))
    assert shop.look(before.id).net == Decimal("47.50")
    shop.pay(before.id, str(before.total))
    assert shop.look(before.id).state == "paid"


def test_L_9_an_invoice_is_objected_to_within_7_days_and_stays_due(
    tmp_path: Path, database: Database
) -> None:
    shop = counter(tmp_path, database, more=EARLY)
    made = shop.order(5000)
    shop.to(local(2026, 11, 30))
    assert "7 days (L §9)" in shop.refused(lambda: shop.object_to("invoice", made.invoice))
    shop.to(local(2026, 11, 30) - MOMENT).object_to("invoice", made.invoice)
    shop.to(local(2026, 12, 23)).day()
    assert shop.state() == ("suspended", "unpaid")


def test_L_9_upheld_it_is_made_good_by_an_adjustment_that_refers_to_it(
    tmp_path: Path, database: Database
) -> None:
    shop = counter(tmp_path, database)
    made = shop.paid(500)
    first = shop.object_to("invoice", made.invoice)
    again = shop.object_to("service", None)
    shop.refused(lambda: shop.decide(first.id, "upheld"))
    shop.refused(lambda: shop.decide(first.id, "dismissed", 5))
    shop.refused(lambda: shop.decide(first.id, "upheld", 0))
    decided = shop.decide(first.id, "upheld", 25)
    kind, credits_, order, reason = rows(
        shop.database,
        "SELECT kind, credits, order_id, reason FROM ledger JOIN ledger_note ON entry_id = ledger.id"
        f" WHERE ledger.id = {decided.entry_id}",
    )[0]
    assert (kind, credits_, order, reason) == (
        "adjust", 25, made.id, f"objection {first.id} upheld (L §9): so it is"
    )  # fmt: skip
    assert shop.balance().balance == 525
    assert shop.decide(again.id, "dismissed").entry_id is None
    assert "already" in shop.refused(lambda: shop.decide(first.id, "dismissed"))


def test_L_9_a_service_is_objected_to_within_7_days_of_the_message(
    tmp_path: Path, database: Database
) -> None:
    shop = counter(tmp_path, database)
    shop.paid(5)
    shop.sent()
    [(message_id,)] = rows(shop.database, "SELECT id FROM message")
    shop.refused(lambda: shop.object_to("service", "999"))
    shop.to(local(2026, 11, 30))
    shop.refused(lambda: shop.object_to("service", str(message_id)))
    found = shop.to(local(2026, 11, 30) - MOMENT).object_to("service", str(message_id))
    assert (found.kind, found.target, found.verdict) == ("service", str(message_id), None)


def test_L_18_2_an_account_goes_to_another_holder_with_its_balance_and_its_terms(
    tmp_path: Path, database: Database
) -> None:
    shop = counter(tmp_path, database)
    shop.paid(500)
    shop.to(local(2027, 2, 1)).paid(100)
    shop.sent()
    assert "holder" in shop.refused(lambda: shop.transfer("next"))
    done = shop.transfer("next", holder="B")
    assert (done.credits, done.lots, done.holder) == (599, 2, "B")
    assert shop.state() == ("closed", "transferred")
    assert (shop.balance().balance, shop.balance().forfeited) == (0, 0)
    new = shop.row("next")
    assert (new.terms, new.terms_version, shop.balance("next").balance) == ("sms4less", 1, 599)
    assert [lot.expires_at for lot in shop.lots("next")] == [local(2028, 11, 23), local(2029, 2, 2)]
    assert shop.told("next")[-1] == "transfer"


def test_L_18_2_not_while_something_is_open(tmp_path: Path, database: Database) -> None:
    shop = counter(tmp_path, database)
    shop.paid(5)
    message = shop.send()
    assert "1 credits are held" in shop.refused(lambda: shop.transfer("next", holder="B"))
    shop.cancel_message(message.id)  # type: ignore[union-attr]
    made = shop.order(5)
    assert "is open" in shop.refused(lambda: shop.transfer("next", holder="B"))
    shop.cancel(made.id)
    shop.refused(lambda: shop.transfer("acme", holder="B"))
    shop.transfer("next", holder="B")
    shop.refused(lambda: shop.transfer("last", holder="C"), "account_closed")


def test_L_18_2_terms_do_not_go_to_an_account_with_other_ones_and_books_of_its_own(
    tmp_path: Path, database: Database
) -> None:
    shop = counter(tmp_path, database)
    shop.paid(5)
    shop.add("other", terms="smstools")
    shop.grant(1, "other")
    assert "L §18.2" in shop.refused(lambda: shop.transfer("other"))
    shop.add("empty", terms="smstools")
    shop.transfer("empty")
    assert shop.row("empty").terms == "sms4less"
