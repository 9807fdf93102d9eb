"""A file that leaves its account's folder goes on saying whose it is."""

from __future__ import annotations

from datetime import UTC, datetime

from modemd.formats.smstools3.outcome import finished_file
from modemd.formats.spoolfile import rejected, without_rejection
from modemd.model import MessageEvent, MessageState, OutboundResult

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def finished(original: bytes, account: str) -> bytes:
    event = MessageEvent(
        event=MessageState.SENT, id="1", client_id=None, account=account, to="+32475123456", at=AT
    )
    return finished_file(original, OutboundResult(event=event, sent_at=AT), UTC)


def test_a_result_names_the_account_of_its_folder_once() -> None:
    once = finished(b"To: 32475123456\n\nHello", "clinic")
    assert once.startswith(b"To: 32475123456\nAccount: clinic\nSent: ")
    assert once.count(b"Account:") == 1
    assert finished(once, "clinic") == once


def test_the_last_one_wins_where_the_header_names_another() -> None:
    told = finished(b"To: 32475123456\nAccount: shop\n\nHello", "clinic")
    assert told.index(b"Account: shop") < told.index(b"Account: clinic")
    assert finished(told, "clinic") == told


def test_nothing_is_added_where_the_header_says_it_or_there_is_nothing_to_say() -> None:
    assert finished(b"To: 32475123456\nAccount: shop\n\nHello", "shop").count(b"Account:") == 1
    assert b"Account" not in finished(b"To: 32475123456\n\nHello", "default")


def test_what_is_refused_names_its_folders_account_and_can_be_dropped_again() -> None:
    original = b"Account: other\nTo: nobody\n\nHello"
    refused = rejected(original, "bad number", AT, account="clinic")
    assert refused.splitlines()[:3] == [
        b"Fail_reason: bad number",
        b"Account: clinic",
        b"Failed: 26-11-22 12:00:00",
    ]
    assert without_rejection(refused) == original
    assert without_rejection(rejected(refused, "again", AT)) == original
