"""The configuration of mosquitto that the manual has ready: who may do what with it, with TLS and without."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

import pytest

from tests.desk import Desk
from tests.house import ROOT
from tests.system.certificates import Certificates
from tests.system.mosquitto import ReadyMade
from tests.system.mqtt_user import MqttUser

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECRET: Final = "secret"
USERS: Final = ("gw1", "homeassistant", "operator", "clinic", "shop")
PAGE: Final = (ROOT / "docs" / "mqtt.md").read_text("utf-8")
SOURCES: Final = "\n".join(path.read_text("utf-8") for path in (ROOT / "modemd").rglob("*.py"))


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReadyMade]:
    with ReadyMade(tmp_path_factory.mktemp("ready"), dict.fromkeys(USERS, SECRET)) as made:
        yield made


def reaches(broker: ReadyMade, sender: str, topic: str, receiver: str) -> bool:
    """Whether what one publishes comes to the other; the receiver sees all that he may see, in order."""
    own = {
        "gw1": "modemd/gateway/gw1/end",
        "operator": "modemd/send/end",
        "homeassistant": "homeassistant/end",
    }
    filters = ["modemd/#", "homeassistant/#", "reply/#", "elsewhere/#"]
    with (
        MqttUser(broker.port, *filters, name="receiver", username=receiver, password=SECRET) as hears,
        MqttUser(broker.port, name="sender", username=sender, password=SECRET) as tells,
        MqttUser(broker.port, name="end", username="gw1", password=SECRET) as ends,
    ):
        tells.publish(topic, b"x")
        end = own.get(receiver, f"modemd/status/{receiver}")
        ends.publish(end, b"end")
        hears.until(lambda: any(heard.payload == b"end" for heard in hears.heard), "the end")
        return any(heard.topic == topic and heard.payload == b"x" for heard in hears.heard)


@pytest.mark.parametrize(
    ("sender", "topic", "receiver", "allowed"),
    [
        ("clinic", "modemd/send/clinic", "gw1", True),
        ("clinic", "modemd/request/quote/clinic", "gw1", True),
        ("clinic", "modemd/send/shop", "gw1", False),
        ("clinic", "modemd/send", "gw1", False),
        ("clinic", "modemd/request/pause", "gw1", False),
        ("clinic", "modemd/status/shop", "gw1", False),
        ("clinic", "homeassistant/status", "gw1", False),
        ("gw1", "modemd/status/clinic", "clinic", True),
        ("gw1", "modemd/received/clinic", "clinic", True),
        ("gw1", "modemd/response/quote/clinic", "clinic", True),
        ("gw1", "modemd/account/clinic/credit", "clinic", True),
        ("gw1", "modemd/account/clinic/event", "clinic", True),
        ("gw1", "modemd/account/shop/event", "clinic", False),
        ("gw1", "reply/clinic/7", "clinic", True),
        ("gw1", "modemd/status/shop", "clinic", False),
        ("gw1", "modemd/received/default", "clinic", False),
        ("gw1", "reply/shop/7", "clinic", False),
        ("gw1", "elsewhere/clinic", "operator", False),
        ("gw1", "homeassistant/device/modemd_gw1/config", "homeassistant", True),
        ("gw1", "modemd/modem/gsm1/state", "homeassistant", True),
        ("homeassistant", "modemd/request/reset", "gw1", True),
        ("homeassistant", "modemd/send", "gw1", True),
        ("homeassistant", "homeassistant/status", "gw1", True),
        ("homeassistant", "modemd/gateway/gw1/state", "gw1", False),
        ("operator", "modemd/request/pause", "gw1", True),
    ],
)
def test_each_user_reaches_whom_he_may(
    broker: ReadyMade, sender: str, topic: str, receiver: str, *, allowed: bool
) -> None:
    assert reaches(broker, sender, topic, receiver) is allowed


def test_the_tls_listener_wants_a_certificate_and_a_password(tmp_path: Path) -> None:
    certificates = Certificates(tmp_path / "certificates")
    (tmp_path / "secret").write_text(SECRET)
    with ReadyMade(tmp_path, {"gw1": SECRET}, tls=certificates) as broker:
        settings = {
            "host": "localhost", "port": broker.tls_port, "username": "gw1",
            "password_file": str(tmp_path / "secret"),
        }  # fmt: skip
        both = {"cert_file": str(certificates.client), "key_file": str(certificates.client_key)}
        for tls, said in ((both, "lets us in"), ({}, "it asks for a client certificate")):
            desk = Desk(tmp_path)
            section = settings | {"tls": {"ca_file": str(certificates.ca)} | tls}
            desk.config.write_text(f"mqtt: {json.dumps(section)}\n")
            done = desk.run("check")
            assert (said in done.out, done.status) == (True, 0 if tls else 78), done.out + broker.log


FIRST_COLUMN: Final = re.findall(r"^\| (.*?) \|", PAGE[PAGE.index("## When something") :], re.MULTILINE)
SENTENCES: Final = [
    piece.strip()
    for told in re.findall(r"`([^`\n]{15,})`", "\n".join(FIRST_COLUMN))
    for piece in re.split("…|'gw1'|CONNECT", told)
    if len(piece) > 12
]


@pytest.mark.parametrize("piece", SENTENCES)
def test_what_the_manual_says_the_log_says_is_what_it_says(piece: str) -> None:
    assert len(SENTENCES) > 10
    assert re.sub(r"[^a-z ]", "", piece.lower()) in re.sub(r"[^a-z ]", "", SOURCES.lower())
