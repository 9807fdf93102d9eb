"""The whole configuration as one frozen value."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from modemd.config.accounts import AccountConfig
from modemd.config.consent import ConsentWordsConfig
from modemd.config.mail import MailConfig
from modemd.config.modems import ModemsConfig
from modemd.config.mqtt import MqttConfig
from modemd.config.sections import (
    GatewayConfig,
    HooksConfig,
    LogConfig,
    MetricsConfig,
    RecoveryConfig,
    RetentionConfig,
    RouteConfig,
    SendingConfig,
    SpoolConfig,
    StoreConfig,
)
from modemd.config.seller import SellerConfig
from modemd.config.terms import TariffConfig, TermsConfig, in_order, not_presets
from modemd.config.types import ContactName, Name, Numbers, Section


class Config(Section):
    """What one gateway is told to do; every section may be left out."""

    gateway: GatewayConfig = Field(default_factory=GatewayConfig, description="who this gateway is")
    store: StoreConfig = Field(default_factory=StoreConfig, description="where everything durable is")
    modems: ModemsConfig = Field(default_factory=ModemsConfig, description="which modems are used")
    spool: SpoolConfig = Field(
        default_factory=SpoolConfig, description="the directory that files are dropped into"
    )
    mqtt: MqttConfig | None = Field(None, description="the broker; without this section there is none")
    mail: MailConfig | None = Field(
        None, description="the server that takes e-mail to accounts; without this section there is none"
    )
    accounts: dict[Name, AccountConfig] = Field({}, description="who may send; `default` always exists")
    terms: Annotated[dict[Name, TermsConfig], AfterValidator(not_presets)] = Field(
        {}, description="terms of your own: a preset, and what differs from it"
    )
    tariffs: Annotated[dict[Name, tuple[TariffConfig, ...]], AfterValidator(in_order)] = Field(
        {}, description="what credits cost, by name; `standard` holds where none is named"
    )
    seller: SellerConfig | None = Field(
        None, description="who sells credits; without this section invoices name no seller"
    )
    consent_words: ConsentWordsConfig = Field(
        default_factory=ConsentWordsConfig,
        description="words beside STOP and START that recipients may write",
    )
    contacts: dict[ContactName, Numbers] = Field(
        {}, description="names that may stand for phone numbers where a message is sent to"
    )
    routes: tuple[RouteConfig, ...] = Field(
        (), description="which modems take which destinations; none: all take all"
    )
    sending: SendingConfig = Field(default_factory=SendingConfig, description="how messages go out")
    recovery: RecoveryConfig = Field(
        default_factory=RecoveryConfig, description="what is done about a modem that does not work"
    )
    hooks: HooksConfig = Field(default_factory=HooksConfig, description="programs that are told")
    retention: RetentionConfig = Field(
        default_factory=RetentionConfig, description="how long personal data stays"
    )
    metrics: MetricsConfig = Field(default_factory=MetricsConfig, description="Prometheus")
    log: LogConfig = Field(default_factory=LogConfig, description="what is written on standard error")

    @model_validator(mode="after")
    def _default_account(self) -> Config:
        self.accounts.setdefault("default", AccountConfig())
        return self
