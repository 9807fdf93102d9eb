"""Routes by the SIM's own network: a modem is in them by its SIM's IMSI or its operator's name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from modemd.service import routing
from modemd.service.modems import networks
from modemd.service.modems.networks import Subscription, fits
from modemd.store import modems
from tests.service.office import Office, rules_of
from tests.store.files import rows

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.store.database import Database
    from modemd.store.transaction import Tx

PROXIMUS = Subscription("206010000000001", "Proximus")
ORANGE = Subscription("206100000000001", "Orange B")
ROUTES = [
    {"prefix": "+3247", "networks": ["20601"]},
    {"prefix": "+3249", "networks": ["orange b"], "modems": ["gsm3"]},
]
NAMES = ("gsm1", "gsm2", "gsm3")
RULES = rules_of(modems={"list": [{"name": name, "port": f"/dev/{name}"} for name in NAMES]}, routes=ROUTES)
IN = (
    "SELECT r.key, m.name FROM route_modem AS rm JOIN route AS r ON r.id = rm.route_id"
    " JOIN modem AS m ON m.id = rm.modem_id WHERE r.key LIKE 'prefix%' ORDER BY r.key, m.name"
)


@pytest.fixture
def office(tmp_path: Path, database: Database) -> Office:
    return Office(tmp_path, RULES, database=database)


def learn(office: Office, name: str, sim: Subscription, state: str = "ready") -> None:
    """A modem's task writes down what it knows."""
    facts: dict[str, object] = {"state": state, "imsi": sim.imsi, "operator": sim.operator}

    def write(tx: Tx) -> None:
        modems.write_modem(tx, office.ids[name], facts)
        networks.follow(tx, office.rules, office.ids[name], name, sim)

    office.run(write)


def routes(office: Office) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, name in rows(office.database, IN):
        found.setdefault(str(key).removeprefix("prefix:"), []).append(str(name))
    return found


@pytest.mark.parametrize(
    ("wanted", "sim", "fit"),
    [
        (["20601"], PROXIMUS, True),
        (["20610", "20601"], PROXIMUS, True),
        (["20601"], ORANGE, False),
        (["PROXIMUS"], PROXIMUS, True),
        (["Proxi"], PROXIMUS, False),
        (["206", "x"], Subscription(None, None), False),
        ([], PROXIMUS, False),
    ],
)
def test_a_network_is_a_code_or_a_name(wanted: list[str], sim: Subscription, *, fit: bool) -> None:
    assert fits(wanted, sim) is fit


def test_a_modem_is_in_the_route_of_its_sims_network(office: Office) -> None:
    assert routes(office) == {"+3249": ["gsm3"]}
    office.send(to="+32475123456")
    assert office.claim("gsm1") is None  # nobody is known to be of that network
    learn(office, "gsm1", PROXIMUS)
    learn(office, "gsm2", ORANGE)
    assert routes(office) == {"+3247": ["gsm1"], "+3249": ["gsm2", "gsm3"]}
    assert office.claim("gsm2") is None
    office.taken(1, "gsm1")


def test_it_follows_the_sim_that_is_put_in(office: Office) -> None:
    learn(office, "gsm1", PROXIMUS)
    learn(office, "gsm1", ORANGE)
    assert routes(office) == {"+3249": ["gsm1", "gsm3"]}
    office.run(lambda tx: routing.sync(tx, office.rules))  # a restart changes nothing
    assert routes(office) == {"+3249": ["gsm1", "gsm3"]}


def test_who_is_not_registered_stays_where_its_operator_was(office: Office) -> None:
    learn(office, "gsm1", ORANGE)
    learn(office, "gsm1", ORANGE._replace(operator=None), "searching")
    learn(office, "gsm1", Subscription(None, None), "absent")
    assert routes(office) == {"+3249": ["gsm1", "gsm3"]}
    learn(office, "gsm1", ORANGE._replace(operator="Base"))
    assert routes(office) == {"+3249": ["gsm3"]}


def test_what_one_modem_refuses_goes_by_another_of_the_network(office: Office) -> None:
    learn(office, "gsm1", PROXIMUS)
    learn(office, "gsm2", ORANGE)
    learn(office, "gsm2", PROXIMUS)
    office.send(to="+32475123456")
    assert office.denied(21).move
    office.taken(1, "gsm2")
    learn(office, "gsm3", PROXIMUS)
    assert routes(office)["+3247 !gsm1"] == ["gsm2", "gsm3"]
    learn(office, "gsm1", PROXIMUS)
    assert "gsm1" not in routes(office)["+3247 !gsm1"]


def test_a_modem_that_may_not_send_is_in_no_route(tmp_path: Path) -> None:
    deaf = {"name": "gsm1", "port": "/dev/1", "send": False}
    office = Office(tmp_path, rules_of(modems={"list": [deaf]}, routes=ROUTES[:1]))
    learn(office, "gsm1", PROXIMUS)
    assert routes(office) == {}
