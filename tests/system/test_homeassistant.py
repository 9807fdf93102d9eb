"""What stays on the broker, for Home Assistant and others: there at a connect, true, and taken away again."""

from __future__ import annotations

import json
import signal
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from tests.system.mqtt_run import connected
from tests.system.mqtt_user import MqttUser

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.system.gateway import Site
    from tests.system.mosquitto import Broker

CONTACTS = {"nurse": "+32475000001", "night": ["+32475000002", "+32475000003"]}
GATEWAY = "homeassistant/device/modemd_test/config"
GSM1 = "homeassistant/device/modemd_test/gsm1/config"
GSM2 = "homeassistant/device/modemd_test/gsm2/config"


class Onlooker:
    """What is on the broker: the last retained payload of each topic, as Home Assistant keeps it."""

    def __init__(self, user: MqttUser) -> None:
        self.user = user

    @property
    def board(self) -> dict[str, bytes]:
        """By topic; what was cleared is not there."""
        last = {each.topic: each.payload for each in list(self.user.heard)}
        return {topic: payload for topic, payload in last.items() if payload}

    def has(self, topic: str) -> Any:
        """A topic's JSON; ``None`` where there is none."""
        payload = self.board.get(topic)
        return None if payload is None else json.loads(payload)

    def part(self, topic: str, *steps: str) -> Any:
        """What a topic's JSON has there; ``None`` where it has nothing, or is not there yet."""
        found = self.has(topic)
        for step in steps:
            found = found.get(step) if isinstance(found, dict) else None
        return found

    def count(self, topic: str) -> int:
        """How often it was published."""
        return len(self.user.on(topic))

    def ready(self, name: str) -> bool:
        """Whether a modem is told to be."""
        state = self.has(f"modemd/modem/{name}/state")
        return state is not None and state["state"] == "ready"


@pytest.fixture
def board(broker: Broker) -> Iterator[Onlooker]:
    with MqttUser(broker.port, "modemd/#", "homeassistant/#", "other/#") as user:
        yield Onlooker(user)


def configure(site: Site, broker: Broker, **sections: Any) -> None:
    mqtt = broker.settings(homeassistant="homeassistant", repeat=0.2)
    site.configure(**({"mqtt": mqtt, "contacts": CONTACTS} | sections))


def begin(site: Site, broker: Broker, *, modems: int = 2) -> None:
    site.simulate("--airtime", "0.01", "--report-delay", "0.05", modems=modems)
    configure(site, broker)
    site.start()
    connected(site)


def reload(site: Site, broker: Broker, **sections: Any) -> None:
    configure(site, broker, **sections)
    site.signal(signal.SIGHUP)


def only(site: Site, *names: str) -> list[dict[str, Any]]:
    return [{"name": name, "port": str(site.folder / "ports" / name)} for name in names]


def test_what_is_on_the_broker(site: Site, broker: Broker, board: Onlooker) -> None:
    begin(site, broker)
    site.until(lambda: board.ready("gsm1") and board.ready("gsm2"), "the modems are told")
    site.until(lambda: board.part(GSM1, "device", "serial_number"), "who it is")
    assert board.has("modemd/gateway/test/queues")["queued"] == 0
    site.until(lambda: board.part("modemd/modem/gsm1/state", "registration") is not None, "its network")
    state = board.has("modemd/modem/gsm1/state")
    assert (state["registration"], state["operator"], state["signal_dbm"]) == (1, "Simulated", -73)
    assert (state["imei"], state["number"]) == ("861234560000001", "+32475000001")
    assert board.has("modemd/account/default/credit")["state"] == "active"
    device = board.has(GATEWAY)
    assert {"notify_nurse", "notify_night", "received_default", "messages_default"} <= set(
        device["components"]
    )
    # They stay there for who comes later.
    with MqttUser(broker.port, "modemd/#", "homeassistant/#", name="late") as late:
        late.until(lambda: {each.topic for each in late.heard} >= set(board.board), "all of it")
        assert {each.topic for each in late.heard if each.retain} == set(board.board)


def test_counts_follow_what_happens(site: Site, broker: Broker, board: Onlooker) -> None:
    begin(site, broker, modems=1)
    board.user.publish("modemd/send", {"to": "night", "text": "Hello", "id": "a"})
    site.until(lambda: board.part("modemd/gateway/test/queues", "sent_today") == 2, "two went today")
    site.until(lambda: board.part("modemd/modem/gsm1/state", "sent_today") == 2, "both by this modem")
    at = "2099-01-01T00:00:00Z"
    board.user.publish("modemd/send", {"to": "nurse", "text": "Hello", "at": at, "validity": "1d"})
    site.until(lambda: board.part("modemd/gateway/test/queues", "scheduled") == 1, "one waits")
    assert board.part("modemd/gateway/test/queues", "queued") == 0


def test_a_contact_in_a_dropped_file(site: Site, broker: Broker, board: Onlooker) -> None:
    begin(site, broker, modems=1)
    site.drop("a.json", json.dumps([{"to": "night", "text": "Hello"}, {"to": "nurse", "text": "Hi"}]))
    site.until_in("sent", "a.json")
    night, nurse = json.loads(site.text("sent", "a.json"))
    assert [each["to"] for each in night["result"]] == CONTACTS["night"]
    assert nurse["result"]["to"] == CONTACTS["nurse"]


def test_many_messages_are_no_many_states(site: Site, broker: Broker, board: Onlooker) -> None:
    begin(site, broker, modems=1)
    for place in range(200):
        board.user.post("modemd/send", {"to": "+32475123456", "text": str(place)})
    site.until(lambda: board.part("modemd/gateway/test/queues", "sent_today") == 200, "all went")
    at = [each.at for each in board.user.on("modemd/gateway/test/queues")]
    assert len(at) > 1
    assert all(later - earlier > 1.5 for earlier, later in pairwise(at))


def test_what_goes_from_the_configuration_goes_from_the_broker(
    site: Site, broker: Broker, board: Onlooker
) -> None:
    begin(site, broker)
    site.until(lambda: board.ready("gsm2"), "the modems are told")
    reload(site, broker, contacts={"nurse": CONTACTS["nurse"]}, modems=only(site, "gsm1"))
    site.until(lambda: GSM2 not in board.board, "the device is taken away")
    site.until(lambda: "modemd/modem/gsm2/state" not in board.board, "its state too")
    site.until(lambda: board.part(GATEWAY, "components", "notify_night") == {"platform": "notify"}, "removed")
    site.until(
        lambda: board.part(GATEWAY, "components", "notify_night") is None, "and then not named any more"
    )
    assert board.has(GSM1) is not None
    assert "notify_nurse" in board.has(GATEWAY)["components"]


def test_what_goes_while_the_gateway_is_away_goes_at_its_start(
    site: Site, broker: Broker, board: Onlooker
) -> None:
    begin(site, broker)
    site.until(lambda: board.ready("gsm2"), "the modems are told")
    site.stop()
    site.until(lambda: board.part("modemd/modem/gsm1/state", "state") == "stopped", "the last word")
    configure(site, broker, contacts={}, modems=only(site, "gsm1"))
    site.start()
    site.until(lambda: GSM2 not in board.board and "modemd/modem/gsm2/state" not in board.board, "it goes")
    site.until(lambda: board.part(GATEWAY, "components", "notify_nurse") is None, "and the contacts")
    site.until(lambda: board.ready("gsm1"), "the other is back")
    site.kill()
    configure(site, broker, contacts={})
    site.start()
    site.until(lambda: GSM2 in board.board and board.ready("gsm2"), "it came again")
    assert "notify_nurse" not in board.has(GATEWAY)["components"]


def test_off_and_elsewhere(site: Site, broker: Broker, board: Onlooker) -> None:
    begin(site, broker, modems=1)
    site.until(lambda: board.ready("gsm1"), "the modem is told")
    reload(site, broker, mqtt=broker.settings(homeassistant="other/ha", prefix="other/modemd", repeat=0.2))
    site.until(lambda: "other/ha/device/modemd_test/config" in board.board, "it is elsewhere")
    site.until(lambda: board.has("other/modemd/modem/gsm1/state"), "and the states")
    site.until(lambda: all(topic.startswith("other/") for topic in board.board), "and nothing where it was")
    reload(site, broker, mqtt=broker.settings(homeassistant="", prefix="other/modemd", repeat=0.2))
    site.until(lambda: not any("/device/" in topic for topic in board.board), "off")
    assert board.ready("gsm1") is False
    assert board.has("other/modemd/modem/gsm1/state")["state"] == "ready"


def test_home_assistant_starts(site: Site, broker: Broker, board: Onlooker) -> None:
    begin(site, broker, modems=1)
    site.until(lambda: board.ready("gsm1"), "the modem is told")
    site.until(lambda: board.part(GSM1, "device", "serial_number"), "who it is")
    devices, states = board.count(GSM1), board.count("modemd/modem/gsm1/state")
    board.user.publish("homeassistant/status", "offline")
    board.user.publish("homeassistant/status", "online")
    site.until(lambda: board.count(GSM1) == devices + 1, "it is told anew", 8.0)
    site.until(lambda: board.count("modemd/modem/gsm1/state") == states + 1, "and how it stands")
    assert board.count(GSM1) == devices + 1


def test_a_broker_that_forgets_is_told_again(site: Site, broker: Broker, board: Onlooker) -> None:
    begin(site, broker, modems=1)
    site.until(lambda: board.ready("gsm1"), "the modem is told")
    broker.kill()
    (broker.folder / "mosquitto.db").unlink(missing_ok=True)
    broker.start()
    board.user.heard.clear()
    site.until(lambda: GSM1 in board.board and board.ready("gsm1"), "all is there again")
    with MqttUser(broker.port, "modemd/#", "homeassistant/#", name="late") as late:
        late.until(lambda: {GSM1, GATEWAY} <= {each.topic for each in late.heard}, "to stay")
        assert {GSM1, GATEWAY} <= {each.topic for each in late.heard if each.retain}


def test_a_broker_with_a_small_window(site: Site, broker: Broker, board: Onlooker) -> None:
    """More states than it takes at once, while it is told of messages too."""
    broker.more.append("max_inflight_messages 3")
    broker.restart()
    site.simulate("--airtime", "0", modems=4)
    configure(site, broker)
    site.start()
    connected(site)
    for place in range(100):
        board.user.post("modemd/send", {"to": "+32475123456", "text": str(place)})
    site.until(lambda: all(board.ready(f"gsm{place}") for place in range(1, 5)), "all are told")
    site.until(lambda: len(site.air()) == 100, "all went")
    assert "is lost" not in site.log
