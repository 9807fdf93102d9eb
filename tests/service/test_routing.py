"""Routes are sets of modems, made anew from the configuration; parts keep their keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from modemd.errors import Rejected
from modemd.service import routing
from modemd.service.numbering import normalise, recipient_key
from modemd.service.rules import Rules
from tests.service.office import LONG, TO, Office, rules_of, with_broker
from tests.store.files import rows

if TYPE_CHECKING:
    from pathlib import Path

THREE = [
    {"name": "gsm1", "port": "/dev/1"},
    {"name": "gsm2", "port": "/dev/2"},
    {"name": "deaf", "port": "/dev/3", "send": False},
]
ROUTES = [{"prefix": "+32", "modems": ["gsm1", "deaf"]}, {"prefix": "+324", "modems": ["gsm2"]}]
RULES = rules_of(modems={"list": THREE}, routes=ROUTES)


@pytest.mark.parametrize(
    ("key", "names"),
    [
        ("any", ["gsm1", "gsm2"]),
        ("any !gsm1", ["gsm2"]),
        ("any !gsm1 !gsm2", []),
        ("prefix:+32", ["gsm1"]),
        ("prefix:+32 !gsm1", []),
        ("prefix:+49", ["gsm1", "gsm2"]),
        ("modem:gsm2", ["gsm2"]),
        ("modem:deaf", []),
        ("modem:gone", []),
    ],
)
def test_a_key_says_which_modems_may_send(key: str, names: list[str]) -> None:
    assert [modem.name for modem in routing.members(RULES, key)] == names


@pytest.mark.parametrize(
    ("destination", "key"),
    [("+32475123456", "prefix:+324"), ("+3221234567", "prefix:+32"), ("+31612345678", "any"), ("112", "any")],
)
def test_the_longest_prefix_that_fits_decides(destination: str, key: str) -> None:
    assert routing.key_for(RULES, destination, None) == key


def test_a_modem_that_is_asked_for_must_exist() -> None:
    assert routing.key_for(RULES, TO, "gsm1") == "modem:gsm1"
    with pytest.raises(Rejected, match="no_route"):
        routing.key_for(RULES, TO, "gsm9")


def test_modems_are_left_out_in_one_order() -> None:
    assert routing.without(routing.without("any", "b"), "a") == routing.without("any !a", "b") == "any !a !b"
    assert routing.without("any !a", "a") == "any !a"
    assert routing.base_of("prefix:+32 !a !b") == "prefix:+32"


def memberships(office: Office) -> dict[str, set[str]]:
    sql = (
        "SELECT route.key, modem.name FROM route LEFT JOIN route_modem ON route_modem.route_id = route.id "
        "LEFT JOIN modem ON modem.id = route_modem.modem_id"
    )
    found: dict[str, set[str]] = {}
    for key, name in rows(office.database, sql):
        found.setdefault(key, set()).update({name} - {None})
    return found


def reload(office: Office, rules: Rules) -> None:
    office.rules = with_broker(rules)
    office.ids = office.run(lambda tx: routing.sync(tx, rules))


def test_the_sets_follow_the_configuration(tmp_path: Path) -> None:
    office = Office(tmp_path, RULES)
    office.send(to="+31612345678")
    office.denied(8)
    assert memberships(office) == {
        "any": {"gsm1", "gsm2"},
        "any !gsm1": {"gsm2"},
        "prefix:+32": {"gsm1"},
        "prefix:+324": {"gsm2"},
        "modem:gsm1": {"gsm1"},
        "modem:gsm2": {"gsm2"},
        "modem:deaf": set(),
    }
    reload(office, rules_of(modems={"list": [THREE[0], {"name": "new", "port": "/dev/4"}]}))
    assert memberships(office) == {
        "any": {"gsm1", "new"},
        "any !gsm1": {"new"},
        "prefix:+32": {"gsm1", "new"},
        "prefix:+324": {"gsm1", "new"},
        "modem:gsm1": {"gsm1"},
        "modem:gsm2": set(),
        "modem:deaf": set(),
        "modem:new": {"new"},
    }
    office.taken(1, "new")


def test_what_waited_for_a_modem_that_is_taken_out_goes_by_another(tmp_path: Path) -> None:
    office = Office(tmp_path)
    message = office.send(LONG)
    office.denied(17)
    assert office.claim("gsm2") is None
    reload(office, rules_of(modems={"list": [{"name": "gsm2", "port": "/dev/2"}]}))
    assert office.taken(1, "gsm2").message_id == message


# -- numbers ----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("written", "country", "read"),
    [
        ("+32475123456", None, "+32475123456"),
        ("+32 475 12.34-56", None, "+32475123456"),
        ("0032475123456", None, "+32475123456"),
        ("0475 123 456", "BE", "+32475123456"),
        ("(0475) 12/34.56", "BE", "+32475123456"),
        ("0612345678", "FR", "+33612345678"),
        ("112", "BE", "112"),
        ("8810", None, "8810"),
        ("*100#", "BE", "*100#"),
        ("20123456", "DK", "+4520123456"),
        ("112", "DK", "112"),
        ("1414", "DK", "1414"),
        ("81234567", "SG", "+6581234567"),
        ("22222222", "BE", "22222222"),
    ],
)
def test_numbers_are_read_in_the_gateway_s_country(written: str, country: str | None, read: str) -> None:
    assert normalise(written, country) == read


@pytest.mark.parametrize(
    "written", ["", " ", "abc", "+", "+12", "٣٢٤٧٥", "0475\n123456; rm", "1" * 40, "0475123456"]
)
def test_what_is_no_number_is_refused(written: str) -> None:
    with pytest.raises(Rejected, match="bad_number"):
        normalise(written, None)


@pytest.mark.parametrize(("kind", "read"), [(0, "0475123456"), (2, "0475123456"), (1, "+32475123456")])
def test_a_type_of_number_is_kept(kind: int, read: str) -> None:
    assert normalise("0475 123 456", "BE", kind) == read


def test_all_spellings_of_a_recipient_have_one_key() -> None:
    spellings = ["+32475123456", "0032475123456", "0475123456", "475123456", "00032475123456"]
    assert {recipient_key(each) for each in spellings} == {"75123456"}
    assert recipient_key("8810") == "8810"
    assert recipient_key("SHOP") == "SHOP"
