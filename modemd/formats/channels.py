"""The topics of the MQTT door: which way each goes, what is on it, and how it is to be published."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One topic, or a family of them.

    ``name`` is what documents call it; ``topic`` stands below the prefix, or at the root (``root``), with
    ``{parameter}`` for what varies. ``payload`` names its type, and with ``several`` a list of them will do.
    ``way`` is seen from the gateway. ``answered`` is the channel that the answers come on.
    """

    name: str
    topic: str
    way: Literal["in", "out"]
    payload: str
    text: str
    retain: bool = False
    several: bool = False
    answered: str | None = None
    root: bool = False

    def address(self, prefix: str) -> str:
        """The topic as a whole."""
        return self.topic if self.root else f"{prefix}/{self.topic}"


PARAMETERS: Final = {
    "account": "An account: letters, digits, `-` and `_`.",
    "channel": "A channel of `mqtt.channels`, such as `whatsapp`.",
    "modem": "A modem's name.",
    "gateway": "A gateway's name.",
    "verb": "The request's verb, or `unknown` where that is no name.",
}

_RESPONSES: Final = {
    "quote": "QuoteResponse",
    "cancel": "CancelResponse",
    "balance": "BalanceResponse",
    "order": "OrderResponse",
    "ussd": "UssdResponse",
    "pause": "ModemResponse",
    "resume": "ModemResponse",
    "reset": "ModemResponse",
}
_OWN: Final = ("quote", "cancel", "balance", "order")
"""Verbs that an account may use for itself."""


def _verbs() -> tuple[Channel, ...]:
    made = []
    for verb, response in _RESPONSES.items():
        name, request = verb.capitalize(), f"{verb.capitalize()}Request"
        made += [
            Channel(
                name=f"request{name}", topic=f"request/{verb}", way="in", payload=request,
                answered=f"response{name}", text=f"The operator's requests: {verb}.",
            ),
            Channel(
                name=f"response{name}", topic=f"response/{verb}", way="out", payload=response,
                text=f"What came of the operator's requests: {verb}.",
            ),
        ]  # fmt: skip
        if verb in _OWN:
            made += [
                Channel(
                    name=f"request{name}Account", topic=f"request/{verb}/{{account}}", way="in",
                    payload=request, answered=f"response{name}Account",
                    text=f"An account's own requests: {verb}. It sees and touches only what is its own.",
                ),
                Channel(
                    name=f"response{name}Account", topic=f"response/{verb}/{{account}}", way="out",
                    payload=response, text=f"What came of an account's own requests: {verb}.",
                ),
            ]  # fmt: skip
    return tuple(made)


CHANNELS: Final = (
    Channel(
        name="send", topic="send", way="in", payload="Send", several=True, answered="status",
        text="Messages to send, of the account that the payload names. Not retained: what is, is refused.",
    ),
    Channel(
        name="sendAccount", topic="send/{account}", way="in", payload="Send", several=True, answered="status",
        text="Messages to send, of the topic's account, whatever the payload says.",
    ),
    Channel(
        name="status", topic="status/{account}", way="out", payload="Event",
        text="What becomes of an account's messages: an event for each state, in order for each message.",
    ),
    Channel(
        name="received", topic="received/{account}", way="out", payload="Received",
        text="Messages that the account's modems received.",
    ),
    Channel(
        name="call", topic="call/{modem}", way="out", payload="Call", text="Phone calls that rang at a modem."
    ),
    Channel(
        name="credit", topic="account/{account}/credit", way="out", payload="Credit", retain=True,
        text="What an account may still spend.",
    ),
    Channel(
        name="accountEvent", topic="account/{account}/event", way="out", payload="AccountEvent",
        text="What happens to an account: its credits, orders, invoices and payments, its state and terms.",
    ),
    Channel(
        name="channel", topic="channel/{channel}", way="out", payload="Handed",
        text="Messages that a connector is to send by a channel besides sms, of `mqtt.channels`.",
    ),
    Channel(
        name="gatewayState", topic="gateway/{gateway}/state", way="out", payload="GatewayState", retain=True,
        text="Whether a gateway runs. It is the gateway's will: the broker says `offline` when it vanishes.",
    ),
    Channel(
        name="gatewayQueues", topic="gateway/{gateway}/queues", way="out", payload="GatewayQueues",
        retain=True, text="What waits in a gateway's store, and what went today, whenever it changes.",
    ),
    Channel(
        name="alarm", topic="gateway/{gateway}/alarm", way="out", payload="Alarm",
        text="What goes wrong so that a person may be needed, and that it is right again.",
    ),
    Channel(
        name="modemState", topic="modem/{modem}/state", way="out", payload="ModemState", retain=True,
        text="A modem and its network, whenever something changes.",
    ),
    Channel(
        name="modemEvent", topic="modem/{modem}/event", way="out", payload="ModemEvent",
        text="What happens to a modem: found, plugged in or out, another SIM, what the network says to it.",
    ),
    *_verbs(),
    Channel(
        name="responseOther", topic="response/{verb}", way="out", payload="Refusal",
        text="The answer to a verb that there is not.",
    ),
    Channel(
        name="responseOtherAccount", topic="response/{verb}/{account}", way="out", payload="Refusal",
        text="The answer to a verb that there is not, or that is the operator's only.",
    ),
)  # fmt: skip
"""Every topic that programs may use; Home Assistant's own are Home Assistant's business."""
