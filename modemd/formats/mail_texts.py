"""What letters to accounts say: for each event a subject and a sentence, for each fact a label.

``event.case`` is said of an event where the fact ``case`` is true, or where its ``state`` is that.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Words(NamedTuple):
    """What an event is called, and what it means for who reads it; ``{account}`` is put in."""

    subject: str
    sentence: str


EVENTS: Final = {
    "low_credit": Words(
        "credits are low",
        "The credits of account {account} have come down to the number at which it wants to be told. Messages"
        " that the credits do not cover are not sent: order in time.",
    ),
    "credit_expiring": Words(
        "credits expire soon", "Credits of account {account} expire soon. What is not used by then is lost."
    ),
    "credit_forfeited": Words(
        "credits have expired", "Unused credits of account {account} were forfeited. They are not refunded."
    ),
    "credit_revoked": Words(
        "credits were taken back",
        "Credits of account {account} were taken back: their payment did not stand.",
    ),
    "credited": Words(
        "credits can be used", "Account {account} has new credits. They can be used from now on."
    ),
    "order": Words("order of credits", "An order of credits was placed for account {account}."),
    "order.cancelled": Words(
        "order cancelled", "An order of account {account} was cancelled. Its invoice need not be paid."
    ),
    "invoice": Words("invoice", "An invoice was issued to account {account}."),
    "payment": Words("payment received", "A payment for account {account} was booked."),
    "payment.charged_back": Words(
        "payment taken back", "A payment of account {account} was taken back. It is to be paid again."
    ),
    "payment_overdue": Words(
        "payment is overdue",
        "The day that a payment of account {account} was due has passed, and it is open.",
    ),
    "suspended": Words(
        "suspended",
        "Account {account} is suspended: nothing is sent for it. What is queued stays queued, and goes on"
        " when the account is resumed.",
    ),
    "resumed": Words("resumed", "Account {account} is active again, and what was queued goes on."),
    "closed": Words(
        "closed", "Account {account} is closed. Nothing is sent for it any more, and unused credits are lost."
    ),
    "erased": Words(
        "erased", "The personal data of account {account} were removed. This is the last letter to it."
    ),
    "terms_change": Words(
        "change of the terms",
        "The terms of account {account} change. Who does not agree with that may object.",
    ),
    "terms_change.in_force": Words(
        "new terms are in force", "The terms of account {account} have changed, as was announced."
    ),
    "price_change": Words(
        "change of prices",
        "The prices of account {account} change. An order keeps the price of its day.",
    ),
    "transfer": Words("transferred", "Account {account} and its credits were transferred."),
    "opted_out": Words(
        "a recipient opted out",
        "A recipient does not want messages of account {account} any more: what is sent there is refused.",
    ),
}  # fmt: skip

FACTS: Final = {
    "credits": "Credits",
    "available": "Credits left",
    "threshold": "Told at",
    "expires_at": "Valid until",
    "order": "Order",
    "bundle": "Bundle",
    "invoice": "Invoice",
    "ref": "Payment",
    "amount": "Amount without VAT",
    "vat": "VAT",
    "total": "Total",
    "paid": "Paid",
    "open": "Still to be paid",
    "due_at": "Due",
    "reason": "Reason",
    "code": "Kind of reason",
    "terms": "Terms",
    "version": "Version",
    "tariff": "Tariff",
    "prices": "Prices a credit",
    "effective_at": "In force from",
    "objection_until": "Object until",
    "from": "From",
    "to": "To",
    "cancelled": "Messages cancelled",
    "clause": "By the terms",
}
"""In this order. ``MONEY`` among them are followed by the currency."""
LAST_DAYS: Final = frozenset({"expires_at", "due_at", "objection_until"})
"""Those that end with a day: that day is what a reader wants to know, not the midnight after it."""
MONEY: Final = frozenset({"amount", "vat", "total", "paid", "open"})
