"""Who called, as a phone book has it; and how often, by SIM and day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from modemd.model import Call
from modemd.service.modems import calls
from tests.service.office import START, Office
from tests.store.files import rows

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("told", "toa", "country", "read"),
    [
        ("+32475999999", 0x91, "BE", "+32475999999"),
        ("32475999999", 0x91, None, "+32475999999"),
        ("0475999999", 0x81, "BE", "+32475999999"),
        ("0475999999", 0xA1, "BE", "+32475999999"),
        ("0475999999", 0x81, None, "0475999999"),
        ("0032475999999", 0x81, None, "+32475999999"),
        ("1234", 0x81, "BE", "1234"),
        ("Voicemail", 0xD0, "BE", "Voicemail"),
        ("", 0x80, "BE", None),
        (None, 0x80, "BE", None),
    ],
)
def test_callers_are_told_internationally(
    told: str | None, toa: int, country: str | None, read: str | None
) -> None:
    call = calls.with_caller(Call(originator=told, originator_toa=toa, at=START, modem="gsm1"), country)
    assert call.originator == read
    assert call.originator_toa == (0x91 if read is not None and read.startswith("+") else toa)


def test_calls_are_counted_and_told_to_all(tmp_path: Path) -> None:
    office = Office(tmp_path)
    missed = Call(originator="0475999999", originator_toa=0x81, at=START, modem="gsm1")
    withheld = Call(originator=None, at=START, modem="gsm1", kind="rejected")
    office.run(lambda tx: calls.take(tx, office.rules, office.seat(), [missed, withheld]))
    assert rows(office.database, "SELECT sim, calls FROM sim_day") == [("sim of gsm1", 2)]
    sql = "SELECT json_extract(body, '$.from'), json_extract(body, '$.kind') FROM outbox WHERE topic = "
    told = [("+32475999999", "missed"), (None, "rejected")]
    assert rows(office.database, sql + "'call/gsm1'") == told
    assert rows(office.database, sql.replace("topic = ", "consumer = 'spool'")) == told
