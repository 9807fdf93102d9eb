"""Whom to connect to, and as who; and what comes in there. Values only: nothing here speaks MQTT."""

from __future__ import annotations

import json
import ssl
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from modemd.errors import ConfigError, Fault

if TYPE_CHECKING:
    from modemd.config.mqtt import MqttConfig, TlsConfig


@dataclass(frozen=True, slots=True)
class Arrival:
    """One PUBLISH that came in; ``expiry_s`` is what was left of its life then (MQTT 5.0, 3.3.2.3.3)."""

    topic: str
    payload: bytes
    mid: int
    qos: int
    dup: bool
    retain: bool
    response_topic: str | None = None
    correlation: bytes | None = None
    expiry_s: int | None = None
    came_at: float = field(default_factory=time.monotonic, compare=False)

    @property
    def left_s(self) -> int | None:
        """What is left of its life now; not above 0: it is over."""
        return None if self.expiry_s is None else self.expiry_s - int(time.monotonic() - self.came_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerSettings:
    """All that a connection is made of; ``clean`` asks the broker to forget the session of before.

    ``patience_s`` is how long each may take: TCP and TLS, CONNACK, SUBACK. A frozen broker's kernel still
    accepts connections.
    """

    host: str
    port: int
    client_id: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: ssl.SSLContext | None = None
    ca_file: str | None = None
    keepalive_s: int = 20
    session_expiry_s: int = 0
    will_topic: str | None = None
    will_payload: bytes = b""
    will_delay_s: int = 0
    clean: bool = False
    patience_s: float = 10.0

    @classmethod
    def of(cls, config: MqttConfig, gateway: str, version: str = "") -> BrokerSettings:
        """Take them from a configuration; files with secrets and certificates are read now.

        Raises:
            ConfigError: one of the files cannot be read, or is not what it should be.
        """
        return cls(
            host=config.host,
            port=config.port,
            client_id=config.client_name(gateway),
            username=config.username,
            password=config.read_password(),
            tls=None if config.tls is None else _tls_context(config.tls),
            ca_file=None if config.tls is None else config.tls.ca_file,
            keepalive_s=config.keepalive_s,
            session_expiry_s=config.session_expiry_s,
            will_topic=f"{config.prefix}/gateway/{gateway}/state",
            will_payload=json.dumps({"state": "offline", "version": version, "since": None}).encode(),
            will_delay_s=config.will_delay_s,
        )


def _tls_context(config: TlsConfig) -> ssl.SSLContext:
    """Certificates are checked, and the name in them; without ``ca_file`` the system's list decides."""
    try:
        context = ssl.create_default_context(cafile=config.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise _unusable("ca_file", config.ca_file, error) from error
    if config.cert_file is not None:
        try:
            context.load_cert_chain(config.cert_file, config.key_file, password=_no_password)
        except (OSError, ssl.SSLError, ValueError) as error:
            raise _unusable("cert_file", config.cert_file, error) from error
    return context


def _no_password() -> str:
    """Without this OpenSSL would ask at a terminal."""
    raise ValueError("its key is encrypted: a daemon has nobody to ask for the password")


def _unusable(key: str, file: str | None, error: Exception) -> ConfigError:
    reason = str(error)
    if isinstance(error, ssl.SSLError):
        reason = (
            "the key does not belong to it" if "MISMATCH" in reason else "it is no certificate in PEM form"
        )
    elif isinstance(error, OSError):
        reason = error.strerror or reason
    return ConfigError([Fault(f"cannot use {file}: {reason}", f"mqtt: tls: {key}")])
