"""``modems:`` which modems there are, and what each may do."""

from __future__ import annotations

import os
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Literal

from pydantic import Field

from modemd.config.types import (
    Duration,
    FineDuration,
    Iccid,
    Imei,
    Name,
    PhoneNumber,
    Pin,
    Port,
    Section,
    UsbPath,
    UssdPattern,
)
from modemd.errors import ConfigError, Fault


class BalanceConfig(Section):
    """How a prepaid SIM's money is asked for: by USSD, now and then."""

    code: str = Field(min_length=1, max_length=182, description="the USSD code that asks for it: *100#")
    pattern: UssdPattern = Field(
        r"([0-9]+[.,][0-9]{2})", description="regular expression; its first group is the amount in the answer"
    )
    every_s: Duration = Field(86400, alias="every", ge=600, description="how often it is asked for")
    low: Decimal | None = Field(None, ge=0, description="an alarm is raised below this amount; empty: none")


class ModemConfig(Section):
    """One modem: bound to a port, or, wherever it is plugged in, to the modem, the SIM or a USB socket."""

    name: Name = Field(description="what this modem is called in files, events and commands")
    port: Port | None = Field(None, description="its serial port: /dev/serial/by-id/..., or tcp://host:port")
    imei: Imei | None = Field(None, description="the modem's own identity: found on whatever port it is")
    iccid: Iccid | None = Field(None, description="the SIM's identity: found in whatever modem it is")
    usb: UsbPath | None = Field(None, description="the USB socket that it is plugged into: 1-1.2")
    baudrate: int = Field(
        115200, ge=300, le=4_000_000, description="speed of the serial line (USB modems ignore it)"
    )
    pin: Pin | None = Field(None, repr=False, description="the SIM's PIN; better in pin_file")
    pin_file: str | None = Field(
        None, description="file with the PIN; a relative name is looked up in $CREDENTIALS_DIRECTORY"
    )
    smsc: PhoneNumber | None = Field(
        None, description="service centre to use; empty: the one that the SIM holds"
    )
    number: PhoneNumber | None = Field(None, description="the SIM's own phone number")
    account: Name = Field("default", description="the account that gets what comes in here")
    send: bool = Field(True, description="may this modem send")
    receive: bool = Field(True, description="are messages and calls taken from this modem")
    per_minute: int | None = Field(None, ge=1, description="most parts in a minute; empty: no limit")
    per_day: int | None = Field(None, ge=1, description="most parts in a day; empty: no limit")
    per_month: int | None = Field(None, ge=1, description="most parts in a calendar month; empty: no limit")
    spacing_s: FineDuration = Field(
        0.0, alias="spacing", ge=0, le=3600, description="shortest time from one part to the next"
    )
    jitter: float = Field(
        0.0, ge=0, le=5, description="as much of the spacing more, at random: 0.5 makes 4s 4 to 6 seconds"
    )
    balance: BalanceConfig | None = Field(None, description="how a prepaid SIM's money is asked for")
    hang_up: bool = Field(False, description="end incoming calls at once, instead of letting them ring")
    sms_domain: Literal["auto", "packet", "circuit"] = Field(
        "auto", description="which network carries messages (AT+CGSMS); auto: as the modem has it"
    )
    sim_slot: int | None = Field(
        None, ge=1, le=4, description="which of the modem's SIM slots is used, where it has several"
    )

    def read_pin(self) -> str | None:
        """The PIN, from ``pin`` or from ``pin_file``; ``None`` where there is none.

        Raises:
            ConfigError: the file cannot be read, or does not hold 4 to 8 digits.
        """
        if self.pin_file is None:
            return self.pin
        pin = read_secret(self.pin_file, f"modem {self.name}: pin_file")
        if not (pin.isascii() and pin.isdigit() and 4 <= len(pin) <= 8):
            raise ConfigError([Fault(f"{self.pin_file} does not hold a PIN of 4 to 8 digits", "pin_file")])
        return pin


class ModemsConfig(Section):
    """Which modems are used."""

    discover: bool = Field(True, description="adopt every modem that is plugged in")
    ports: tuple[str, ...] = Field(
        (),
        description="patterns of ports that modems are looked for on, such as /dev/ttyUSB*; empty: all",
    )
    ignore: tuple[str, ...] = Field(
        (), description="patterns of ports that are never opened, whatever they are"
    )
    list: tuple[ModemConfig, ...] = Field((), description="names modems and overrides what is found")


def read_secret(name: str, what: str, environ: Mapping[str, str] = os.environ) -> str:
    """The first line of the file ``name``; a relative name is one of systemd's credentials.

    Raises:
        ConfigError: the file cannot be read; ``what`` says in it which secret was wanted.
    """
    path = Path(name)
    if not path.is_absolute():
        folder = environ.get("CREDENTIALS_DIRECTORY")
        if not folder:
            fault = Fault(
                f"{name} is looked up in $CREDENTIALS_DIRECTORY, which is not set",
                what,
                suggestion="give the whole path, or start modemd by its systemd unit with LoadCredential=",
            )
            raise ConfigError([fault])
        path = Path(folder) / name
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigError([Fault(f"cannot read {path}: {reason}", what)]) from error
    return text.split("\n", 1)[0].strip()
