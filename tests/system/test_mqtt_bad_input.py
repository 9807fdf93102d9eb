"""What nobody should publish: each is answered by an event that names the field, and blocks nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.system.mqtt_run import connected
from tests.system.mqtt_user import MqttUser

if TYPE_CHECKING:
    from tests.system.gateway import Site
    from tests.system.mosquitto import Broker

TO = "+32475123456"
GOOD = {"to": TO, "text": "Good", "id": "good"}
STATE = "modemd/gateway/test/state"

WRONG: dict[str, tuple[object, str, str]] = {
    "not JSON": (b"Hello", "bad_request", "not JSON"),
    "half of JSON": (b'{"to": "+32475123456"', "bad_request", "not JSON"),
    "not UTF-8": (b'{"to": "+32475123456", "text": "\xff\xfe"}', "bad_request", "UTF-8"),
    "empty": (b"", "bad_request", "not JSON"),
    "NUL": (b"\0", "bad_request", "not JSON"),
    "text": ('"Hello"', "bad_request", "object"),
    "a number": (b"42", "bad_request", "object"),
    "null": (b"null", "bad_request", "object"),
    "an empty list": (b"[]", "bad_request", "empty"),
    "a list of numbers": ([1, 2], "bad_request", "object"),
    "an empty object": ({}, "bad_request", "to:"),
    "deep": (b"[" * 100_000, "bad_request", "deep"),
    "many digits": (b'{"to": ' + b"9" * 10_000 + b"}", "bad_request", "digits"),
    "to: a number": ({"to": 32475123456, "text": "x"}, "bad_request", "to:"),
    "to: an object": ({"to": {"a": 1}, "text": "x"}, "bad_request", "to:"),
    "to: letters": ({"to": "nobody", "text": "x"}, "bad_number", "phone number"),
    "to: nothing": ({"to": [], "text": "x"}, "bad_request", "to:"),
    "text: a list": ({"to": TO, "text": ["x"]}, "bad_request", "text:"),
    "text: missing": ({"to": TO}, "empty", "text:"),
    "text: too long": ({"to": TO, "text": "x" * 5000}, "too_long", "parts"),
    "id: a list": ({"to": TO, "text": "x", "id": []}, "bad_request", "id:"),
    "id: long": ({"to": TO, "text": "x", "id": "x" * 300}, "bad_request", "id:"),
    "report: a word": ({"to": TO, "text": "x", "report": "yes"}, "bad_request", "report:"),
    "validity: words": ({"to": TO, "text": "x", "validity": "soon"}, "bad_request", "validity:"),
    "at: words": ({"to": TO, "text": "x", "at": "soon"}, "bad_request", "at:"),
    "priority": ({"to": TO, "text": "x", "priority": "now"}, "bad_request", "priority:"),
    "flash": ({"to": TO, "text": "x", "flash": 7}, "bad_request", "flash:"),
    "data": ({"to": TO, "data": "xyz"}, "bad_request", "data:"),
    "udh": ({"to": TO, "text": "x", "udh": "ff"}, "bad_request", "udh:"),
    "port": ({"to": TO, "text": "x", "port": 99999}, "bad_request", "port:"),
    "account: a number": ({"to": TO, "text": "x", "account": 5}, "bad_request", "account:"),
    "account: unknown": ({"to": TO, "text": "x", "account": "nobody"}, "account_unknown", "account"),
    "account: wildcards": ({"to": TO, "text": "x", "account": "a/+/#"}, "account_unknown", "account"),
    "account: control": ({"to": TO, "text": "x", "account": "a\u0000\u0007"}, "", "account"),
    "modem: unknown": ({"to": TO, "text": "x", "modem": "nothing"}, "no_route", "nothing"),
}


def begin(site: Site, broker: Broker, **sections: Any) -> None:
    """A gateway on this broker that sends at once, connected."""
    site.simulate("--airtime", "0", "--no-reports", modems=1)
    site.configure(mqtt=broker.settings(), accounts={"clinic": {}}, **sections)
    site.start()
    connected(site)


def rejected(user: MqttUser) -> list[dict[str, Any]]:
    """What was refused, each event once."""
    return list({each["event_id"]: each for each in user.events() if each["event"] == "rejected"}.values())


def test_each_is_answered_and_blocks_nothing(site: Site, broker: Broker, user: MqttUser) -> None:
    begin(site, broker)
    for payload, _, _ in WRONG.values():
        user.publish("modemd/send", payload)
    user.publish("modemd/send", GOOD)
    user.event("sent", "good")
    user.until(lambda: len(rejected(user)) >= len(WRONG), "all are answered")
    answers = rejected(user)
    assert len(answers) == len(WRONG)
    for (name, (_, code, word)), answer in zip(WRONG.items(), answers, strict=True):
        assert code in {answer["error"]["code"], ""}, (name, answer)
        assert word in answer["error"]["reason"], (name, answer)
        assert answer["id"] is None, name
    assert {each.topic for each in user.on("modemd/status/#")} <= {
        "modemd/status/default", "modemd/status/nobody",
    }  # fmt: skip
    assert [each["text"] for each in site.air()] == ["Good"]
    assert "Traceback" not in site.log
    site.stop()
    site.start()
    connected(site, 2)
    user.publish("modemd/send", {**GOOD, "id": "later"})
    user.event("sent", "later")
    assert len(rejected(user)) == len(WRONG), "they were acknowledged, and do not come again"


def test_ten_megabytes(site: Site, broker: Broker, user: MqttUser) -> None:
    begin(site, broker)
    before = site.memory_kib("VmRSS")
    text = "x" * 10_000_000
    user.publish("modemd/send/clinic", json.dumps({"to": TO, "text": text, "id": "big"}))
    user.publish("modemd/send", GOOD)
    user.event("sent", "good")
    [answer] = user.until(lambda: rejected(user), "it is answered")
    assert answer["error"]["code"] == "bad_request"
    assert answer["error"]["reason"].startswith("payload:")
    assert answer["account"] == "clinic"
    assert site.memory_kib("VmRSS") - before < 60_000


def test_a_flood_of_large_payloads_is_taken_bit_by_bit(site: Site, broker: Broker, user: MqttUser) -> None:
    begin(site, broker)
    before = site.memory_kib("VmHWM")
    with MqttUser(broker.port, name="flood", in_flight=4) as flood:
        for _ in range(40):
            flood.post("modemd/send", b"x" * 2_000_000)
        flood.publish("modemd/send", GOOD)
    user.event("sent", "good", within_s=60)
    assert len(rejected(user)) == 40
    assert site.memory_kib("VmHWM") - before < 100_000


@pytest.mark.parametrize("level", ["no.such", "cli nic", "grüße", "x" * 300, "CLINIC", "..", "$clinic"])
def test_accounts_of_topics_that_there_are_not(
    site: Site, broker: Broker, user: MqttUser, level: str
) -> None:
    begin(site, broker)
    user.publish(f"modemd/send/{level}", {"to": TO, "text": "x", "account": "clinic"})
    user.publish("modemd/send/clinic", {**GOOD, "account": "default"})
    user.event("sent", "good")
    [answer] = user.until(lambda: rejected(user), "it is answered")
    assert answer["error"]["code"] == "account_unknown"
    [heard] = [each for each in user.on("modemd/status/#") if each.body["event"] == "rejected"]
    assert heard.topic in {f"modemd/status/{level}", "modemd/status/default"}
    assert [each["text"] for each in site.air()] == ["Good"]


def test_topics_that_nobody_asked_for(site: Site, broker: Broker, user: MqttUser) -> None:
    begin(site, broker)
    for topic in ("modemd/send/a/b", "modemd/send/", "modemd/request", "modemd/request/", "modemd", "x"):
        user.publish(topic, {"to": TO, "text": "x"})
    user.publish("modemd/send", GOOD)
    user.event("sent", "good")
    assert [each["text"] for each in site.air()] == ["Good"]
    assert "Traceback" not in site.log


def test_requests_that_are_none(site: Site, broker: Broker, user: MqttUser) -> None:
    begin(site, broker)
    wrong = {
        "balance": b"x", "quote": b"[]", "cancel": b"{}", "ussd": b'{"modem": 5}', "pause": b"\xff",
        "resume": b"null", "reset": b'{"modem": "none"}', "order": b"{}", "nothing": b"{}",
    }  # fmt: skip
    for verb, payload in wrong.items():
        user.publish(f"modemd/request/{verb}", payload)
    user.until(lambda: len(user.on("modemd/response/+")) >= len(wrong), "all are answered")
    answers = {each.topic.rpartition("/")[2]: each.body for each in user.on("modemd/response/+")}
    assert answers.keys() == wrong.keys()
    for verb, answer in answers.items():
        assert answer["status"] == "error", verb
        assert answer["error"]["code"], verb
        assert answer["error"]["reason"], verb
    user.publish("modemd/send", GOOD)
    user.event("sent", "good")


@pytest.mark.parametrize("share", ["modemd", ""], ids=["shared", "plain"])
def test_retained_messages_are_never_sent(site: Site, broker: Broker, user: MqttUser, share: str) -> None:
    stays = json.dumps({"to": TO, "text": "Stays", "id": "stays"})
    user.publish("modemd/send/clinic", stays, retain=True)
    site.simulate("--airtime", "0", "--no-reports", modems=1)
    site.configure(mqtt=broker.settings(share=share), accounts={"clinic": {}})
    for starts in (1, 2):
        site.start()
        connected(site, starts)
        user.publish("modemd/send", {**GOOD, "id": f"good{starts}"})
        user.event("sent", f"good{starts}")
        site.stop()
    assert [each["text"] for each in site.air()] == ["Good", "Good"]
    if not share:  # to shared subscriptions nothing is given that was kept (MQTT 5.0, 4.8.2)
        assert "retained" in site.log
        answer = user.event("rejected", "stays")
        assert answer["error"]["reason"].startswith("retain:")
        assert answer["account"] == "clinic"


def test_a_retained_message_while_it_runs(site: Site, broker: Broker, user: MqttUser) -> None:
    begin(site, broker)
    for _ in range(3):
        user.publish("modemd/send", {"to": TO, "text": "Stays", "id": "stays"}, retain=True)
    answer = user.event("rejected", "stays")
    assert answer["error"]["reason"].startswith("retain:")
    user.publish("modemd/request/balance", {"transaction": "t"}, retain=True)
    user.publish("modemd/send", GOOD)
    user.event("sent", "good")
    assert [each["text"] for each in site.air()] == ["Good"]
    count = len(rejected(user))
    assert 2 <= count <= 4, "what comes in one batch is answered one by one"
    user.publish("modemd/send", b"", retain=True)  # it is cleared
    user.publish("modemd/send", {**GOOD, "id": "after"})
    user.event("sent", "after")
    assert len(rejected(user)) == count


def test_a_will_that_lies(site: Site, broker: Broker, user: MqttUser) -> None:
    begin(site, broker)
    user.until(lambda: user.on(STATE) and user.on(STATE)[-1].body["state"] == "online", "it is online")
    lie = {"state": "offline", "version": "0", "since": "2020-01-01T00:00:00.000+00:00"}
    count = len(user.on(STATE))
    user.publish(STATE, lie, retain=True)
    user.until(lambda: len(user.on(STATE)) >= count + 2, "it is mended")
    assert [each.body["state"] for each in user.on(STATE)[-2:]] == ["offline", "online"]
    for _ in range(20):
        user.publish(STATE, b"rubbish", retain=True)
    user.until(lambda: user.on(STATE)[-1].payload.startswith(b'{"state":'), "that too", 15)
    assert len(user.on(STATE)) <= count + 2 + 20 + 3, "it does not fight"
    with MqttUser(broker.port, STATE, name="late") as late:
        assert late.until(lambda: late.on(STATE), "it stays")[0].body["state"] == "online"


@pytest.mark.parametrize(
    "topic",
    ["modemd/send", "modemd/status/default", "modemd/gateway/test/state", "homeassistant/status", "modemd"],
)
def test_response_topics_that_are_not_answered(
    site: Site, broker: Broker, user: MqttUser, topic: str
) -> None:
    site.simulate("--airtime", "0", "--no-reports", modems=1)
    site.configure(mqtt=broker.settings(homeassistant="homeassistant"))
    site.start()
    connected(site)
    user.subscribe("modemd", "modemd/send", "homeassistant/status")
    user.publish("modemd/send", GOOD, response_topic=topic, correlation=b"evil")
    user.event("sent", "good")
    assert [each.topic for each in user.heard if each.correlation == b"evil"] == ["modemd/send"]
    assert "nothing is answered on" in site.log


def test_response_topics_with_wildcards(site: Site, broker: Broker, user: MqttUser) -> None:
    """The library of the user, and mosquitto, refuse most of these; what comes through is not answered."""
    begin(site, broker)
    for topic in ("", "$SYS/x", "$share/a/b"):
        user.publish("modemd/send", GOOD, response_topic=topic, correlation=b"evil")
    user.event("sent", "good")
    assert "Traceback" not in site.log
    assert site.rows("SELECT count(*) FROM outbox WHERE topic LIKE '=%'") == [(0,)]
