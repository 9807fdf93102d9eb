"""Hundreds of messages through every fault of broker, line and daemon: each sent once, each event told."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from tests.system import mqtt_faults
from tests.system.mqtt_run import Run, Told
from tests.system.mqtt_user import MqttUser
from tests.system.proxy import Proxy

if TYPE_CHECKING:
    from tests.system.gateway import Site
    from tests.system.mosquitto import Broker

FAULTS = {
    "broker stopped and started": 4,
    "broker killed": 4,
    "broker frozen": 2,
    "line cut, no ids": 12,
    "daemon killed, no ids": 4,
}


@pytest.mark.parametrize("which", FAULTS, ids=lambda which: which.replace(" ", "_"))
def test_hundreds_of_messages(site: Site, which: str) -> None:
    run = mqtt_faults.ALL[which](site, messages=500, faults=FAULTS[which], seed=20261122)
    print(run.figures())  # noqa: T201 - shown where the test failed
    assert run.wrongs() == {}
    assert run.faults >= FAULTS[which]


def test_a_line_that_never_holds_for_long(site: Site, broker: Broker) -> None:
    with Proxy(broker.port, budget=lambda: 50_000) as proxy:
        run = Run(site, broker, Random(1), messages=150, line=proxy.port)
        run.through(1, lambda: None)
        cuts = proxy.cuts
    assert run.wrongs() == {}
    assert cuts >= 3


def test_a_broker_that_was_away_hears_all(site: Site, broker: Broker) -> None:
    site.simulate("--airtime", "0", "--report-delay", "0.05", modems=2)
    site.configure(mqtt=broker.settings())
    user = MqttUser(broker.port, "modemd/status/#", "modemd/received/#")
    with user:
        broker.stop()
        site.start()
        for one in range(200):
            site.drop(f"f{one}", f"To: 32476{one:06d}\n\nf{one}")
        site.ask("incoming", text="Meanwhile", **{"from": "+32475999999"})
        site.until(lambda: site.states() == ["delivered"] * 200, "all are delivered without it", 60)
        told = Told()
        broker.start()
        site.until(lambda: told.read(user).ended == 200, "all is told", 60)
        user.until(lambda: user.on("modemd/received/default"), "what came in, too")
    assert told.disordered == []
    assert {len(walk) for walk in told.walks.values()} == {5}
