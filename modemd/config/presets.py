"""The presets: what two providers' published general terms say, as tables of rules with their clauses.

"S" is the general terms of Smstools, "L" those of SMS4less. A rule that only one of them has is absent
from the other's table, and then does not exist there.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple


class Rule(NamedTuple):
    """One rule: the field of ``Terms`` that it sets, its value, the clause, and what it says."""

    field: str
    value: Any
    clause: str
    sentence: str


_NOTICE: Final = (
    Rule(
        "notice_months", 1, "L §17.3, 21.2",
        "planned changes of the service or the terms are announced a month ahead; an account keeps the "
        "version that it accepted until then",
    ),
    Rule(
        "notice_objection_days", 7, "L §21.2",
        "an objection to an announced change is recorded within 7 days",
    ),
)  # fmt: skip

PRESETS: Final[dict[str, tuple[Rule, ...]]] = {
    "unlimited": (
        Rule("charged", False, "", "nothing is charged; what is sent is counted"),
    ),
    "smstools": (
        Rule("charged", True, "S §7.2-7.3", "prepaid: only credits that were paid can be spent"),
        Rule("minimum_topup", 1, "S §7.3", "an order has at least this many credits"),
        Rule("due_days", 0, "S §7.4",
             "credits are usable from the day that the money is received; they never expire by themselves"),
        Rule("forfeit_unsent_months", 12, "S §7.4",
             "where no message was sent for 12 months in a row the balance is forfeited, without refund"),
        Rule("chargeback", "close", "S §7.5",
             "a payment that is taken back puts the account in default and closes it"),
        Rule("unfunded_close_months", 3, "S §7.7",
             "an account that was never funded is closed and deleted 3 months after its registration"),
        Rule("used_up_close_months", 12, "S §7.7",
             "closed and deleted 12 months after the last credit was used, if not funded again"),
        Rule("one_account_per_holder", True, "S §7.7", "one open account a person or legal entity"),
        Rule("end_reasons", False, "S §7.7",
             "an account may be refused or ended at any time, without a reason"),
        Rule("transferable", False, "S §1.2", "not to be handed on to another holder"),
        *_NOTICE,
    ),
    "sms4less": (
        Rule("charged", True, "L §8.1", "prepaid: only credits of an active lot can be spent"),
        Rule("order_from_application", True, "L §6.1",
             "ordered by the operator or straight from the customer's linked application"),
        Rule("due_days", 30, "L §7.1-7.2", "invoices are due after 30 days; no reminders are sent"),
        Rule("early_activation", True, "L §7.3, 8.1",
             "usable from full payment; the largest bundle before it where that was agreed, and then the "
             "account is suspended from the due date until it is paid in full"),
        Rule("lot_months", 24, "L §6.2", "credits are valid for at least 2 years"),
        Rule("cancel_expired", True, "L §6.3", "unused credits may be cancelled after that"),
        Rule("chargeback", "suspend", "L §19.1",
             "a payment that is taken back suspends the account until it is paid"),
        Rule("unused_delete_years", 5, "L §4.5, 15.4",
             "deleted after 5 years without use: credits are lost, personal data is erased"),
        Rule("end_reasons", True, "L §19.1",
             "suspended or ended at once for one of the written reasons, which is recorded"),
        Rule("revision", "first_quarter", "L §5.5",
             "prices are revised once a year, in the first quarter; an order keeps the price of its day"),
        Rule("objection_days", 7, "L §9",
             "objections to an invoice or a service within 7 days; they do not suspend the payment"),
        Rule("transferable", True, "L §18.2",
             "may go to another holder with the operator's approval; balance and terms go along"),
        *_NOTICE,
    ),
}  # fmt: skip

CLAUSES: Final = {name: {rule.field: rule.clause for rule in rules} for name, rules in PRESETS.items()}
"""For each preset, the clause of each field that it sets."""
