"""Trouble that is nobody's message's fault: a full disk, a broker that forgets, modems that are away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.system.mosquitto import Broker
from tests.system.mqtt_run import Told, connected
from tests.system.mqtt_user import MqttUser
from tests.system.test_disk_full import fill, small

if TYPE_CHECKING:
    from pathlib import Path

    from tests.system.gateway import Site

__all__ = ["small"]

TO = "+32475123456"


def ended(user: MqttUser, event: str) -> set[str]:
    return {str(each["client_id"]) for each in user.events() if each["event"] == event}


@pytest.mark.usefixtures("small")
def test_what_a_full_disk_cannot_take_stays_at_the_broker(
    site: Site, small: Path, broker: Broker, user: MqttUser
) -> None:
    site.simulate("--airtime", "0", "--no-reports", modems=1)
    site.configure(mqtt=broker.settings(keepalive="2s"))
    site.start()
    connected(site)
    user.publish("modemd/send", {"to": TO, "text": "before", "id": "before"})
    user.event("sent", "before")
    ballast = fill(small)
    with ballast.open("rb+") as file:
        file.truncate(max(ballast.stat().st_size - 40_000, 0))
    names = {f"m{one}" for one in range(300)}
    for name in sorted(names):
        user.publish("modemd/send", {"to": TO, "text": name, "id": name})
    site.until(lambda: "full" in site.log or "disk" in site.log, "it is noticed")
    site.pass_by(4)  # twice the keep-alive: the connection is held all the while
    assert len(ended(user, "accepted")) < 300
    ballast.unlink()
    user.until(lambda: ended(user, "sent") >= names, "all go when there is room", 60)
    assert sorted(each["text"] for each in site.air()) == sorted({*names, "before"})
    assert ended(user, "rejected") == set()
    assert "Traceback" not in site.log


def test_a_broker_that_forgets_everything(site: Site) -> None:
    site.simulate("--airtime", "0", "--report-delay", "0.05", modems=1)
    with Broker(site.folder, persistence=False) as broker:
        site.configure(mqtt=broker.settings())
        site.start()
        connected(site)
        with MqttUser(broker.port, "modemd/status/#", "modemd/gateway/+/state") as user:
            for one in range(2):
                name = f"m{one}"
                user.publish("modemd/send", {"to": TO, "text": name})
                user.until(lambda n=one: len(site.air()) > n, "it is sent")  # type: ignore[misc]
                broker.restart()
                connected(site, one + 2)
                user.until(lambda n=one: user.connects == n + 2, "the user is back")  # type: ignore[misc]
            told = Told()
            user.until(lambda: told.read(user).ended == 2, "all is told, though it forgot")
            with MqttUser(broker.port, "modemd/#", name="late") as late:
                late.until(lambda: late.on("modemd/gateway/test/state"), "what stays is there again")
                late.until(lambda: late.on("modemd/modem/gsm1/state"), "all of it")
        assert told.disordered == []
        assert [each["text"] for each in site.air()] == ["m0", "m1"]


def test_many_wait_for_a_modem(site: Site, broker: Broker, user: MqttUser) -> None:
    """What is accepted waits in the store, not in memory, and goes out in its order of urgency."""
    site.simulate("--airtime", "0", "--no-reports", modems=1)
    site.configure(mqtt=broker.settings())
    site.start()
    connected(site)
    site.ask("unplug", modem="gsm1")
    for one in range(1100):
        user.post("modemd/send", {"to": f"+32476{one:06d}", "text": f"m{one}", "id": f"m{one}"})
    user.post("modemd/send", {"to": TO, "text": "urgent", "id": "urgent", "priority": "high"})
    user.until(lambda: len(ended(user, "accepted")) == 1101, "all are accepted", 60)
    site.ask("plug", modem="gsm1")
    user.until(lambda: len(ended(user, "sent")) == 1101, "all are sent", 60)
    went = [each["text"] for each in site.air()]
    assert went[0] == "urgent"
    assert sorted(went[1:]) == sorted(f"m{one}" for one in range(1100))
