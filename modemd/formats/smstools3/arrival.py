"""What comes in, as smsd 3.1.21 writes it: header by header, in its order.

Text is UTF-8, as with its settings ``incoming_utf8`` and ``decode_unicode_text``. Service centres' times are
written in the zone that is passed in, where smsd copies their digits whatever zone they are of.
"""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import Final

from modemd.formats.mms import mms_headers, mms_sentence
from modemd.formats.moments import stamp
from modemd.formats.smstools3.addresses import bare, type_of_address
from modemd.formats.smstools3.outcome import one_line
from modemd.formats.smstools3.udhtext import language_headers, udh_headers
from modemd.gsm.causes import tp_status_meaning
from modemd.model import Call, Inbound, StatusReportFacts

_REPLACE_1, _REPLACE_7 = 0x41, 0x47  # TP-PID, 3GPP TS 23.040, 9.2.3.9
_NOT_READ: Final = "Cannot decode PDU, see text part for details."

Headers = list[tuple[str, str | None]]


def received(message: Inbound, *, zone: tzinfo = UTC) -> bytes:
    """The file of a received message; one that could not be decoded has ``Error:`` and its PDU."""
    body = _body(message) if message.mms is None else mms_sentence(message.mms, zone).encode()
    headers: Headers = [
        ("Error", _NOT_READ if message.error else None),
        *_origin(message.originator, message.originator_toa, message.smsc),
        ("Sent", stamp(message.sc_at, zone) if message.sc_at else None),
        ("Received", stamp(message.received_at, zone)),
        *_modem(message),
        ("Report", _yes(message.sends_reports)),
        ("Replace", str(message.pid - 0x40) if _REPLACE_1 <= message.pid <= _REPLACE_7 else None),
        ("Flash", "yes" if message.message_class == 0 else None),
        ("Incomplete", None if message.complete else "yes"),
        ("Alphabet", "binary" if _is_binary(message) else "UTF-8"),
        *udh_headers(message.udh, joined=message.complete),
        ("Length", str(_length(message, body))),
        ("UDH", "no" if message.error else None),
        *(("PDU", pdu) for pdu in message.pdus if message.error),
        *language_headers(message.udh),
        *mms_headers(message.mms, zone),
    ]
    return _file(headers, body)


def report(facts: StatusReportFacts, *, zone: tzinfo = UTC) -> bytes:
    """The file of a status report. ``Status:`` has smsd's words."""
    discharged = stamp(facts.discharged_at, zone) if facts.discharged_at else ""
    body = (
        "SMS STATUS REPORT\n"
        f"Message_id: {facts.tp_mr}\n"
        f"Discharge_timestamp: {discharged}\n"
        f"Status: {facts.tp_status},{tp_status_meaning(facts.tp_status).text}"
    ).encode()
    headers: Headers = [
        *_origin(facts.recipient, facts.recipient_toa, facts.smsc),
        ("Sent", stamp(facts.sc_at, zone) if facts.sc_at else None),
        ("Received", stamp(facts.received_at, zone)),
        *_modem(facts),
        ("Report", "no"),
        ("Alphabet", "UTF-8"),
        ("Length", str(len(body))),
        ("UDH", "no"),
    ]
    return _file(headers, body)


def call(rang: Call, *, zone: tzinfo = UTC) -> bytes:
    """The file of a phone call; ``Received`` comes last in it."""
    headers: Headers = [
        *_origin(rang.originator or "", rang.originator_toa, None),
        *_modem(rang),
        ("Call_type", rang.kind),
        ("Received", stamp(rang.at, zone)),
    ]
    return _file(headers, f"CALL {rang.kind.upper()}\n".encode())


def network_said(text: str, modem: str, at: datetime, *, more: bool, zone: tzinfo = UTC) -> bytes:
    """The file of what the network said by USSD without being asked; ``more``: it waits for an answer."""
    headers: Headers = [
        ("Modem", modem),
        ("Received", stamp(at, zone)),
        ("Answer_awaited", _yes(more)),
        ("Alphabet", "UTF-8"),
    ]
    return _file(headers, f"{text}\n".encode("utf-8", "replace"))


def _origin(address: str, toa: int, smsc: str | None) -> Headers:
    return [
        ("From", bare(address)),
        ("From_TOA", type_of_address(toa) if address else None),
        ("From_SMSC", bare(smsc) or None),
    ]


def _modem(told: Inbound | StatusReportFacts | Call) -> Headers:
    return [
        ("Subject", told.modem),
        ("Modem", told.modem),
        ("Number", bare(told.msisdn) or None),
        ("IMSI", told.imsi),
        ("IMEI", told.imei),
    ]


def _yes(flag: bool) -> str:  # noqa: FBT001 - a word for a flag
    return "yes" if flag else "no"


def _is_binary(message: Inbound) -> bool:
    return message.text is None and message.octets is not None and message.mms is None


def _body(message: Inbound) -> bytes:
    if message.text is None and message.octets is not None and not message.error:
        return message.octets
    # Phones do send halves of surrogate pairs; UTF-8 has no way to write one.
    text = (message.text or "").encode("utf-8", "replace")
    return text if not message.error else f"{message.error}\n".encode("utf-8", "replace") + text


def _length(message: Inbound, body: bytes) -> int:
    """Characters of the default alphabet; octets of all else, as smsd counts."""
    plain = message.text is not None and message.coding == "gsm7" and not language_headers(message.udh)
    return len(message.text or "") if plain and not message.error else len(body)


def _file(headers: Headers, body: bytes) -> bytes:
    # UDH-DATA alone ends in a space, which one_line would take.
    lines = (
        f"{name}: {value if name == 'UDH-DATA' else one_line(value)}\n"
        for name, value in headers
        if value is not None
    )
    return "".join(lines).encode("utf-8", "replace") + b"\n" + body
