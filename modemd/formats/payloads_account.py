"""What is told of accounts as they go, as types."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired, TypedDict

from modemd.formats.payloads import Account, Moment, Money, Told

AccountEventName = Literal[
    "low_credit", "credit_expiring", "credit_forfeited", "credit_revoked", "credited", "order", "invoice",
    "payment", "payment_overdue", "suspended", "resumed", "closed", "erased", "terms_change", "price_change",
    "transfer", "opted_out",
]  # fmt: skip


# ``from`` is a word of the language: only this way of writing a TypedDict can have it as a key.
_From = TypedDict("_From", {"from": NotRequired[Annotated[str, "Of a transfer: the account that it was."]]})


class AccountEventBody(_From):
    """Something happened to an account. What is known of it stands in the fields that fit."""

    event: Annotated[AccountEventName, "What happened."]
    account: Account
    at: Annotated[Moment, "When it happened."]
    credits: NotRequired[Annotated[int, "The credits that it is about."]]
    available: NotRequired[Annotated[int, "Credits that are left."]]
    threshold: NotRequired[Annotated[int, "The account's `low_credit`."]]
    lot: NotRequired[Annotated[int, "Credits that came together, and end together."]]
    expires_at: NotRequired[Annotated[Moment, "When they can no longer be used."]]
    order: NotRequired[Annotated[int, "The order's own name."]]
    invoice: NotRequired[Annotated[str, "The invoice's number."]]
    state: NotRequired[Annotated[str, "Where it is about an order: what became of it, such as `cancelled`."]]
    ref: NotRequired[Annotated[str, "What the payment is known by, such as the bank's own name for it."]]
    charged_back: NotRequired[
        Annotated[bool, "True where a payment was taken back: `amount` is negative then."]
    ]
    bundle: NotRequired[Annotated[str, "The bundle that sets the price."]]
    amount: NotRequired[Annotated[Money, "An amount without VAT, or the amount that was paid."]]
    vat: NotRequired[Annotated[Money, "The VAT on it."]]
    total: NotRequired[Annotated[Money, "Both together."]]
    paid: NotRequired[Annotated[Money, "What has been paid of it so far."]]
    open: NotRequired[Annotated[Money, "What is still to be paid."]]
    currency: NotRequired[Annotated[str, "ISO 4217, such as EUR."]]
    due_at: NotRequired[Annotated[Moment, "When it must be paid by."]]
    terms: NotRequired[Annotated[str, "The terms that it lives under, or will."]]
    version: NotRequired[Annotated[int, "Their version."]]
    effective_at: NotRequired[Annotated[Moment, "When a change takes effect."]]
    objection_until: NotRequired[Annotated[Moment, "Until when it may object to a change."]]
    change: NotRequired[Annotated[int, "The announced change's own name."]]
    tariff: NotRequired[Annotated[str, "The tariff whose prices change."]]
    prices: NotRequired[Annotated[str, "The prices of its bundles, without VAT."]]
    in_force: NotRequired[Annotated[bool, "True where an announced change has taken effect."]]
    to: NotRequired[Annotated[str, "The recipient that it is about; the new account of a transfer."]]
    how: NotRequired[Annotated[str, "How the recipient said so: `sms`, or who wrote it down."]]
    cancelled: NotRequired[Annotated[int, "Messages that waited, and were cancelled for it."]]
    by: NotRequired[Annotated[str, "Who did it."]]
    reason: NotRequired[Annotated[str, "Why, as a sentence."]]
    code: NotRequired[Annotated[str, "Why, as a word for programs."]]
    clause: NotRequired[Annotated[str, "The clause of the terms that says so, such as `S §7.4`."]]


class AccountEvent(Told, AccountEventBody):
    """Something happened to an account: its credits, its invoices, its state; never retained."""
