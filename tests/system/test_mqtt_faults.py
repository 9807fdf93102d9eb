"""A thousand messages through every fault of broker, line and daemon: each sent once, each event told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.system import mqtt_faults

if TYPE_CHECKING:
    from tests.system.gateway import Site

FAULTS = {
    "broker stopped and started": 4,
    "broker killed": 4,
    "broker frozen": 2,
    "line cut": 12,
    "line cut, no ids": 12,
    "daemon killed": 5,
    "daemon killed, no ids": 5,
}


@pytest.mark.parametrize("which", FAULTS, ids=lambda which: which.replace(" ", "_"))
def test_a_thousand_messages(site: Site, which: str) -> None:
    run = mqtt_faults.ALL[which](site, messages=1000, faults=FAULTS[which], seed=20261122)
    print(run.figures())  # noqa: T201 - shown where the test failed
    assert run.wrongs() == {}
    assert run.faults >= FAULTS[which]
