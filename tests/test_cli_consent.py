"""``modemd consent``: who may be sent to, and what is written down of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.desk import Desk

NUMBER = "+32475123456"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk.begin(tmp_path, accounts="{clinic: {consent: required}}")


def test_who_has_consented_may_be_sent_to_until_it_is_revoked(desk: Desk) -> None:
    send = ("send", "--account", "clinic", "--to", NUMBER, "Hello")
    assert desk.run(*send).err == "no_consent: no consent of the recipient is on record\n"
    granted = desk.call("consent", "grant", "clinic", "0475 12 34 56", "--by", "ann")
    assert granted.out == f"{NUMBER} may be sent to by account clinic\n"
    assert desk.call(*send).out
    revoked = desk.call("consent", "revoke", "clinic", NUMBER, "--by", "joan", "--json").json
    assert revoked == {"account": "clinic", "recipient": NUMBER, "state": "revoked"}
    assert desk.run(*send).err.startswith("opted_out: ")
    assert desk.shown(1)["state"] == "cancelled"


def test_consents_are_listed_with_when_how_and_by_whom(desk: Desk) -> None:
    desk.call("consent", "grant", "clinic", NUMBER, "--by", "ann")
    desk.call("consent", "revoke", "clinic", NUMBER, "--by", "joan")
    (now_so,) = desk.call("consent", "list", "clinic", "--json").json
    assert (now_so["state"], now_so["how"], now_so["by"]) == ("revoked", "operator", "joan")
    lines = desk.call("consent", "list", "clinic", "--history").out.splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["RECIPIENT", "CONSENT"], [NUMBER, "granted"], [NUMBER, "revoked"],
    ]  # fmt: skip
    assert max(map(len, lines)) <= 80
    assert desk.call("consent", "list", "default").out == "no consents\n"


@pytest.mark.parametrize(
    ("account", "phone", "code"),
    [("nobody", NUMBER, "account_unknown"), ("clinic", "hello", "bad_number")],
)
def test_what_cannot_be_is_refused_with_a_sentence(desk: Desk, account: str, phone: str, code: str) -> None:
    said = desk.run("consent", "grant", account, phone)
    assert (said.status, said.out) == (1, "")
    assert said.err.startswith(f"{code}: ")
