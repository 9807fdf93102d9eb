"""What goes by each SIM is counted by modem and day; what may have gone is held against its limits too."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from modemd.gsm.terminated import encode_deliver
from modemd.model import PartState, Priority
from modemd.service import arrival, dispatch, upkeep
from modemd.service.modems import traffic
from modemd.service.modems.traffic import Used
from modemd.service.outcomes import Seat, Taken
from modemd.store import queue, sims
from tests.service.office import LONG, START, Office, rules_of
from tests.store.files import rows

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.store.database import Database
    from modemd.store.queue import ClaimedPart
    from modemd.store.sims import Balance
    from modemd.store.transaction import Tx

DAYS = "SELECT sim, modem, day, sent, refused, received FROM sim_day ORDER BY sim, modem, day"
TODAY = (START.date() - datetime(1970, 1, 1, tzinfo=UTC).date()).days


@pytest.fixture
def office(tmp_path: Path, database: Database) -> Office:
    return Office(tmp_path, database=database)


def used(office: Office, name: str = "gsm1", sim: str | None = None) -> Used:
    return office.run(lambda tx: traffic.used(tx, office.rules, office.seat(name, sim), office.now))


def test_what_each_sim_sent_was_refused_and_received_is_counted(office: Office) -> None:
    for tp_mr in (1, 2):
        office.send()
        office.taken(tp_mr)
    office.send()
    office.denied(30)
    office.send()
    office.taken(1, "gsm2")
    [coming] = encode_deliver(originator="+32475000001", text="Hi", sc_at=office.now)
    for _twice in range(2):
        office.run(
            lambda tx: arrival.take(
                tx, office.rules, office.seat("gsm2"), "default", [coming.pdu], office.now
            )
        )
    assert rows(office.database, DAYS) == [
        ("sim of gsm1", "gsm1", TODAY, 2, 1, 0),
        ("sim of gsm2", "gsm2", TODAY, 1, 0, 1),
    ]


def test_a_sim_keeps_its_count_in_another_modem(office: Office) -> None:
    office.send()
    office.taken()
    assert used(office, "gsm2", "sim of gsm1") == Used(1, 1)
    assert used(office, "gsm2") == Used(0, 0)


def test_days_and_months_are_those_of_the_gateways_zone(office: Office) -> None:
    office.rules = rules_of(gateway={"name": "gw1", "country": "BE", "timezone": "Europe/Brussels"})
    for at in ("2026-11-29T22:59", "2026-11-29T23:00", "2026-11-30T23:00"):
        office.now = datetime.fromisoformat(f"{at}+00:00")
        office.send()
        office.taken()
    assert used(office) == Used(1, 1)
    office.later(seconds=-1)
    assert used(office) == Used(1, 3)
    brussels = ZoneInfo("Europe/Brussels")
    assert traffic.day_ends(office.rules, office.now) == datetime(2026, 12, 1, tzinfo=brussels)
    assert traffic.month_ends(office.rules, office.now) == datetime(2026, 12, 1, tzinfo=brussels)


def test_a_part_in_doubt_counts_until_it_is_settled(office: Office) -> None:
    message = office.send()
    office.doubted()
    assert used(office) == Used(1, 1)
    assert office.run(lambda tx: traffic.ages(tx, office.seat(), office.now)) == [0.0]
    office.later(hours=24)
    assert used(office) == Used(0, 1)  # of yesterday
    [(part_id, route_id)] = rows(office.database, "SELECT id, route_id FROM part")
    office.run(lambda tx: upkeep.resolve(tx, office.rules, part_id, message, route_id, "failed", office.now))
    assert office.facts(message).states == (PartState.FAILED,)
    assert used(office) == Used(0, 0)


def test_the_parts_of_the_last_minute_are_known_after_a_restart(office: Office) -> None:
    office.send(LONG)
    for tp_mr in (1, 2, 3):
        office.taken(tp_mr)
        office.later(seconds=25)
    assert office.run(lambda tx: traffic.ages(tx, office.seat(), office.now)) == [50.0, 25.0]
    assert office.run(lambda tx: traffic.ages(tx, office.seat("gsm2"), office.now)) == []
    office.later(hours=-1)  # the clock was put back
    assert office.run(lambda tx: traffic.ages(tx, office.seat(), office.now)) == [0.0, 0.0, 0.0]


def test_no_message_is_begun_that_is_longer_than_what_is_left(office: Office) -> None:
    def claim(fits: int) -> ClaimedPart | None:
        seat = office.seat()
        return office.run(lambda tx: dispatch.next_part(tx, office.rules, seat, office.now, fits=fits))

    office.send(LONG)
    assert claim(2) is None
    assert office.run(lambda tx: queue.waits(tx, office.ids["gsm1"]))
    short = office.send(priority=Priority.LOW)
    part = claim(2)
    assert part is not None
    assert part.message_id == short
    office.record(part, Taken(1))
    office.taken(2)  # of the long one
    part = claim(1)  # it is begun, and goes on
    assert part is not None
    assert part.part_no == 2


def test_nothing_waits_for_a_modem_whose_routes_are_empty(office: Office) -> None:
    office.send(modem="gsm2")
    assert not office.run(lambda tx: queue.waits(tx, office.ids["gsm1"]))
    assert office.run(lambda tx: queue.waits(tx, office.ids["gsm2"]))


def test_counts_are_forgotten_after_more_than_a_year(office: Office) -> None:
    office.send()
    office.taken()
    office.later(days=traffic.KEPT_DAYS)
    office.run(lambda tx: traffic.forget(tx, office.rules, office.now))
    assert len(rows(office.database, DAYS)) == 1
    office.later(days=1)
    office.run(lambda tx: traffic.forget(tx, office.rules, office.now))
    assert rows(office.database, DAYS) == []


def test_what_is_known_of_a_sim_stays_when_it_is_seen_again(office: Office) -> None:
    def run() -> list[tuple[object, ...]]:
        return rows(office.database, "SELECT sim, imsi, msisdn, modem, seen_at FROM sim")

    office.run(lambda tx: sims.seen(tx, "8932", "20601", "+32475", "gsm1", 1))
    office.run(lambda tx: sims.seen(tx, "8932", None, None, "gsm2", 2))
    assert run() == [("8932", "20601", "+32475", "gsm2", 2)]
    assert office.run(lambda tx: sims.balance_of(tx, "8932")) is None
    for key in ("8932", "8944"):

        def told(tx: Tx, key: str = key) -> Balance | None:
            sims.write_balance(tx, key, "gsm1", "4.20", "4,20 EUR left", 3)
            return sims.balance_of(tx, key)

        assert office.run(told) == ("4.20", "4,20 EUR left", 3)


def test_what_is_counted_by_a_modem_without_sim(office: Office) -> None:
    seat = Seat(office.ids["gsm1"], "gsm1", "modem:gsm1")
    office.run(lambda tx: traffic.count(tx, office.rules, seat, "calls", office.now, 2))
    office.run(lambda tx: traffic.count(tx, office.rules, seat, "calls", office.now, 0))
    assert rows(office.database, "SELECT sim, calls FROM sim_day") == [("modem:gsm1", 2)]
