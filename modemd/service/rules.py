"""What the configuration means to the verbs of this room: one frozen value, made anew at each reload."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modemd.config import Config
    from modemd.config.modems import ModemConfig
    from modemd.config.sections import AccountConfig, RouteConfig, SendingConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Everything that a verb may ask of the configuration.

    ``contacts`` are the names that may stand for numbers;
    ``consumers`` are those who are told of events: each gets a row of the outbox for what concerns it.
    """

    gateway: str
    country: str | None
    accounts: Mapping[str, AccountConfig]
    modems: tuple[ModemConfig, ...]
    routes: tuple[RouteConfig, ...]
    sending: SendingConfig
    consumers: frozenset[str]
    contacts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, config: Config, others: frozenset[str] = frozenset()) -> Rules:
        """Take what is needed from a configuration; ``others`` are told besides the spool and the broker."""
        broker = frozenset() if config.mqtt is None else frozenset({"mqtt"})
        return cls(
            gateway=config.gateway.name,
            country=config.gateway.country,
            accounts=config.accounts,
            modems=tuple(config.modems.list),
            routes=config.routes,
            sending=config.sending,
            consumers=others | broker | {"spool"},
            contacts=config.contacts,
        )

    def prefix_for(self, destination: str) -> str | None:
        """Return the longest configured prefix that a destination begins with."""
        fitting = [route.prefix for route in self.routes if destination.startswith(route.prefix)]
        return max(fitting, key=len) if fitting else None
