"""Picture messages that are announced: told as what they are, and forgotten with the texts."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from modemd.cli import output_objects
from modemd.formats import smstools3
from modemd.formats.events import inbound_object
from modemd.gsm.mms import MmsNotification
from modemd.gsm.terminated import encode_deliver
from modemd.service import arrival, told, views
from modemd.store import upkeep
from modemd.store.times import to_us
from tests.gsm.test_mms import HEAD, IN_AN_HOUR, LOCATION, PUSH, SENDER, URL
from tests.service.office import START, Office
from tests.store.files import rows

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.model import Inbound

SUBJECT = b"\x96Holiday\0"
PUSHED = PUSH + HEAD + SENDER + SUBJECT + b"\x8e\x02\x7d\x00" + LOCATION + IN_AN_HOUR
MMS = MmsNotification(
    originator="+32475000001",
    subject="Holiday",
    size=32000,
    expires_at=START + timedelta(hours=1),
    url=URL,
    transaction_id="I8cYjD3ZE",
)


@pytest.fixture
def desk(tmp_path: Path) -> Office:
    return Office(tmp_path)


def take(desk: Office, octets: bytes, *, port: int = 2948, leave_out: int | None = None) -> None:
    parts = [part.pdu for part in encode_deliver("8888", octets=octets, sc_at=START, ports=(port, 9200))]
    if leave_out is not None:
        del parts[leave_out]
    desk.run(lambda tx: arrival.take(tx, desk.rules, desk.seat(), "default", parts, desk.now))


def received(desk: Office) -> Inbound:
    found = desk.database.transact(lambda tx: told.inbound_value(tx, 1, {}))
    assert found is not None
    return found


def test_a_notification_of_several_parts_is_told_as_one(desk: Office) -> None:
    take(desk, PUSHED + b"\x83" + b"x" * 100 + b"\0")
    assert rows(desk.database, "SELECT count(*) FROM inbound_part") == [(2,)]
    found = received(desk)
    assert (found.mms, found.text, found.originator) == (MMS, None, "8888")
    assert inbound_object(found)["mms"] == {
        "from": "+32475000001",
        "subject": "Holiday",
        "size": 32000,
        "expires_at": (START + timedelta(hours=1)).isoformat(timespec="milliseconds"),
        "url": URL,
    }


def test_its_file_says_it_in_words(desk: Office) -> None:
    take(desk, PUSHED)
    lines = smstools3.received(received(desk)).decode().splitlines()
    assert {"From: 8888", "Alphabet: UTF-8", "MMS: yes", "MMS_from: +32475000001", "MMS_size: 32000"} <= set(
        lines
    )
    assert {"MMS_subject: Holiday", f"MMS_url: {URL}"} <= set(lines)
    assert lines[-1].startswith("A picture message (MMS) of 31 kB has come from +32475000001, 'Holiday'.")


def test_other_data_stays_data(desk: Office) -> None:
    take(desk, b"\x01\x06\x01\xae\x02\x05\x6a\x00")
    assert (received(desk).mms, received(desk).octets) == (None, b"\x01\x06\x01\xae\x02\x05\x6a\x00")
    assert b"MMS" not in smstools3.received(received(desk))


def test_another_port_announces_nothing(desk: Office) -> None:
    take(desk, PUSHED, port=5000)
    assert received(desk).mms is None


def test_one_that_never_becomes_whole_is_data(desk: Office) -> None:
    take(desk, PUSHED + b"\x83" + b"x" * 100 + b"\0", leave_out=1)
    later = desk.now + timedelta(hours=25)
    desk.run(lambda tx: arrival.hand_out_incomplete(tx, desk.rules, later))
    assert (received(desk).mms, received(desk).complete) == (None, False)


def test_it_is_forgotten_with_the_texts(desk: Office) -> None:
    take(desk, PUSHED)
    [(kept,)] = rows(desk.database, "SELECT mms FROM inbound")
    assert json.loads(str(kept))["transaction_id"] == "I8cYjD3ZE"
    desk.run(lambda tx: upkeep.forget_texts(tx, to_us(desk.now + timedelta(days=1))))
    assert rows(desk.database, "SELECT mms, text FROM inbound") == [(None, None)]


def test_it_is_shown_as_what_it_is(desk: Office) -> None:
    take(desk, PUSHED)
    [shown] = desk.database.transact(lambda tx: views.received(tx, account=None, most=5))
    assert (shown.mms, shown.text) == (MMS, None)
    assert output_objects.inbound_object(shown)["mms"]["subject"] == "Holiday"
