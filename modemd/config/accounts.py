"""An account, as the configuration declares it or ``modemd account add`` writes it into the store."""

from __future__ import annotations

from typing import Annotated, Final, Literal, get_args

from pydantic import BeforeValidator, Field, WithJsonSchema

from modemd.config.types import Duration, Email, Hours, Lines, Name, Prefix, Section, VatNumber
from modemd.formats.payloads_account import AccountEventName

Language = Literal["tr", "es", "pt", "bn", "gu", "hi", "kn", "ml", "or", "pa", "ta", "te", "ur"]
"""ISO 639 codes of the national language shift tables, in the order of their identifiers."""

AccountEvent = Literal["all", AccountEventName]
"""What an account can be told of by mail."""

Mailed = Annotated[
    tuple[AccountEvent, ...],
    BeforeValidator(lambda value: [value] if isinstance(value, str) else value),
    WithJsonSchema({"type": ["string", "array"], "items": {"enum": ["all", *get_args(AccountEventName)]}}),
]

_LANGUAGES: Final = get_args(Language)
_DAY: Final = 86400
Lead = Annotated[Duration, Field(ge=0, le=366 * _DAY)]
"""How long before an appointment, in seconds."""


class AccountConfig(Section):
    """One sender: what it may do, and under which terms."""

    terms: Name = Field(
        "unlimited", description="the terms that it lives under: unlimited, smstools, sms4less, or own ones"
    )
    tariff: Name | None = Field(
        None, description="the tariff that its credits are priced by; empty: standard"
    )
    holder: str | None = Field(
        None, min_length=1, max_length=200, description="the person or legal entity that it belongs to"
    )
    address: Lines = Field((), description="the lines of the holder's address, for invoices; 6 at most")
    vat_number: VatNumber | None = Field(None, description="the holder's VAT number, for invoices")
    email: Email | None = Field(None, description="the holder's address, for the events in mail")
    mail: Mailed = Field((), description="events that are mailed to its address; all: every one")
    low_credit: int | None = Field(
        None, ge=1, le=1_000_000_000, description="told once when so many credits or fewer are left"
    )
    on_insufficient: Literal["refuse", "wait"] = Field(
        "refuse", description="what becomes of a message that the credits do not cover"
    )
    early_activation: bool = Field(
        False,
        description="whether the largest bundle may be used before it is paid, where its terms allow it",
    )
    allow: tuple[Prefix, ...] = Field((), description="prefixes that it may send to; empty: all")
    refuse: tuple[Prefix, ...] = Field((), description="prefixes that it may not send to")
    premium: bool = Field(False, description="whether it may send to premium-rate and shared-cost numbers")
    per_minute: int | None = Field(None, ge=1, description="most messages in a minute; empty: no limit")
    per_hour: int | None = Field(None, ge=1, description="most messages in an hour; empty: no limit")
    per_day: int | None = Field(None, ge=1, description="most messages in 24 hours; empty: no limit")
    same_text: int | None = Field(
        None, ge=1, description="most messages of one and the same text in a day; empty: no limit"
    )
    consent: Literal["none", "opt-out", "required"] = Field(
        "none", description="none: anyone; opt-out: not who said STOP; required: only who agreed"
    )
    quiet_hours: Hours | None = Field(None, description='nothing is sent then, such as "21:00-08:00"')
    remind: tuple[Lead, ...] = Field(
        (_DAY,), max_length=16, description="how long before an appointment its reminders go out"
    )
    unix_user: str | None = Field(
        None, pattern=r"^[A-Za-z_][A-Za-z0-9._-]*$", description="owner of its folder outgoing/<account>/"
    )
    languages: tuple[Language, ...] = Field(
        (), description="national alphabets that may be used where they save parts, such as tr, es, pt"
    )

    @property
    def language_ids(self) -> tuple[int, ...]:
        """``languages`` as 3GPP TS 23.038, 6.2.1.2.4, counts them."""
        return tuple(_LANGUAGES.index(language) + 1 for language in self.languages)
