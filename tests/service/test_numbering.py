"""Destinations as people write them; the short way to read one agrees with the library's long one."""

from __future__ import annotations

import phonenumbers
from hypothesis import given
from hypothesis import strategies as st

from modemd.errors import Rejected
from modemd.service.numbering import normalise

_CODES = st.sampled_from(sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)).map(str)
_INTERNATIONAL = st.tuples(_CODES, st.text("0123456789", min_size=2, max_size=14)).map("".join)


def _by_the_library(digits: str) -> str | None:
    try:
        parsed = phonenumbers.parse(f"+{digits}", None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


@given(_INTERNATIONAL)
def test_every_international_number_is_read_as_the_library_reads_it(digits: str) -> None:
    try:
        read: str | None = normalise(f"+{digits}", "BE")
    except Rejected:
        read = None
    assert read == _by_the_library(digits)


def test_the_usual_spellings_are_one_number() -> None:
    for written in ("+32475123456", "0032475123456", "+32 (0)475 12.34.56", "0475/12 34 56", "0475123456"):
        assert normalise(written, "BE") == "+32475123456"
