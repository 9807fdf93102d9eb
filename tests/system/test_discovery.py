"""The whole gateway, told no more than to discover: what is plugged in is used, and keeps its name."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.system.gateway import Site

FIRST, SECOND = "modem-000001", "modem-000002"


@pytest.fixture
def hub(site: Site) -> Site:
    """Two sticks on a simulated hub, and a gateway that names none of them."""
    site.hasty = True
    site.simulate("--usb", str(site.folder / "sys"), modems=2)
    site.configure(modems=[], discover=True)
    return site


def start(site: Site) -> None:
    tree = {"SIMULATED_SYS": str(site.folder / "sys"), "SIMULATED_DEV": str(site.folder / "ports")}
    site.start(environment=tree)


def modems(site: Site) -> dict[str, Any]:
    return {name: tuple(more) for name, *more in site.rows("SELECT name, state, usb_path, origin FROM modem")}


def test_what_is_plugged_in_is_used_and_keeps_its_name_wherever_it_is(hub: Site) -> None:
    start(hub)
    here = {FIRST: ("ready", "1-1.1", "adopted"), SECOND: ("ready", "1-1.2", "adopted")}
    hub.until(lambda: modems(hub) == here, "both are adopted")
    assert "no modem is configured" not in hub.log
    hub.ask("unplug", modem="gsm1")
    hub.until(lambda: modems(hub)[FIRST][0] == "absent", "it is gone")
    hub.drop("a", "To: 32475123456\n\nBy the other")
    hub.until_in("sent", "a")
    hub.ask("plug", modem="gsm1", port=3)
    here[FIRST] = ("ready", "1-1.3", "adopted")
    hub.until(lambda: modems(hub) == here, "it is back, in another socket")
    hub.said.clear()
    hub.signal(signal.SIGHUP)
    hub.until(lambda: "READY=1" in hub.said, "it has read its configuration again")
    hub.drop("b", "To: 32475123456\n\nStill there")
    hub.until_in("sent", "b")
    assert modems(hub) == here
    hub.kill()
    start(hub)
    hub.until(lambda: modems(hub) == here, "both are known again")
    assert "Traceback" not in hub.log
    hub.stop(within_s=5)
    assert {name: state for name, (state, *_) in modems(hub).items()} == dict.fromkeys(here, "stopped")


def test_an_entry_of_the_list_names_what_was_adopted(hub: Site) -> None:
    start(hub)
    hub.until(lambda: [each[0] for each in modems(hub).values()] == ["ready", "ready"], "both are adopted")
    imei = hub.simulated[0]["imei"]
    hub.configure(modems=[{"name": "mine", "imei": imei}], discover=True)
    hub.signal(signal.SIGHUP)
    hub.until(lambda: modems(hub).get("mine") == ("ready", "1-1.1", "config"), "it has its own name")
    hub.until(lambda: modems(hub)[FIRST][0] == "absent", "the old name is free")
    assert modems(hub)[SECOND] == ("ready", "1-1.2", "adopted")
    hub.stop(within_s=5)
