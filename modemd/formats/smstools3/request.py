"""A file of ``outgoing/`` as one :class:`~modemd.model.SendRequest`."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Any, Final

from modemd.formats.leads import read_leads
from modemd.formats.moments import parse_moment
from modemd.formats.rejections import bad_request
from modemd.formats.smstools3.body import read_contents
from modemd.formats.smstools3.destination import destination
from modemd.formats.smstools3.headers import check_header, is_yes, split_file
from modemd.formats.smstools3.languages import language_ids
from modemd.formats.smstools3.validity import read_validity
from modemd.gsm.header import decode_header
from modemd.model import Autosplit, Priority, SendRequest

PRIORITIES: Final = {
    "high": Priority.HIGH,
    "normal": Priority.NORMAL,
    "low": Priority.LOW,
    "bulk": Priority.BULK,
}
_AUTOSPLITS: Final[dict[str, Autosplit]] = {"0": "none", "1": "plain", "2": "numbered", "3": "udh"}
_PLAIN: Final = {"To"}
"""Nearly all files have this header alone: to look for forty others takes twice as long as all the rest."""
_TYPE_0_PID: Final = 0x40  # 3GPP TS 23.040, 9.2.3.9: short message type 0; replace types 1 to 7 follow it
_SYSTEM_DCS: Final = 0xF4  # 3GPP TS 23.038, 4: 8-bit data, class 0
_TO_SIM_PID: Final = 0x7F  # (U)SIM data download
_TO_SIM_DCS: Final = 0xF6  # the same, class 2


def read_request(octets: bytes, zone: tzinfo) -> SendRequest:
    """Read one file; ``zone`` is where times without an offset are meant.

    Raises:
        Rejected: with smstools3's words as ``fail_reason`` where it has some.
    """
    parsed = split_file(octets)
    check_header(parsed)
    headers = parsed.values()
    if headers.keys() == _PLAIN:
        return _plain(headers["To"], parsed.body)
    _refuse_what_is_not_done(headers)
    to, type_of_number = destination(headers.get("To", ""), headers.get("To_TOA"))
    macros = [value for name, value in parsed.pairs() if name == "Macro"]
    wishes = _contents(headers, macros, parsed.body) | _bits(headers)
    if wishes["dcs"] is not None:
        wishes["message_class"] = None  # the octet says it
    validity_s, validity_vp = read_validity(headers.get("Validity", ""))
    return SendRequest(
        to=to,
        type_of_number=type_of_number,
        validity_s=validity_s,
        validity_vp=validity_vp,
        account=headers.get("Account") or None,
        client_id=headers.get("Client_id") or headers.get("Id") or None,
        priority=PRIORITIES.get(headers.get("Priority", "").lower(), Priority.NORMAL),
        **_times(headers, zone),
        modem=headers.get("Queue") or headers.get("Provider") or None,
        smsc=_smsc(headers),
        retries=_small(headers, "Retries", 1000),
        channel="voice" if is_yes(headers.get("Voicecall", "")) else "sms",
        **wishes,
    )


def _plain(written: str, body: bytes) -> SendRequest:
    """What a file asks for that says no more than whom and what."""
    to, type_of_number = destination(written, None)
    return SendRequest(to=to, type_of_number=type_of_number, text=read_contents({}, [], body).text)


def _contents(headers: dict[str, str], macros: list[str], body: bytes) -> dict[str, Any]:
    contents = read_contents(headers, macros, body)
    autosplit = _AUTOSPLITS.get(headers.get("Autosplit", ""), "udh")
    if decode_header(contents.udh).concat:
        autosplit = "none"  # the file says itself which part it is
    return {
        "text": contents.text,
        "octets": contents.octets,
        "coding": contents.coding,
        "udh": contents.udh,
        "autosplit": autosplit,
    }


def _refuse_what_is_not_done(headers: dict[str, str]) -> None:
    if is_yes(headers.get("Text_is_pdu", "")):
        raise bad_request("Text_is_pdu: is not accepted by this gateway", "Invalid key (To) for text_is_pdu")
    if headers.get("Include"):
        raise bad_request("Include: is not accepted: a message may not name other files to be read")


def _bits(headers: dict[str, str]) -> dict[str, Any]:
    """The bits and octets of the TPDU that headers set."""
    bits: dict[str, Any] = {
        "report": is_yes(headers["Report"]) if "Report" in headers else None,
        "reject_duplicates": is_yes(headers.get("Reject_duplicates", headers.get("Reject_Duplicates", ""))),
        "reply_path": is_yes(headers.get("Reply_path", "")),
        "message_class": _message_class(headers),
        "dcs": _dcs(headers),
        "tp_mr": _tp_mr(headers),
        "languages": language_ids(headers),
    }
    if replaced := _small(headers, "Replace", 7):
        bits["pid"] = _TYPE_0_PID + replaced
    if is_yes(headers.get("Ping", "")):
        bits |= {"pid": _TYPE_0_PID, "report": True}
    if system := headers.get("System_message", ""):
        if system == "2" or system.lower() == "tosim":
            bits |= {"pid": _TO_SIM_PID, "dcs": _TO_SIM_DCS, "coding": "8bit"}
        elif is_yes(system):
            bits |= {"pid": _TYPE_0_PID, "dcs": _SYSTEM_DCS, "coding": "8bit"}
    return bits


def _message_class(headers: dict[str, str]) -> int | None:
    if is_yes(headers.get("Flash", "")):
        return 0
    return _small(headers, "Class", 3)


def _dcs(headers: dict[str, str]) -> int | None:
    digits = headers.get("DCS_hex", "")
    if not digits:
        return None
    try:
        (dcs,) = bytes.fromhex(digits)
    except ValueError:
        raise bad_request("DCS_hex: is not two hexadecimal digits") from None
    return dcs


def _tp_mr(headers: dict[str, str]) -> int | None:
    written = headers.get("Message_reference") or headers.get("Message_Reference")
    if not written:
        return None
    tp_mr = _whole(written, 255)
    if tp_mr is None:
        raise bad_request("Message_reference: is not a number from 0 to 255", "Invalid message reference")
    return tp_mr


def _smsc(headers: dict[str, str]) -> str | None:
    written = headers.get("SMSC", "")
    digits = "".join(character for character in written if character in "0123456789")
    if not digits:
        return None
    return f"+{digits.removeprefix('00')}"


def _times(headers: dict[str, str], zone: tzinfo) -> dict[str, Any]:
    at, appointment_at = _moment(headers, "At", zone), _moment(headers, "Appointment", zone)
    remind_s = read_leads("Remind", headers.get("Remind"))
    if at is not None and appointment_at is not None:
        raise bad_request("At: what goes before an appointment has no time of its own; give one of both")
    if remind_s is not None and appointment_at is None:
        raise bad_request("Remind: Appointment: is missing: nobody can say before what")
    return {"not_before_at": at, "appointment_at": appointment_at, "remind_s": remind_s}


def _moment(headers: dict[str, str], name: str, zone: tzinfo) -> datetime | None:
    written = headers.get(name, "")
    if not written:
        return None
    try:
        return parse_moment(written, zone)
    except ValueError as wrong:
        raise bad_request(f"{name}: {wrong}") from wrong


def _small(headers: dict[str, str], name: str, most: int) -> int | None:
    """A header's number, or ``None`` for what is none: smsd ignores wrong values."""
    return _whole(headers.get(name, ""), most)


def _whole(written: str, most: int) -> int | None:
    if not (written.isascii() and written.isdigit() and len(written) <= 6):
        return None
    return int(written) if int(written) <= most else None
