"""What the store holds as JSON objects, with the field names of the contract's events where there are any."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from modemd.cli.credit_objects import standing_object
from modemd.formats.events import iso
from modemd.formats.mms import mms_object

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from modemd.service.accounts.standing_views import Standing
    from modemd.service.overview import AlarmView, BrokerView, GatewayView, ModemView, Overview
    from modemd.service.views import InboundView, OutboundView, PartView


def outbound_object(
    view: OutboundView,
    parts: Sequence[PartView] | None = None,
    credits_: Mapping[int, tuple[int, int]] | None = None,
) -> dict[str, Any]:
    """A message on its way out, with its parts where they are given.

    ``credits_`` are those that each part, by its place, holds and has cost.
    """
    made: dict[str, Any] = {
        "id": str(view.id),
        "client_id": view.client_id,
        "account": view.account,
        "to": view.to,
        "state": view.state.value,
        "parts": view.parts,
        "parts_done": view.parts_done,
        "credits": view.credits,
        "modem": view.modem,
        "text": view.text,
        "coding": view.coding,
        "priority": view.priority.name.lower(),
        "report": view.report,
        "source": view.source,
        "accepted_at": _iso(view.accepted_at),
        "deadline_at": _iso(view.deadline_at),
        "sent_at": _iso(view.sent_at),
        "ended_at": _iso(view.ended_at),
        "ref": view.note,
    }
    if view.error_code is not None:
        made["error"] = {"code": view.error_code, "reason": view.error_reason}
    if parts is not None:
        made["part_list"] = [
            part_object(part) | _credits_object((credits_ or {}).get(part.part_no, (0, 0))) for part in parts
        ]
    return made


def _credits_object(of_part: tuple[int, int]) -> dict[str, int]:
    held, captured = of_part
    return {"credits_held": held, "credits_captured": captured}


def part_object(part: PartView) -> dict[str, Any]:
    """One of its parts."""
    made: dict[str, Any] = {
        "part_no": part.part_no,
        "state": part.state.name.lower(),
        "modem": part.modem,
        "attempts": part.attempts,
        "tp_mr": part.tp_mr,
        "tp_status": part.tp_status,
        "report": part.said,
        "due_at": _iso(part.not_before_at),
        "submitted_at": _iso(part.submitted_at),
        "sent_at": _iso(part.sent_at),
        "discharged_at": _iso(part.discharged_at),
    }
    if part.error_code is not None:
        made["error"] = {"code": part.error_code, "reason": part.error_reason}
    if part.evidence is not None:
        made["evidence"] = part.evidence
    return made


def inbound_object(view: InboundView) -> dict[str, Any]:
    """A received message."""
    made: dict[str, Any] = {
        "id": str(view.id),
        "account": view.account,
        "from": view.originator,
        "text": view.text,
        "modem": view.modem,
        "sent_at": _iso(view.sc_at),
        "received_at": _iso(view.received_at),
        "parts": view.parts,
        "complete": view.complete,
        "coding": view.coding,
    }
    if view.mms is not None:
        made["mms"] = mms_object(view.mms)
    if view.error is not None:
        made["error"] = view.error
    return made


def broker_object(view: BrokerView, *, alive: bool) -> dict[str, Any]:
    """How a gateway stands with its broker; one that is gone is not connected."""
    return {
        "address": view.address,
        "state": "connected" if alive and view.error is None else "lost",
        "error": view.error,
        "since": _iso(view.since),
    }


def gateway_object(view: GatewayView, *, alive: bool) -> dict[str, Any]:
    """A gateway: the fields of its state in the contract, its process, and its broker if it has one."""
    return {
        "name": view.name,
        "state": "online" if alive else "offline",
        "version": view.version,
        "since": _iso(view.started_at),
        "pid": view.pid,
        "seen_at": _iso(view.seen_at),
        "stopped_at": _iso(view.stopped_at),
        "broker": None if view.broker is None else broker_object(view.broker, alive=alive),
    }


def modem_object(view: ModemView, *, alive: bool) -> dict[str, Any]:
    """A modem: the fields of its state in the contract; ``alive`` tells whether its gateway is."""
    return {
        "gateway": view.gateway,
        "name": view.name,
        "state": view.state if alive else "offline",
        "registration": view.registration,
        "technology": view.technology,
        "operator": view.operator,
        "signal_dbm": view.signal_dbm,
        "imei": view.imei,
        "iccid": view.iccid,
        "number": view.msisdn,
        "port": view.port,
        "queue": view.queue,
        "sent_today": view.sent_today,
        "error": view.error,
        "advice": view.advice,
        "recovery": view.recovery,
        "recoveries_today": view.recoveries_today,
        "usb": view.usb,
        "storage": None if view.storage is None else {"used": view.storage[0], "total": view.storage[1]},
        "balance": view.balance,
        "seen_at": _iso(view.seen_at),
    }


def alarm_object(view: AlarmView) -> dict[str, Any]:
    """Something that is wrong; ``modem`` is null where it is the gateway's own trouble."""
    return {
        "gateway": view.gateway,
        "modem": view.modem,
        "code": view.code,
        "severity": view.severity,
        "text": view.text,
        "count": view.count,
        "since": _iso(view.since),
    }


def overview_object(view: Overview, wanting: Sequence[Standing], alive: set[str]) -> dict[str, Any]:
    """All of ``modemd status``; ``alive`` are the names of the gateways whose process lives.

    ``wanting`` are the accounts that are low on credits, suspended, or wait for credits.
    """
    return {
        "gateways": [gateway_object(each, alive=each.name in alive) for each in view.gateways],
        "modems": [modem_object(each, alive=each.gateway in alive) for each in view.modems],
        "routes": [
            {"key": each.key, "modems": list(each.modems), "queued": each.queued} for each in view.routes
        ],
        "queues": {
            "queued": view.queued,
            "scheduled": view.scheduled,
            "sending": view.sending,
            "uncertain": view.uncertain,
            "untold": dict(view.untold),
        },
        "alarms": [alarm_object(each) for each in view.alarms],
        "credits_low": [standing_object(each) for each in wanting if each.low],
        "suspended": [standing_object(each) for each in wanting if each.state == "suspended"],
        "waiting_for_credit": [standing_object(each) for each in wanting if each.waiting],
    }


def _iso(at: datetime | None) -> str | None:
    return None if at is None else iso(at)
