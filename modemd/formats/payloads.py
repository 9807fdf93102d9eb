"""What is published to a broker, as types: each field with its meaning, for programs and for people.

A field's type is ``Annotated`` with a sentence that describes it and, where that says more, keywords of JSON
Schema; :mod:`modemd.formats.schemas` makes the schemas from them. The names ending in ``Body`` are what the
gateway writes down; what a broker's subscriber gets of them has an ``event_id`` besides.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired, TypedDict

from modemd.model import CallKind, Coding, Evidence, MessageState


class Words:
    """Keywords of JSON Schema that say more of a type than Python can; hashed by identity, as types want."""

    def __init__(self, **keywords: Any) -> None:
        self.keywords = keywords


Moment = Annotated[str, Words(format="date-time")]
"""ISO 8601 in UTC with its offset, to the millisecond: ``2026-11-22T13:14:49.000+00:00``."""

Count = Annotated[int, Words(minimum=0)]

Money = Annotated[str, Words(pattern=r"^-?[0-9]+\.[0-9]{2}$")]
"""Decimal, as text: no cent is lost on the way."""

Account = Annotated[str, "The account that it belongs to."]


class Told(TypedDict):
    """What every event has that is told until the broker has acknowledged it."""

    event_id: Annotated[
        str,
        "The same for every repetition of this event, and for no other: who has seen it drops the repeat.",
        Words(pattern="^[0-9a-f]{8}-[0-9]+$"),
    ]


class EventError(TypedDict):
    """Why a message is in trouble."""

    code: Annotated[str, "A word for programs: a code of rejection, or what kind of trouble it is."]
    reason: Annotated[str, "A sentence for people."]
    retry: Annotated[bool, "Whether the gateway goes on by itself."]


class EventBody(TypedDict):
    """What happened to an outbound message."""

    event: Annotated[MessageState, "The state that the message now has."]
    id: Annotated[str | None, "The gateway's own name of the message; null where it was rejected."]
    client_id: Annotated[
        str | None,
        "The sender's `id`; with several recipients `id/recipient`. Null where there was none.",
    ]
    account: Account
    to: Annotated[str, "The recipient, international where it could be read as a phone number."]
    at: Annotated[Moment, "When it happened."]
    parts: Annotated[Count, "The short messages that it consists of; 0 where it was rejected."]
    parts_done: Annotated[Count, "How many of them the network took."]
    credits: Annotated[Count, "What it costs: what is held for it, and what its sent parts have cost."]
    modem: Annotated[str | None, "The modem that sends or sent it; null before one took it."]
    error: NotRequired[Annotated[EventError, "Present where there is trouble, and only there."]]
    evidence: NotRequired[
        Annotated[
            Evidence,
            "What settled that a part of it was in doubt, or what is known of it while it is `uncertain`; "
            "absent where there was no doubt.",
        ]
    ]


class Event(Told, EventBody):
    """What happened to an outbound message: one for each state that it enters, in order."""


# ``from`` is a word of the language: only this way of writing a TypedDict can have it as a key.
_From = TypedDict(
    "_From",
    {
        "from": Annotated[
            str, "Who sent it: a phone number, or a name that is no number; empty where it cannot be read."
        ]
    },
)


_MmsFrom = TypedDict(
    "_MmsFrom", {"from": Annotated[str | None, "Who sent it; null where the centre does not tell."]}
)


class MmsBody(_MmsFrom):
    """A picture message that waits at the operator's centre: a gateway cannot fetch it."""

    subject: Annotated[str | None, "Its subject; null where it has none."]
    size: Annotated[int | None, "Its size in octets; null where it is not told.", Words(minimum=0)]
    expires_at: Annotated[Moment | None, "Until when it is kept; null where it is not told."]
    url: Annotated[str | None, "Where a phone with this SIM can fetch it."]


class ReceivedBody(_From):
    """A message that a modem received, joined from its parts."""

    id: Annotated[str, "The gateway's own name of the message."]
    text: Annotated[str | None, "The text; null where it is octets, or could not be read."]
    to: Annotated[str | None, "The phone number of the SIM that received it, where that is known."]
    modem: Annotated[str, "The modem that received it."]
    sent_at: Annotated[Moment | None, "When the sender's service centre took it, by the centre's clock."]
    received_at: Annotated[Moment, "When the gateway got it."]
    in_reply_to: NotRequired[
        Annotated[str, "The `id` of the last message that this account sent to that phone, in 30 days."]
    ]
    parts: Annotated[int, "The short messages that it consists of.", Words(minimum=1)]
    complete: Annotated[bool, "False where parts of it have not come, and are no longer waited for."]
    coding: Annotated[Coding, "The alphabet that it came in."]
    data: NotRequired[
        Annotated[str, "Octets in hexadecimal, where it is no text.", Words(pattern="^([0-9a-f]{2})*$")]
    ]
    mms: NotRequired[
        Annotated[MmsBody, "Present where it is the notification of a picture message (MMS); `text` is null."]
    ]
    error: NotRequired[Annotated[str, "Why it cannot be read; `data` then is all that came."]]


class Received(Told, ReceivedBody):
    """A message that a modem received, told to the account that its modem belongs to; never retained."""


_Caller = TypedDict(
    "_Caller",
    {
        "from": Annotated[
            str | None, "Who called, international where it could be read so; null where it is withheld."
        ]
    },
)


class CallBody(_Caller):
    """A phone call that rang at a modem."""

    at: Annotated[Moment, "When it began to ring."]
    kind: Annotated[
        CallKind,
        "What became of it: `missed`, or `rejected` where the modem's `hang_up` had it ended.",
    ]


class Call(Told, CallBody):
    """A phone call that rang at a modem; it was not answered."""


class Expiring(TypedDict):
    """Credits that will be forfeited."""

    credits: Annotated[Count, "How many."]
    at: Annotated[Moment, "When."]


class Credit(TypedDict):
    """What an account may still spend; retained."""

    balance: Annotated[int | None, "Credits that it can spend; null where it is not limited by credits."]
    held: Annotated[Count, "Credits set aside for messages under way; no part of the balance."]
    available: Annotated[
        int | None, "What is left for new messages: the balance; null where it is not limited."
    ]
    expiring: Annotated[list[Expiring], "Credits that will be forfeited, the next ones first."]
    state: Annotated[Literal["active", "suspended", "closed"], "Whether it may send."]
    low: Annotated[bool, "Whether the credits are down to the account's `low_credit`, or used up."]


class GatewayState(TypedDict):
    """Whether a gateway runs; retained, and the broker says `offline` for it when it vanishes."""

    state: Annotated[Literal["online", "offline"], "Whether it is connected to the broker."]
    version: Annotated[str, "The version of the program."]
    since: Annotated[
        Moment | None, "When the gateway was started; null where the broker speaks for it: it vanished."
    ]


class GatewayQueues(TypedDict):
    """What waits in a gateway's store, counted in parts; retained."""

    queued: Annotated[Count, "Parts that a modem may take."]
    scheduled: Annotated[Count, "Parts that wait for their time, the sender's or that of another try."]
    sending: Annotated[Count, "Parts that modems have in hand."]
    uncertain: Annotated[Count, "Parts of which nobody can say whether the network took them."]
    sent_today: Annotated[Count, "Parts that the network took from this gateway's modems since midnight."]
    alarms: Annotated[Count, "Open alarms that want a person: those that are not only `info`."]


class Storage(TypedDict):
    """The places for received messages in SIM and modem."""

    used: Annotated[Count, "Places that are taken."]
    total: Annotated[Count, "All places."]


class ModemState(TypedDict):
    """A modem and its network; retained."""

    state: Annotated[
        str, "`ready`: it sends and receives; else a word for why not: `searching`, `paused`, `lost`, ..."
    ]
    registration: Annotated[int | None, "What `+CREG` says (3GPP TS 27.007, 7.2): 1 at home, 5 roaming."]
    technology: Annotated[str | None, "What the modem is registered on, such as `LTE`."]
    operator: Annotated[str | None, "The network's name."]
    signal_dbm: Annotated[int | None, "The signal's strength in dBm."]
    imei: Annotated[str | None, "The modem's own identity."]
    iccid: Annotated[str | None, "The SIM's own identity."]
    number: Annotated[str | None, "The SIM's phone number."]
    queue: Annotated[Count, "Parts that wait, and that this modem may take."]
    sent_today: Annotated[Count, "Parts that the network took from it since midnight."]
    storage: Annotated[Storage | None, "The places for received messages; null where it is not known."]
    error: Annotated[str | None, "What is wrong with it, as a sentence."]
    advice: Annotated[str | None, "What a person has to do about it; null where nobody is needed."]
    recovery: Annotated[str | None, "The step by which the gateway is helping it now, such as `soft_reset`."]
    recoveries_today: Annotated[Count, "How many steps were taken for it in 24 hours."]
    operator_code: Annotated[str | None, "The network's country and network code, such as `20601`."]
    lac: Annotated[str | None, "The location or tracking area, in hexadecimal."]
    cell: Annotated[str | None, "The cell, in hexadecimal."]
    rsrp_dbm: Annotated[int | None, "LTE's reference signal received power, in dBm."]
    rsrq_db: Annotated[int | None, "LTE's reference signal received quality, in dB."]
    usb: Annotated[str | None, "The USB socket that it is plugged into, such as `1-1.2`."]
    sim_slot: Annotated[int | None, "The SIM slot in use, where the modem has several."]
    voice: Annotated[
        str | None, "What it can say in a call: `speech`, `tones`, `none`; null where it was never asked."
    ]
    balance: Annotated[
        str | None, "What its prepaid SIM has left, as the network told it last: a decimal number."
    ]
