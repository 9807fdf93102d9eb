"""MMS notifications as centres write them, and octets that are none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modemd.gsm.mms import MmsNotification, read_notification

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
URL = "http://10.0.0.1/mms?I8cYjD3ZE"
PUSH = bytes.fromhex("000604") + b"\x01\xbe\xaf\x84"
"""As French centres write it: the media in a value with a length, and the application's number."""
LONG_MEDIA = b"\xe9\x06\x22application/vnd.wap.mms-message\0\xaf\x84"
HEAD = b"\x8c\x82\x98I8cYjD3ZE\0\x8d\x92"
SENDER = b"\x89\x18\x80+32475000001/TYPE=PLMN\0"
LOCATION = b"\x83" + URL.encode() + b"\0"
IN_AN_HOUR = b"\x88\x04\x81\x02\x0e\x10"


def test_a_notification_is_read() -> None:
    content = HEAD + SENDER + b"\x86\x81\x8a\x80\x8f\x81\x8e\x02\x09\x5f" + LOCATION + IN_AN_HOUR
    assert read_notification(PUSH + content, AT) == MmsNotification(
        originator="+32475000001",
        size=2399,
        expires_at=AT + timedelta(hours=1),
        url=URL,
        transaction_id="I8cYjD3ZE",
    )


@pytest.mark.parametrize("push", [PUSH, LONG_MEDIA, b"\x01\x06\x01\xbe", b"\x01\x06\x04\x03\xbe\x81\xea"])
def test_the_media_is_written_in_several_ways(push: bytes) -> None:
    found = read_notification(push + HEAD + LOCATION, AT)
    assert found is not None
    assert found.url == URL


@pytest.mark.parametrize(
    ("subject", "read"),
    [
        (b"\x96Hello\0", "Hello"),
        (b"\x96\x7f\xc3\xa9t\xc3\xa9\0", "été"),
        (b"\x96\x07\xea\xc3\xa9t\xc3\xa9\0", "été"),
        (b"\x96\x1f\x08\xea\x7f\xe8\x81\xbd\xe5\x88\0", "聽\ufffd"),
        (b"\x96\x05\x84\xe9t\xe9\0", "été"),
        (b"\x96\x0b\x02\x03\xe8\x00\xe9\x00t\x00\xe9\0\0", "été"),
        (b"\x96\0", None),
        (b"\x96\x02\xea\0", None),
        (b"\x96a\n\r b\0", "a b"),
    ],
    ids=["plain", "quoted", "UTF-8", "long and broken", "Latin-1", "UCS-2", "none", "empty", "lines"],
)
def test_subjects_have_their_character_sets(subject: bytes, read: str | None) -> None:
    found = read_notification(PUSH + HEAD + subject + LOCATION, AT)
    assert found is not None
    assert (found.subject, found.url) == (read, URL)


def test_a_time_may_be_its_own_and_a_sender_hidden() -> None:
    at = int(AT.timestamp()).to_bytes(4, "big")
    found = read_notification(PUSH + HEAD + b"\x89\x01\x81" + b"\x88\x06\x80\x04" + at + LOCATION, AT)
    assert found is not None
    assert (found.originator, found.expires_at) == (None, AT)


def test_other_pushes_are_none() -> None:
    service = b"\x01\x06\x01\xae\x02\x05\x6a\x00"
    report = PUSH + b"\x8c\x86\x8d\x92" + LOCATION
    for octets in (service, report, PUSH, b"", b"\x00\x07\x01\xbe", b"\x00\x06\xff\xff\xff\xff\xff\xff"):
        assert read_notification(octets, AT) is None


def test_a_notification_that_is_cut_gives_what_is_left() -> None:
    whole = PUSH + HEAD + SENDER + LOCATION + IN_AN_HOUR
    for end in range(len(whole)):
        found = read_notification(whole[:end], AT)
        assert found is None or found.expires_at is None


@given(st.binary(max_size=200), st.booleans())
def test_any_octets_give_a_value_or_none(octets: bytes, is_mms: bool) -> None:
    found = read_notification(PUSH + b"\x8c\x82" + octets if is_mms else octets, AT)
    assert found is None or isinstance(found, MmsNotification)
    assert found is not None or not is_mms


@given(st.binary(max_size=100))
def test_any_times_are_times_or_none(octets: bytes) -> None:
    found = read_notification(PUSH + HEAD + b"\x88" + octets, AT)
    assert found is not None
    assert found.expires_at is None or found.expires_at.tzinfo is UTC
