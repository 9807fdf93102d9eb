"""Who is let in, and what is said where somebody is not: once, clearly, and the rest goes on."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING, Any

import pytest

from tests.system import meddlers
from tests.system.certificates import Certificates
from tests.system.gateway import Site
from tests.system.mosquitto import Broker, ReadyMade
from tests.system.mqtt_run import connected
from tests.system.mqtt_user import MqttUser
from tests.system.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.system.proxy import Meddler

TO = "+32475123456"
USERS = {"gw1": "secret", "clinic": "word", "operator": "sesame"}


def begin(site: Site, mqtt: dict[str, Any], **sections: Any) -> None:
    site.simulate("--airtime", "0", "--no-reports", modems=1)
    site.configure(mqtt=mqtt, **sections)
    site.start()


def password(site: Site, word: str = "secret") -> str:
    path = site.folder / "password"
    path.write_text(f"{word}\n", "utf-8")
    return str(path)


def told(site: Site, *command: str) -> tuple[int, str]:
    """What a command says, and its exit status."""
    done = site.run(*command)
    return done.returncode, done.stdout + done.stderr


def check_spool(site: Site) -> None:
    site.drop("spooled", f"To: {TO[1:]}\n\nSpooled")
    site.until_in("sent", "spooled")


def check_said_once_everywhere(site: Site, words: str) -> None:
    """In the log once, in ``status`` and in ``check``; and the spool does not mind."""
    site.until(lambda: words in site.log, f"the log says {words!r}")
    check_spool(site)
    _, status = told(site, "status", "--json")
    [gateway] = json.loads(status)["gateways"]
    assert words in json.dumps(gateway, ensure_ascii=False)
    code, check = told(site, "check")
    assert code == 78, check
    assert words in check
    assert site.log.count(words) == 1
    assert "Traceback" not in site.log


def check_let_in_after(site: Site, mqtt: dict[str, Any]) -> None:
    """A mended configuration is taken at SIGHUP."""
    site.configure(mqtt=mqtt)
    site.signal(signal.SIGHUP)
    connected(site)
    code, check = told(site, "check")
    assert code == 0, check
    _, status = told(site, "status", "--json")
    [gateway] = json.loads(status)["gateways"]
    assert gateway["broker"]["error"] is None


def test_a_wrong_password(site: Site) -> None:
    with ReadyMade(site.folder, USERS) as broker:
        mqtt = broker.settings(username="gw1", password_file=password(site, "guessed"))
        begin(site, mqtt)
        check_said_once_everywhere(site, "the broker refuses user 'gw1': wrong name or password")
        password(site, "secret")
        check_let_in_after(site, mqtt)


def test_a_password_file_that_is_not_there(site: Site, broker: Broker) -> None:
    begin(site, broker.settings(username="gw1", password_file=str(site.folder / "none")))
    site.until(lambda: "none" in site.log, "it is said")
    check_spool(site)
    code, check = told(site, "check")
    assert code == 78
    assert "password_file" in check
    assert "Traceback" not in site.log


def test_nobody_there(site: Site, broker: Broker) -> None:
    broker.stop()
    begin(site, broker.settings())
    site.until(lambda: "connection refused" in site.log, "it is said")
    check_spool(site)
    code, check = told(site, "check")
    assert code == 0, "it may start later"
    assert "connection refused" in check
    broker.start()
    connected(site)
    assert site.log.count("connection refused") == 1


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("pki") / "made")


@pytest.fixture(scope="module")
def strangers(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("pki") / "strange", name="elsewhere.example")


def tls(broker: Broker, trusted: Path, **more: Any) -> dict[str, Any]:
    return broker.settings(host="localhost", tls={"ca_file": str(trusted), **more})


def with_own(certificates: Certificates) -> dict[str, str]:
    return {"cert_file": str(certificates.client), "key_file": str(certificates.client_key)}


def test_a_certificate_of_an_authority_that_is_not_trusted(
    site: Site, certificates: Certificates, strangers: Certificates
) -> None:
    with Broker(site.folder, tls=certificates) as broker:
        begin(site, tls(broker, strangers.ca))
        check_said_once_everywhere(site, "the broker's certificate is not signed by")
        check_let_in_after(site, tls(broker, certificates.ca))


def test_a_certificate_for_another_name(site: Site, strangers: Certificates) -> None:
    with Broker(site.folder, tls=strangers) as broker:
        begin(site, tls(broker, strangers.ca))
        check_said_once_everywhere(site, "the broker's certificate is not for 'localhost'")


def test_a_certificate_that_the_broker_wants_of_us(site: Site, certificates: Certificates) -> None:
    with Broker(site.folder, tls=certificates, client_certificates=True) as broker:
        begin(site, tls(broker, certificates.ca))
        check_said_once_everywhere(site, "asks for a client certificate")
        check_let_in_after(site, tls(broker, certificates.ca, **with_own(certificates)))
        with MqttUser(
            broker.port, "modemd/status/#", host="localhost", tls=certificates.context(client=True)
        ) as user:
            user.publish("modemd/send", {"to": TO, "text": "Encrypted", "id": "tls"})
            user.event("sent", "tls")


def test_a_certificate_that_nobody_signed_for_the_broker(
    site: Site, certificates: Certificates, strangers: Certificates
) -> None:
    with Broker(site.folder, tls=certificates, client_certificates=True) as broker:
        begin(site, tls(broker, certificates.ca, **with_own(strangers)))
        check_said_once_everywhere(site, "who signed our certificate")


def test_a_port_that_speaks_no_tls(site: Site, broker: Broker, certificates: Certificates) -> None:
    begin(site, tls(broker, certificates.ca))
    site.until(lambda: "no broker at" in site.log, "it is said")
    assert "TLS" in site.log
    check_spool(site)
    assert "Traceback" not in site.log


def test_the_configuration_of_the_documents(site: Site, certificates: Certificates) -> None:
    """Accounts see and send what is their own; nobody else's."""
    with ReadyMade(site.folder, USERS, tls=certificates) as broker:
        mqtt = broker.settings(
            username="gw1", password_file=password(site), host="localhost", homeassistant="homeassistant"
        )
        mqtt |= {"port": broker.tls_port, "tls": {"ca_file": str(certificates.ca), **with_own(certificates)}}
        begin(site, mqtt, accounts={"clinic": {}, "other": {}})
        connected(site)
        own = ("modemd/status/clinic", "modemd/response/+/clinic", "modemd/received/clinic")
        with (
            MqttUser(broker.port, *own, name="clinic", username="clinic", password="word") as clinic,
            MqttUser(broker.port, "modemd/#", username="operator", password="sesame") as operator,
        ):
            clinic.publish("modemd/send/clinic", {"to": TO, "text": "Own", "id": "own"})
            clinic.event("sent", "own")
            for topic in ("modemd/send", "modemd/send/other", "modemd/request/pause"):
                clinic.publish(topic, {"to": TO, "text": "Not own", "modem": "gsm1"})
            clinic.publish("modemd/request/balance/clinic", {"transaction": "b"})
            clinic.until(lambda: clinic.on("modemd/response/balance/clinic"), "its balance")
            operator.publish("modemd/send/other", {"to": TO, "text": "Other", "id": "other"})
            operator.event("sent", "other")
            assert {each.topic for each in clinic.heard} == {
                "modemd/status/clinic", "modemd/response/balance/clinic",
            }  # fmt: skip
            assert len([each for each in clinic.refused if "PUBLISH" in each]) == 3
        assert [each["text"] for each in site.air()] == ["Own", "Other"]
        assert "not let" not in site.log, "its own rights suffice"
        assert "will not have" not in site.log


def test_a_gateway_that_may_not_subscribe(site: Site) -> None:
    """Mosquitto's ACL forbids nobody to subscribe: it just delivers nothing. Others say so."""
    with Broker(site.folder) as broker, Proxy(broker.port, meddler=meddlers.ForbidsSending) as proxy:
        begin(site, broker.settings(port=proxy.port, share=""))
        connected(site)
        site.until(lambda: "does not let us subscribe" in site.log, "it is said")
        assert "modemd/send" in site.log.partition("does not let us subscribe")[2]
        code, check = told(site, "check")
        assert (code, "does not allow" in check) == (78, True), check
        check_spool(site)


def test_a_gateway_that_may_not_publish(site: Site) -> None:
    acl = "user gw1\ntopic read modemd/#\nuser operator\ntopic readwrite #\n"
    with Broker(site.folder, users=USERS, acl=acl) as broker:
        begin(site, broker.settings(username="gw1", password_file=password(site)))
        words = "the broker does not let us publish on modemd/gateway/test/state"
        site.until(lambda: words in site.log, "it is said")
        check_spool(site)
        assert site.log.count(words) == 1
        broker.set_acl("user gw1\ntopic readwrite modemd/#\n")
        broker.reload()
        site.signal(signal.SIGHUP)
        connected(site, 2)


def test_a_prefix_that_was_forbidden_is_left_again(site: Site) -> None:
    """What should have stood there cannot be cleared either; that is said, and does not go on for ever."""
    acl = "user gw1\ntopic readwrite modemd/#\nuser operator\ntopic readwrite #\n"
    with Broker(site.folder, users=USERS, acl=acl) as broker:
        settings = broker.settings(username="gw1", password_file=password(site))
        begin(site, settings | {"prefix": "house"})
        site.until(lambda: "does not let us publish on house/gateway/test/state" in site.log, "it is said")
        site.until(lambda: site.rows("SELECT count(*) FROM retained")[0][0] > 0, "it is to be there")
        site.configure(mqtt=settings)
        site.signal(signal.SIGHUP)
        site.until(lambda: "left on the broker, which closes the connection" in site.log, "it is given up")
        with MqttUser(broker.port, "modemd/status/#", username="operator", password="sesame") as operator:
            operator.publish("modemd/send", {"to": TO, "text": "after it", "id": "one"})
            operator.event("sent", "one")
        site.until(
            lambda: site.rows("SELECT count(*) FROM retained WHERE topic LIKE 'house%'") == [(0,)],
            "it is forgotten",
        )
        assert site.log.count("left on the broker") == 1


def test_an_answer_that_may_not_be_published(site: Site) -> None:
    """Mosquitto 2.0.11 ends a connection behind a publish that its ACL forbids; nobody else is to suffer."""
    acl = "user gw1\ntopic readwrite modemd/#\nuser operator\ntopic readwrite #\n"
    with Broker(site.folder, users=USERS, acl=acl) as broker:
        begin(site, broker.settings(username="gw1", password_file=password(site)))
        connected(site)
        with MqttUser(broker.port, "modemd/status/#", username="operator", password="sesame") as operator:
            for one in range(10):
                operator.publish(
                    "modemd/send", {"to": TO, "text": f"m{one}", "id": f"m{one}"}, response_topic="no/where"
                )
            for one in range(10):
                operator.event("sent", f"m{one}")
        assert site.log.count("the broker will not have") == 1
        assert "another client" not in site.log


def test_two_gateways_share_the_messages(site: Site, broker: Broker, tmp_path: Path) -> None:
    begin(site, broker.settings(share="modemd"), gateway={"name": "east"})
    connected(site)
    with (
        Site(parent=tmp_path) as west,
        MqttUser(broker.port, "modemd/status/#", "modemd/gateway/#") as user,
    ):
        begin(west, broker.settings(share="modemd"), gateway={"name": "west"})
        connected(west)
        for one in range(200):
            user.post("modemd/send", {"to": TO, "text": f"m{one}", "id": f"m{one}"})
        user.until(lambda: len({e["client_id"] for e in user.events() if e["event"] == "sent"}) == 200, "all")
        went = [each["text"] for each in (*site.air(), *west.air())]
        assert sorted(went) == sorted(f"m{one}" for one in range(200))
        assert min(len(site.air()), len(west.air())) > 50
        states = {each.topic: each.body["state"] for each in user.on("modemd/gateway/+/state")}
        assert states == {"modemd/gateway/east/state": "online", "modemd/gateway/west/state": "online"}
        assert "both will send" not in site.log + west.log
        west.stop()
        user.until(lambda: user.on("modemd/gateway/west/state")[-1].body["state"] == "offline", "it says so")


def test_two_gateways_that_would_both_send_warn_of_each_other(
    site: Site, broker: Broker, user: MqttUser, tmp_path: Path
) -> None:
    begin(site, broker.settings(), gateway={"name": "east"})
    connected(site)
    user.publish("modemd/gateway/odd/state", "[no state")
    with Site(parent=tmp_path) as west:
        begin(west, broker.settings(), gateway={"name": "west"})
        site.until(lambda: "gateway 'west' is online on the prefix modemd too" in site.log, "one warns")
        west.until(lambda: "gateway 'east' is online on the prefix modemd too" in west.log, "the other warns")
        west.stop()
        west.start()
        connected(west, 2)
        user.publish("modemd/send", {"to": TO, "text": "Twice", "id": "twice"})
        site.until(lambda: len(site.air()) + len(west.air()) == 2, "both send")
        assert site.log.count("both will send") == 1
    assert "odd" not in site.log


@pytest.mark.parametrize("meddler", [meddlers.SaysNoShared, meddlers.RefusesShared])
def test_a_broker_without_shared_subscriptions(
    site: Site, broker: Broker, user: MqttUser, meddler: Callable[[], Meddler]
) -> None:
    with Proxy(broker.port, meddler=meddler) as proxy:
        begin(site, broker.settings(port=proxy.port, share="modemd"))
        connected(site)
        user.publish("modemd/send", {"to": TO, "text": "Once", "id": "once"})
        user.event("sent", "once")
        proxy.cut()
        connected(site, 2)
        user.publish("modemd/send", {"to": TO, "text": "Twice", "id": "twice"})
        user.event("sent", "twice")
        assert [each["text"] for each in site.air()] == ["Once", "Twice"]
        assert "no shared subscriptions" in site.log
        site.stop()


@pytest.mark.parametrize(
    "answer",
    [meddlers.UNACCEPTABLE_VERSION, meddlers.UNSUPPORTED_VERSION, b""],
    ids=["3.1.1", "5", "silence"],
)
def test_a_broker_that_knows_the_older_protocol_only(
    site: Site, broker: Broker, user: MqttUser, answer: bytes
) -> None:
    with Proxy(broker.port, meddler=lambda: meddlers.OnlyOld(answer)) as proxy:
        begin(site, broker.settings(port=proxy.port))
        connected(site)
        user.publish("modemd/send", {"to": TO, "text": "Old", "id": "old"})
        user.event("sent", "old")
        site.ask("incoming", text="Came", **{"from": TO})
        user.until(lambda: user.on("modemd/received/default"), "it is told")
        site.kill()
        user.publish("modemd/send", {"to": TO, "text": "Meanwhile", "id": "while"})
        site.start()
        user.event("sent", "while")
        assert "as modemd-test (p2, c0" in broker.log, "its session is kept"
        assert [each["text"] for each in site.air()] == ["Old", "Meanwhile"]
        site.stop()


def test_two_gateways_of_one_name(site: Site, broker: Broker, tmp_path: Path) -> None:
    begin(site, broker.settings())
    connected(site)
    with Site(parent=tmp_path) as twin:
        begin(twin, broker.settings())
        words = "is a gateway of the same name running elsewhere?"
        site.until(lambda: words in site.log or words in twin.log, "it is said")
        connects = broker.log.count("New client connected")
        site.pass_by(3)
        assert site.log.count(words) + twin.log.count(words) <= 2
        assert broker.log.count("New client connected") - connects <= 2, "they do not fight"
        check_spool(site)
