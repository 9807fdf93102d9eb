"""Consent: STOP and START as recipients write them, and as the operator notes them (S §5.4)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from modemd.config import parse
from modemd.errors import ConfigError, Rejected
from modemd.service.accounts import accounts
from modemd.service.admission import consent
from modemd.service.admission.consent_words import START, STOP, ConsentWords
from modemd.service.credits import credit
from modemd.service.outcomes import Taken
from modemd.store import consents
from tests.service.office import TO
from tests.service.senders import Senders
from tests.store.files import rows

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.store.consents import ConsentRow
    from modemd.store.database import Database

OTHER = "+32476000001"
ACCOUNTS = {
    "clinic": {"consent": "opt-out"},
    "shop": {"consent": "opt-out"},
    "club": {"consent": "required"},
    "plain": {},
}


@pytest.fixture
def office(tmp_path: Path, database: Database) -> Senders:
    return Senders(tmp_path, database, accounts=ACCOUNTS)


def sent(office: Senders, account: str, to: str = TO) -> int:
    office.later(seconds=1)
    message = office.send(account=account, to=to)
    office.taken()
    return message


def log_of(office: Senders, account: str) -> list[ConsentRow]:
    account_id = office.row(account).id
    return office.run(lambda tx: consents.history(tx, account_id))


def test_a_stop_ends_the_consent_of_the_latest_conversation(office: Senders) -> None:
    sent(office, "shop")
    sent(office, "clinic")
    office.hears("STOP")
    answer = office.ask_for("clinic")
    assert isinstance(answer, Rejected)
    assert answer.code == "opted_out"
    assert [office.code(each) for each in ("shop", "plain")] == ["ok", "ok"]
    assert office.code("clinic", to=OTHER) == "ok"


def test_a_stop_counts_for_the_modems_own_account_too(office: Senders) -> None:
    sent(office, "shop")
    office.hears("Stop.", account="clinic")
    assert [office.code(each) for each in ("shop", "clinic")] == ["opted_out", "opted_out"]


def test_it_is_kept_with_when_how_and_by_whom_and_told(office: Senders) -> None:
    sent(office, "clinic")
    office.hears("stop")
    [row] = log_of(office, "clinic")
    assert (row.recipient, row.state, row.how, row.by) == (TO, "revoked", "sms", TO)
    office.hears("stop")
    assert len(log_of(office, "clinic")) == 1
    sql = "SELECT body FROM outbox WHERE event = 'opted_out'"
    [(body,)] = rows(office.database, sql)
    told = json.loads(body)
    assert (told["account"], told["to"], told["how"]) == ("clinic", TO, "sms")


def test_the_message_itself_is_told_of_like_any_other(office: Senders) -> None:
    sent(office, "clinic")
    office.hears("STOP")
    told = rows(office.database, "SELECT topic FROM outbox WHERE event = 'received'")
    assert told == [("received/default",)]


def test_what_waits_for_the_number_is_cancelled_and_its_credits_come_back(
    tmp_path: Path, database: Database
) -> None:
    office = Senders(tmp_path, database, accounts={"clinic": {"terms": "sms4less", "consent": "opt-out"}})
    clinic = office.row("clinic").id
    office.run(lambda tx: credit.grant(tx, clinic, 5, source="grant", by="op", reason="t", now=office.now))
    sent(office, "clinic")
    waiting = office.send(account="clinic")
    later = office.send(account="clinic", not_before_at=office.now.replace(hour=20))
    to_other = office.send(account="clinic", to=OTHER)
    office.hears("Stop SMS aub!")
    assert [office.state(each) for each in (waiting, later, to_other)] == ["cancelled", "cancelled", "queued"]
    assert office.facts(waiting).message.error_code == "opted_out"
    balance = office.run(lambda tx: credit.balances(tx, clinic))
    assert (balance.balance, balance.held, balance.captured) == (3, 1, 1)


def test_start_gives_back_what_stop_took(office: Senders) -> None:
    sent(office, "clinic")
    office.hears("stop")
    office.hears("START")
    assert office.code("clinic") == "ok"
    assert [row.state for row in log_of(office, "clinic")] == ["revoked", "granted"]


def test_start_finds_the_account_that_was_told_stop(office: Senders) -> None:
    sent(office, "clinic")
    office.hears("stop")
    sent(office, "shop")
    office.hears("start")
    assert office.code("clinic") == "ok"


def test_start_of_a_stranger_is_nothing(office: Senders) -> None:
    office.hears("start")
    assert [log_of(office, each) for each in ("clinic", "shop", "club")] == [[], [], []]


def test_without_consent_on_record_who_requires_it_may_not_send(office: Senders) -> None:
    assert office.code("club") == "no_consent"
    office.hears("START", account="club")
    assert office.code("club") == "ok"
    office.hears("STOP", account="club")
    assert office.code("club") == "opted_out"


def test_the_operator_grants_and_revokes(office: Senders) -> None:
    kept = office.run(
        lambda tx: consent.grant(tx, office.rules, "club", "0475 12 34 56", by="op", now=office.now)
    )
    assert kept == TO
    waiting = office.send(account="club")
    office.run(lambda tx: consent.revoke(tx, office.rules, "club", TO, by="op", now=office.now))
    assert office.state(waiting) == "cancelled"
    assert office.code("club") == "opted_out"
    assert [(row.state, row.how, row.by) for row in log_of(office, "club")] == [
        ("granted", "operator", "op"),
        ("revoked", "operator", "op"),
    ]


@pytest.mark.parametrize(
    ("account", "phone", "code"), [("nobody", TO, "account_unknown"), ("club", "x", "bad_number")]
)
def test_a_grant_of_nothing_is_refused(office: Senders, account: str, phone: str, code: str) -> None:
    with pytest.raises(Rejected) as caught:
        office.run(lambda tx: consent.grant(tx, office.rules, account, phone, by="op", now=office.now))
    assert caught.value.code == code


def test_a_closed_account_has_no_consents_to_give(office: Senders) -> None:
    office.run(lambda tx: accounts.close(tx, office.rules, "club", reason="x", by="op", now=office.now))
    with pytest.raises(Rejected, match="account_closed"):
        office.run(lambda tx: consent.grant(tx, office.rules, "club", TO, by="op", now=office.now))


def test_a_conversation_is_known_without_a_broker(tmp_path: Path, database: Database) -> None:
    office = Senders(tmp_path, database, accounts=ACCOUNTS)
    office.rules = replace(office.rules, consumers=frozenset({"spool"}))
    office.send(account="clinic")
    part = office.claimed()
    office.record(part, Taken(1))
    office.hears("stop")
    assert office.code("clinic") == "opted_out"


@pytest.mark.parametrize(
    "text", ["please don't stop", "Stop by at noon", "non-stop", "", "cancel", "annuleren"]
)
def test_what_only_holds_the_word_is_no_stop(office: Senders, text: str) -> None:
    sent(office, "clinic")
    office.hears(text)
    assert office.code("clinic") == "ok"


# --- the words ---------------------------------------------------------------------------------------------

WORDS = ConsentWords.of()


@pytest.mark.parametrize(
    "text",
    [
        "STOP", " stop ", "Stop!", "«Stop»", "STOP SMS", "sms stop", "stop aub", "Stop, please.", "STOP SVP",
        "Stop s'il vous plaît", "bitte stopp", "Arrêt", "ARRET", "désabonner", "DESABONNER!", "stop all",
        "me désinscrire", "uitschrijven", "Uitschrijven aub", "afmelden", "abmelden bitte", "Kündigen",
        "unsubscribe", "opt-out", "stop\n", "stop…",
    ],
)  # fmt: skip
def test_stop_in_every_language(text: str) -> None:
    assert WORDS.meant(text) == "stop"


@pytest.mark.parametrize(
    "text", ["Start", "START sms", "inschrijven", "anmelden", "m'abonner", "unstop", "opt in"]
)
def test_start_in_every_language(text: str) -> None:
    assert WORDS.meant(text) == "start"


@pytest.mark.parametrize("text", [None, "", "sms", "please", "🛑", "stop " * 30, "restart", "stop start"])
def test_neither(text: str | None) -> None:
    assert WORDS.meant(text) is None


def test_every_built_in_word_means_what_it_is_listed_for() -> None:
    assert {WORDS.meant(word) for word in STOP} == {"stop"}
    assert {WORDS.meant(word.upper()) for word in START} == {"start"}


def test_words_of_the_configuration_are_added_and_win() -> None:
    config = parse("consent_words: {stop: [Basta, start], start: [evviva]}").consent_words
    words = ConsentWords.of(config)
    said = ("basta!", "start", "evviva", "stop")
    assert [words.meant(each) for each in said] == ["stop", "stop", "start", "stop"]


def test_a_word_cannot_mean_both() -> None:
    with pytest.raises(ConfigError, match="cannot both end consent and give it"):
        parse("consent_words: {stop: [Ja], start: [ja]}")
