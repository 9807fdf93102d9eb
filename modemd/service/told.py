"""What a consumer needs to know of an event, read from the store as values."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from modemd.errors import PduError
from modemd.formats.mms import kept_value
from modemd.gsm.incoming import decode_deliver, decode_status_report
from modemd.gsm.join import joined_octets
from modemd.model import (
    Evidence,
    Inbound,
    MessageEvent,
    MessageState,
    OutboundResult,
    StatusReportFacts,
    Trouble,
)
from modemd.service.checks import DEFAULT_ACCOUNT
from modemd.store import inbound, outbound, parts
from modemd.store.results import Reported
from modemd.store.times import from_us

if TYPE_CHECKING:
    from modemd.errors import Rejected
    from modemd.gsm.incoming import Deliver
    from modemd.store.outbound import MessageRow, MessageTimes
    from modemd.store.transaction import Tx

_NO_TOPIC: Final = re.compile("[+#/]")
"""What may not stand in a level of a topic's name (MQTT 5.0, 4.7)."""
ModemFacts = Mapping[str, Mapping[str, Any]]
"""What is known of each modem, by its name: ``imsi``, ``imei``, ``msisdn``."""


def message_event(row: MessageRow, at: datetime, evidence: Evidence | None = None) -> MessageEvent:
    """Return the contract's event for the state that a message has; ``evidence`` is what settled a doubt."""
    trouble = None
    if row.error_code:
        trouble = Trouble(code=row.error_code, reason=row.error_reason or "", retry=row.state in _RETRYING)
    return MessageEvent(
        event=MessageState(row.state),
        id=str(row.id),
        client_id=row.client_id,
        account=row.account,
        to=row.destination or "",  # forgotten when its time is over
        at=at,
        parts=row.part_count,
        parts_done=row.parts_done,
        credits=row.credits,
        modem=row.modem,
        error=trouble,
        evidence=evidence,
    )


def rejected_event(
    refused: Rejected, account: str | None, client_id: str | None, to: str, at: datetime
) -> MessageEvent:
    """Return the contract's event for a request that was not accepted.

    An account that no topic can end in is told of as ``default``; so is one with characters that are not
    printed, for which a broker may close the connection (MQTT 5.0, 1.5.4).
    """
    if not account or not account.isprintable() or _NO_TOPIC.search(account):
        account = DEFAULT_ACCOUNT
    return MessageEvent(
        event=MessageState.REJECTED, id=None, client_id=client_id, account=account, to=to, at=at,
        error=Trouble(code=refused.code, reason=refused.reason),
    )  # fmt: skip


_RETRYING = frozenset({"queued", "scheduled", "sending", "uncertain"})


def outbound_result(tx: Tx, message_id: int, modems: ModemFacts, at: datetime) -> OutboundResult | None:
    """Return how a message went, or ``None`` when it is no longer in the store."""
    row = outbound.find_message(tx, message_id)
    if row is None:
        return None
    found = parts.parts_of(tx, message_id)
    tp_mrs = tuple(int(each[3]) for each in found if each[3] is not None)
    evidence = next((str(each[-1]) for each in reversed(found) if each[-1] is not None), None)
    return result_of(row, outbound.times_of(tx, message_id), tp_mrs, modems, at, evidence)


def result_of(
    row: MessageRow,
    times: MessageTimes,
    tp_mrs: tuple[int, ...],
    modems: ModemFacts,
    at: datetime,
    evidence: str | None = None,
) -> OutboundResult:
    """Return how a message went, from what was read of it; ``evidence`` is what settled its last doubt."""
    modem = modems.get(row.modem or "", {})
    submitted_us = times.submitted_at or times.sent_at or 0
    return OutboundResult(
        event=message_event(row, at, None if evidence is None else Evidence(evidence)),
        tp_mrs=tp_mrs,
        report=bool(row.report),
        sent_at=from_us(times.sent_at),
        ended_at=from_us(times.ended_at),
        sending_time_s=max(0, ((times.sent_at or 0) - submitted_us) // 1_000_000),
        imsi=modem.get("imsi"),
        imei=modem.get("imei"),
        msisdn=modem.get("msisdn"),
        fail_reason=row.error_reason,
    )


def inbound_value(tx: Tx, inbound_id: int, modems: ModemFacts) -> Inbound | None:
    """Return a received message with all that its parts say, or ``None`` when it is gone."""
    found = inbound.find_inbound(tx, inbound_id)
    if found is None:
        return None
    row, pdus = found
    reads = _reads(pdus)
    first = next(iter(reads.values()), None)
    modem = modems.get(row.modem, {})
    return Inbound(
        id=str(row.id),
        account=row.account,
        originator=row.originator or "",
        originator_toa=0x81 if first is None else first.originator_toa,
        text=row.text,
        octets=None if row.text is not None else joined_octets(reads) if reads else _raw(pdus),
        coding=row.coding,  # type: ignore[arg-type]  # written from the same literal
        modem=row.modem,
        sc_at=from_us(row.sc_at),
        received_at=from_us(row.received_at) or datetime.now(UTC),
        part_count=row.part_count,
        complete=bool(row.complete),
        message_class=None if first is None else first.message_class,
        pid=0 if first is None else first.pid,
        smsc=None if first is None else first.smsc,
        udh=b"" if first is None else first.udh_octets,
        imsi=modem.get("imsi"),
        imei=modem.get("imei"),
        msisdn=modem.get("msisdn"),
        sends_reports=first is not None and first.sends_reports,
        error=row.error,
        mms=None if row.mms is None else kept_value(json.loads(row.mms)),
        pdus=tuple(pdus),
    )


def _reads(pdus: list[str]) -> dict[int, Deliver]:
    reads: dict[int, Deliver] = {}
    for place, pdu in enumerate(pdus, 1):
        try:
            read = decode_deliver(pdu)
        except PduError:
            continue
        reads[read.concat.seq if read.concat else place] = read
    return reads


def _raw(pdus: list[str]) -> bytes | None:
    """The octets of a PDU that could not be read, as far as they are hexadecimal."""
    try:
        return b"".join(bytes.fromhex(pdu) for pdu in pdus) or None
    except ValueError:
        return "".join(pdus).encode("latin-1", "replace")


def report_facts(
    tx: Tx, report_id: int, message_id: int | None, modems: ModemFacts
) -> StatusReportFacts | None:
    """Return a status report, or ``None`` when it is gone."""
    found = inbound.find_report(tx, report_id)
    if found is None:
        return None
    pdu, modem_name, received_at, _part = found
    message = None if message_id is None else outbound.find_message(tx, message_id)
    matched = (None, None) if message is None else (message.id, message.account)
    return facts_of(Reported(str(pdu), str(modem_name), int(received_at), *matched), modems)


def facts_of(reported: Reported, modems: ModemFacts) -> StatusReportFacts:
    """Return a status report, from what was read of it."""
    read = decode_status_report(reported.pdu)
    modem = modems.get(reported.modem, {})
    return StatusReportFacts(
        tp_mr=read.tp_mr,
        recipient=read.recipient,
        recipient_toa=read.recipient_toa,
        sc_at=read.sc_at,
        discharged_at=read.discharged_at,
        tp_status=read.tp_status,
        modem=reported.modem,
        received_at=from_us(reported.received_at),
        smsc=read.smsc,
        imsi=modem.get("imsi"),
        imei=modem.get("imei"),
        msisdn=modem.get("msisdn"),
        message_id=None if reported.message_id is None else str(reported.message_id),
        account=reported.account or DEFAULT_ACCOUNT,
    )
