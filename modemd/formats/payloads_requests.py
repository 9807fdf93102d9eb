"""Requests and their responses, verb by verb, as types."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired, TypedDict

from modemd.formats.payloads import Account, Credit, EventBody, ModemState, Moment, Money, Told, Words
from modemd.formats.payloads_send import Send
from modemd.model import Coding

_Account = Annotated[str | None, "The account; where the topic names one, that one and no other."]


class Asking(TypedDict):
    """What every request may have."""

    transaction: NotRequired[
        Annotated[Any, "Anything of up to 1000 characters; it is given back in the response."]
    ]


class QuoteRequest(Asking, Send):
    """What would a message take? Fields as of a message to send; nothing is sent."""


class CancelRequest(Asking):
    """End what no modem holds of a message, or of an appointment's reminders. Wants `id` or `client_id`."""

    id: NotRequired[Annotated[str | int | None, "The gateway's own name of the message."]]
    client_id: NotRequired[Annotated[str | int | None, "The sender's name of the message or appointment."]]
    account: NotRequired[_Account]


class BalanceRequest(Asking):
    """What may an account still spend? An empty payload is as good as `{}`."""

    account: NotRequired[_Account]


class OrderRequest(Asking):
    """Order credits for an account; the same `transaction` with the same contents is the same order."""

    account: NotRequired[_Account]
    credits: Annotated[int, "How many.", Words(minimum=1)]
    bundle: NotRequired[
        Annotated[str | None, "The bundle that is meant, by its name; the credits must be of its size."]
    ]


class AskingModem(Asking):
    """What every request has that is about a modem."""

    modem: Annotated[str, "The modem's name.", Words(minLength=1, maxLength=255)]
    gateway: NotRequired[
        Annotated[str | None, "Its gateway, where several share a store and have modems of one name."]
    ]


class UssdRequest(AskingModem):
    """A code to the network, such as `*100#`, or the answer to what it asked (3GPP TS 22.090).

    Wants `code`, or `cancel`.
    """

    code: NotRequired[
        Annotated[str | None, "What is dialled or answered.", Words(maxLength=255, examples=["*100#"])]
    ]
    cancel: NotRequired[Annotated[bool | None, "End the dialogue, instead of an answer."]]
    timeout: NotRequired[
        Annotated[str | int | None, "How long to wait: seconds, or a text with units; 60 s, at most 180 s."]
    ]


class PauseRequest(AskingModem):
    """A modem takes no more messages until it is resumed, over restarts too; a part in hand is finished."""

    reason: NotRequired[
        Annotated[str | None, "Why, in words that are shown with its state.", Words(maxLength=255)]
    ]


class ResumeRequest(AskingModem):
    """A paused modem goes on."""


class ResetRequest(AskingModem):
    """A modem is restarted; the response comes when it is ready again, or could not be."""


class ResponseError(TypedDict):
    """Why a request was not done."""

    code: Annotated[str, "A word for programs."]
    reason: Annotated[str, "A sentence for people; it names the field that is wrong."]


class Answer(Told):
    """What every response has."""

    transaction: Annotated[Any, "As it was in the request; null where it had none."]
    status: Annotated[Literal["ok", "error"], "Whether it was done."]
    error: Annotated[ResponseError | None, "Why not; null where it was done."]


class Quoted(TypedDict):
    """What a message would take."""

    parts: Annotated[int, "Short messages, for all recipients together.", Words(minimum=1)]
    coding: Annotated[Coding, "The alphabet that it would go out in."]
    credits: Annotated[int, "What it would cost.", Words(minimum=0)]
    to: Annotated[str | list[str], "The recipient, or each of several."]
    available: NotRequired[Annotated[int, "Credits that are left, where the account pays with credits."]]
    covered: NotRequired[Annotated[bool, "Whether they cover it, where the account pays with credits."]]


class Ordered(TypedDict):
    """An order of credits; money is decimal, written as text."""

    order: Annotated[int, "The order's own name."]
    account: Account
    invoice: Annotated[str, "The number of its invoice."]
    credits: Annotated[int, "How many were ordered.", Words(minimum=1)]
    bundle: Annotated[str | None, "The bundle that sets the price."]
    amount: Annotated[Money, "What is to be paid, without VAT."]
    vat: Annotated[Money, "The VAT on it."]
    total: Annotated[Money, "Both together."]
    currency: Annotated[str, "ISO 4217, such as EUR."]
    due_at: Annotated[Moment | None, "When it must be paid by; null where it is paid before use."]
    state: Annotated[Literal["open", "paid", "cancelled", "in_default"], "Whether it is paid."]
    usable: Annotated[bool, "Whether the credits can be used, or could be."]


class UssdReply(TypedDict):
    """What the network said."""

    text: Annotated[str, "Its text."]
    more: Annotated[bool, "Whether it waits for an answer: send that as the next `ussd` request."]


class Refusal(Answer):
    """There is no such verb, or not for an account."""

    data: Annotated[None, "Nothing was done."]


class QuoteResponse(Answer):
    """What a message would take."""

    data: Annotated[Quoted | None, "Null where there is an error."]


class CancelResponse(Answer):
    """The message's event after it was cancelled."""

    data: Annotated[EventBody | None, "Null where there is an error."]


class BalanceResponse(Answer):
    """What an account may still spend."""

    data: Annotated[Credit | None, "Null where there is an error."]


class OrderResponse(Answer):
    """An order of credits."""

    data: Annotated[Ordered | None, "Null where there is an error."]


class UssdResponse(Answer):
    """What the network answered."""

    data: Annotated[UssdReply | None, "Null where there is an error."]


class ModemResponse(Answer):
    """The modem's state, after it was paused, resumed or reset."""

    data: Annotated[ModemState | None, "Null where there is an error."]
