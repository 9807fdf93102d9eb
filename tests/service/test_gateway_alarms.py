"""A full disk, a clock that is not set and a broker that stays away are told, and that they are over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from modemd.service import alarms, gateway_alarms
from modemd.service.gateway_alarms import AWAY, LITTLE, NOTHING
from modemd.store import brokers, modems
from modemd.store.times import to_us
from tests.service.office import Office

if TYPE_CHECKING:
    from pathlib import Path


def check(desk: Office, **free: int) -> bool:
    return desk.run(lambda tx: gateway_alarms.check(tx, desk.rules, free, desk.now))


def wrong(desk: Office) -> list[tuple[str, str, str]]:
    found = desk.run(lambda tx: alarms.open_alarms(tx, "gw1"))
    assert all(row.modem == "" for row in found)
    return [(row.code, row.severity, row.text) for row in found]


def test_a_disk_is_told_of_when_little_is_left_again_when_nothing_is_and_when_it_is_over(
    tmp_path: Path,
) -> None:
    desk = Office(tmp_path)
    assert not check(desk, spool=LITTLE)
    assert check(desk, spool=LITTLE - 1, store=LITTLE * 2)
    assert not check(desk, spool=LITTLE - 2)
    [(code, severity, text)] = wrong(desk)
    assert (code, severity) == ("disk", "warning")
    assert text.startswith("The disk with spool has 99 MB left")
    assert check(desk, spool=NOTHING - 1)
    assert wrong(desk)[0][1] == "critical"
    assert check(desk, spool=LITTLE)
    assert wrong(desk) == []
    assert not check(desk)


def test_a_broker_is_told_of_when_it_stays_away(tmp_path: Path) -> None:
    desk = Office(tmp_path)
    begun = to_us(desk.now)
    desk.run(lambda tx: modems.gateway_started(tx, "gw1", 1, "0", begun))
    desk.run(lambda tx: brokers.note(tx, "gw1", "mqtt.lan:1883", "nobody listens there", begun))
    desk.later(seconds=AWAY.total_seconds() - 1)
    assert not check(desk)
    desk.later(seconds=1)
    assert check(desk)
    assert not check(desk)
    [(code, severity, text)] = wrong(desk)
    assert (code, severity) == ("broker", "warning")
    assert "mqtt.lan:1883 since 2026-11-22 12:00 UTC: nobody listens there" in text
    back = to_us(desk.now + timedelta(minutes=1))
    desk.run(lambda tx: brokers.note(tx, "gw1", "mqtt.lan:1883", None, back))
    assert check(desk)
    assert wrong(desk) == []
    desk.run(lambda tx: brokers.note(tx, "gw1", None, None, back))
    assert not check(desk)


def test_a_clock_that_was_never_set_is_told_until_it_is(tmp_path: Path) -> None:
    desk = Office(tmp_path)
    right, desk.now = desk.now, datetime(1970, 1, 1, 0, 3, tzinfo=UTC)
    assert check(desk)
    [(code, severity, text)] = wrong(desk)
    assert (code, severity) == ("clock", "warning")
    assert text.startswith("The machine's clock says that it is 1970-01-01 00:03 UTC, which cannot be.")
    desk.now = right
    assert check(desk)
    assert wrong(desk) == []
