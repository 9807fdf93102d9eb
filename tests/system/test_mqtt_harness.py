"""The broker, the user and the proxy that the tests of the MQTT door stand on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.system import meddlers
from tests.system.certificates import Certificates
from tests.system.mosquitto import Broker, ReadyMade
from tests.system.mqtt_user import MqttUser
from tests.system.proxy import Meddler, Proxy


@pytest.mark.parametrize("version", [5, 4])
def test_a_broker_that_is_killed_keeps_a_session(tmp_path: Path, version: int) -> None:
    with (
        Broker(tmp_path, autosave=1) as broker,
        MqttUser(broker.port, "a/#", name="listener", version=version) as listener,
    ):
        listener.close()
        with MqttUser(broker.port, name="speaker") as speaker:
            for count in range(50):
                speaker.publish("a/b", f"{count}")
            broker_saved = broker.folder / "mosquitto.db"
            speaker.until(lambda: broker_saved.exists() and b"49" in broker_saved.read_bytes(), "saved")
            broker.kill()
            broker.start()
            speaker.until(lambda: speaker.connects == 2, "connected again")
        listener.begin()
        listener.until(lambda: len(listener.on("a/b")) == 50, "all came")
        assert [each.payload for each in listener.on("a/+")] == [b"%d" % count for count in range(50)]


def test_properties_and_retained_messages(broker: Broker) -> None:
    with MqttUser(broker.port, "back/#") as user:
        user.publish("back/a", {"x": 1}, retain=True, response_topic="r", correlation=b"\0\1", expiry_s=60)
        heard = user.until(lambda: user.on("back/a"), "it comes")[0]
        assert (heard.body, heard.correlation, heard.expiry_s) == ({"x": 1}, b"\0\1", 60)
        with MqttUser(broker.port, "back/a", name="late") as late:
            assert late.until(lambda: late.on("back/a"), "it is kept")[0].retain


def test_tls_with_a_certificate_of_the_client(tmp_path: Path) -> None:
    made = Certificates(tmp_path / "pki")
    with (
        Broker(tmp_path, tls=made, client_certificates=True) as broker,
        MqttUser(broker.port, "a", tls=made.context(client=True), host="localhost") as user,
    ):
        user.publish("a", "b")
        assert user.until(lambda: user.on("a"), "it comes")[0].payload == b"b"


def test_the_configuration_of_the_documents(tmp_path: Path) -> None:
    made = Certificates(tmp_path / "pki")
    with (
        ReadyMade(tmp_path, {"gw1": "secret", "clinic": "word"}, tls=made) as broker,
        MqttUser(broker.port, "modemd/#", username="gw1", password="secret") as gateway,
        MqttUser(
            broker.tls_port, name="clinic", username="clinic", password="word", host="localhost",
            tls=made.context(client=True),
        ) as clinic,
    ):  # fmt: skip
        clinic.publish("modemd/send", "not its own")
        clinic.publish("modemd/send/clinic", "its own")
        heard = gateway.until(lambda: gateway.on("modemd/#"), "it comes")
        assert {each.payload for each in heard} == {b"its own"}


def test_users_and_their_access(tmp_path: Path) -> None:
    users = {"gw1": "secret", "other": "word"}
    with Broker(tmp_path, users=users, acl="user gw1\ntopic readwrite #\n") as broker:
        with MqttUser(broker.port, "a", username="gw1", password="secret") as user:
            user.publish("a", "b")
            user.until(lambda: user.on("a"), "it comes")
        with MqttUser(broker.port, name="stranger", username="gw1", password="guessed") as stranger:
            assert "Not authorized" in stranger.refused[0]
        with MqttUser(broker.port, "a", name="other", username="other", password="word") as other:
            other.publish("a", "c")
            assert any("PUBLISH" in each for each in other.refused)


def test_a_proxy_cuts_and_stalls(broker: Broker) -> None:
    budgets = [700, 900, None]
    with (
        Proxy(broker.port, budget=lambda: budgets.pop(0)) as proxy,
        MqttUser(proxy.port, "a", in_flight=5) as user,
    ):
        for count in range(100):
            user.post("a", f"{count}")
        user.until(lambda: {each.payload for each in user.on("a")} >= {b"%d" % i for i in range(100)}, "all")
        assert proxy.cuts == 2
        proxy.stall()
        last = user.post("a", "last")
        with pytest.raises(AssertionError, match="is back"):
            user.until(lambda: last._published, "it is back", 0.2)
        assert all(each.payload != b"last" for each in user.on("a"))
        proxy.flow()
        user.until(lambda: last._published, "it flows")


@pytest.mark.parametrize(
    ("meddler", "said"),
    [
        (meddlers.OnlyOld, "Unsupported protocol version"),
        (lambda: meddlers.OnlyOld(meddlers.UNSUPPORTED_VERSION), "Unsupported protocol version"),
        (meddlers.RefusesShared, "Shared subscription not supported"),
    ],
)  # fmt: skip
def test_brokers_that_cannot_do_everything(broker: Broker, meddler: Callable[[], Meddler], said: str) -> None:
    with Proxy(broker.port, meddler=meddler) as proxy:
        user = MqttUser(proxy.port, "$share/group/a", "b")
        user.begin()
        user.until(lambda: user.refused, "it says no")
        user.close()
        assert said in user.refused[0]


def test_a_broker_that_says_it_has_no_shared_subscriptions(broker: Broker) -> None:
    told = []
    with Proxy(broker.port, meddler=meddlers.SaysNoShared) as proxy:
        user = MqttUser(proxy.port)
        user.client.on_connect = lambda *given: told.append(given[4].SharedSubscriptionAvailable)
        user.begin()
        user.until(lambda: told, "connected")
        user.close()
    assert told[0] == 0
