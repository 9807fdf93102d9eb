"""Requests and their responses, verb by verb, as types."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired, TypedDict

from modemd.formats.payloads import Credit, EventBody, ModemState, Told, Words
from modemd.formats.payloads_send import Send
from modemd.model import Coding

_Name = Annotated[str, Words(minLength=1, maxLength=255)]
_Modem = Annotated[_Name, "The modem's name."]
_Account = Annotated[str | None, "The account; where the topic names one, that one and no other."]


class Asking(TypedDict):
    """What every request may have."""

    transaction: NotRequired[Annotated[Any, "Anything; it is given back in the response."]]


class QuoteRequest(Asking, Send):
    """What would a message take? Fields as of a message to send; nothing is sent."""


class CancelRequest(Asking):
    """End what no modem holds of a message. Wants `id` or `client_id`."""

    id: NotRequired[Annotated[str | int | None, "The gateway's own name of the message."]]
    client_id: NotRequired[Annotated[str | int | None, "The sender's name of the message."]]
    account: NotRequired[_Account]


class BalanceRequest(Asking):
    """What may an account still spend?"""

    account: NotRequired[_Account]


class OrderRequest(Asking):
    """Order credits for an account."""

    account: NotRequired[_Account]
    credits: Annotated[int, "How many.", Words(minimum=1)]
    bundle: NotRequired[Annotated[str | None, "By this offer of the account's terms."]]


class UssdRequest(Asking):
    """A code to the network, such as `*100#`, or the answer to what it asked (3GPP TS 22.090)."""

    modem: _Modem
    code: Annotated[str, "What is dialled or answered.", Words(minLength=1, examples=["*100#"])]
    timeout: NotRequired[Annotated[str | int | None, "How long to wait: seconds, or a text with units."]]


class PauseRequest(Asking):
    """A modem takes no more messages, until it is resumed; a part in hand is finished."""

    modem: _Modem
    reason: NotRequired[Annotated[str | None, "Why, as a sentence that is shown with the state."]]


class ResumeRequest(Asking):
    """A paused modem goes on."""

    modem: _Modem


class ResetRequest(Asking):
    """A modem is restarted, and taken up anew."""

    modem: _Modem


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


class UssdReply(TypedDict):
    """What the network said."""

    text: Annotated[str, "Its text."]
    more: Annotated[bool, "Whether it waits for an answer: send that as the next `ussd` request."]


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

    data: Annotated[dict[str, Any] | None, "Null where there is an error."]


class UssdResponse(Answer):
    """What the network answered."""

    data: Annotated[UssdReply | None, "Null where there is an error."]


class ModemResponse(Answer):
    """The modem's state, after it was paused, resumed or reset."""

    data: Annotated[ModemState | None, "Null where there is an error."]
