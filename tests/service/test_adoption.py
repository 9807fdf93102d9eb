"""Modems that nobody named: which name each gets, and keeps."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from modemd.service import routing
from modemd.service.modems import adoption
from modemd.service.modems.adoption import Adoptable, adopt, with_modems, without_modem
from modemd.store import modems
from modemd.store.times import to_us
from tests.service.office import rules_of
from tests.store.files import fresh, rows

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.service.rules import Rules
    from modemd.store.database import Database
    from modemd.store.transaction import Tx

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
IMEI = "861234560000017"
FOUND = Adoptable(port="/dev/ttyUSB2", usb_path="1-1.1", imei=IMEI, iccid="8932000000000000001")
TWIN = replace(FOUND, port="/dev/ttyUSB6", usb_path="1-1.2", twin=True)
RULES = rules_of(modems={"list": []})


def live(tx: Tx) -> None:
    for gateway in ("gw1", "gw2"):
        modems.gateway_started(tx, gateway, 1, "0", to_us(NOW))


def adopted(database: Database, rules: Rules, *found: Adoptable) -> Rules:
    for each in found:
        entry, _ = database.transact(lambda tx, each=each, rules=rules: adopt(tx, rules, each, NOW))  # type: ignore[misc]
        rules = with_modems(rules, (entry,))
    return rules


def names(rules: Rules) -> list[str]:
    return [entry.name for entry in rules.modems]


def test_the_name_is_of_the_imei_and_its_routes_hold_it(tmp_path: Path) -> None:
    database = fresh(tmp_path)
    rules = adopted(database, RULES, FOUND)
    (entry,) = rules.modems
    assert (entry.name, entry.imei, entry.usb, entry.port) == ("modem-000017", IMEI, None, None)
    held = "SELECT key FROM route JOIN route_modem ON route_id = route.id ORDER BY key"
    assert rows(database, held) == [("any",), ("modem:modem-000017",)]


def test_a_twin_is_known_by_its_socket_else_by_its_sim_else_by_its_port(tmp_path: Path) -> None:
    database = fresh(tmp_path)
    third = replace(TWIN, usb_path=None, port="/dev/ttyS1")
    rules = adopted(database, RULES, FOUND, TWIN, third, replace(third, iccid=None, port="/dev/ttyS2"))
    assert names(rules) == [f"modem-000017{more}" for more in ("", "-2", "-3", "-4")]
    _, second, third_entry, fourth = rules.modems
    assert second.usb == "1-1.2"
    assert third_entry.iccid == FOUND.iccid
    assert (fourth.usb, fourth.iccid, fourth.port) == (None, None, "/dev/ttyS2")


def test_twins_have_their_own_names_again_in_any_order(tmp_path: Path) -> None:
    database = fresh(tmp_path)
    adopted(database, RULES, FOUND, TWIN)
    again = adopted(database, RULES, replace(TWIN, twin=False), FOUND)
    assert names(again) == ["modem-000017-2", "modem-000017"]
    assert [entry.usb for entry in again.modems] == ["1-1.2", "1-1.1"]


def test_a_modem_that_tells_no_imei_is_known_by_its_place(tmp_path: Path) -> None:
    database = fresh(tmp_path)
    unknown = replace(FOUND, imei=None)
    rules = adopted(database, RULES, unknown, replace(unknown, usb_path=None, iccid=None, port="/dev/ttyS1"))
    assert names(rules) == ["modem-1-1-1", "modem-ttyS1"]
    assert [(entry.usb, entry.port) for entry in rules.modems] == [("1-1.1", None), (None, "/dev/ttyS1")]
    assert names(adopted(database, RULES, unknown)) == ["modem-1-1-1"]


def test_a_name_of_the_list_or_of_another_gateway_that_lives_is_not_given(tmp_path: Path) -> None:
    database = fresh(tmp_path)
    listed = rules_of(modems={"list": [{"name": "modem-000017", "port": "/dev/a"}]})
    database.transact(lambda tx: routing.sync(tx, listed))
    assert names(adopted(database, listed, FOUND))[1:] == ["modem-000017-2"]
    other = replace(RULES, gateway="gw2")
    database.transact(live)
    assert names(adopted(database, other, FOUND)) == ["modem-000017-3"]


def test_what_is_not_there_at_a_start_is_absent_and_what_is_listed_now_is_not_adopted(tmp_path: Path) -> None:
    database = fresh(tmp_path)
    adopted(database, RULES, FOUND, replace(FOUND, imei="861234560000025", usb_path="1-1.3"))
    listed = rules_of(modems={"list": [{"name": "modem-000025", "imei": "861234560000025"}]})
    database.transact(lambda tx: routing.sync(tx, listed))
    database.transact(lambda tx: adoption.recover(tx, listed, (), NOW))
    known = "SELECT name, state, origin FROM modem ORDER BY name"
    assert rows(database, known) == [
        ("modem-000017", "absent", "adopted"), ("modem-000025", "new", "config"),
    ]  # fmt: skip


def test_one_that_is_let_go_keeps_its_row_and_leaves_its_routes(tmp_path: Path) -> None:
    database = fresh(tmp_path)
    rules = without_modem(adopted(database, RULES, FOUND), "modem-000017")
    assert not database.transact(lambda tx: adoption.dismiss(tx, rules, "modem-000017", NOW))
    assert rows(database, "SELECT count(*) FROM route_modem") == [(0,)]
    assert rows(database, "SELECT name, state FROM modem") == [("modem-000017", "absent")]
    assert names(adopted(database, rules, FOUND)) == ["modem-000017"]
