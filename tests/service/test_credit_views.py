"""What people are shown of the books is what is in them, on either database."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from modemd.errors import Rejected
from modemd.service.accounts import standing_views
from modemd.service.credits import credit, credit_views
from modemd.service.money import money_views, ordering, payments
from modemd.service.terms import objections
from tests.service.office import LONG
from tests.service.senders import Senders

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.store.database import Database

BUNDLES = [{"up_to": "500", "price": "0.095"}, {"price": "0.08"}]
SECTIONS = {
    "accounts": {
        "clinic": {"terms": "sms4less", "low_credit": "8", "on_insufficient": "wait"},
        "shop": {"terms": "smstools"},
    },
    "tariffs": {"standard": [{"valid_from": "2020-01-01", "vat": "21", "bundles": BUNDLES}]},
}


@pytest.fixture
def office(tmp_path: Path, database: Database) -> Senders:
    office = Senders(tmp_path, database, **SECTIONS)
    row = office.row("clinic")
    office.run(
        lambda tx: credit.grant(tx, row.id, 9, source="grant", by="ann", reason="a start", now=office.now)
    )
    return office


def statement(office: Senders, most: int | None = None) -> credit_views.Statement:
    row = office.row("clinic")
    return office.run(lambda tx: credit_views.statement(tx, row.id, "clinic", most=most))


def test_a_statement_counts_the_balance_back_from_what_it_is(office: Senders) -> None:
    office.send(LONG, account="clinic")
    office.taken()
    whole = statement(office)
    assert [(each.kind, each.balance) for each in whole.entries] == [
        ("grant", 9), ("hold", 8), ("hold", 7), ("hold", 6), ("capture", 6),
    ]  # fmt: skip
    row = office.row("clinic")
    assert office.run(lambda tx: tuple(credit_views.every_entry(tx, row.id))) == whole.entries
    assert (whole.entries[0].by, whole.entries[0].reason, whole.more) == ("ann", "a start", False)
    assert (whole.sums.available, whole.sums.held, whole.sums.captured) == (6, 2, 1)
    newest = statement(office, most=2)
    assert newest.more
    assert newest.entries == whole.entries[-2:]
    assert [(each.unspent, each.held, each.captured) for each in newest.lots] == [(6, 2, 1)]


def test_a_message_s_parts_show_what_each_holds_and_has_cost(office: Senders) -> None:
    message = office.send(LONG, account="clinic")
    office.taken()
    assert office.run(lambda tx: credit_views.of_message(tx, message)) == {1: (0, 1), 2: (1, 0), 3: (1, 0)}
    assert office.run(lambda tx: credit_views.of_message(tx, message + 1)) == {}


def test_orders_payments_and_invoices_are_found(office: Senders) -> None:
    made = office.run(
        lambda tx: ordering.order(tx, office.rules, "clinic", 500, client_id="po-1", by="ann", now=office.now)
    )
    office.run(lambda tx: payments.pay(tx, office.rules, made.id, "50", "bank 1", by="ann", now=office.now))
    row = office.row("clinic")
    (found,) = office.run(lambda tx: money_views.orders(tx, row.id))
    assert (found.net, found.vat, found.total) == (Decimal("47.50"), Decimal("9.98"), Decimal("57.48"))
    assert (found.open, found.state, found.client_id) == (Decimal("7.48"), "open", "po-1")
    assert office.run(lambda tx: money_views.order_of_invoice(tx, made.invoice)) == found
    assert office.run(lambda tx: money_views.find_order(tx, made.id)) == found
    (paid,) = office.run(lambda tx: money_views.payments(tx, made.id))
    assert (paid.amount, paid.ref, paid.charged_back_at) == (Decimal("50.00"), "bank 1", None)
    assert len(office.run(money_views.orders)) == 1
    for look in (
        lambda tx: money_views.find_order(tx, 99),
        lambda tx: money_views.order_of_invoice(tx, "99"),
        lambda tx: money_views.find_objection(tx, 99),
    ):
        with pytest.raises(Rejected, match="bad_request: there is no "):
            office.run(look)


def test_objections_are_found_by_account_and_by_id(office: Senders) -> None:
    row = office.row("clinic")
    made = office.run(
        lambda tx: objections.object_to(
            tx, office.rules, "clinic", "service", None, "slow", by="ann", now=office.now
        )
    )
    (found,) = office.run(lambda tx: money_views.objections(tx, row.id))
    assert (found.id, found.account, found.text, found.verdict) == (made.id, "clinic", "slow", None)
    assert office.run(lambda tx: money_views.find_objection(tx, made.id)) == found


def test_who_is_low_or_waits_is_to_be_looked_at(office: Senders) -> None:
    def wanting() -> list[tuple[str, bool, int, int]]:
        found = office.run(lambda tx: standing_views.wanting(tx, office.rules))
        return [(each.account, each.low, each.waiting, each.waiting_credits) for each in found]

    assert wanting() == [("shop", True, 0, 0)]
    office.send("short", account="clinic")
    assert wanting() == [("clinic", True, 0, 0), ("shop", True, 0, 0)]
    for _ in range(3):
        office.ask_for("clinic", LONG)
    assert wanting() == [("clinic", True, 1, 3), ("shop", True, 0, 0)]


def test_what_was_sent_is_counted_by_day_and_month(office: Senders) -> None:
    row = office.row("clinic")
    office.send(account="clinic")
    office.taken()
    sent = office.run(lambda tx: standing_views.sent(tx, office.rules, row.id, office.now))
    assert (sent.today, sent.month) == ((1, 1), (1, 1))
    office.later(days=1)
    sent = office.run(lambda tx: standing_views.sent(tx, office.rules, row.id, office.now))
    assert (sent.today, sent.month) == ((0, 0), (1, 1))
