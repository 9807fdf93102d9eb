"""Why an account is suspended or closed, as its row keeps it: one code, and what a person said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from modemd.errors import Rejected

if TYPE_CHECKING:
    from modemd.service.terms.terms import Terms

OPERATOR: Final = "operator"
CUSTOMER: Final = "customer"
"""Ended by the customer: at any time (L §19.3)."""

WRITTEN: Final[dict[str, str]] = {
    "death": "the customer has died",
    "payment_deferment": "deferment of payment is asked for or granted",
    "reorganisation": "a judicial reorganisation",
    "bankruptcy": "bankruptcy",
    "attachment": "assets are attached",
    "administration": "administration",
    "receivership": "receivership",
    "obligation_unmet": "an obligation is unmet for at least 15 days",
    "ceased": "the business has ceased",
    "liquidated": "the business is liquidated",
    "transferred": "the business is transferred",
    "merged": "the business has merged",
    "force_majeure": "force majeure",
}
"""The reasons for which an account may be suspended or ended at once where its terms want one (L §19.1)."""


def reason_code(terms: Terms, reason: str, *, ending: bool = False) -> str:
    """Return the code of a reason that the operator gives: ``bankruptcy``, or ``bankruptcy: court of Ghent``.

    Terms that want none of the written reasons take any words, and none for ending an account (S §7.7).

    Raises:
        Rejected: ``bad_request``: there is none for a suspension, or the terms want one of the written ones
            (L §19.1).
    """
    word = reason.partition(":")[0].strip().lower().replace(" ", "_").replace("-", "_")
    if not reason.strip() and not ending:
        raise Rejected("bad_request", "a reason is needed")
    if word in WRITTEN or (ending and word == CUSTOMER):
        return word
    if not terms.end_reasons:
        return OPERATOR
    known = ", ".join([*WRITTEN, *([CUSTOMER] if ending else [])])
    raise Rejected("bad_request", f"the terms {terms.name} want one of these reasons (L §19.1): {known}")
