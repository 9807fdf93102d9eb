"""A SIM that is put into another modem takes with it what it has begun."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from modemd.service import dispatch, routing, upkeep
from modemd.service.modems import swapped
from modemd.service.modems.swapped import Followed
from modemd.service.outcomes import Taken
from modemd.store import modems, sims
from modemd.store.times import to_us
from tests.service.office import LONG, Office
from tests.store.files import rows

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.store.database import Database
    from modemd.store.transaction import Tx

ONE, TWO, THREE = "sim of gsm1", "sim of gsm2", "a third"
LEFT = (
    "SELECT r.key, p.state FROM part AS p JOIN route AS r ON r.id = p.route_id"
    " WHERE p.state IN (0, 8) ORDER BY p.id"
)


@pytest.fixture
def office(tmp_path: Path, database: Database) -> Office:
    """Of a long message the first part went by gsm1."""
    made = Office(tmp_path, database=database)
    put(made, "gsm1", ONE)
    put(made, "gsm2", TWO)
    made.send(LONG)
    made.taken(1)
    return made


def put(office: Office, name: str, sim: str) -> Followed:
    """A modem is ready, and has this SIM."""

    def write(tx: Tx) -> Followed:
        modems.write_modem(tx, office.ids[name], {"state": "ready", "iccid": sim})
        followed = swapped.follow(tx, office.rules, name, sim, office.now)
        sims.seen(tx, sim, None, None, name, to_us(office.now))
        return followed

    return office.run(write)


def sends(office: Office, name: str, sim: str) -> int:
    """The modem takes its next part by this SIM; return which."""
    seat = office.seat(name, sim)
    part = office.database.transact(lambda tx: dispatch.next_part(tx, office.rules, seat, office.now))
    assert part is not None
    office.database.transact(lambda tx: dispatch.record(tx, office.rules, seat, part, Taken(2), office.now))
    return part.part_no


def left(office: Office) -> list[tuple[object, ...]]:
    return [tuple(row) for row in rows(office.database, LEFT)]


def test_the_rest_waits_for_the_modem_that_its_sim_is_in(office: Office) -> None:
    assert put(office, "gsm2", ONE) == Followed(1, 0)
    assert left(office) == [("modem:gsm2", 0)] * 2
    assert put(office, "gsm1", TWO) == Followed(0, 0)
    assert office.claim("gsm1") is None
    assert sends(office, "gsm2", ONE) == 2
    office.check()


def test_two_sims_that_change_places_in_the_other_order(office: Office) -> None:
    assert put(office, "gsm1", TWO) == Followed(0, 1)
    assert left(office) == [("modem:gsm1", 8)] * 2
    office.later(minutes=1)
    assert put(office, "gsm2", ONE) == Followed(1, 0)
    assert left(office) == [("modem:gsm2", 0)] * 2


def test_a_sim_that_came_back_goes_on(office: Office) -> None:
    assert put(office, "gsm1", ONE) == Followed(0, 0)
    assert left(office) == [("modem:gsm1", 0)] * 2


def test_where_the_sim_is_gone_the_new_one_sends_the_rest_after_a_while(office: Office) -> None:
    assert put(office, "gsm1", THREE) == Followed(0, 1)
    assert office.claim("gsm1") is None
    office.later(seconds=routing.WAITS.total_seconds())
    office.run(lambda tx: upkeep.promote(tx, office.rules, office.now))
    assert sends(office, "gsm1", THREE) == 2
    office.database.transact(
        lambda tx: modems.write_modem(tx, office.ids["gsm1"], {"state": "ready", "iccid": THREE})
    )
    again = office.database.transact(lambda tx: swapped.follow(tx, office.rules, "gsm1", THREE, office.now))
    assert again == Followed(0, 0)  # from then on it is the new one's as well


def test_what_was_not_begun_stays(office: Office) -> None:
    office.taken(2)
    office.taken(3)
    office.send(LONG)
    office.send(modem="gsm1")
    assert put(office, "gsm1", THREE) == Followed(0, 0)


@pytest.mark.parametrize("state", ["absent", "dead", "searching", "paused"])
def test_what_a_sim_has_begun_goes_on_by_another_where_it_cannot_send_for_long(
    office: Office, state: str
) -> None:
    office.be("gsm1", state)
    release(office)
    office.later(seconds=routing.WAITS.total_seconds() - 1)
    release(office)
    assert {row[0] for row in left(office)} == {"modem:gsm1"}
    assert office.claim("gsm2") is None
    office.later(seconds=2)
    assert release(office) == 2
    assert sends(office, "gsm2", TWO) == 2
    assert release(office) == 0
    assert {row[0] for row in left(office)} == {"modem:gsm2"}


def test_a_clock_that_was_ahead_when_it_was_begun_does_not_keep_the_rest(office: Office) -> None:
    office.be("gsm1", "dead")
    assert release(office) == 0
    office.later(days=-5000)
    assert release(office) == 2


def test_what_was_asked_of_one_modem_waits_for_that(office: Office) -> None:
    office.send(LONG, modem="gsm1")
    assert office.taken(1).part_no == 2  # of the message that any modem may send
    office.be("gsm1", "dead")
    office.later(seconds=2 * routing.WAITS.total_seconds())
    release(office)
    assert sends(office, "gsm2", TWO) == 3
    seat = office.seat("gsm2", TWO)
    assert office.database.transact(lambda tx: dispatch.next_part(tx, office.rules, seat, office.now)) is None


def release(office: Office) -> int:
    def both(tx: Tx) -> int:
        routing.release(tx, office.rules)
        return routing.release_begun(tx, office.rules, office.now)

    return office.database.transact(both)
