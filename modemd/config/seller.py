"""``seller:`` who sells the credits, as invoices name him, and where they are paid."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from modemd.config.types import Email, Line, Lines, Section, VatNumber

_IBAN: Final = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
_BIC: Final = re.compile(r"[A-Z]{6}[A-Z0-9]{2}([A-Z0-9]{3})?")


def _compact(value: object) -> object:
    """An account number as people write it, without its spaces."""
    return "".join(value.split()).upper() if isinstance(value, str) else value


def _iban(value: str) -> str:
    """ISO 13616: the number that its letters and digits make, country last, leaves 1 when divided by 97."""
    if not _IBAN.fullmatch(value):
        raise ValueError(f"{value!r} is no IBAN, such as BE68 5390 0754 7034")
    digits = "".join(str(int(each, 36)) for each in value[4:] + value[:4])
    if int(digits) % 97 != 1:
        raise ValueError(f"{value!r} is no IBAN: its check digits are not those of its other characters")
    return value


def _bic(value: str) -> str:
    if not _BIC.fullmatch(value):
        raise ValueError(f"{value!r} is no BIC: 8 or 11 letters and digits, such as GKCCBEBB")
    return value


Iban = Annotated[
    str,
    BeforeValidator(_compact),
    AfterValidator(_iban),
    WithJsonSchema({"type": "string", "examples": ["BE68 5390 0754 7034"]}),
]
Bic = Annotated[
    str,
    BeforeValidator(_compact),
    AfterValidator(_bic),
    WithJsonSchema({"type": "string", "examples": ["GKCCBEBB"]}),
]


class SellerConfig(Section):
    """Who sells credits; without this section invoices name no seller."""

    name: Line = Field(description="the person or company that sells the credits")
    address: Lines = Field((), description="the lines of its address, 6 at most")
    vat_number: VatNumber | None = Field(None, description="its VAT number")
    iban: Iban | None = Field(None, description="the bank account that invoices are paid to")
    bic: Bic | None = Field(None, description="its bank's BIC")
    email: Email | None = Field(None, description="where questions about an invoice go")
    note: Line | None = Field(None, description="a line at the end of each invoice")
