"""``mqtt:`` the broker, and how the gateway is known to it."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from pydantic import Field, model_validator

from modemd.config.modems import read_secret
from modemd.config.types import ChannelName, Duration, FineDuration, Section

_NEVER: Final = 0xFFFFFFFF
"""The session expiry that means no end (MQTT 5.0, 3.1.2.11.2); what lasts for ever can't be taken back."""

_WEEK: Final = 7 * 86400
_HOST: Final = r"^([^\s/:]+|[^\s/:]*(:[^\s/:]*){2,})$"
"""Neither ``mqtt://name`` nor ``name:port``; an IPv6 address has two colons and more."""

_LEVELS: Final = r"[^+#\s/$\x00-\x1f][^+#\s/\x00-\x1f]*(/[^+#\s/\x00-\x1f]+)*"

_SWITCHES: Final = dict.fromkeys(("no", "false", "off"), "") | dict.fromkeys(
    ("yes", "true", "on"), "homeassistant"
)
"""Who writes ``homeassistant: no`` wants it off, and no discovery prefix of this name."""


class TlsConfig(Section):
    """Certificates for the broker."""

    ca_file: str | None = Field(
        None, description="who signs the broker's certificate; empty: the system's list"
    )
    cert_file: str | None = Field(None, description="our own certificate")
    key_file: str | None = Field(None, description="the key of our own certificate")


class MqttConfig(Section):
    """The broker; without this section there is none."""

    host: str = Field("127.0.0.1", min_length=1, pattern=_HOST, description="the broker's host")
    port: int = Field(1883, ge=1, le=65535, description="the broker's port")
    username: str | None = Field(None, description="who we say we are")
    password_file: str | None = Field(
        None, description="file with the password; a relative name is looked up in $CREDENTIALS_DIRECTORY"
    )
    tls: TlsConfig | None = Field(None, description="encrypt; an empty mapping {} trusts the system's list")
    prefix: str = Field("modemd", pattern=rf"^{_LEVELS}$", description="first level of every topic")
    share: str = Field(
        "",
        pattern=r"^[^+#/\s]*$",
        description='shared-subscription group of several gateways; "": a plain subscription',
    )
    homeassistant: str = Field(
        "homeassistant", pattern=rf"^({_LEVELS})?$", description='discovery prefix; "": off'
    )
    channels: tuple[ChannelName, ...] = Field(
        (), description="channels besides sms that connectors take from <prefix>/channel/<channel>"
    )
    client_id: str | None = Field(
        None,
        pattern=r"^[^+#/\s]{1,64}$",
        description="who we are to the broker; default: modemd-<name of the gateway>",
    )
    keepalive_s: Duration = Field(
        20, alias="keepalive", ge=1, le=0xFFFF, description="how often the connection proves to be alive"
    )
    session_expiry_s: Duration = Field(
        _WEEK,
        alias="session_expiry",
        ge=60,
        le=_NEVER - 1,
        description="how long the broker keeps what is sent to us while we are away",
    )
    will_delay_s: Duration = Field(
        5,
        alias="will_delay",
        ge=0,
        le=86400,
        description="told as offline this long after a broken connection",
    )
    repeat_s: FineDuration = Field(
        3.0,
        alias="repeat",
        ge=0,
        le=600,
        description="what was acknowledged this long before a connection broke is told again",
    )

    empty_is_a_value: ClassVar = ("share", "homeassistant")

    @model_validator(mode="before")
    @classmethod
    def _empty_means_off(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        off = {key: "" for key in cls.empty_is_a_value if key in value and value[key] is None}
        switched = _SWITCHES.get(str(value.get("homeassistant")).lower())
        return value | off | ({} if switched is None else {"homeassistant": switched})

    def client_name(self, gateway: str) -> str:
        """``client_id``, or the one that follows from the gateway's name."""
        return self.client_id or f"modemd-{gateway}"

    def read_password(self) -> str | None:
        """The password from ``password_file``.

        Raises:
            ConfigError: the file cannot be read.
        """
        return read_secret(self.password_file, "mqtt: password_file") if self.password_file else None
