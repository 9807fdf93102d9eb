"""Numbers that cost more than a plain call (S §5.1, 6.2): premium-rate and shared-cost ones, by their plans.

Nearly every destination is none of them, and is found to be so by one pattern for its country code.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import phonenumbers

_DEAR: Final = frozenset(
    {phonenumbers.PhoneNumberType.PREMIUM_RATE, phonenumbers.PhoneNumberType.SHARED_COST}
)
_NO_REGION: Final = "001"
_SHORTEST: Final = 7
"""Bare digits of fewer are a short code, not a number of which somebody left out the ``+``."""


def is_premium(destination: str, country: str | None) -> bool:
    """Tell whether a destination is a premium-rate or shared-cost number, or a premium short code.

    Bare digits are read as the phone of someone in ``country`` would dial them.
    """
    if destination[:1] == "+":
        return _is_dear(destination[1:])
    return destination.isdigit() and _is_dear_bare(destination, country)


def _is_dear(digits: str) -> bool:
    for length in (1, 2, 3):
        pattern = _patterns(digits[:length])
        if pattern is not None:
            return pattern.fullmatch(digits, length) is not None and _kind("+" + digits, None) in _DEAR
    return False


@lru_cache(maxsize=2048)
def _patterns(code: str) -> re.Pattern[str] | None:
    """The pattern of every dear number behind a country code; ``None`` where the digits are no such code."""
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(code)) if code.isdecimal() else None
    if regions is None or code[0] == "0":
        return None
    found = [pattern for region in regions for pattern in _of_region(region, int(code))]
    return re.compile("|".join(f"(?:{pattern})" for pattern in dict.fromkeys(found)) or r"(?!)")


def _of_region(region: str, code: int) -> list[str]:
    plans = phonenumbers.PhoneMetadata
    plan = (
        plans.metadata_for_nongeo_region(code, None)
        if region == _NO_REGION
        else plans.metadata_for_region(region, None)
    )
    kinds = () if plan is None else (plan.premium_rate, plan.shared_cost)
    return [
        kind.national_number_pattern for kind in kinds if kind is not None and kind.national_number_pattern
    ]


@lru_cache(maxsize=1024)
def _is_dear_bare(digits: str, country: str | None) -> bool:
    if country is not None and (_kind(digits, country) in _DEAR or _is_dear_short(digits, country)):
        return True
    return len(digits) >= _SHORTEST and _is_dear(digits)


def _kind(written: str, country: str | None) -> int | None:
    try:
        return phonenumbers.number_type(phonenumbers.parse(written, country))
    except phonenumbers.NumberParseException:
        return None


def _is_dear_short(digits: str, country: str) -> bool:
    try:
        parsed = phonenumbers.parse(digits, country)
    except phonenumbers.NumberParseException:
        return False
    cost = phonenumbers.expected_cost_for_region(parsed, country)
    return bool(cost == phonenumbers.ShortNumberCost.PREMIUM_RATE)
