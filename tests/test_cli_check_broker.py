"""``modemd check`` at a real broker: what is a fault, what is a note, and whom it disturbs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.desk import Desk, Said
from tests.system.certificates import Certificates
from tests.system.meddlers import OnlyOld, RefusesFilters, SaysNoShared
from tests.system.mosquitto import Broker
from tests.system.mqtt_user import MqttUser
from tests.system.proxy import Meddler, Proxy

if TYPE_CHECKING:
    from collections.abc import Iterator


def write(folder: Path, settings: dict[str, Any]) -> None:
    """A configuration with an ``mqtt`` section in its third line."""
    Desk(folder).config.write_text(f"gateway: {{name: gw1}}\n\nmqtt: {json.dumps(settings)}\n")


def checked(folder: Path, settings: dict[str, Any], *options: str) -> Said:
    """What the command says of it."""
    write(folder, settings)
    return Desk(folder).run("check", *options)


def process(folder: Path, settings: dict[str, Any]) -> Said:
    """The same in a process of its own."""
    write(folder, settings)
    return Desk(folder).process("check")


def secret(folder: Path, word: str) -> dict[str, str]:
    """A user and a file with a password."""
    (folder / "secret").write_text(f"{word}\n")
    return {"username": "gw1", "password_file": str(folder / "secret")}


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("tls") / "certificates")


@pytest.fixture
def guarded(tmp_path: Path, certificates: Certificates) -> Iterator[Broker]:
    """It asks for a password and shows a certificate."""
    with Broker(tmp_path, users={"gw1": "right"}, tls=certificates) as broker:
        yield broker


def test_a_broker_that_lets_us_in_is_told(tmp_path: Path) -> None:
    with Broker(tmp_path, users={"gw1": "right"}) as broker:
        done = checked(tmp_path, broker.settings(**secret(tmp_path, "right")))
    assert (done.status, done.err) == (0, "")
    assert f", broker 127.0.0.1:{broker.port}\n" in done.out
    assert done.out.endswith(f"broker 127.0.0.1:{broker.port} lets us in (MQTT 5)\n")


def test_a_wrong_password_is_a_fault_with_its_place_and_what_to_do(tmp_path: Path) -> None:
    with Broker(tmp_path, users={"gw1": "right"}) as broker:
        settings = broker.settings(**secret(tmp_path, "wrong"))
        done = checked(tmp_path, settings)
        assert done.status == 78
        assert "config.yaml: line 3, column 1: mqtt: the broker refuses user 'gw1'" in done.out
        assert "(look at username: and password_file:" in done.out
        told = checked(tmp_path, settings, "--json").json
        assert (told["fine"], told["faults"][0]["path"]) == (False, "mqtt")
        assert checked(tmp_path, settings, "--offline").status == 0


def test_a_certificate_of_somebody_else_is_a_fault(tmp_path: Path, guarded: Broker) -> None:
    settings = guarded.settings(**secret(tmp_path, "right"))
    assert guarded.tls is not None
    trusting = {"tls": {"ca_file": str(guarded.tls.ca)}}
    assert checked(tmp_path, settings | trusting).status == 0
    done = process(tmp_path, settings | {"tls": {}})
    assert done.status == 78
    assert "the broker's certificate is not signed by" in done.out


def test_a_certificate_for_another_name_is_a_fault(tmp_path: Path) -> None:
    strange = Certificates(tmp_path / "strange", name="elsewhere")
    with Broker(tmp_path, tls=strange) as broker:
        done = process(tmp_path, broker.settings(tls={"ca_file": str(strange.ca)}))
    assert done.status == 78
    assert "the broker's certificate is not for '127.0.0.1'" in done.out
    assert "(write host: as the certificate has it" in done.out


@pytest.mark.parametrize("options", [(), ("--offline",)])
def test_a_file_that_is_no_certificate_is_a_fault(tmp_path: Path, options: tuple[str, ...]) -> None:
    (tmp_path / "ca").write_text("nothing")
    done = checked(tmp_path, {"tls": {"ca_file": str(tmp_path / "ca")}}, *options)
    assert done.status == 78
    assert f"mqtt: tls: ca_file: cannot use {tmp_path}/ca: it is no certificate in PEM form" in done.out


def test_a_broker_that_is_away_or_silent_is_a_note(tmp_path: Path) -> None:
    broker = Broker(tmp_path)
    done = checked(tmp_path, broker.settings())
    assert done.status == 0
    assert f"note: mqtt: connection refused: nothing listens on 127.0.0.1:{broker.port}" in done.out
    with broker:
        broker.freeze()
        done = checked(tmp_path, broker.settings())
    assert done.status == 0
    assert "note: mqtt: no answer from 127.0.0.1" in done.out


def test_a_gateway_that_is_connected_is_not_disturbed(tmp_path: Path) -> None:
    with Broker(tmp_path) as broker, MqttUser(broker.port, name="gw") as gateway:
        settings = broker.settings(client_id="test-gw")
        assert checked(tmp_path, settings).status == 0
        assert gateway.connects == 1
        assert "offline" not in broker.log


@pytest.mark.parametrize(
    ("meddler", "code", "said"),
    [
        (RefusesFilters(b"modemd/send", 0x87), 78, "the broker does not allow reading modemd/send"),
        (OnlyOld(), 0, "lets us in (MQTT 3.1.1, without shared subscriptions)"),
        (SaysNoShared(), 0, "lets us in (MQTT 5, without shared subscriptions)"),
    ],
)
def test_what_the_broker_cannot_or_will_not_do_is_told(
    tmp_path: Path, meddler: Meddler, code: int, said: str
) -> None:
    with Broker(tmp_path) as broker, Proxy(broker.port, meddler=lambda: meddler) as proxy:
        done = checked(tmp_path, broker.settings(port=proxy.port, share="modemd"))
    assert (done.status, said in done.out) == (code, True), done.out
