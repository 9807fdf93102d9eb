"""What the configuration means to the verbs of this room: one frozen value, made anew at each reload."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING

from modemd.service.admission.consent_words import ConsentWords
from modemd.service.terms.tariff import PLAIN, Tariff, tariff_of
from modemd.service.terms.terms import Terms, all_terms

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, tzinfo

    from modemd.config import Config
    from modemd.config.accounts import AccountConfig
    from modemd.config.modems import ModemConfig
    from modemd.config.sections import RouteConfig, SendingConfig
    from modemd.config.seller import SellerConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Everything that a verb may ask of the configuration.

    ``contacts`` are the names that may stand for numbers;
    ``channels`` are those besides ``sms`` that a connector at the broker takes;
    ``declared`` are the configuration's own accounts, ``accounts`` those and the ones that the store adds;
    ``zone`` is the one of times of day, and of its days, months and years;
    ``terms`` are the presets and the operator's own, as they are written now, ``tariffs`` what credits cost;
    ``in_force`` are the terms that an account accepted, where the store knows them;
    ``seller`` is whom invoices name, if anybody;
    ``words`` are what people may write to end their consent, or to give it;
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
    channels: frozenset[str] = frozenset()
    declared: Mapping[str, AccountConfig] = field(default_factory=dict)
    zone: tzinfo = UTC
    words: ConsentWords = field(default_factory=ConsentWords.of)
    terms: Mapping[str, Terms] = field(default_factory=lambda: all_terms({}))
    tariffs: Mapping[str, Tariff] = field(default_factory=dict)
    in_force: Mapping[str, Terms] = field(default_factory=dict)
    seller: SellerConfig | None = None

    @classmethod
    def of(cls, config: Config, others: frozenset[str] = frozenset()) -> Rules:
        """Take what is needed of a configuration; ``others`` are told besides spool, broker and mail."""
        doors = {"mqtt": config.mqtt, "mail": config.mail}
        return cls(
            gateway=config.gateway.name,
            country=config.gateway.country,
            accounts=config.accounts,
            modems=tuple(config.modems.list),
            routes=config.routes,
            sending=config.sending,
            consumers=others | {name for name, door in doors.items() if door is not None} | {"spool"},
            contacts=config.contacts,
            channels=frozenset(() if config.mqtt is None else config.mqtt.channels),
            declared=config.accounts,
            zone=config.gateway.zone,
            words=ConsentWords.of(config.consent_words),
            terms=all_terms(config.terms),
            seller=config.seller,
            tariffs={
                name: tariff_of(name, versions, config.gateway.zone)
                for name, versions in config.tariffs.items()
            },
        )

    @property
    def asks_consent(self) -> bool:
        """Whether any account asks for its recipients' consent. It looks through all of them."""
        return any(account.consent != "none" for account in self.accounts.values())

    def prefix_for(self, destination: str) -> str | None:
        """Return the longest configured prefix that a destination begins with."""
        fitting = [route.prefix for route in self.routes if destination.startswith(route.prefix)]
        return max(fitting, key=len) if fitting else None

    def terms_of(self, account: str) -> Terms:
        """Return the terms that an account lives under: what it accepted, else what its entry names.

        Terms that nobody knows any more are taken as charged: nothing is given away by a word that is gone.
        """
        accepted = self.in_force.get(account)
        if accepted is not None:
            return accepted
        entry = self.accounts.get(account)
        name = "unlimited" if entry is None else entry.terms
        return self.terms.get(name) or Terms(name=name, charged=True)

    def tariff_of(self, account: str) -> Tariff | None:
        """Return the tariff that an account's credits are priced by; ``None`` where none is configured."""
        entry = self.accounts.get(account)
        named = None if entry is None else entry.tariff
        terms = self.terms_of(account)
        tariff = self.tariffs.get(named or terms.tariff)
        return None if tariff is None else tariff.revised(terms.revision)

    def credits_per_part(self, account: str, destination: str, now: datetime) -> int:
        """Return the credits that one part takes (L §5.3): 0 where the account's terms charge nothing."""
        if not self.terms_of(account).charged:
            return 0
        tariff = self.tariff_of(account)
        return PLAIN if tariff is None else tariff.credits_for(destination, now)
