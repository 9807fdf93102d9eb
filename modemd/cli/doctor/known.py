"""What the store knows of this machine's modems: who has them, how they stand, which PINs were refused."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from modemd.cli.presence import living, open_store
from modemd.errors import ConfigError, StoreError
from modemd.modem.pins import Holder, fingerprints
from modemd.service import overview
from modemd.service.modems import pins
from modemd.store import modems

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from modemd.config.modems import ModemConfig
    from modemd.modem.examination import Examined


@dataclass(frozen=True, slots=True)
class Known:
    """``pids`` are the gateways that run on the store, by process; ``rows`` their modems by real port."""

    url: str = ""
    pids: Mapping[int, str] = field(default_factory=dict)
    rows: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, url: str, now: datetime) -> Known:
        """What can be learned; nothing, where there is no store, or none that can be opened."""
        try:
            with open_store(url) as store:
                gateways = store.read(overview.gateways)
                alive = living(gateways, now, here=store.on_this_machine)
                rows = store.read(modems.all_modems)
        except StoreError:
            return cls()
        return cls(
            url,
            {each.pid: each.name for each in gateways if each.name in alive},
            {
                os.path.realpath(str(row["port"])): row
                for row in rows
                if row["gateway"] in alive and row["port"]
            },
        )

    def refused(self, config: ModemConfig | None, seen: Examined) -> bool:
        """Whether the configured PIN was entered for this SIM once, and not taken."""
        try:
            pin = None if config is None else config.read_pin()
        except ConfigError:
            return False
        if config is None or pin is None or not self.url:
            return False
        prints = fingerprints(Holder(seen.iccid, config.name, seen.imei).sought, pin)
        try:
            with open_store(self.url) as store:
                return store.read(lambda tx: pins.tried(tx, prints)) == "refused"
        except StoreError:
            return False


def configured(
    modems_: tuple[ModemConfig, ...], port: str, usb: str | None, seen: Examined
) -> ModemConfig | None:
    """The entry of the list that a modem on a port belongs to."""
    for config in modems_:
        bound = (
            (config.imei, seen.imei), (config.iccid, seen.iccid), (config.usb, usb),
            (config.port and os.path.realpath(config.port), os.path.realpath(port)),
        )  # fmt: skip
        if any(wanted and wanted == found for wanted, found in bound):
            return config
    return None
