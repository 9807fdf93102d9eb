"""What an account may send to (S §5.1, 6.2): prefixes, premium-rate and shared-cost numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import phonenumbers
import pytest

from modemd.errors import Rejected
from modemd.model import SendRequest
from modemd.service import intake
from modemd.service.admission.premium import is_premium
from tests.service.office import START, rules_of

if TYPE_CHECKING:
    from modemd.service.rules import Rules

RULES = rules_of(
    accounts={
        "clinic": {"allow": ["+32"], "refuse": ["+32475", "+3249"]},
        "hotline": {"premium": True},
    }
)


def code(to: str, account: str = "default", rules: Rules = RULES, type_of_number: int | None = None) -> str:
    request = SendRequest(to=to, text="Hello", account=account, type_of_number=type_of_number)
    try:
        intake.prepare(request, rules, START)
    except Rejected as refused:
        return refused.code
    return "ok"


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        ("+32476123456", "ok"),
        ("+33612345678", "not_allowed"),
        ("+32475123456", "not_allowed"),
        ("0475 12 34 56", "not_allowed"),
        ("+32490123456", "not_allowed"),
    ],
)
def test_prefixes_are_allowed_and_refused(to: str, expected: str) -> None:
    assert code(to, "clinic") == expected


@pytest.mark.parametrize(
    "to",
    ["+3290212345", "0902 12 345", "+3278791234", "+19005551234", "+449098790000", "+31900123456", "3500"],
)
def test_S_6_2_premium_and_shared_cost_numbers_are_refused(to: str) -> None:
    assert code(to) == "not_allowed"
    assert code(to, "hotline") == "ok"


@pytest.mark.parametrize("to", ["+32475123456", "+3228881234", "112", "8850", "+80012345678"])
def test_plain_numbers_are_not(to: str) -> None:
    assert code(to) == "ok"


@pytest.mark.parametrize(("to", "kind"), [("090212345", 2), ("3290212345", 0), ("+3290212345", 1)])
def test_a_type_of_number_is_no_way_around_it(to: str, kind: int) -> None:
    assert code(to, type_of_number=kind) == "not_allowed"


@pytest.mark.parametrize("to", ["", "+", "+0123456", "+999123456", "*100#", "abc"])
def test_what_is_no_number_is_no_premium_number(to: str) -> None:
    assert not is_premium(to, "BE")


@pytest.mark.parametrize("kind", sorted(phonenumbers.PhoneNumberType.values()))
def test_every_countrys_example_is_judged_as_the_library_does(kind: int) -> None:
    dear = {phonenumbers.PhoneNumberType.PREMIUM_RATE, phonenumbers.PhoneNumberType.SHARED_COST}
    wrong = []
    for region in phonenumbers.SUPPORTED_REGIONS:
        example = phonenumbers.example_number_for_type(region, kind)
        if example is not None:
            written = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
            is_dear = phonenumbers.number_type(phonenumbers.parse(written)) in dear
            wrong += [written] if is_premium(written, None) != is_dear else []
    assert wrong == []
