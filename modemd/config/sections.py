"""The smaller sections of the configuration, one class each; defaults and meanings stand in the fields."""

from __future__ import annotations

import os
import re
import socket
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Final, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from modemd.config.types import (
    Country,
    Duration,
    FineDuration,
    Name,
    Prefix,
    Program,
    Section,
    TimeZone,
)

_DAY = 86400
_LONGEST_VALIDITY = 63 * 7 * _DAY


def host_name() -> str:
    """This machine's name, made fit to be a gateway's."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", socket.gethostname().split(".")[0])[:64] or "modemd"


def machine_timezone() -> str:
    """The zone that this machine keeps its clock in, by name; ``UTC`` where it does not tell."""
    named = os.environ.get("TZ", "").removeprefix(":")
    target = named if "/" in named else str(Path("/etc/localtime").resolve())
    key = target.partition("zoneinfo/")[2] or named
    try:
        ZoneInfo(key or "-")
    except (OSError, ValueError, KeyError):
        return "UTC"
    return key


class GatewayConfig(Section):
    """Who this gateway is."""

    name: Name = Field(default_factory=host_name, description="this gateway's name; default: the host's")
    country: Country | None = Field(
        None, description="how national numbers are read; empty: only +... is taken"
    )
    timezone: TimeZone = Field(
        default_factory=machine_timezone,
        description="zone of times in files and of days; default: the host's",
    )

    @property
    def zone(self) -> tzinfo:
        """``timezone`` as Python wants it."""
        return UTC if self.timezone == "UTC" else ZoneInfo(self.timezone)


class StoreConfig(Section):
    """Where everything durable is."""

    url: str = Field(
        "sqlite:////var/lib/modemd/modemd.db",
        pattern=r"^(sqlite:///.+|postgresql(\+psycopg)?://.+)$",
        description="sqlite:////path/of/a/file, or postgresql://user@host/db",
    )


class SpoolConfig(Section):
    """The directory that files are dropped into."""

    dir: str = Field("/var/spool/modemd", min_length=1, description="holds outgoing/, sent/, incoming/ ...")
    formats: tuple[Literal["smstools3", "gammu", "json", "ical"], ...] = Field(
        ("smstools3", "gammu", "json"), description="the formats that are read from outgoing/"
    )
    settle_s: FineDuration = Field(
        0.5, alias="settle", ge=0, le=60, description="a file that is written in place must rest this long"
    )
    scan_s: FineDuration = Field(
        30.0,
        alias="scan",
        ge=1,
        le=3600,
        description="look into outgoing/ this often, whatever was announced",
    )


class RouteConfig(Section):
    """Which modems take a destination; the longest prefix that fits decides."""

    prefix: Prefix = Field(description='the beginning of the destination, such as "+324"; "": every one')
    modems: tuple[Name, ...] = Field((), description="the modems that may send it")
    networks: tuple[str, ...] = Field(
        (), description="or those whose SIM is of these networks: 20601 (country and network code), or a name"
    )


class SendingConfig(Section):
    """How messages go out where they don't say it themselves."""

    reports: bool = Field(True, description="ask for a status report")
    validity_s: Duration = Field(
        _DAY,
        alias="validity",
        ge=300,
        le=_LONGEST_VALIDITY,
        description="how long the network tries to deliver",
    )
    max_parts: int = Field(10, ge=1, le=255, description="a longer message is refused")
    retries: int = Field(5, ge=0, le=100, description="how often a part is tried again after a passing error")
    uncertain: Literal["resend", "hold", "sent"] = Field(
        "resend", description="what becomes of a part that nobody can say was sent"
    )
    uncertain_after_s: Duration = Field(
        600, alias="uncertain_after", ge=0, description="how long evidence is waited for before that"
    )
    sticky_s: Duration = Field(
        0, alias="sticky", ge=0, description="a recipient keeps getting the SIM of its last message so long"
    )


class HooksConfig(Section):
    """Programs that are told; they are run without a shell."""

    event: Program | None = Field(
        None, description="called with EVENT FILE [ID]; a path, or a list with arguments"
    )
    alarm: Program | None = Field(
        None, description="called with ALARM DATE TIME SEVERITY MODEM TEXT when a person is needed"
    )


class RecoveryConfig(Section):
    """What is done about a modem that does not work; each step has its limits."""

    usb_reset: bool = Field(True, description="take a USB modem off its bus and put it back on")
    power: Program | None = Field(
        None,
        description="called with MODEM PORT USB to cut a modem's power where all else failed",
    )
    search_s: Duration = Field(
        300, alias="search", ge=60, description="without network for so long, a modem is helped along"
    )


class RetentionConfig(Section):
    """How long personal data stays in the store after a message ended."""

    text_s: Duration = Field(30 * _DAY, alias="text", ge=0, description="texts")
    number_s: Duration = Field(365 * _DAY, alias="number", ge=0, description="phone numbers")


_PORT: Final = r"(6553[0-5]|655[0-2]\d|65[0-4]\d{2}|6[0-4]\d{3}|[1-5]?\d{1,4})"
"""What is above is no port, and to bind to it is a mistake of ours to Python."""


class MetricsConfig(Section):
    """Prometheus."""

    listen: str = Field(
        "", pattern=rf"^(\S+:{_PORT})?$", description='address:port to serve metrics on; "": off'
    )


class LogConfig(Section):
    """What is written on standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="the least that is written"
    )
    format: Literal["journal", "text", "json"] = Field(
        "journal",
        description="journal: with <priority> for systemd; text: with the time; json: an object a line",
    )
    trouble: str = Field(
        "", description="directory for what modems said before something went wrong; empty: in the spool"
    )
