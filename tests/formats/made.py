"""Values that the tests of this room share."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from modemd.model import MessageEvent, MessageState, OutboundResult, Trouble

BRUSSELS = ZoneInfo("Europe/Brussels")
NOW = datetime(2026, 11, 22, 13, 14, 49, tzinfo=UTC)

SENT = OutboundResult(
    event=MessageEvent(
        event=MessageState.SENT,
        id="m1",
        client_id=None,
        account="default",
        to="+32475123456",
        at=NOW,
        parts=2,
        parts_done=2,
        modem="GSM1",
    ),
    tp_mrs=(101, 102),
    report=True,
    sent_at=NOW,
    ended_at=NOW,
    sending_time_s=1,
    imsi="206011234567890",
    imei="861234567890123",
    msisdn="+32475000001",
)
FAILED = replace(
    SENT,
    event=replace(
        SENT.event,
        event=MessageState.FAILED,
        error=Trouble(code="network", reason="+CMS ERROR: 38 (Network out of order)"),
    ),
    tp_mrs=(),
    sent_at=None,
    pdus=("0031000891111111110000FF07F2B2B93E2F9301",),
)
