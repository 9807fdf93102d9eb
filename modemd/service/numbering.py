"""Phone numbers as people write them, read in the gateway's country."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import phonenumbers

from modemd.errors import Rejected

_SHORT: Final = re.compile(r"[0-9*#]{1,8}")
_WRITTEN: Final = re.compile(r"[0-9+*#\s()./-]+")
_BETWEEN_DIGITS: Final = re.compile(r"[\s()./-]")
_NO_DIGIT: Final = re.compile(r"\D")
_RECIPIENT_DIGITS: Final = 8


@lru_cache(maxsize=4096)
def normalise(written: str, country: str | None, type_of_number: int | None = None) -> str:
    """Return a destination as ``+`` and digits (ITU-T E.164), or the bare digits of a short code.

    A number whose type the sender gave (3GPP TS 23.040, 9.1.2.5) goes out as written.

    Raises:
        Rejected: ``bad_number``.
    """
    text = written.strip()
    if not text or not _WRITTEN.fullmatch(text):
        raise Rejected("bad_number", f"{written!r} is no phone number", fail_reason="No destination")
    digits = _BETWEEN_DIGITS.sub("", text)
    if type_of_number is not None and type_of_number != 1:
        return digits.lstrip("+")
    if _SHORT.fullmatch(digits) and not digits.startswith("00") and not _is_subscriber(digits, country):
        return digits
    return _international(digits, country, written)


def _is_subscriber(digits: str, country: str | None) -> bool:
    """Whether short digits are somebody's whole number: where no 0 is dialled first, as in Denmark."""
    if country is None or not digits.isdigit() or phonenumbers.ndd_prefix_for_region(country, True):
        return False
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(digits, country))
    except phonenumbers.NumberParseException:
        return False


def _international(digits: str, country: str | None, written: str) -> str:
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    if digits[:1] == "+" and _is_plain(digits[1:]):
        return digits
    try:
        parsed = phonenumbers.parse(digits, country)
    except phonenumbers.NumberParseException as error:
        hint = "" if country or digits.startswith("+") else "; write it as +..., or set gateway.country"
        raise Rejected("bad_number", f"{written!r} is no phone number{hint}") from error
    if not phonenumbers.is_possible_number(parsed):
        raise Rejected("bad_number", f"{written!r} has a wrong number of digits")
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _is_plain(digits: str) -> bool:
    """Whether an international number is one as it stands, by the library's own plan: the common case.

    What may hold a trunk prefix, or has a code that several countries share, is read by the library in
    full, which takes six times as long.
    """
    for length in (1, 2, 3):
        regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(digits[:length] or "0"), ())
        if len(regions) == 1 and digits[length : length + 1] not in {"", "0"} and digits.isascii():
            plan = phonenumbers.PhoneMetadata.metadata_for_region(regions[0], None)
            return (
                plan is not None
                and plan.general_desc is not None
                and plan.national_prefix_for_parsing in {None, "0"}
                and len(digits) - length in plan.general_desc.possible_length
            )
    return False


def recipient_key(address: str) -> str:
    """Return what a destination and the recipient of its status report have in common.

    Networks give the recipient back as international, national, or with an access code in front: the last
    eight digits are the same in all of them. With the SIM and the TP-MR beside it that is enough.
    """
    digits = _NO_DIGIT.sub("", address)
    return digits[-_RECIPIENT_DIGITS:] or address
