"""Letters to accounts: what they say, and what they do not."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from modemd.formats.mail import letter
from modemd.formats.mail_texts import EVENTS, FACTS, MONEY
from modemd.service.accounts import account_events

BRUSSELS = ZoneInfo("Europe/Brussels")
AT = "2026-11-22T12:00:00.000+00:00"


def written(event: str, **facts: Any) -> str:
    """A letter's text."""
    return str(made(event, **facts).get_content())


def made(event: str, **facts: Any) -> Any:
    told = {"event": event, "account": "clinic", "at": AT} | facts
    return letter(
        told, sender="sms@gw.example", address="desk@clinic.example", event_id="9f2c01aa-17", zone=BRUSSELS
    )


def test_there_is_a_letter_for_every_event() -> None:
    assert (
        {event.partition(".")[0] for event in EVENTS}
        == set(account_events.EVENTS)
        == {event for event in EVENTS if "." not in event}
    )
    assert set(FACTS) > MONEY


@pytest.mark.parametrize("event", account_events.EVENTS)
def test_a_letter_names_the_account_and_its_event(event: str) -> None:
    one = made(event)
    assert "clinic" in one["Subject"]
    assert "account clinic" in " ".join(one.get_content().split()).lower()
    assert "event 9f2c01aa-17" in one.get_content()
    assert "{" not in one.get_content()


def test_the_facts_stand_one_under_the_other_with_the_clause() -> None:
    text = written(
        "invoice", invoice="2026-0001", amount="47.50", currency="EUR", vat="9.98", total="57.48",
        due_at="2026-12-22T22:59:59+00:00", clause="L §7.1", something="else",
    )  # fmt: skip
    assert text == (
        "An invoice was issued to account clinic.\n"
        "\n"
        "  Invoice:               2026-0001\n"
        "  Amount without VAT:    47.50 EUR\n"
        "  VAT:                   9.98 EUR\n"
        "  Total:                 57.48 EUR\n"
        "  Due:                   2026-12-22\n"
        "  By the terms:          L §7.1\n"
        "\n"
        "2026-11-22 13:00 +01:00, event 9f2c01aa-17.\n"
        "This letter was written by a machine, and answers to it are read by nobody.\n"
    )


def test_its_header_lets_a_repeat_and_a_machine_be_known() -> None:
    one = made("closed")
    assert one["Message-ID"] == "<modemd.9f2c01aa-17@gw.example>"
    assert one["Date"] == "Sun, 22 Nov 2026 12:00:00 +0000"
    assert one["Auto-Submitted"] == "auto-generated"
    assert (one["From"], one["To"]) == ("sms@gw.example", "desk@clinic.example")
    assert one["Subject"] == "SMS account clinic: closed"


@pytest.mark.parametrize(
    ("recipient", "shown"), [("+32475123456", "+3247…56"), ("12345678", "12345…78"), ("1234", "…")]
)
def test_a_recipient_is_not_written_out(recipient: str, shown: str) -> None:
    text = written("opted_out", to=recipient)
    assert f"To:                    {shown}\n" in text
    assert recipient not in text


def test_a_reason_is_one_line_whatever_was_typed() -> None:
    text = written("suspended", reason="unpaid\r\n.\r\nBcc: everybody@example.org")
    assert "  Reason:                unpaid . Bcc: everybody@example.org\n" in text


def test_times_have_the_zones_offset_of_their_day() -> None:
    text = written("terms_change", effective_at="2027-07-31T22:00:00+00:00")
    assert "  In force from:         2027-08-01 00:00 +02:00\n" in text


def test_what_ends_with_a_day_is_told_by_that_day() -> None:
    text = written("credit_expiring", expires_at="2027-07-31T22:00:00+00:00", credits=40)
    assert "  Valid until:           2027-07-31\n" in text
    assert "  Credits:               40\n" in text


@pytest.mark.parametrize(
    ("event", "facts", "subject"),
    [
        ("payment", {"amount": "10.00", "charged_back": True}, "payment taken back"),
        ("payment", {"amount": "10.00"}, "payment received"),
        ("order", {"state": "cancelled"}, "order cancelled"),
        ("order", {"state": "open"}, "order of credits"),
        ("terms_change", {"in_force": True, "terms": "sms4less"}, "new terms are in force"),
    ],
)
def test_a_case_of_an_event_has_words_of_its_own(event: str, facts: dict[str, Any], subject: str) -> None:
    assert made(event, **facts)["Subject"] == f"SMS account clinic: {subject}"


def test_what_was_paid_is_no_amount_without_vat() -> None:
    assert "  Amount:                10.00 EUR\n" in written("payment", amount="10.00", currency="EUR")


def test_a_change_says_when_it_comes_and_until_when_to_object() -> None:
    text = written(
        "terms_change", terms="sms4less", version=2, effective_at="2026-12-31T23:00:00+00:00",
        objection_until="2026-11-29T23:00:00+00:00", in_force=False, change=3,
    )  # fmt: skip
    assert "  In force from:         2027-01-01 00:00 +01:00\n" in text
    assert "  Object until:          2026-11-29\n" in text
    assert "may object" in " ".join(text.split())
