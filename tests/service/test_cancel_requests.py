"""Requests to cancel: by either name, what cannot be is said, and accounts touch nothing but their own."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from modemd.model import SendRequest
from modemd.service import intake
from modemd.service.accounts import account_sync
from modemd.service.reminders import appointments
from modemd.service.requests import Wake
from tests.service.office import TO
from tests.service.request_desk import Desk

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_message_is_cancelled_by_either_of_its_names(desk: Desk) -> None:
    first, second = desk.office.send(), desk.office.send(client_id="order-12", account="clinic")
    assert desk.data("cancel", {"id": first})["event"] == "cancelled"
    assert desk.woken == Wake(results=True)
    told = desk.data("cancel", {"client_id": "order-12", "account": "clinic"})
    assert (told["id"], told["client_id"], told["event"]) == (str(second), "order-12", "cancelled")
    third = desk.office.send(client_id="7")
    assert desk.data("cancel", {"client_id": 7})["id"] == str(third)
    assert desk.data("cancel", {"id": str(desk.office.send())})["event"] == "cancelled"


def test_an_appointment_is_cancelled_by_its_name(desk: Desk) -> None:
    office = desk.office
    wish = SendRequest(to=TO, text="x", client_id="a1", appointment_at=office.now + timedelta(days=3))
    office.run(lambda tx: account_sync.sync(tx, office.rules, office.now))
    prepared = [intake.prepare(wish, office.rules, office.now)]
    office.run(lambda tx: appointments.accept(tx, prepared, office.rules, office.now, source="mqtt"))
    told = desk.data("cancel", {"client_id": "a1"})
    assert (told["client_id"], told["event"]) == ("a1/24h", "cancelled")
    assert desk.error("cancel", {"client_id": "a1"})[0] == "too_late"


def test_what_cannot_be_cancelled_is_said(desk: Desk) -> None:
    sent = desk.office.send()
    desk.office.taken()
    assert desk.error("cancel", {"id": sent}) == (
        "too_late",
        f"message {sent} cannot be cancelled: the network has it",
    )
    assert desk.error("cancel", {"id": 99}) == ("bad_request", "id: there is no message 99")
    assert desk.error("cancel", {"client_id": "x"}) == ("bad_request", "client_id: there is no message 'x'")
    assert desk.error("cancel") == ("bad_request", "id: is missing; give id or client_id")
    assert desk.error("cancel", {"id": "one"})[1].startswith("id: is a whole number from 1 to ")


def test_an_account_cancels_its_own_messages_only(desk: Desk) -> None:
    theirs = desk.office.send(client_id="a", account="shop")
    own = desk.office.send(client_id="a", account="clinic")
    for payload in ({"id": theirs}, {"id": theirs, "account": "shop"}):
        assert desk.error("cancel", payload, account="clinic") == (
            "bad_request",
            f"id: there is no message {theirs}",
        )
    told = desk.data("cancel", {"client_id": "a", "account": "shop"}, account="clinic")
    assert told["id"] == str(own)
    assert (desk.office.state(theirs), desk.office.state(own)) == ("queued", "cancelled")
