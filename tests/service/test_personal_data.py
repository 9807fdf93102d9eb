"""Personal data (L §15-16): all that is held on an account is told, and removed; the books still add up."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

import pytest

from modemd.errors import Rejected
from modemd.service.accounts import accounts, erasure
from modemd.service.accounts.export import export
from modemd.service.admission import consent
from modemd.service.credits import credit
from modemd.service.credits.credit_verify import verify
from modemd.store import calendars, outbox
from tests.service.office import LONG, TO, rules_of, with_broker
from tests.service.senders import Senders
from tests.store.files import rows

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.service.accounts.erasure import Erased
    from modemd.store.database import Database

HOLDER, EMAIL, TEXT, NOTE = "Doctor Secret", "secret@clinic.example", "Your results are in", "a note of mine"
STREET, VAT = "Secret Street 7", "BE0987.654.394"
ACCOUNTS = {
    "drsecret": {
        "terms": "sms4less",
        "holder": HOLDER,
        "email": EMAIL,
        "address": [STREET],
        "vat_number": VAT,
        "mail": ["all"],
        "consent": "opt-out",
    },
    "shop": {"terms": "sms4less"},
}
PERSONAL = ("drsecret", HOLDER, EMAIL, STREET, VAT, TEXT, NOTE, TO, TO[-8:], "client-77", "because of Jo")
ANSWER = "Thank you"
TABLES = (
    "account", "message", "part", "inbound", "inbound_part", "report", "outbox", "conversation", "consent",
    "consent_log", "calendar", "appointment", "ledger_note", "credit_order", "invoice", "payment",
    "objection", "terms_plan", "account_told", "spool_file", "route", "concat",
)  # fmt: skip


def fund(office: Senders, account_id: int) -> None:
    office.run(
        lambda tx: credit.grant(
            tx, account_id, 20, source="grant", by="op", reason="because of Jo", now=office.now
        )
    )


@pytest.fixture
def office(tmp_path: Path, database: Database) -> Senders:
    office = Senders(tmp_path, database, accounts=ACCOUNTS)
    for name in ("drsecret", "shop"):
        fund(office, office.row(name).id)
    sent = office.send(TEXT, account="drsecret", client_id="client-77", note=NOTE)
    office.taken()
    office.reported()
    office.send(LONG, account="drsecret")
    for tp_mr in (2, 3, 4):
        office.taken(tp_mr)
    office.hears(ANSWER, account="drsecret")
    office.run(lambda tx: consent.grant(tx, office.rules, "drsecret", TO, by="op", now=office.now))
    assert office.state(sent) == "delivered"
    return office


def close(office: Senders) -> None:
    office.run(
        lambda tx: accounts.close(tx, office.rules, "drsecret", reason="customer", by="op", now=office.now)
    )


def erase(office: Senders, name: str = "drsecret") -> Erased:
    return office.run(lambda tx: erasure.erase(tx, office.rules, name, by="op", now=office.now))


def contents(office: Senders) -> str:
    return "\n".join(repr(rows(office.database, f"SELECT * FROM {table}")) for table in TABLES)


# --- export ------------------------------------------------------------------------------------------------


def test_L_16_everything_that_is_held_is_exported_as_json(office: Senders) -> None:
    office.run(lambda tx: consent.revoke(tx, office.rules, "drsecret", TO, by="op", now=office.now))
    told = office.run(lambda tx: export(tx, office.rules, "drsecret", office.now))
    again = json.loads(json.dumps(told))
    assert again["account"]["holder"] == HOLDER
    assert again["account"]["settings"]["consent"] == "opt-out"
    assert again["account"]["settings"]["address"] == [STREET]
    assert again["terms"]["name"] == "sms4less"
    first = again["messages"][0]
    assert (first["text"], first["destination"], first["client_id"]) == (TEXT, TO, "client-77")
    assert first["accepted_at"].startswith("2026-11-22T12:00:00")
    assert [each["state"] for each in again["parts"]] == ["delivered", "sent", "sent", "sent"]
    assert [each["text"] for each in again["received"]] == [ANSWER]
    assert [each["state"] for each in again["consents"]] == ["revoked"]
    assert len(again["consent_log"]) == 2
    assert [each["kind"] for each in again["ledger"]][:2] == ["grant", "hold"]
    assert again["balance"][0]["balance"] == 16
    assert again["lots"][0]["unspent"] == 16


def test_nothing_of_others_is_exported(office: Senders) -> None:
    told = office.run(lambda tx: export(tx, office.rules, "shop", office.now))
    assert not [each for each in PERSONAL[:-1] if each in json.dumps(told)]


def test_of_nobody_nothing_is_exported(office: Senders) -> None:
    with pytest.raises(Rejected, match="account_unknown"):
        office.run(lambda tx: export(tx, office.rules, "nobody", office.now))


# --- erase -------------------------------------------------------------------------------------------------


def test_L_15_4_nothing_personal_stays_but_the_books(office: Senders) -> None:
    before = rows(office.database, "SELECT * FROM ledger ORDER BY id")
    close(office)
    erased = erase(office)
    account = office.rows()[erased.renamed]
    assert (account.state, account.holder, account.email, account.settings) == ("erased", None, None, "{}")
    told = rows(office.database, "SELECT event, consumer FROM outbox WHERE topic = 'account/drsecret/event'")
    assert [tuple(each) for each in told] == [("erased", "mqtt")]
    tell_all(office)
    left = contents(office)
    assert [each for each in (*PERSONAL, ANSWER) if each in left.replace("because of Jo", "", 1)] == []
    assert rows(office.database, "SELECT * FROM ledger ORDER BY id")[: len(before)] == before
    assert office.run(verify) == []
    balance = office.run(lambda tx: credit.balances(tx, account.id))
    assert (balance.granted, balance.captured, balance.forfeited, balance.balance) == (20, 4, 16, 0)


def tell_all(office: Senders) -> None:
    """The last event is told; it names the account, as it must."""
    ids = [each.id for each in office.run(lambda tx: outbox.untold(tx, "mqtt", 0, 100))]
    office.run(lambda tx: outbox.told(tx, ids))


def test_it_says_what_was_removed(office: Senders) -> None:
    close(office)
    erased = erase(office)
    assert erased.removed["messages"] == 2
    assert erased.removed["received"] == 1
    assert erased.removed["reports"] == 1
    assert erased.removed["consents"] == 1
    assert ("incoming", "gsm1.000001") in erased.told
    assert (TO, TEXT) in erased.texts


def test_files_are_known_by_the_calendars_that_no_other_account_has(office: Senders) -> None:
    for account, uid in (("drsecret", "mine"), ("drsecret", "both"), ("shop", "both"), ("shop", "his")):
        office.run(
            partial(calendars.add, account_id=office.row(account).id, uid=uid, sequence=0, body="", at_us=0)
        )
    close(office)
    assert erase(office).uids == {"mine"}


def test_others_keep_theirs(office: Senders) -> None:
    message = office.send("For the shop", account="shop")
    close(office)
    erase(office)
    assert office.facts(message).message.destination == TO
    assert office.code("shop") == "ok"


def test_it_is_unknown_then_also_where_the_configuration_still_declares_it(office: Senders) -> None:
    close(office)
    erase(office)
    office.rules = with_broker(rules_of(accounts=ACCOUNTS))
    office.know()
    assert office.code("drsecret") == "account_unknown"
    assert "drsecret" not in office.rows()


def test_a_command_may_open_the_name_anew(office: Senders) -> None:
    close(office)
    erase(office)
    office.run(lambda tx: accounts.add(tx, office.rules, "drsecret", {}, by="op", now=office.now))
    office.rules = with_broker(rules_of(accounts=ACCOUNTS))
    office.know()
    assert office.code("drsecret") in {"ok", "insufficient_credit"}


def test_what_is_open_is_refused_with_a_sentence(office: Senders) -> None:
    with pytest.raises(Rejected, match="has 16 credits left: close it first"):
        erase(office)
    office.send(account="drsecret")
    with pytest.raises(Rejected, match="has messages that are not sent: close it first"):
        erase(office)


def test_a_part_in_doubt_holds_it_up(office: Senders) -> None:
    office.send(account="drsecret")
    office.doubted()
    close(office)
    with pytest.raises(Rejected, match="in doubt"):
        erase(office)
    assert office.row("drsecret").state == "closed"


@pytest.mark.parametrize(("name", "why"), [("default", "always exists"), ("nobody", "account_unknown")])
def test_some_cannot_be(office: Senders, name: str, why: str) -> None:
    with pytest.raises(Rejected, match=why):
        erase(office, name)


def test_an_account_without_anything_open_is_closed_by_it(office: Senders) -> None:
    office.run(lambda tx: accounts.add(tx, office.rules, "empty", {}, by="op", now=office.now))
    erased = erase(office, "empty")
    assert office.rows()[erased.renamed].state == "erased"
    with pytest.raises(Rejected, match="is erased already"):
        erase(office, erased.renamed)
