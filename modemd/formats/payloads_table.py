"""All payloads by name, and their schemas in one piece."""

from __future__ import annotations

from typing import Any, Final

from modemd.formats import payloads as out
from modemd.formats import payloads_requests as asked
from modemd.formats.payloads_account import AccountEvent
from modemd.formats.payloads_alarm import Alarm
from modemd.formats.payloads_channel import Handed
from modemd.formats.payloads_examples import EXAMPLES
from modemd.formats.payloads_modem import ModemEvent
from modemd.formats.payloads_send import NEEDED, Send
from modemd.formats.schemas import DIALECT, Schema, Schemas

PAYLOADS: Final[dict[str, Any]] = {
    "Send": Send,
    "Event": out.Event,
    "Received": out.Received,
    "Call": out.Call,
    "Credit": out.Credit,
    "AccountEvent": AccountEvent,
    "Handed": Handed,
    "Alarm": Alarm,
    "GatewayState": out.GatewayState,
    "GatewayQueues": out.GatewayQueues,
    "ModemState": out.ModemState,
    "ModemEvent": ModemEvent,
    "QuoteRequest": asked.QuoteRequest,
    "QuoteResponse": asked.QuoteResponse,
    "CancelRequest": asked.CancelRequest,
    "CancelResponse": asked.CancelResponse,
    "BalanceRequest": asked.BalanceRequest,
    "BalanceResponse": asked.BalanceResponse,
    "OrderRequest": asked.OrderRequest,
    "OrderResponse": asked.OrderResponse,
    "UssdRequest": asked.UssdRequest,
    "UssdResponse": asked.UssdResponse,
    "PauseRequest": asked.PauseRequest,
    "ResumeRequest": asked.ResumeRequest,
    "ResetRequest": asked.ResetRequest,
    "ModemResponse": asked.ModemResponse,
    "Refusal": asked.Refusal,
}
"""What is on the topics. A ``send`` payload may be a list of ``Send`` as well."""

_KEYWORDS: Final = {
    "Send": NEEDED,
    "QuoteRequest": NEEDED,
    "CancelRequest": {"anyOf": [{"required": ["id"]}, {"required": ["client_id"]}]},
    "UssdRequest": {"anyOf": [{"required": ["code"]}, {"required": ["cancel"]}]},
}
"""What a type cannot say: of which fields there must be one."""


def gathered(place: str) -> dict[str, Schema]:
    """The schema of every payload and of what they are made of, by name, referring to each other.

    ``place`` is the JSON pointer, with a slash at its end, that they will be found at.
    """
    schemas = Schemas(place, _KEYWORDS, EXAMPLES)
    for kind in PAYLOADS.values():
        schemas.of(kind)
    return schemas.definitions


def payload_schemas() -> dict[str, Schema]:
    """A JSON Schema for each payload, each complete in itself, by the payload's name."""
    return {name: _complete(kind) for name, kind in PAYLOADS.items()}


def _complete(kind: Any) -> Schema:
    schemas = Schemas("#/$defs/", _KEYWORDS, EXAMPLES)
    schemas.of(kind)
    own = schemas.definitions.pop(kind.__name__)
    beside = {"$defs": schemas.definitions} if schemas.definitions else {}
    return {"$schema": DIALECT} | own | beside
