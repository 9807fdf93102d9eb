"""The messages that people who look are shown, as values."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from modemd.formats.mms import kept_value
from modemd.gsm.causes import tp_status_meaning
from modemd.model import Evidence, MessageState, PartState, Priority
from modemd.store import views as store
from modemd.store.times import from_us

if TYPE_CHECKING:
    from datetime import datetime

    from modemd.gsm.mms import MmsNotification
    from modemd.store.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundView:
    """A message on its way out; ``to`` and ``text`` are ``None`` once the retention has taken them."""

    id: int
    client_id: str | None
    account: str
    source: str
    to: str | None
    text: str | None
    coding: str
    state: MessageState
    priority: Priority
    report: bool
    parts: int
    parts_done: int
    credits: int
    modem: str | None
    accepted_at: datetime
    submitted_at: datetime | None
    sent_at: datetime | None
    ended_at: datetime | None
    deadline_at: datetime | None
    error_code: str | None
    error_reason: str | None
    note: str | None

    @property
    def milestones(self) -> list[tuple[MessageState, datetime]]:
        """The states that it has been in and when it came there, as far as the store remembers, in order."""
        known = [
            (MessageState.ACCEPTED, self.accepted_at),
            (MessageState.SENDING, self.submitted_at),
            (MessageState.SENT, self.sent_at if self.parts_done == self.parts else None),
        ]
        if self.state is not MessageState.SENT:
            known.append((self.state, self.ended_at))
        return [(state, at) for state, at in known if at is not None]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartView:
    """One part; ``said`` is what its last status report means in words, ``evidence`` what settled a doubt."""

    part_no: int
    state: PartState
    route_id: int
    modem: str | None
    attempts: int
    tp_mr: int | None
    tp_status: int | None
    said: str | None
    not_before_at: datetime | None
    submitted_at: datetime | None
    sent_at: datetime | None
    discharged_at: datetime | None
    error_code: str | None
    error_reason: str | None
    evidence: Evidence | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundView:
    """A received message; ``error`` says why it could not be read, ``mms`` what it announces."""

    id: int
    account: str
    originator: str | None
    text: str | None
    coding: str
    modem: str
    sc_at: datetime | None
    received_at: datetime
    parts: int
    complete: bool
    error: str | None
    mms: MmsNotification | None = None


def outbound(
    tx: Tx, *, state: MessageState | None = None, account: str | None = None, most: int
) -> list[OutboundView]:
    """Return the newest messages first, of one state or account where that is asked for."""
    wanted = None if state is None else state.value
    return [_outbound(row) for row in store.outbound(tx, state=wanted, account=account, most=most)]


def find_outbound(tx: Tx, message_id: int) -> OutboundView | None:
    """Return one message."""
    row = store.find_outbound(tx, message_id)
    return None if row is None else _outbound(row)


def _outbound(row: store.OutboundRow) -> OutboundView:
    return OutboundView(
        id=row.id,
        client_id=row.client_id,
        account=row.account,
        source=row.source,
        to=row.destination,
        text=row.text,
        coding=row.coding,
        state=MessageState(row.state),
        priority=Priority(row.priority),
        report=bool(row.report),
        parts=row.part_count,
        parts_done=row.parts_done,
        credits=row.credits,
        modem=row.modem,
        accepted_at=_at(row.accepted_at),
        submitted_at=from_us(row.submitted_at),
        sent_at=from_us(row.sent_at),
        ended_at=from_us(row.ended_at),
        deadline_at=from_us(row.deadline_at),
        error_code=row.error_code,
        error_reason=row.error_reason,
        note=row.note,
    )


def _at(us: int) -> datetime:
    at = from_us(us)
    assert at is not None
    return at


def parts_of(tx: Tx, message_id: int) -> list[PartView]:
    """Return a message's parts in order."""
    return [_part(row) for row in store.parts_of(tx, message_id)]


def _part(row: store.PartRow) -> PartView:
    return PartView(
        part_no=row.part_no,
        state=PartState(row.state),
        route_id=row.route_id,
        modem=row.modem,
        attempts=row.attempts,
        tp_mr=row.tp_mr,
        tp_status=row.tp_status,
        said=None if row.tp_status is None else tp_status_meaning(row.tp_status).text,
        not_before_at=from_us(row.not_before_at),
        submitted_at=from_us(row.submitted_at),
        sent_at=from_us(row.sent_at),
        discharged_at=from_us(row.discharged_at),
        error_code=row.error_code,
        error_reason=row.error_reason,
        evidence=None if row.evidence is None else Evidence(row.evidence),
    )


def received(tx: Tx, *, account: str | None = None, most: int) -> list[InboundView]:
    """Return the newest received messages first."""
    return [_inbound(row) for row in store.received(tx, account=account, most=most)]


def find_received(tx: Tx, inbound_id: int) -> InboundView | None:
    """Return one received message."""
    row = store.find_received(tx, inbound_id)
    return None if row is None else _inbound(row)


def _inbound(row: store.InboundRow) -> InboundView:
    return InboundView(
        id=row.id,
        account=row.account,
        originator=row.originator,
        text=row.text,
        coding=row.coding,
        modem=row.modem,
        sc_at=from_us(row.sc_at),
        received_at=_at(row.received_at),
        parts=row.part_count,
        complete=bool(row.complete),
        error=row.error,
        mms=None if row.mms is None else kept_value(json.loads(row.mms)),
    )
