"""The MQTT door, from a publish to what the network took, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.system.mqtt_run import connected
from tests.system.mqtt_user import MqttUser

if TYPE_CHECKING:
    from tests.system.gateway import Site
    from tests.system.mosquitto import Broker

TO = "+32475123456"
REPORTED = ["--airtime", "0.01", "--report-delay", "0.05"]


def walk(user: MqttUser, client_id: str) -> list[str]:
    """The states of one client's id as they were told, repeats dropped."""
    told = {each["event_id"]: each["event"] for each in user.events(client_id)}
    return list(told.values())


def begin(site: Site, broker: Broker, *options: str, modems: int = 1, **sections: Any) -> None:
    """A gateway on this broker, connected."""
    site.simulate(*(options or REPORTED), modems=modems)
    site.configure(mqtt=broker.settings(), **sections)
    site.start()
    connected(site)


def texts(site: Site) -> list[str]:
    return [each["text"] for each in site.air()]


def test_published_sent_and_delivered(site: Site, broker: Broker, user: MqttUser) -> None:
    begin(site, broker)
    user.publish("modemd/send", {"to": TO, "text": "Hello €", "id": "one"})
    last = user.event("delivered", "one")
    assert walk(user, "one") == ["accepted", "queued", "sending", "sent", "delivered"]
    assert [(each["destination"], each["text"]) for each in site.air()] == [(TO, "Hello €")]
    assert (last["account"], last["to"], last["parts"], last["parts_done"]) == ("default", TO, 1, 1)
    assert last["modem"] == "gsm1"
    assert len({each["id"] for each in user.events()}) == 1
    assert {each.topic for each in user.on("modemd/status/#")} == {"modemd/status/default"}
    site.stop()
    assert site.rows("SELECT count(*) FROM outbox WHERE consumer = 'mqtt'") == [(0,)]


def test_a_user_of_the_older_protocol(site: Site, broker: Broker) -> None:
    begin(site, broker)
    with MqttUser(broker.port, "modemd/status/#", "modemd/received/#", version=4) as old:
        old.publish("modemd/send", {"to": TO, "text": "Hello", "id": "old"})
        old.event("delivered", "old")
        site.ask("incoming", text="Good day", **{"from": TO})
        [heard] = old.until(lambda: old.on("modemd/received/default"), "it is told")
        assert heard.body["text"] == "Good day"


def test_what_comes_in(site: Site, broker: Broker, user: MqttUser) -> None:
    begin(site, broker)
    user.publish("modemd/send", {"to": TO, "text": "Are you there?", "id": "asked"})
    asked = user.event("delivered", "asked")["id"]
    site.ask("incoming", text="Yes ✓", **{"from": TO})
    [heard] = user.until(lambda: user.on("modemd/received/default"), "the answer is told")
    assert (heard.body["from"], heard.body["text"], heard.body["modem"]) == (TO, "Yes ✓", "gsm1")
    assert heard.body["in_reply_to"] == asked
    assert heard.body["complete"] is True
    site.ask("incoming", text="Who is this?", **{"from": "+32475999999"})
    [_, other] = user.until(lambda: user.on("modemd/received/#")[1:] and user.on("modemd/received/#"), "told")
    assert other.body.get("in_reply_to") is None
    assert not other.retain
    site.ask("call", rings=1, **{"from": "+32475222222"})
    [call] = user.until(lambda: user.on("modemd/call/gsm1"), "the call is told")
    assert call.body["from"] == "+32475222222"
    assert set(call.body) >= {"from", "at", "kind", "event_id"}


def test_a_list_of_recipients_and_a_list_of_messages(site: Site, broker: Broker, user: MqttUser) -> None:
    begin(site, broker)
    user.publish("modemd/send", {"to": [TO, "0475 12 34 57"], "text": "Both", "id": "list"})
    user.publish("modemd/send", [{"to": TO, "text": "First"}, {"to": TO, "text": "Second"}])
    user.until(lambda: len([e for e in user.events() if e["event"] == "delivered"]) == 4, "all delivered")
    sent = sorted((each["destination"], each["text"]) for each in site.air())
    assert sent == [(TO, "Both"), (TO, "First"), (TO, "Second"), ("+32475123457", "Both")]
    assert sorted({str(each["client_id"]) for each in user.events() if each["client_id"]}) == [
        f"list/{TO}", "list/0475 12 34 57",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "payload",
    [{"number": TO, "text": "Hi"}, {"to": TO, "body": "Hi"}, {"number": TO, "message": "Hi"}],
    ids="+".join,
)
def test_the_spellings_of_other_bridges(
    site: Site, broker: Broker, user: MqttUser, payload: dict[str, str]
) -> None:
    begin(site, broker, "--airtime", "0")
    user.publish("modemd/send", {**payload, "id": 7})
    user.event("sent", "7")
    assert texts(site) == ["Hi"]


def test_the_answer_goes_where_the_asker_wants_it(site: Site, broker: Broker, user: MqttUser) -> None:
    begin(site, broker)
    user.subscribe("reply/me")
    user.publish(
        "modemd/send", {"to": TO, "text": "Hi", "id": "a"}, response_topic="reply/me", correlation=b"\0x\xff"
    )
    [answer] = user.until(lambda: user.on("reply/me"), "the answer")
    assert (answer.body["event"], answer.body["client_id"]) == ("accepted", "a")
    assert answer.correlation == b"\0x\xff"
    user.publish("modemd/send", {"to": "nobody", "text": "Hi"}, response_topic="reply/me", correlation=b"2")
    [_, refusal] = user.until(lambda: user.on("reply/me")[1:] and user.on("reply/me"), "the refusal")
    assert (refusal.body["event"], refusal.body["error"]["code"]) == ("rejected", "bad_number")
    assert refusal.correlation == b"2"
    user.publish("modemd/request/balance", {"transaction": "t"}, response_topic="reply/me", correlation=b"3")
    [_, _, balance] = user.until(lambda: user.on("reply/me")[2:] and user.on("reply/me"), "the balance")
    assert (balance.body["transaction"], balance.body["status"]) == ("t", "ok")
    assert balance.correlation == b"3"
    assert user.until(lambda: user.on("modemd/response/balance"), "there too")[0].body["transaction"] == "t"


def test_a_message_that_has_expired_is_not_sent(site: Site, broker: Broker, user: MqttUser) -> None:
    begin(site, broker, "--airtime", "0")
    site.ask("unplug", modem="gsm1")
    user.publish("modemd/send", {"to": TO, "text": "Too late", "id": "late"}, expiry_s=1)
    user.publish("modemd/send", {"to": TO, "text": "In time", "id": "good"}, expiry_s=600)
    gone = user.event("expired", "late")
    assert gone["error"]["code"]
    site.ask("plug", modem="gsm1")
    user.event("sent", "good")
    assert texts(site) == ["In time"]


def test_what_expires_at_the_broker_is_never_seen(site: Site, broker: Broker, user: MqttUser) -> None:
    begin(site, broker, "--airtime", "0")
    user.until(lambda: site.log.count("gsm1: ready"), "the modem is open")
    site.stop()
    user.publish("modemd/send", {"to": TO, "text": "Too late", "id": "late"}, expiry_s=1)
    user.publish("modemd/send", {"to": TO, "text": "Waited", "id": "good"})
    site.pass_by(2.5)  # mosquitto counts whole seconds
    site.start()
    user.event("sent", "good")
    assert texts(site) == ["Waited"]
    assert user.events("late") == []


def test_the_account_of_the_topic_wins(site: Site, broker: Broker, user: MqttUser) -> None:
    begin(site, broker, accounts={"clinic": {}, "other": {}})
    user.publish("modemd/send/clinic", {"to": TO, "text": "a", "account": "other", "id": "a"})
    user.publish("modemd/send", {"to": TO, "text": "b", "account": "other", "id": "b"})
    assert user.event("sent", "a")["account"] == "clinic"
    assert user.event("sent", "b")["account"] == "other"
    assert {each.topic for each in user.on("modemd/status/#") if each.body["client_id"] == "a"} == {
        "modemd/status/clinic"
    }


def test_the_same_id_is_the_same_message(site: Site, broker: Broker, user: MqttUser) -> None:
    begin(site, broker)
    for _ in range(2):
        user.publish("modemd/send", {"to": TO, "text": "Once", "id": "same"})
    user.event("delivered", "same")
    before = len(user.events("same"))
    user.publish("modemd/send", {"to": TO, "text": "Once", "id": "same"})
    again = user.until(lambda: user.events("same")[before:], "its present state")
    assert [each["event"] for each in again] == ["delivered"]
    user.publish("modemd/send", {"to": TO, "text": "Something else", "id": "same"})
    refusal = user.event("rejected", "same")
    assert refusal["error"]["code"] == "duplicate_id"
    assert texts(site) == ["Once"]


def test_messages_of_the_spool_are_told_too(site: Site, broker: Broker, user: MqttUser) -> None:
    begin(site, broker)
    site.drop("file", f"To: {TO[1:]}\n\nFrom a file")
    user.until(lambda: [each for each in user.events() if each["event"] == "delivered"], "it is told")
    assert [each["event"] for each in user.events()] == ["accepted", "queued", "sending", "sent", "delivered"]


def test_a_long_message_is_told_by_its_parts(site: Site, broker: Broker, user: MqttUser) -> None:
    begin(site, broker)
    user.publish("modemd/send", {"to": TO, "text": "x" * 400, "id": "long"})
    assert user.event("delivered", "long")["parts_done"] == 3
    assert walk(user, "long")[0] == "accepted"
    assert walk(user, "long")[-2:] == ["sent", "delivered"]
    done = [each["parts_done"] for each in user.events("long")]
    assert done == sorted(done)
    assert {each["parts"] for each in user.events("long")} == {3}
