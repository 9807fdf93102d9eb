"""What a configuration says of the broker becomes settings, or a fault that names the file."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from modemd.config.mqtt import MqttConfig
from modemd.errors import ConfigError
from modemd.workers.broker_settings import BrokerSettings
from tests.system.certificates import Certificates


def settings(**section: Any) -> BrokerSettings:
    return BrokerSettings.of(MqttConfig.model_validate(section), "gw1", "1.0")


def fault(**section: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        settings(**section)
    return str(caught.value)


def test_who_we_are(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("word\n")
    made = settings(username="u", password_file=str(secret), keepalive="30s", session_expiry="1d")
    assert (made.client_id, made.username, made.password) == ("modemd-gw1", "u", "word")
    assert (made.keepalive_s, made.session_expiry_s, made.will_topic) == (
        30,
        86400,
        "modemd/gateway/gw1/state",
    )
    assert b'"offline"' in made.will_payload
    assert "word" not in repr(made)
    assert settings(client_id="other").client_id == "other"


def test_files_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    made = Certificates(tmp_path / "pki")
    junk = tmp_path / "junk"
    junk.write_text("no certificate")
    locked = tmp_path / "locked.key"
    subprocess.run(
        ["openssl", "ec", "-in", str(made.client_key), "-aes256", "-passout", "pass:x", "-out", str(locked)],
        check=True, capture_output=True,
    )  # fmt: skip
    assert "No such file" in fault(tls={"ca_file": str(tmp_path / "none")})
    assert f"{junk}: it is no certificate" in fault(tls={"ca_file": str(junk)})
    own = {"cert_file": str(made.client)}
    assert "the key does not belong to it" in fault(tls=own | {"key_file": str(made.server_key)})
    assert "its key is encrypted" in fault(tls=own | {"key_file": str(locked)})
    assert settings(tls=own | {"key_file": str(made.client_key)}).tls is not None
    assert settings(tls={}).tls is not None
