"""What binds every account, whatever its terms: acceptable use, consent, reminders, personal data."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from modemd.service.accounts import accounts, erasure
from modemd.service.accounts.export import export
from tests.service.clinic import DAY, Desk, accepted
from tests.service.office import TO
from tests.service.senders import Senders
from tests.store.files import rows

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.store.database import Database

OTHERS = ("+32476000001", "+32476000002")
ACCOUNTS = {
    "clinic": {"consent": "opt-out", "allow": ["+32"]},
    "club": {"consent": "required", "per_minute": "2", "same_text": "2"},
    "plain": {"per_minute": "2", "same_text": "2", "holder": "Doctor Plain"},
}


@pytest.fixture
def office(tmp_path: Path, database: Database) -> Senders:
    return Senders(tmp_path, database, accounts=ACCOUNTS)


def test_S_5_1_what_an_account_may_send_is_bounded(office: Senders) -> None:
    assert office.code("clinic", to="+33612345678") == "not_allowed"
    assert [office.code("plain", text) for text in ("one", "two", "three")] == ["ok", "ok", "rate_limited"]
    office.later(minutes=2)
    assert [office.code("plain", "all", to=to) for to in (TO, *OTHERS)] == ["ok", "ok", "rate_limited"]


def test_S_5_4_who_said_stop_is_sent_to_again_when_he_says_start(office: Senders) -> None:
    office.send(account="clinic")
    office.taken()
    office.hears("Stop!")
    assert [office.code("clinic"), office.code("clinic", to=OTHERS[0])] == ["opted_out", "ok"]
    office.hears("start")
    assert office.code("clinic") == "ok"


def test_S_5_4_where_consent_is_required_none_is_sent_to_without_it(office: Senders) -> None:
    assert office.code("club") == "no_consent"


def test_L_11_2_a_reminder_never_follows_its_appointment(tmp_path: Path, database: Database) -> None:
    desk = Desk(tmp_path, database=database)
    message = accepted(desk.plan(remind_s=(3600,))).id
    desk.go_on(3 * DAY)
    assert desk.claim() is None
    assert desk.state(message) == "expired"


def test_L_15_nothing_personal_stays_of_an_account_that_is_erased(office: Senders) -> None:
    office.send("A secret", account="plain")
    office.taken()
    for verb in (
        lambda tx: accounts.close(tx, office.rules, "plain", reason="customer", by="op", now=office.now),
        lambda tx: erasure.erase(tx, office.rules, "plain", by="op", now=office.now),
    ):
        office.run(verb)
    kept = repr([rows(office.database, f"SELECT * FROM {table}") for table in ("account", "message", "part")])
    assert "Plain" not in kept
    assert "secret" not in kept
    assert TO not in kept


def test_L_16_all_that_is_held_on_an_account_is_handed_out(office: Senders) -> None:
    office.send("A secret", account="plain")
    held = json.dumps(office.run(lambda tx: export(tx, office.rules, "plain", office.now)))
    for each in ("Doctor Plain", "A secret", TO):
        assert each in held
