"""The gateway's end, and its changes while it runs, as the broker's users see them."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

from tests.system.mosquitto import Broker
from tests.system.mqtt_run import connected
from tests.system.mqtt_user import MqttUser
from tests.system.proxy import Proxy

if TYPE_CHECKING:
    from tests.system.gateway import Site

TO = "+32475123456"
STATE = "modemd/gateway/test/state"
UNPUBLISHED = "SELECT count(*) FROM outbox WHERE consumer = 'mqtt'"


def begin(site: Site, mqtt: dict[str, Any], *options: str) -> None:
    site.simulate(*(options or ("--airtime", "0", "--no-reports")), modems=1)
    site.configure(mqtt=mqtt)
    site.start()
    connected(site)


def state(user: MqttUser, topic: str = STATE) -> str | None:
    """What is said last; nothing where it was taken away again."""
    heard = user.on(topic)
    return str(heard[-1].body["state"]) if heard and heard[-1].payload else None


def sent(user: MqttUser, name: str) -> None:
    user.publish("modemd/send", {"to": TO, "text": name, "id": name})
    user.event("sent", name)


def test_a_clean_stop_tells_all_and_says_offline(site: Site, broker: Broker, user: MqttUser) -> None:
    begin(site, broker.settings(), "--airtime", "0.01", "--report-delay", "0.05")
    user.until(lambda: state(user) == "online", "it is there")
    for one in range(100):
        user.post("modemd/send", {"to": TO, "text": f"m{one}", "id": f"m{one}"})
    user.until(lambda: len([e for e in user.events() if e["event"] == "sent"]) > 20, "some are sent")
    assert site.stop(within_s=6) < 5
    user.until(lambda: state(user) == "offline", "it is gone")
    with MqttUser(broker.port, STATE, name="late") as late:
        assert late.until(lambda: late.on(STATE), "it stays")[0].retain
        assert state(late) == "offline"
    assert site.rows(UNPUBLISHED) == [(0,)], "all that happened is told"
    told = {each["event_id"] for each in user.events()}
    site.start()
    connected(site, 2)
    ended = {"delivered"}
    user.until(
        lambda: len({e["client_id"] for e in user.events() if e["event"] in ended}) == 100, "all end", 60
    )
    repeats = [each for each in user.events() if each["event_id"] in told]
    assert len(repeats) == len(told), "nothing is told twice after a clean stop"
    assert sorted(each["text"] for each in site.air()) == sorted(f"m{one}" for one in range(100))


def test_a_stop_while_the_broker_is_frozen(site: Site, broker: Broker, user: MqttUser) -> None:
    begin(site, broker.settings())
    sent(user, "before")
    broker.freeze()
    site.drop("during", f"To: {TO[1:]}\n\nDuring")
    site.until_in("sent", "during")
    assert site.stop(within_s=8) < 5
    broker.thaw()
    site.start()
    user.until(lambda: [each for each in user.events() if each["client_id"] != "before"], "it is told later")
    connected(site, 2)
    assert "Traceback" not in site.log


def test_a_stop_while_the_line_carries_nothing(site: Site, broker: Broker, user: MqttUser) -> None:
    with Proxy(broker.port) as proxy:
        begin(site, broker.settings(port=proxy.port))
        sent(user, "before")
        proxy.stall()
        for one in range(50):
            user.publish("modemd/send", {"to": TO, "text": f"m{one}", "id": f"m{one}"})
        assert site.stop(within_s=8) < 5
    site.configure(mqtt=broker.settings())
    site.start()
    connected(site, 2)
    user.until(lambda: len({e["client_id"] for e in user.events() if e["event"] == "sent"}) == 51, "all")
    assert len(site.air()) == 51


def test_a_stop_while_it_tries_to_connect(site: Site, broker: Broker) -> None:
    broker.freeze()
    site.simulate("--airtime", "0", modems=1)
    site.configure(mqtt=broker.settings())
    site.start()
    site.drop("spooled", f"To: {TO[1:]}\n\nSpooled")
    site.until_in("sent", "spooled")
    assert site.stop(within_s=8) < 5
    broker.thaw()
    assert "Traceback" not in site.log


def test_the_will_speaks_for_one_that_was_killed(site: Site, broker: Broker, user: MqttUser) -> None:
    begin(site, broker.settings(will_delay="1s"))
    user.until(lambda: state(user) == "online", "it is there")
    site.kill()
    user.until(lambda: state(user) == "offline", "the will is told", 10)
    with MqttUser(broker.port, STATE, name="late") as late:
        assert late.until(lambda: state(late), "it stays") == "offline"
    site.start()
    user.until(lambda: state(user) == "online", "it is back")


def test_a_quick_restart_after_a_kill_is_no_outage(site: Site, broker: Broker, user: MqttUser) -> None:
    begin(site, broker.settings(will_delay="30s"))
    user.until(lambda: state(user) == "online", "it is there")
    site.kill()
    site.start()
    connected(site, 2)
    sent(user, "after")
    assert {each.body["state"] for each in user.on(STATE)} == {"online"}


def test_the_broker_is_added_changed_and_taken_away_by_reload(
    site: Site, broker: Broker, user: MqttUser
) -> None:
    site.simulate("--airtime", "0", "--no-reports", modems=1)
    site.start()
    site.drop("without", f"To: {TO[1:]}\n\nWithout")
    site.until_in("sent", "without")
    site.configure(mqtt=broker.settings())
    site.signal(signal.SIGHUP)
    connected(site, 1)
    sent(user, "added")

    with Broker(site.folder) as other, MqttUser(other.port, "modemd/#", name="other") as there:
        site.configure(mqtt=other.settings())
        site.signal(signal.SIGHUP)
        connected(site, 2)
        user.until(lambda: state(user) == "offline", "it has left the first")
        sent(there, "moved")

        site.configure(mqtt=other.settings(prefix="gsm"))
        site.signal(signal.SIGHUP)
        connected(site, 3)
        there.subscribe("gsm/#")
        there.publish("modemd/send", {"to": TO, "text": "Nobody's", "id": "old"})
        there.publish("gsm/send", {"to": TO, "text": "renamed", "id": "renamed"})
        there.until(
            lambda: [e for e in there.events("renamed", prefix="gsm") if e["event"] == "sent"], "it is sent"
        )
        there.until(lambda: state(there) is None, "its old name is cleared")
        assert state(there, "gsm/gateway/test/state") == "online"

        (site.folder / "config.yaml").unlink()
        site.configure()
        site.signal(signal.SIGHUP)
        there.until(lambda: state(there, "gsm/gateway/test/state") == "offline", "it has left")
    site.until(lambda: site.log.count("was read again") == 4, "the reload is done")
    site.drop("alone", f"To: {TO[1:]}\n\nAlone")
    site.until_in("sent", "alone")
    site.until(lambda: site.rows(UNPUBLISHED) == [(0,)], "nothing is kept for nobody")
    went = [each["text"] for each in site.air()]
    assert went == ["Without", "added", "moved", "renamed", "Alone"]
    assert "Traceback" not in site.log
    site.stop()
