"""An example or two of each payload; the types see to it that they are right."""

from __future__ import annotations

from typing import Any, Final

from modemd.formats.payloads import (
    Call,
    Credit,
    Event,
    EventBody,
    GatewayQueues,
    GatewayState,
    ModemState,
    Received,
)
from modemd.formats.payloads_account import AccountEvent
from modemd.formats.payloads_alarm import Alarm
from modemd.formats.payloads_channel import Handed
from modemd.formats.payloads_modem import ModemEvent
from modemd.formats.payloads_requests import (
    BalanceRequest,
    BalanceResponse,
    CancelRequest,
    CancelResponse,
    ModemResponse,
    OrderRequest,
    OrderResponse,
    PauseRequest,
    QuoteRequest,
    QuoteResponse,
    Refusal,
    ResetRequest,
    ResumeRequest,
    UssdRequest,
    UssdResponse,
)
from modemd.formats.payloads_send import Send
from modemd.model import Evidence, MessageState

_AT: Final = "2026-11-22T13:14:49.120+00:00"

_SENDS: Final[list[Send]] = [
    {"to": "+32475123456", "text": "Hello"},
    {
        "to": ["+32475123456", "+32475000001"],
        "text": "The practice is closed tomorrow.",
        "id": "notice-2026-11-23",
        "validity": "12h",
        "priority": "low",
        "report": False,
    },
    {"to": "+32475123456", "data": "0102ff", "port": [2948, 9200]},
]
_SENT: Final[EventBody] = {
    "event": MessageState.SENT,
    "id": "4711",
    "client_id": "order-12",
    "account": "clinic",
    "to": "+32475123456",
    "at": _AT,
    "parts": 1,
    "parts_done": 1,
    "credits": 0,
    "modem": "gsm1",
}
_SETTLED: Final[Event] = {
    **_SENT,
    "event_id": "9f2c01aa-1025",
    "id": "4712",
    "client_id": "order-14",
    "evidence": Evidence.LATE_ANSWER,
}
_REJECTED: Final[Event] = {
    "event_id": "9f2c01aa-1024",
    "event": MessageState.REJECTED,
    "id": None,
    "client_id": "order-13",
    "account": "clinic",
    "to": "nobody",
    "at": _AT,
    "parts": 0,
    "parts_done": 0,
    "credits": 0,
    "modem": None,
    "error": {"code": "bad_number", "reason": "'nobody' is no phone number", "retry": False},
}
_EVENTS: Final[list[Event]] = [{"event_id": "9f2c01aa-1023", **_SENT}, _SETTLED, _REJECTED]
_RECEIVED: Final[list[Received]] = [
    {
        "event_id": "9f2c01aa-1025",
        "id": "88",
        "from": "+32475123456",
        "text": "Yes, thank you",
        "to": "+32475000001",
        "modem": "gsm1",
        "sent_at": "2026-11-22T13:14:47.000+00:00",
        "received_at": _AT,
        "parts": 1,
        "complete": True,
        "coding": "gsm7",
        "in_reply_to": "4711",
    }
]
_CALLS: Final[list[Call]] = [
    {"event_id": "9f2c01aa-1026", "from": "+32475123456", "at": _AT, "kind": "missed"}
]
_CREDIT: Final[Credit] = {
    "balance": 1240,
    "held": 12,
    "available": 1240,
    "expiring": [{"credits": 240, "at": "2027-02-01T23:00:00.000+00:00"}],
    "state": "active",
    "low": False,
}
_UNLIMITED: Final[Credit] = {
    "balance": None,
    "held": 0,
    "available": None,
    "expiring": [],
    "state": "active",
    "low": False,
}
_OF_ACCOUNTS: Final[list[AccountEvent]] = [
    {
        "event_id": "9f2c01aa-1027",
        "event": "low_credit",
        "account": "clinic",
        "at": _AT,
        "available": 50,
        "threshold": 50,
    },
    {
        "event_id": "9f2c01aa-1028",
        "event": "invoice",
        "account": "clinic",
        "at": _AT,
        "order": 7,
        "invoice": "2026-0001",
        "credits": 500,
        "bundle": "1-500",
        "amount": "47.50",
        "vat": "9.98",
        "total": "57.48",
        "currency": "EUR",
        "due_at": "2026-12-22T23:00:00.000+00:00",
    },
]
_GATEWAYS: Final[list[GatewayState]] = [{"state": "online", "version": "0.1.0", "since": _AT}]
_QUEUES: Final[list[GatewayQueues]] = [
    {"queued": 3, "scheduled": 1, "sending": 2, "uncertain": 0, "sent_today": 118, "alarms": 0}
]
_MODEM: Final[ModemState] = {
    "state": "ready",
    "registration": 1,
    "technology": "LTE",
    "operator": "Proximus",
    "signal_dbm": -67,
    "imei": "861234567890123",
    "iccid": "8932001234567890123",
    "number": "+32475000001",
    "queue": 0,
    "sent_today": 12,
    "storage": {"used": 0, "total": 50},
    "error": None,
    "advice": None,
    "recovery": None,
    "recoveries_today": 0,
    "operator_code": "20601",
    "lac": "0A1B",
    "cell": "0001C2D3",
    "rsrp_dbm": -98,
    "rsrq_db": -10,
    "usb": "1-1.2",
    "sim_slot": None,
    "voice": "tones",
    "balance": "12.34",
}
_QUOTES: Final[list[QuoteRequest]] = [{"transaction": 1, "to": "+32475123456", "text": "Hello"}]
_CANCELS: Final[list[CancelRequest]] = [{"transaction": 2, "client_id": "order-12", "account": "clinic"}]
_BALANCES: Final[list[BalanceRequest]] = [{"transaction": 3, "account": "clinic"}]
_ORDERS: Final[list[OrderRequest]] = [{"transaction": 4, "account": "clinic", "credits": 500}]
_CODES: Final[list[UssdRequest]] = [{"transaction": 5, "modem": "gsm1", "code": "*100#"}]
_PAUSES: Final[list[PauseRequest]] = [{"transaction": 6, "modem": "gsm1", "reason": "the SIM is replaced"}]
_RESUMES: Final[list[ResumeRequest]] = [{"transaction": 7, "modem": "gsm1"}]
_RESETS: Final[list[ResetRequest]] = [{"transaction": 8, "modem": "gsm1"}]
_QUOTED: Final[list[QuoteResponse]] = [
    {
        "event_id": "9f2c01aa-1030",
        "transaction": 1,
        "status": "ok",
        "data": {
            "parts": 1,
            "coding": "gsm7",
            "credits": 1,
            "to": "+32475123456",
            "available": 1240,
            "covered": True,
        },
        "error": None,
    }
]
_CANCELLED: Final[list[CancelResponse]] = [
    {
        "event_id": "9f2c01aa-1031",
        "transaction": 2,
        "status": "ok",
        "data": {**_SENT, "event": MessageState.CANCELLED, "parts_done": 0, "modem": None},
        "error": None,
    }
]
_BALANCE: Final[list[BalanceResponse]] = [
    {"event_id": "9f2c01aa-1032", "transaction": 3, "status": "ok", "data": _CREDIT, "error": None}
]
_ORDERED: Final[list[OrderResponse]] = [
    {
        "event_id": "9f2c01aa-1033",
        "transaction": 4,
        "status": "ok",
        "data": {
            "order": 7,
            "account": "clinic",
            "invoice": "2026-0001",
            "credits": 500,
            "bundle": "1-500",
            "amount": "47.50",
            "vat": "9.98",
            "total": "57.48",
            "currency": "EUR",
            "due_at": "2026-12-22T23:00:00.000+00:00",
            "state": "open",
            "usable": False,
        },
        "error": None,
    },
    {
        "event_id": "9f2c01aa-1037",
        "transaction": 10,
        "status": "error",
        "data": None,
        "error": {
            "code": "not_allowed",
            "reason": "under the terms smstools the operator takes orders, not the application (L §6.1)",
        },
    },
]
_ANSWERED: Final[list[UssdResponse]] = [
    {
        "event_id": "9f2c01aa-1034",
        "transaction": 5,
        "status": "ok",
        "data": {"text": "Your balance is 12.50 EUR.", "more": False},
        "error": None,
    }
]
_MODEMS: Final[list[ModemResponse]] = [
    {
        "event_id": "9f2c01aa-1035",
        "transaction": 6,
        "status": "ok",
        "data": {
            **_MODEM,
            "state": "paused",
            "error": "paused since 2026-11-22 14:14: the SIM is replaced",
        },
        "error": None,
    }
]
_REFUSED: Final[list[Refusal]] = [
    {
        "event_id": "9f2c01aa-1036",
        "transaction": 9,
        "status": "error",
        "data": None,
        "error": {
            "code": "not_allowed",
            "reason": "ussd is the operator's; an account may ask quote, cancel, balance, order",
        },
    }
]

_HANDED: Final[list[Handed]] = [
    {
        "event_id": "9f2c01aa-1040",
        "id": "4712",
        "client_id": "order-14",
        "account": "clinic",
        "channel": "whatsapp",
        "to": "+32475123456",
        "text": "Hello",
        "accepted_at": _AT,
        "expires_at": "2026-11-23T13:14:49.120+00:00",
        "ref": None,
    }
]

_ALARMS: Final[list[Alarm]] = [
    {
        "event_id": "9f2c01aa-1041",
        "event": "alarm",
        "state": "raised",
        "severity": "critical",
        "gateway": "gw1",
        "modem": "gsm1",
        "code": "puk_required",
        "text": "The SIM in gsm1 wants its PUK. Put it into a phone and enter the PUK there.",
        "at": _AT,
        "count": 1,
    }
]

_OF_MODEMS: Final[list[ModemEvent]] = [
    {
        "event_id": "9f2c01aa-1042",
        "event": "sim_swapped",
        "modem": "gsm1",
        "at": _AT,
        "iccid": "8932000000000000002",
        "was": "8932000000000000001",
        "text": "Modem gsm1 has another SIM: 8932000000000000002, and had 8932000000000000001.",
    }
]

EXAMPLES: Final[dict[str, list[Any]]] = {
    "Send": _SENDS,
    "Event": _EVENTS,
    "Received": _RECEIVED,
    "Call": _CALLS,
    "Credit": [_CREDIT, _UNLIMITED],
    "AccountEvent": _OF_ACCOUNTS,
    "Handed": _HANDED,
    "Alarm": _ALARMS,
    "GatewayState": _GATEWAYS,
    "GatewayQueues": _QUEUES,
    "ModemState": [_MODEM],
    "ModemEvent": _OF_MODEMS,
    "QuoteRequest": _QUOTES,
    "CancelRequest": _CANCELS,
    "BalanceRequest": _BALANCES,
    "OrderRequest": _ORDERS,
    "UssdRequest": _CODES,
    "PauseRequest": _PAUSES,
    "ResumeRequest": _RESUMES,
    "ResetRequest": _RESETS,
    "QuoteResponse": _QUOTED,
    "CancelResponse": _CANCELLED,
    "BalanceResponse": _BALANCE,
    "OrderResponse": _ORDERED,
    "UssdResponse": _ANSWERED,
    "ModemResponse": _MODEMS,
    "Refusal": _REFUSED,
}
"""By the names of the types."""
