"""Everything that a gateway tells a broker is as its documents say, and everything documented is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest

from modemd.formats.channels import CHANNELS
from modemd.model import MessageState
from tests.formats.checking import channel_of, faults, faults_on
from tests.system.gateway import Site
from tests.system.mosquitto import Broker
from tests.system.mqtt_run import connected
from tests.system.mqtt_user import Heard, MqttUser

if TYPE_CHECKING:
    from collections.abc import Iterator

TO: Final = "+32475123456"
FRIEND: Final = "+32475999999"
OCTETS: Final = "00040B912374193254F6000462112231419400030102FF"
"""A message of three octets, from +32479123456."""
BROKEN: Final = "00040B91"
"""The beginning of one."""
MINE: Final = "reply/here"


@dataclass(frozen=True)
class Talk:
    """All that was said on one broker; ``late`` is what somebody got who came when all was over."""

    heard: list[Heard]
    late: list[Heard]


@pytest.fixture(scope="module")
def talk() -> Iterator[Talk]:
    """A gateway with two modems, and somebody who asks it everything that can be asked."""
    with Site() as site, Broker(site.folder) as broker:
        site.simulate("--airtime", "0.01", "--report-delay", "0.05", "--reports", modems=2)
        site.configure(
            mqtt=broker.settings(will_delay=0, channels=["push"]),
            accounts={"clinic": {}, "payer": {"terms": "sms4less"}},
            tariffs={"standard": [{"valid_from": "2026-01-01", "bundles": [{"price": "0.1"}]}]},
            contacts={"friend": FRIEND},
        )
        with MqttUser(broker.port, "modemd/#", MINE) as user:
            site.start()
            connected(site)
            _messages(user)
            _incoming(site, user)
            _requests(user)
            _orders_to_modems(user)
            _troubles(site, user)
            late = _late(broker, site)
            site.kill()
            user.until(lambda: b'"offline"' in user.on("modemd/gateway/test/state")[-1].payload, "its will")
            yield Talk(user.heard, late)
            print(f"--- the daemon's log ---\n{site.log[-12000:]}")  # noqa: T201 - shown where the test failed


def _messages(user: MqttUser) -> None:
    user.publish("modemd/send", {"to": [TO, "friend"], "text": "Hello €", "id": "two"})
    user.publish("modemd/send/clinic", {"number": TO, "body": "x" * 200, "id": 7, "account": "default"})
    user.publish("modemd/send", [{"to": TO, "text": "in a list"}, {"to": TO, "data": "00ff"}])
    user.publish("modemd/send", {"to": TO, "text": "with an answer", "id": "own"}, response_topic=MINE)
    user.publish("modemd/send", {"to": "+32 nobody", "text": "no such number", "id": "bad"})
    user.publish("modemd/send", {"to": 12, "text": "no text", "id": "wrong"}, response_topic=MINE)
    user.publish("modemd/send", {"to": TO, "text": "pushed", "id": "pushed", "channel": "push"})
    user.publish("modemd/send", b"{not JSON")
    user.publish("modemd/send/nobody", {"to": TO, "text": "an account that is none"})
    for client_id in (f"two/{TO}", f"two/{FRIEND}", "7", "own"):
        user.event("delivered", client_id)
    user.until(lambda: len([each for each in user.events() if each["event"] == "delivered"]) >= 6, "all go")
    user.until(lambda: len([each for each in user.events() if each["event"] == "rejected"]) >= 4, "refusals")
    assert user.event("sent", "pushed")["modem"] == "push"


def _incoming(site: Site, user: MqttUser) -> None:
    site.ask("incoming", text="An answer", **{"from": FRIEND})
    site.ask("incoming", text="📞" * 100, modem="gsm2", **{"from": "+32475000009"})
    site.ask("incoming", pdu=OCTETS)
    site.ask("incoming", pdu=BROKEN)
    site.ask("call", modem="gsm1", **{"from": FRIEND})
    user.until(lambda: len(user.on("modemd/received/default")) >= 4, "what came in", 60)
    user.until(lambda: user.on("modemd/call/gsm1"), "the call")


def _ask(user: MqttUser, path: str, request: object, **more: Any) -> dict[str, Any]:
    """Ask, and wait for the response; it is the next one on its topic."""
    topic = f"modemd/response/{path}"
    before = len(user.on(topic))
    user.publish(f"modemd/request/{path}", request, **more)
    return user.until(lambda: user.on(topic)[before:], f"the response to {path}", 60)[0].body


def _requests(user: MqttUser) -> None:
    quote = _ask(user, "quote", {"transaction": [1, "x"], "to": TO, "text": "é" * 161})
    assert (quote["transaction"], quote["status"], quote["data"]["parts"]) == ([1, "x"], "ok", 2)
    assert _ask(user, "quote", {"to": [TO, "friend"], "text": "x"})["data"]["to"] == [TO, FRIEND]
    assert _ask(user, "quote/clinic", {"to": TO, "text": ""})["error"]["code"] == "empty"
    assert _ask(user, "balance", b"", response_topic=MINE, correlation=b"1")["data"]["balance"] is None
    assert _ask(user, "balance/clinic", {"transaction": None})["status"] == "ok"
    assert _ask(user, "balance", {"account": "nobody"})["error"]["code"] == "account_unknown"
    for path in ("order", "order/clinic"):
        assert _ask(user, path, {"credits": 10})["error"]["code"] == "bad_request"
    assert _ask(user, "order/payer", {"credits": 10, "transaction": 4})["data"]["amount"] == "1.00"
    assert _ask(user, "balance/payer", {})["data"]["balance"] == 0
    assert _ask(user, "quote/payer", {"to": TO, "text": "x"})["data"]["covered"] is False
    for path in ("cancel", "cancel/clinic"):
        assert _ask(user, path, {"id": "4000"})["error"]["code"] == "bad_request"
    assert _ask(user, "dance", {"transaction": "t"})["status"] == "error"
    assert _ask(user, "ussd/clinic", {"modem": "gsm1", "code": "*100#"})["error"]["code"] == "not_allowed"


def _orders_to_modems(user: MqttUser) -> None:
    assert "text" in _ask(user, "ussd", {"modem": "gsm1", "code": "*100#"})["data"]
    assert _ask(user, "ussd", {"modem": "none", "code": "*100#"})["status"] == "error"
    for name in ("gsm1", "gsm2"):
        paused = _ask(user, "pause", {"modem": name, "reason": "a test"})
        assert paused["data"]["state"] == "paused"
    _expect_state(user, "gsm1", "paused")
    user.publish("modemd/send", {"to": TO, "text": "too late", "id": "late"}, expiry_s=1)
    user.publish("modemd/send", {"to": TO, "text": "never", "id": "never"})
    user.event("expired", "late")
    user.event("queued", "never")
    assert _ask(user, "cancel", {"client_id": "never"})["data"]["event"] == "cancelled"
    for name in ("gsm1", "gsm2"):
        assert _ask(user, "resume", {"modem": name})["status"] == "ok"
    assert _ask(user, "reset", {"modem": "gsm2"})["status"] == "ok"
    _expect_state(user, "gsm2", "ready")


def _troubles(site: Site, user: MqttUser) -> None:
    site.ask("network", refuse={"+32476": 1})
    user.publish("modemd/send", {"to": "+32476000000", "text": "refused", "id": "refused"})
    user.event("failed", "refused")
    site.ask("network", tp_status=[0x41])
    user.publish("modemd/send", {"to": TO, "text": "nobody there", "id": "away"})
    user.event("undelivered", "away")
    site.ask("network", tp_status=[0], report_delay_s=4)
    user.publish("modemd/send", {"to": TO, "text": "tomorrow", "at": _tomorrow(), "id": "later"})
    user.event("scheduled", "later")
    site.ask("fault", modem="gsm1", spec="unplug:on=AT+CMGS*,at=answer,seconds=0.5")
    user.publish("modemd/send", {"to": TO, "text": "in doubt", "id": "doubt", "modem": "gsm1"})
    user.event("uncertain", "doubt")
    user.event("delivered", "doubt")
    _expect_state(user, "gsm1", "ready")
    site.ask("fault", modem="gsm2", spec="error:on=AT+CPIN?,times=0,cme=12")
    site.ask("unplug", modem="gsm2", seconds=0.3)
    user.until(lambda: user.on("modemd/gateway/test/alarm"), "somebody is told that the SIM wants its PUK")


def _tomorrow() -> str:
    return (datetime.now(UTC) + timedelta(hours=12)).isoformat()


def _expect_state(user: MqttUser, modem: str, state: str) -> None:
    topic = f"modemd/modem/{modem}/state"
    user.until(lambda: (said := user.on(topic)) and said[-1].body["state"] == state, f"{modem} is {state}")


RETAINED: Final = {
    "modemd/gateway/test/state",
    "modemd/gateway/test/queues",
    "modemd/modem/gsm1/state",
    "modemd/modem/gsm2/state",
    "modemd/account/default/credit",
    "modemd/account/clinic/credit",
    "modemd/account/payer/credit",
}


def _late(broker: Broker, site: Site) -> list[Heard]:
    """What somebody sees who comes later: what is retained, and nothing else."""
    site.pass_by(0.1)
    with MqttUser(broker.port, "modemd/#", name="late") as late:
        late.until(lambda: {each.topic for each in late.heard} >= RETAINED, "what is retained")
        return list(late.heard)


def _from_gateway(heard: list[Heard]) -> list[Heard]:
    asked = ("modemd/send", "modemd/request/")
    return [each for each in heard if not each.topic.startswith(asked) and each.topic != MINE]


def test_everything_told_is_as_documented(talk: Talk) -> None:
    told = _from_gateway(talk.heard)
    assert len(told) > 60
    wrong = [(each.topic, each.payload, faults_on(each.topic, each.payload)) for each in told]
    assert [each for each in wrong if each[2]] == []


def test_everything_documented_is_told(talk: Talk) -> None:
    seen = {channel.name for each in talk.heard if (channel := channel_of(each.topic)) is not None}
    assert {each.name for each in CHANNELS if each.way == "out"} <= seen


def test_every_state_is_told(talk: Talk) -> None:
    told = [each.body for each in talk.heard if each.topic.startswith("modemd/status/")]
    assert {each["event"] for each in told} == {state.value for state in MessageState}
    in_trouble = {each["event"] for each in told if "error" in each}
    assert {"rejected", "failed", "expired", "cancelled", "undelivered", "uncertain"} <= in_trouble
    states = [each.body for each in talk.heard if each.topic == "modemd/modem/gsm1/state"]
    assert any(each["state"] != "ready" and each["error"] for each in states)


def test_what_is_retained_is_what_the_documents_say(talk: Talk) -> None:
    at_once = [each for each in talk.late if each.retain]
    assert {each.topic for each in at_once} == RETAINED
    assert [
        faults_on(each.topic, each.payload) for each in at_once if faults_on(each.topic, each.payload)
    ] == []
    channels = {channel_of(topic) for topic in RETAINED}
    assert {each.name for each in CHANNELS if each.retain} == {each.name for each in channels if each}


def test_answers_on_the_askers_own_topic_are_of_the_same_kinds(talk: Talk) -> None:
    answers = [each.body for each in talk.heard if each.topic == MINE]
    assert sorted(each.get("event", "-") for each in answers) == ["-", "accepted", "rejected"]
    kinds = ["Event" if "event" in each else "BalanceResponse" for each in answers]
    assert [faults(kind, each) for kind, each in zip(kinds, answers, strict=True)] == [[], [], []]


def test_an_event_id_is_of_one_event(talk: Talk) -> None:
    by_id: dict[str, set[bytes]] = {}
    for each in _from_gateway(talk.heard):
        if not channel_of(each.topic) or "event_id" not in each.body:
            continue
        by_id.setdefault(each.body["event_id"], set()).add(each.payload)
    assert len(by_id) > 40
    assert all(len(payloads) == 1 for payloads in by_id.values())


def test_what_came_in_is_told_in_every_shape(talk: Talk) -> None:
    received = [each.body for each in talk.heard if each.topic == "modemd/received/default"]
    answer = next(each for each in received if each["text"] == "An answer")
    to_friend = next(
        each.body["id"]
        for each in talk.heard
        if each.topic.startswith("modemd/status/") and each.body["client_id"] == f"two/{FRIEND}"
    )
    assert (answer["from"], answer["in_reply_to"]) == (FRIEND, to_friend)
    assert {each.get("data") for each in received} >= {"0102ff", BROKEN.lower()}
    assert [each["parts"] for each in received if each["text"] == "📞" * 100] == [4]
    assert [bool(each["error"]) for each in received if "error" in each] == [True]
