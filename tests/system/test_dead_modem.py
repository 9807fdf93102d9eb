"""One of eight modems dies for good: the others have its messages on the air soon, and each of them once."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.system.gateway import Site

_SOON_S = 12.0
"""Deadlines are a tenth of an ordinary day's here, or less; the machine that tests is busy."""


@pytest.mark.parametrize("way", ["prompt", "body", "unplugged"])
def test_the_messages_of_a_dead_modem_go_by_the_others(site: Site, way: str) -> None:
    site.hasty = True
    site.simulate("--airtime", "0.1", modems=8)
    site.configure(sending={"uncertain": "hold"})
    site.start()
    site.until(lambda: site.log.count(": ready (") == 8, "the modems are open")
    if way == "unplugged":
        site.ask("unplug", modem="gsm1")
    else:
        site.ask("fault", modem="gsm1", spec={"kind": "dead", "on": "AT+CMGS*", "at": way, "times": 0})
    began = time.time()
    names = [f"m{place:02d}" for place in range(24)]
    for place, name in enumerate(names):
        text = name if place % 6 else f"{name} {'words ' * 40}"
        site.drop(name, f"To: 324751234{name[1:]}\n\n{text}")
    doubtful = 1 if way == "body" else 0
    site.until(lambda: len(site.names("sent")) >= len(names) - doubtful, "others have sent", 30)
    air = site.air()
    assert {one["modem"] for one in air} == {f"gsm{place}" for place in range(2, 9)}
    assert len({(one["destination"], str(one["concat"])) for one in air}) == len(air)
    assert max(float(one["at"]) for one in air) - began < _SOON_S
    if way != "unplugged":
        site.until(lambda: "gsm1 is helped" in site.log, "the modem is helped")
