"""Terms and tariffs of the operator's own: what he changes of a preset, and what credits cost.

Money is decimal and without VAT; a price is written in quotes or not, it stays the text that was written.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Annotated, Final, Literal, get_args

from pydantic import BeforeValidator, Field, WithJsonSchema, field_validator

from modemd.config.types import Name, Prefix, Section

Preset = Literal["unlimited", "smstools", "sms4less"]
PRESETS: Final[tuple[str, ...]] = get_args(Preset)
MOST_CREDITS: Final = 1_000_000_000


def _decimal(value: object) -> object:
    """Text as the number that it shows: a float would be another one."""
    if isinstance(value, float):
        raise ValueError("money is written as text or in whole numbers")  # noqa: TRY004 - pydantic wants it
    if isinstance(value, str):
        try:
            return Decimal(str(value))
        except InvalidOperation:
            raise ValueError(f'{value!r} is no decimal number, such as "0.095"') from None
    return value


def _day(value: object) -> object:
    if isinstance(value, str):
        try:
            return dt.date.fromisoformat(str(value))
        except ValueError:
            raise ValueError(f"{value!r} is no day, such as 2026-01-31") from None
    return value


_DECIMAL_SCHEMA: Final = {"type": ["string", "number"], "examples": ["0.095"]}
Price = Annotated[
    Decimal,
    BeforeValidator(_decimal),
    Field(ge=0, le=1000, max_digits=12, decimal_places=8),
    WithJsonSchema(_DECIMAL_SCHEMA),
]
Percent = Annotated[
    Decimal,
    BeforeValidator(_decimal),
    Field(ge=0, le=100, max_digits=7, decimal_places=4),
    WithJsonSchema({"type": ["string", "number"], "examples": ["21"]}),
]
Day = Annotated[
    dt.date,
    BeforeValidator(_day),
    WithJsonSchema({"type": "string", "format": "date", "examples": ["2026-01-01"]}),
]
Credits = Annotated[int, Field(ge=1, le=MOST_CREDITS)]
Months = Annotated[int, Field(ge=0, le=1200)]
"""0: the rule does not exist."""


class BundleConfig(Section):
    """One size of order and what a credit costs in it (L §5.2)."""

    up_to: Credits | None = Field(None, description="most credits of it; only the last may have no end")
    price: Price = Field(description='EUR for one credit, without VAT, such as "0.095"')
    name: Name | None = Field(None, description='default: its size, such as "501-1000"')


class TariffConfig(Section):
    """What credits cost from one day on."""

    valid_from: Day = Field(description="the first day of these prices, in the gateway's zone")
    currency: str = Field("EUR", pattern=r"^[A-Z]{3}$", description="ISO 4217, such as EUR")
    vat: Percent | None = Field(None, description='per cent that stands as a line of its own, such as "21"')
    bundles: tuple[BundleConfig, ...] = Field(min_length=1, description="prices by size, the smallest first")
    credits: dict[Prefix, Annotated[int, Field(ge=1, le=1000)]] = Field(
        {}, description="credits for one part by the destination's prefix; others take 1"
    )

    @field_validator("bundles")
    @classmethod
    def _rising(cls, bundles: tuple[BundleConfig, ...]) -> tuple[BundleConfig, ...]:
        for smaller, larger in pairwise(bundles):
            if smaller.up_to is None:
                raise ValueError("only the last bundle may be without up_to:")
            if larger.up_to is not None and larger.up_to <= smaller.up_to:
                raise ValueError(f"up_to: {larger.up_to} does not follow {smaller.up_to}: sizes must rise")
        names = [bundle.name for bundle in bundles if bundle.name is not None]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two bundles have the name {name!r}")
        return bundles


class TermsConfig(Section):
    """Terms of the operator's own: a preset, and what differs from it."""

    like: Preset = Field(description="the preset that holds where nothing is said below")
    tariff: Name | None = Field(None, description="the tariff of its accounts; default: standard")
    minimum_topup: Credits | None = Field(None, description="fewest credits of an order (S §7.3)")
    one_account_per_holder: bool | None = Field(
        None, description="no two open accounts of one holder (S §7.7)"
    )
    order_from_application: bool | None = Field(
        None, description="orders may come by MQTT from the account's application (L §6.1)"
    )
    due_days: int | None = Field(
        None, ge=0, le=366, description="days from the invoice to its due date (L §7.1); 0: before use"
    )
    early_activation: bool | None = Field(
        None, description="the largest bundle may be used before it is paid, where agreed (L §8.1)"
    )
    lot_months: Months | None = Field(None, description="months that credits are valid (L §6.2); 0: for ever")
    cancel_expired: bool | None = Field(None, description="take what was not used by then (L §6.3)")
    forfeit_unsent_months: Months | None = Field(
        None, description="months without a message after which the balance is lost (S §7.4); 0: never"
    )
    unfunded_close_months: Months | None = Field(
        None, description="months after which an account that was never funded is closed (S §7.7); 0: never"
    )
    used_up_close_months: Months | None = Field(
        None, description="months after the last credit was used until it is closed (S §7.7); 0: never"
    )
    unused_delete_years: int | None = Field(
        None, ge=0, le=100, description="years without use after which it is deleted (L §15.4); 0: never"
    )
    chargeback: Literal["close", "suspend"] | None = Field(
        None, description="what a payment that is taken back brings (S §7.5, L §19.1)"
    )
    end_reasons: bool | None = Field(
        None, description="suspending and ending need one of the written reasons (L §19.1)"
    )
    objection_days: int | None = Field(None, ge=0, le=366, description="days to object to an invoice (L §9)")
    transferable: bool | None = Field(None, description="may go to another holder (S §1.2, L §18.2)")
    revision: Literal["any", "first_quarter"] | None = Field(
        None, description="when prices may change (L §5.5)"
    )
    notice_months: int | None = Field(None, ge=1, le=120, description="notice of changed terms (L §21.2)")


def not_presets(terms: dict[str, TermsConfig]) -> dict[str, TermsConfig]:
    """Refuse terms that bear a preset's name."""
    for name in terms:
        if name in PRESETS:
            raise ValueError(f"{name!r} is a preset's name: give your own terms another one")
    return terms


def in_order(tariffs: dict[str, tuple[TariffConfig, ...]]) -> dict[str, tuple[TariffConfig, ...]]:
    """Refuse versions of a tariff that do not follow each other, or that change the currency."""
    for name, versions in tariffs.items():
        for earlier, later in pairwise(versions):
            if later.valid_from <= earlier.valid_from:
                raise ValueError(
                    f"{name}: valid_from {later.valid_from} does not follow {earlier.valid_from}"
                )
            if later.currency != earlier.currency:
                raise ValueError(f"{name}: the currency changes from {earlier.currency} to {later.currency}")
    return tariffs
