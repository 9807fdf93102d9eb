"""Accounts: of the configuration and of commands; suspended, closed; known to who sends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from modemd.errors import Rejected
from modemd.model import MessageState, SendRequest
from modemd.service.accounts import accounts
from modemd.service.accounts.account_reasons import WRITTEN
from modemd.service.admission import consent
from modemd.service.credits import credit
from modemd.service.intake import Accepted
from modemd.store.times import to_us
from tests.service.office import START, TO, rules_of, with_broker
from tests.service.senders import Senders
from tests.store.files import fresh

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from modemd.store.database import Database
    from modemd.store.transaction import Tx

CLINIC = {
    "clinic": {"terms": "sms4less", "holder": "Clinic"},
    "shop": {"terms": "smstools", "holder": "Shop"},
}


@pytest.fixture
def office(tmp_path: Path, database: Database) -> Senders:
    return Senders(tmp_path, database, accounts=CLINIC)


def refused(office: Senders, verb: Callable[[Tx], object]) -> Rejected:
    with pytest.raises(Rejected) as caught:
        office.run(verb)
    return caught.value


def add(office: Senders, name: str, **settings: Any) -> None:
    office.run(lambda tx: accounts.add(tx, office.rules, name, settings, by="op", now=office.now))
    office.know()


def suspend(office: Senders, name: str, reason: str = "abuse", code: str | None = None) -> None:
    office.run(
        lambda tx: accounts.suspend(tx, office.rules, name, reason=reason, by="op", now=office.now, code=code)
    )


def close(office: Senders, name: str, reason: str = "abuse") -> None:
    office.run(lambda tx: accounts.close(tx, office.rules, name, reason=reason, by="op", now=office.now))


# --- who there is ------------------------------------------------------------------------------------------


def test_a_declared_account_has_a_row_with_the_terms_that_it_accepted_and_when(office: Senders) -> None:
    row = office.row("clinic")
    assert (row.origin, row.gateway, row.state, row.holder) == ("config", "gw1", "active", "Clinic")
    assert (row.terms, row.terms_version) == ("sms4less", 1)
    assert row.opened_at == row.terms_accepted_at == to_us(START)
    assert office.row("default").terms == "unlimited"
    assert office.rules.terms_of("clinic").charged


def test_a_start_without_changes_changes_nothing(office: Senders) -> None:
    before = office.rows()
    office.later(days=1)
    office.know()
    assert office.rows() == before


def test_changed_terms_of_the_configuration_are_accepted_from_then_on(office: Senders) -> None:
    declared = {name: dict(keys) for name, keys in CLINIC.items()}
    declared["clinic"]["terms"] = "smstools"
    office.rules = with_broker(rules_of(accounts=declared))
    later = office.later(days=1)
    office.know()
    row = office.row("clinic")
    assert (row.terms, row.terms_accepted_at) == ("smstools", to_us(later))
    assert office.rules.terms_of("clinic").like == "smstools"


def test_an_account_that_is_declared_no_more_is_unknown_and_keeps_its_row(office: Senders) -> None:
    office.rules = with_broker(rules_of(accounts={"shop": CLINIC["shop"]}))
    office.know()
    assert office.row("clinic").origin == "gone"
    assert office.code("clinic") == "account_unknown"
    office.rules = with_broker(rules_of(accounts=CLINIC))
    office.know()
    assert office.row("clinic").origin == "config"
    assert len(office.rows()) == 3


def test_it_can_be_kept_on_by_command(office: Senders) -> None:
    office.rules = with_broker(rules_of(accounts={"shop": CLINIC["shop"]}))
    office.know()
    office.run(
        lambda tx: accounts.change(tx, office.rules, "clinic", {"per_day": 9}, by="op", now=office.now)
    )
    office.know()
    assert (office.row("clinic").origin, office.row("clinic").holder) == ("command", "Clinic")
    assert office.rules.accounts["clinic"].per_day == 9


def test_what_another_gateway_declares_is_known_here_and_stays(office: Senders) -> None:
    office.rules = with_broker(rules_of(gateway={"name": "gw2", "timezone": "UTC"}))
    office.know()
    assert office.row("clinic").origin == "config"
    assert office.rules.accounts["clinic"].holder == "Clinic"


def test_an_account_that_a_command_adds_may_send(office: Senders) -> None:
    assert office.code("garage") == "account_unknown"
    add(office, "garage", holder="Garage", allow=["+32"])
    assert office.row("garage").origin == "command"
    assert office.code("garage") == "ok"
    assert office.code("garage", to="+33612345678") == "not_allowed"


def test_its_keys_can_be_changed_and_those_of_a_declared_one_cannot(office: Senders) -> None:
    add(office, "garage", per_day=5)
    office.run(
        lambda tx: accounts.change(
            tx, office.rules, "garage", {"terms": "smstools", "email": "a@b.example"}, by="op", now=office.now
        )
    )
    office.know()
    row = office.row("garage")
    assert (row.terms, row.email) == ("smstools", "a@b.example")
    assert office.rules.accounts["garage"].per_day == 5
    why = refused(
        office,
        lambda tx: accounts.change(tx, office.rules, "clinic", {"per_day": 1}, by="op", now=office.now),
    )
    assert "change it there" in why.reason


@pytest.mark.parametrize(
    ("name", "settings", "why"),
    [
        ("a b", {}, "is no name"),
        ("erased-1", {}, "is no name"),
        ("clinic", {}, "there is an account 'clinic' already"),
        ("new", {"terms": "none"}, "there are no terms 'none'"),
        ("new", {"tariff": "none"}, "has no tariff 'none'"),
        ("new", {"email": "nobody"}, "is no e-mail address"),
        ("new", {"per_minutes": 3}, "unknown key (did you mean 'per_minute'?)"),
        ("new", {"per_day": 0}, "must be at least 1"),
    ],
)
def test_what_is_no_account_is_refused_with_a_sentence(
    office: Senders, name: str, settings: dict[str, Any], why: str
) -> None:
    before = office.rows()
    found = refused(
        office, lambda tx: accounts.add(tx, office.rules, name, settings, by="op", now=office.now)
    )
    assert found.code == "bad_request"
    assert why in found.reason
    assert office.rows() == before


def test_S_7_7_a_holder_has_one_open_account(office: Senders) -> None:
    one = {"terms": "smstools", "holder": "SHOP"}
    why = refused(office, lambda tx: accounts.add(tx, office.rules, "shop2", one, by="op", now=office.now))
    assert "S §7.7" in why.reason
    assert "'shop'" in why.reason
    add(office, "second", terms="sms4less", holder="Shop")
    close(office, "second", "customer")
    close(office, "shop")
    add(office, "shop2", **one)
    assert office.row("shop2").state == "active"


def test_S_7_7_a_declared_second_account_of_a_holder_is_suspended(
    office: Senders,
) -> None:
    office.rules = with_broker(rules_of(accounts=CLINIC | {"shop2": CLINIC["shop"]}))
    office.know()
    row = office.row("shop2")
    assert (row.state, row.state_code) == ("suspended", "terms")
    assert "S §7.7" in (row.state_reason or "")
    assert office.row("shop").state == "active"


# --- suspended ---------------------------------------------------------------------------------------------


def test_S_6_3_a_suspended_account_sends_nothing_and_goes_on_after_resume(
    office: Senders,
) -> None:
    add(office, "garage")
    queued = office.send(account="garage")
    suspend(office, "garage")
    assert office.claim() is None
    assert office.state(queued) == MessageState.QUEUED
    assert office.code("garage") == "account_suspended"
    office.run(lambda tx: accounts.resume(tx, office.rules, "garage", by="op", now=office.now))
    office.tick()
    assert office.claimed().message_id == queued
    assert office.code("garage") == "ok"


def test_who_waits_for_a_suspended_account_is_told_why(office: Senders) -> None:
    suspend(office, "clinic", "bankruptcy: court of Ghent")
    answer = office.ask_for("clinic")
    assert isinstance(answer, Rejected)
    assert answer.reason == "account 'clinic' is suspended (bankruptcy)"
    row = office.row("clinic")
    assert (row.state_code, row.state_reason, row.state_by) == (
        "bankruptcy",
        "bankruptcy: court of Ghent",
        "op",
    )


@pytest.mark.parametrize("reason", sorted(WRITTEN))
def test_L_19_1_each_written_reason_is_taken(office: Senders, reason: str) -> None:
    suspend(office, "clinic", reason)
    assert office.row("clinic").state_code == reason


@pytest.mark.parametrize("reason", ["abuse", "customer", ""])
def test_L_19_1_other_reasons_are_refused_by_those_terms(office: Senders, reason: str) -> None:
    why = refused(
        office,
        lambda tx: accounts.suspend(tx, office.rules, "clinic", reason=reason, by="op", now=office.now),
    )
    assert why.code == "bad_request"
    assert office.row("clinic").state == "active"


def test_S_7_7_other_terms_need_no_written_reason(office: Senders) -> None:
    suspend(office, "shop", "we do not like it")
    assert office.row("shop").state_code == "operator"


def test_a_rule_does_not_take_the_place_of_the_operators_suspension(office: Senders) -> None:
    suspend(office, "shop", "abuse")
    suspend(office, "shop", "an invoice is overdue", code="unpaid")
    assert office.row("shop").state_code == "operator"


def test_the_operator_overrules_a_rule(office: Senders) -> None:
    suspend(office, "shop", "an invoice is overdue", code="unpaid")
    suspend(office, "shop", "abuse")
    assert office.row("shop").state_code == "operator"


def test_only_a_suspended_account_is_resumed(office: Senders) -> None:
    why = refused(office, lambda tx: accounts.resume(tx, office.rules, "shop", by="op", now=office.now))
    assert "not suspended" in why.reason


def test_the_first_reason_that_there_is_decides(tmp_path: Path, database: Database) -> None:
    keys = {"terms": "sms4less", "consent": "required", "per_day": 1}
    office = Senders(tmp_path, database, accounts={"clinic": keys})
    clinic = office.row("clinic").id
    assert office.code("clinic") == "no_consent"
    office.run(lambda tx: consent.grant(tx, office.rules, "clinic", TO, by="op", now=office.now))
    assert office.code("clinic") == "insufficient_credit"
    office.run(lambda tx: credit.grant(tx, clinic, 1, source="grant", by="op", reason="t", now=office.now))
    assert office.code("clinic", client_id="a") == "ok"
    assert office.code("clinic") == "rate_limited"
    suspend(office, "clinic", "death")
    assert office.code("clinic") == "account_suspended"
    assert office.code("clinic", client_id="a") == "ok", "it is known already"
    assert office.code("clinic", to="+32475") == "bad_number"


# --- closed ------------------------------------------------------------------------------------------------


def test_closing_cancels_what_waits_and_loses_the_credits(office: Senders) -> None:
    shop = office.row("shop").id
    office.run(
        lambda tx: credit.grant(tx, shop, 10, source="grant", by="op", reason="try it", now=office.now)
    )
    waiting = office.send(account="shop")
    later = office.send(account="shop", not_before_at=office.now.replace(hour=23))
    others = office.send()
    close(office, "shop")
    assert [office.state(each) for each in (waiting, later, others)] == ["cancelled", "cancelled", "queued"]
    assert office.facts(waiting).message.error_code == "account_closed"
    balance = office.run(lambda tx: credit.balances(tx, shop))
    assert (balance.balance, balance.held, balance.forfeited) == (0, 0, 10)
    assert office.code("shop") == "account_closed"
    again = refused(
        office, lambda tx: accounts.close(tx, office.rules, "shop", reason="x", by="op", now=office.now)
    )
    assert again.code == "account_closed"


def test_L_19_3_a_customer_ends_it_himself(office: Senders) -> None:
    close(office, "clinic", "customer: letter of 3 March")
    assert office.row("clinic").state_code == "customer"


def test_a_closed_account_stays_closed_whatever_the_configuration_says(office: Senders) -> None:
    close(office, "shop")
    office.know()
    assert office.row("shop").state == "closed"


def test_a_long_queue_is_cancelled_piece_by_piece(tmp_path: Path) -> None:
    office = Senders(tmp_path, fresh(tmp_path), accounts=CLINIC)
    add(office, "garage")
    asked = [SendRequest(to=TO, text="Hello", account="garage")] * (accounts.AT_ONCE + 2)
    answers = office.accept(*asked)
    close(office, "garage")
    assert office.state(last_of(answers)) == "queued"
    assert office.claim() is None
    assert office.run(lambda tx: accounts.cancel_closed(tx, office.rules, office.now)) == 2
    assert office.state(last_of(answers)) == "cancelled"
    assert office.run(lambda tx: accounts.cancel_closed(tx, office.rules, office.now)) == 0


def last_of(answers: list[Accepted | Rejected]) -> int:
    last = answers[-1]
    assert isinstance(last, Accepted)
    return last.id


def test_the_default_account_is_never_closed(office: Senders) -> None:
    why = refused(
        office, lambda tx: accounts.close(tx, office.rules, "default", reason="x", by="op", now=office.now)
    )
    assert "always exists" in why.reason


def test_an_unknown_account_is_said_to_be_none(office: Senders) -> None:
    why = refused(
        office, lambda tx: accounts.suspend(tx, office.rules, "nobody", reason="x", by="op", now=office.now)
    )
    assert why.code == "account_unknown"
