"""What a whole gateway is asked by the broker: pauses that last, USSD, restarts; and what a kill leaves."""

from __future__ import annotations

import signal
from itertools import count
from random import Random
from typing import TYPE_CHECKING, Any

from modemd.simulator.ussd import CYRILLIC, MENU
from tests.system.mqtt_run import connected

if TYPE_CHECKING:
    from tests.system.gateway import Site
    from tests.system.mosquitto import Broker
    from tests.system.mqtt_user import MqttUser

TO = "+32475123456"
_TRANSACTIONS = count(1)
BALANCE = {"text": "Your balance is 12.34 EUR.", "more": False}


def begin(site: Site, broker: Broker, *options: str, modems: int = 1, **sections: Any) -> None:
    site.simulate("--airtime", "0.01", *options, modems=modems)
    site.configure(mqtt=broker.settings(), **sections)
    site.start()
    connected(site)
    site.until(lambda: site.rows("SELECT count(*) FROM modem WHERE state = 'ready'") == [(modems,)], "ready")


def post(user: MqttUser, verb: str, **payload: Any) -> int:
    """Ask; return the transaction."""
    transaction = next(_TRANSACTIONS)
    user.publish(f"modemd/request/{verb}", {"transaction": transaction} | payload)
    return transaction


def response(user: MqttUser, transaction: int) -> dict[str, Any]:
    """The answer, repeats dropped."""

    def found() -> dict[str, dict[str, Any]]:
        bodies = [each.body for each in user.on("modemd/response/#")]
        return {body["event_id"]: body for body in bodies if body["transaction"] == transaction}

    user.until(found, f"the answer to {transaction}")
    [body] = found().values()
    return body


def asked(user: MqttUser, verb: str, **payload: Any) -> dict[str, Any]:
    return response(user, post(user, verb, **payload))


def test_a_pause_outlives_the_daemon_and_others_send_meanwhile(
    site: Site, broker: Broker, user: MqttUser
) -> None:
    begin(site, broker, modems=2)
    state = asked(user, "pause", modem="gsm1", reason="a new SIM")["data"]
    assert state["state"] == "paused"
    shown = "modemd/modem/gsm1/state"
    user.until(lambda: user.on(shown) and user.on(shown)[-1].body["state"] == "paused", "it is shown", 5)
    user.publish("modemd/send", {"to": TO, "text": "by the other", "id": "one"})
    assert user.event("sent", "one")["modem"] == "gsm2"
    site.kill()
    site.start()
    connected(site)
    query = "SELECT state, error FROM modem WHERE name = 'gsm1'"
    site.until(lambda: site.log.count("modem gsm1 is paused") == 2, "it is paused again")
    assert site.rows(query)[0][1].endswith(": a new SIM")
    user.publish("modemd/send", {"to": TO, "text": "by none but it", "id": "two", "modem": "gsm1"})
    user.event("queued", "two")
    site.signal(signal.SIGHUP)
    site.until(lambda: "the configuration was read again" in site.log, "it is read")
    assert site.rows(query)[0][0] == "paused"
    assert asked(user, "resume", modem="gsm1")["data"]["state"] == "ready"
    assert user.event("sent", "two")["modem"] == "gsm1"
    site.until(lambda: site.log.count("modem gsm1: ready (") == 2, "that it goes on is logged")


def test_a_dialogue_with_the_network(site: Site, broker: Broker, user: MqttUser) -> None:
    begin(site, broker)
    assert asked(user, "ussd", modem="gsm1", code="*100#")["data"] == BALANCE
    assert asked(user, "ussd", modem="gsm1", code="*101#")["data"] == {"text": MENU, "more": True}
    assert asked(user, "ussd", modem="gsm1", code="1")["data"] == BALANCE
    assert asked(user, "ussd", modem="gsm1", code="*102#")["data"] == {"text": CYRILLIC, "more": False}
    assert asked(user, "ussd", modem="gsm1", code="*103#")["error"]["code"] == "refused"
    site.ask("ussd", text="You have won")
    site.until(lambda: "the network says something unasked" in site.log, "it is logged")
    assert "You have won" not in site.log


def test_a_restart_is_answered_when_the_modem_is_ready(site: Site, broker: Broker, user: MqttUser) -> None:
    begin(site, broker)
    assert asked(user, "reset", modem="gsm1")["data"]["state"] == "ready"
    user.publish("modemd/send", {"to": TO, "text": "after it", "id": "one"})
    user.event("sent", "one")


def test_what_was_begun_when_the_daemon_was_killed_is_uncertain_and_not_done_again(
    site: Site, broker: Broker, user: MqttUser
) -> None:
    begin(site, broker)
    begun = post(user, "ussd", modem="gsm1", code="*105#")
    site.until(lambda: site.rows("SELECT begun_at IS NOT NULL FROM modem_order") == [(1,)], "it is begun")
    site.kill()
    site.start()
    assert response(user, begun)["error"]["code"] == "uncertain"
    assert asked(user, "ussd", modem="gsm1", code="*100#")["data"] == BALANCE


def test_a_stop_waits_for_no_network(site: Site, broker: Broker, user: MqttUser) -> None:
    begin(site, broker)
    begun = post(user, "ussd", modem="gsm1", code="*105#")
    site.until(lambda: site.rows("SELECT begun_at IS NOT NULL FROM modem_order") == [(1,)], "it is begun")
    assert site.stop() < 5
    assert response(user, begun)["error"]["code"] == "uncertain"


def test_the_command_needs_no_broker(site: Site) -> None:
    site.simulate(modems=1)
    site.start()
    site.until(lambda: site.rows("SELECT state FROM modem") == [("ready",)], "it is ready")
    said = site.run("ussd", "gsm1", "*102#")
    assert (said.returncode, said.stdout, said.stderr) == (0, f"{CYRILLIC}\n", "")


def test_a_modem_that_is_unplugged_is_said_to_be(site: Site, broker: Broker, user: MqttUser) -> None:
    begin(site, broker)
    begun = post(user, "ussd", modem="gsm1", code="*105#")
    site.until(lambda: site.rows("SELECT begun_at IS NOT NULL FROM modem_order") == [(1,)], "it is begun")
    site.ask("unplug")
    assert response(user, begun)["error"]["code"] == "uncertain"
    site.until(lambda: site.rows("SELECT state FROM modem") == [("absent",)], "it is absent")
    error = asked(user, "ussd", modem="gsm1", code="*100#")["error"]
    assert error["code"] == "unavailable"
    assert error["reason"].startswith("modem gsm1 is absent: ")


def test_messages_go_once_whatever_is_asked_of_their_modems(
    site: Site, broker: Broker, user: MqttUser
) -> None:
    begin(site, broker, modems=2)
    chance, texts = Random(3), [f"text {place}" for place in range(200)]
    transactions = []
    for place, text in enumerate(texts):
        user.post("modemd/send", {"to": f"+32475{place:06}", "text": text, "report": False})
        if place % 8 == 0:
            verb = chance.choice(["ussd", "pause", "resume", "ussd", "reset"])
            code = chance.choice(["*100#", "*101#", "*103#"])
            transactions.append(post(user, verb, modem=chance.choice(["gsm1", "gsm2"]), code=code))
    transactions += [post(user, "resume", modem=name) for name in ("gsm1", "gsm2")]
    site.until(lambda: len(site.air()) >= len(texts), "all are sent", 60)
    assert sorted(each["text"] for each in site.air()) == sorted(texts)
    for each in transactions:
        assert response(user, each)["error"] in (
            None,
            {"code": "refused", "reason": "the network or the SIM does not know this code"},
        )
    site.until(lambda: set(site.states()) == {"sent"}, "all are known to be")
