"""A recipient keeps getting the SIM that it knows, while that can send; else another takes over."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from modemd.formats.requestjson import RequestFields
from modemd.service import upkeep
from modemd.service.credits import suspension
from modemd.service.modems import stickiness
from modemd.service.modems.modem_requests import pause_modem, resume_modem
from modemd.store import erasure, modems
from modemd.store.times import to_us
from tests.service.office import LONG, Office, rules_of
from tests.store.files import rows

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.service.rules import Rules
    from modemd.store.database import Database

OTHER = "+32475999999"
KNOWN = "SELECT recipient, sim FROM sticky ORDER BY recipient"


def sticky_rules(**more: object) -> Rules:
    return rules_of(sending={"sticky": "7d"}, **more)


@pytest.fixture
def office(tmp_path: Path, database: Database) -> Office:
    made = Office(tmp_path, sticky_rules(), database=database)
    begin(made)
    return made


def begin(office: Office) -> None:
    """The gateway runs, and both modems are ready."""
    office.run(lambda tx: modems.gateway_started(tx, "gw1", 1, "1", to_us(office.now)))
    for name in office.ids:
        ready(office, name)


def ready(office: Office, name: str, sim: str | None = None) -> None:
    facts: dict[str, object] = {"state": "ready", "iccid": sim or f"sim of {name}"}
    office.run(lambda tx: modems.write_modem(tx, office.ids[name], facts))


def waits_for(office: Office) -> list[str]:
    """The route of each part that waits."""
    found = rows(
        office.database,
        "SELECT r.key FROM part AS p JOIN route AS r ON r.id = p.route_id WHERE p.state = 0 ORDER BY p.id",
    )
    return [str(key) for (key,) in found]


def test_a_recipient_keeps_its_sim(office: Office) -> None:
    office.send()
    office.taken(1, "gsm2")
    office.send(LONG)
    office.send(to=OTHER)
    assert waits_for(office) == [*["modem:gsm2"] * 3, "any"]
    assert office.claimed("gsm1").part_count == 1  # the other's
    for tp_mr in (2, 3, 4):
        office.taken(tp_mr, "gsm2")


def test_after_the_time_any_sim_will_do(office: Office) -> None:
    office.send()
    office.taken(1, "gsm2")
    office.later(days=7, seconds=1)
    office.send()
    assert waits_for(office) == ["any"]


def test_the_sim_is_followed_into_another_modem(office: Office) -> None:
    office.send()
    office.taken(1, "gsm2")
    ready(office, "gsm1", "sim of gsm2")
    ready(office, "gsm2", "sim of gsm1")
    office.send()
    assert waits_for(office) == ["modem:gsm1"]


@pytest.mark.parametrize("state", ["absent", "limited", "searching", "stopped"])
def test_a_modem_that_cannot_send_binds_nobody(office: Office, state: str) -> None:
    office.send()
    office.taken(1, "gsm2")
    office.send()
    assert waits_for(office) == ["modem:gsm2"]
    office.be("gsm2", state)  # what waits is given to others
    office.send()
    assert waits_for(office) == ["any", "any"]


def test_a_refusal_that_another_modem_may_not_meet_moves_a_sticky_part_too(office: Office) -> None:
    office.send()
    office.taken(1, "gsm2")
    office.send()
    assert office.denied(21, name="gsm2").move
    assert waits_for(office) == ["any !gsm2"]


def test_a_route_decides_before_stickiness(tmp_path: Path) -> None:
    office = Office(tmp_path, sticky_rules(routes=[{"prefix": "+3247", "modems": ["gsm1"]}]))
    begin(office)
    office.send(modem="gsm2")
    office.taken(1, "gsm2")
    office.send()
    assert waits_for(office) == ["prefix:+3247"]


def test_what_is_sent_later_finds_its_sim_when_it_is_due(office: Office) -> None:
    office.send(not_before_at=office.now + timedelta(hours=1))
    office.send()
    office.taken(1, "gsm2")
    office.later(hours=1)
    office.run(lambda tx: upkeep.promote(tx, office.rules, office.now))
    assert waits_for(office) == ["modem:gsm2"]


def test_what_waited_for_the_end_of_quiet_hours_finds_its_sim(tmp_path: Path) -> None:
    accounts = {"default": {"quiet_hours": "20:00-08:00"}}
    office = Office(tmp_path, sticky_rules(accounts=accounts))
    begin(office)
    office.send()
    office.taken(1, "gsm2")
    office.send()
    office.later(hours=10)
    assert office.claim("gsm2") is None
    assert waits_for(office) == ["quiet:default"]
    office.later(hours=11)
    office.run(lambda tx: suspension.go_on(tx, office.rules, office.now))
    assert waits_for(office) == ["modem:gsm2"]


def test_fifty_messages_of_a_paused_modem_leave_by_the_other_at_once(office: Office) -> None:
    office.send()
    office.taken(1, "gsm1")
    for _ in range(50):
        office.send()
    assert waits_for(office) == ["modem:gsm1"] * 50
    fields = RequestFields({"modem": "gsm1", "reason": "maintenance"})
    office.run(lambda tx: pause_modem(tx, office.rules, fields, office.now, office.rules.zone))
    for tp_mr in range(50):
        office.taken(tp_mr, "gsm2")
    assert waits_for(office) == []
    office.run(lambda tx: resume_modem(tx, office.rules, fields))
    office.send()
    assert waits_for(office) == ["modem:gsm2"]  # that is the one that it knows by now


def test_without_it_nothing_is_noted(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.send()
    office.taken()
    assert rows(office.database, KNOWN) == []


def test_it_is_forgotten_in_time(office: Office) -> None:
    office.send()
    office.taken()
    office.later(days=3)
    office.run(lambda tx: stickiness.forget(tx, office.rules, office.now, timedelta(days=3)))
    assert rows(office.database, KNOWN) == [("75123456", "sim of gsm1")]
    office.later(seconds=1)
    office.run(lambda tx: stickiness.forget(tx, office.rules, office.now, timedelta(days=3)))
    assert rows(office.database, KNOWN) == []


def test_it_is_forgotten_with_its_account(office: Office) -> None:
    office.send()
    office.taken()
    office.run(lambda tx: erasure.erase_rows(tx, 1, "nobody", "erased-1", [], 0))
    assert len(rows(office.database, KNOWN)) == 1
    office.database.transact(lambda tx: erasure.erase_rows(tx, 1, "default", "erased-1", [], 0))
    assert rows(office.database, KNOWN) == []
