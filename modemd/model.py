"""The nouns of the gateway as values, and the moves that their states may make.

Nothing here knows a clock, a file or a socket. Times are aware ``datetime`` values and end in ``_at``,
durations are in seconds and end in ``_s``, credits are ``int``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Final, Literal

from modemd.gsm.values import value

if TYPE_CHECKING:
    from datetime import datetime

    from modemd.gsm.mms import MmsNotification


class MessageState(StrEnum):
    """What a user is told of an outbound message."""

    ACCEPTED = "accepted"
    SCHEDULED = "scheduled"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNDELIVERED = "undelivered"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    UNCERTAIN = "uncertain"
    REJECTED = "rejected"


class PartState(IntEnum):
    """Where one part is; the numbers are what the store keeps, and never change their meaning."""

    QUEUED = 0
    SUBMITTING = 2
    SENT = 3
    DELIVERED = 4
    FAILED = 5
    UNDELIVERED = 6
    UNCERTAIN = 7
    SCHEDULED = 8
    CANCELLED = 9
    EXPIRED = 10


class Evidence(StrEnum):
    """What settled a part that nobody could say was sent, or what is known of it while it is not settled."""

    LATE_ANSWER = "late_answer"
    """The modem's answer came after its time."""
    REPORT = "report"
    """A status report speaks of it: the network has had it."""
    DUPLICATE = "duplicate"
    """The service centre refused it as one that it has had."""
    MESSAGE_REFERENCE = "message_reference"
    """The SIM has counted it: the modem handed it to the network."""
    STORED_COPY = "stored_copy"
    """The modem keeps it among what it has sent."""
    NOT_SENT = "not_sent"
    """The SIM has not counted it: the modem never handed it to the network."""
    POLICY = "policy"
    """There was none: the policy `uncertain:` decided."""
    PERSON = "person"
    """A person decided."""


_P = PartState
LEGAL_MOVES: Final[dict[PartState, frozenset[PartState]]] = {
    _P.SCHEDULED: frozenset({_P.QUEUED, _P.CANCELLED, _P.EXPIRED, _P.FAILED}),
    _P.QUEUED: frozenset({_P.SUBMITTING, _P.CANCELLED, _P.EXPIRED, _P.FAILED, _P.SCHEDULED}),
    _P.SUBMITTING: frozenset({_P.SENT, _P.FAILED, _P.QUEUED, _P.SCHEDULED, _P.UNCERTAIN, _P.EXPIRED}),
    # A late refusal may schedule another try.
    _P.UNCERTAIN: frozenset(
        {_P.SENT, _P.DELIVERED, _P.UNDELIVERED, _P.FAILED, _P.QUEUED, _P.SCHEDULED, _P.EXPIRED}
    ),
    _P.SENT: frozenset({_P.DELIVERED, _P.UNDELIVERED, _P.EXPIRED}),
    _P.FAILED: frozenset({_P.QUEUED}),  # an operator's ``messages retry``
    _P.DELIVERED: frozenset(),
    _P.UNDELIVERED: frozenset(),
    _P.CANCELLED: frozenset({_P.QUEUED}),  # likewise
    _P.EXPIRED: frozenset({_P.QUEUED}),  # likewise
}
"""From each state of a part, the states that it may move to."""

ENDED: Final = frozenset(
    {
        MessageState.DELIVERED,
        MessageState.FAILED,
        MessageState.UNDELIVERED,
        MessageState.EXPIRED,
        MessageState.CANCELLED,
        MessageState.REJECTED,
    },
)
"""States that a message does not leave by itself (``sent`` also ends one that asked for no report)."""


_S = MessageState
LEGAL_EVENTS: Final[dict[MessageState, frozenset[MessageState]]] = {
    # What waits for credits stays ``accepted``.
    _S.ACCEPTED: frozenset({_S.QUEUED, _S.SCHEDULED, _S.CANCELLED, _S.EXPIRED}),
    _S.SCHEDULED: frozenset({_S.QUEUED, _S.CANCELLED, _S.EXPIRED}),
    _S.QUEUED: frozenset({_S.SENDING, _S.CANCELLED, _S.EXPIRED}),
    _S.SENDING: frozenset(
        {_S.QUEUED, _S.SCHEDULED, _S.SENT, _S.FAILED, _S.EXPIRED, _S.CANCELLED, _S.UNCERTAIN}
    ),
    _S.UNCERTAIN: frozenset(
        {_S.SENDING, _S.QUEUED, _S.SCHEDULED, _S.SENT, _S.FAILED, _S.EXPIRED, _S.CANCELLED}
    ),
    _S.SENT: frozenset({_S.DELIVERED, _S.UNDELIVERED, _S.EXPIRED}),
    _S.DELIVERED: frozenset(),
    # An operator's ``messages retry``; with a part that the network has, the others are being sent.
    _S.FAILED: frozenset({_S.QUEUED, _S.SENDING}),
    _S.CANCELLED: frozenset({_S.QUEUED, _S.SENDING}),
    _S.EXPIRED: frozenset({_S.QUEUED, _S.SENDING}),
    _S.UNDELIVERED: frozenset(),
    _S.REJECTED: frozenset(),
}
"""From each state that was told of a message, those that may be told next; a state may be told again, too."""


class Priority(IntEnum):
    """Lower goes first."""

    HIGH = 0
    NORMAL = 10
    LOW = 20
    BULK = 30


Source = Literal["spool", "mqtt", "cli"]
Coding = Literal["gsm7", "ucs2", "8bit"]
CallKind = Literal["missed", "rejected"]
Autosplit = Literal["none", "plain", "numbered", "udh"]


@value(frozen=True, slots=True, kw_only=True)
class SendRequest:
    """One recipient's message as a sender asked for it, whatever door it came through.

    Nothing is checked yet: ``service.intake.accept`` does that and raises :class:`~modemd.errors.Rejected`.
    ``text`` or ``octets`` holds the contents; ``octets`` go out as 8-bit data. With ``appointment_at`` it is
    what its recipient is reminded of, each of ``remind_s`` seconds before; ``None``: as the account has it.
    """

    to: str
    account: str | None = None
    text: str | None = None
    octets: bytes | None = None
    client_id: str | None = None
    coding: Coding | None = None
    priority: Priority = Priority.NORMAL
    report: bool | None = None
    validity_s: int | None = None
    validity_vp: int | None = None
    not_before_at: datetime | None = None
    deadline_at: datetime | None = None
    appointment_at: datetime | None = None
    remind_s: tuple[int, ...] | None = None
    message_class: int | None = None
    dcs: int | None = None
    pid: int = 0
    udh: bytes = b""
    ports: tuple[int, int] | None = None
    smsc: str | None = None
    type_of_number: int | None = None
    reject_duplicates: bool = False
    reply_path: bool = False
    tp_mr: int | None = None
    autosplit: Autosplit = "udh"
    concat_bits: Literal[8, 16] = 8
    languages: tuple[int, ...] = ()
    modem: str | None = None
    retries: int | None = None
    channel: str = "sms"
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModemIdentity:
    """Who a modem and its SIM say they are; ``None`` where the modem does not tell."""

    manufacturer: str | None = None
    model: str | None = None
    revision: str | None = None
    imei: str | None = None
    imsi: str | None = None
    iccid: str | None = None
    msisdn: str | None = None
    smsc: str | None = None

    @property
    def sim(self) -> str | None:
        """What tells this SIM from every other: the ICCID, else the IMSI."""
        return self.iccid or self.imsi


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """The ``error`` object of an event."""

    code: str
    reason: str
    retry: bool = False


@value(frozen=True, slots=True, kw_only=True)
class MessageEvent:
    """What happened to an outbound message: the contract's event."""

    event: MessageState
    id: str | None
    client_id: str | None
    account: str
    to: str
    at: datetime
    parts: int = 0
    parts_done: int = 0
    credits: int = 0
    modem: str | None = None
    error: Trouble | None = None
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """Where the answer to one request goes besides the topic that everybody reads (MQTT 5.0, 4.10).

    ``topic`` is the whole name of a topic, ``correlation`` what the asker knows the answer by; after
    ``expires_at`` nobody waits for it any more.
    """

    topic: str
    correlation: bytes | None = None
    expires_at: datetime | None = None


@value(frozen=True, slots=True, kw_only=True)
class OutboundResult:
    """All that a sender's door needs to write down how a message ended (or went on)."""

    event: MessageEvent
    tp_mrs: tuple[int, ...] = ()
    report: bool = False
    sent_at: datetime | None = None
    ended_at: datetime | None = None
    sending_time_s: int = 0
    imsi: str | None = None
    imei: str | None = None
    msisdn: str | None = None
    pdus: tuple[str, ...] = ()
    fail_reason: str | None = None


@value(frozen=True, slots=True, kw_only=True)
class Inbound:
    """A received message, joined from its parts as far as they came."""

    id: str
    account: str
    originator: str
    originator_toa: int = 0x91
    text: str | None
    octets: bytes | None = None
    coding: Coding
    modem: str
    sc_at: datetime | None
    received_at: datetime
    part_count: int = 1
    complete: bool = True
    message_class: int | None = None
    pid: int = 0
    smsc: str | None = None
    udh: bytes = b""
    imsi: str | None = None
    imei: str | None = None
    msisdn: str | None = None
    sends_reports: bool = False
    error: str | None = None
    mms: MmsNotification | None = None
    pdus: tuple[str, ...] = ()


@value(frozen=True, slots=True, kw_only=True)
class StatusReportFacts:
    """A status report as the network gave it, and the message that it was matched to, if any."""

    tp_mr: int
    recipient: str
    recipient_toa: int = 0x91
    sc_at: datetime | None
    discharged_at: datetime | None
    tp_status: int
    modem: str
    received_at: datetime
    smsc: str | None = None
    imsi: str | None = None
    imei: str | None = None
    msisdn: str | None = None
    message_id: str | None = None
    account: str = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A phone call that a modem saw ring."""

    originator: str | None
    at: datetime
    modem: str
    kind: CallKind = "missed"
    originator_toa: int = 0x91
    imsi: str | None = None
    imei: str | None = None
    msisdn: str | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """What a message would take: parts as the encoder makes them."""

    parts: int
    coding: Coding
    credits: int
    warnings: tuple[str, ...] = field(default=())
