"""How a message ended, written into its file's header as smsd does."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Final

from modemd.formats.moments import stamp
from modemd.formats.smstools3.addresses import bare
from modemd.formats.smstools3.headers import HeaderFile, name_of, split_file
from modemd.model import MessageState, OutboundResult

_RESULT_NAMES: Final = frozenset(
    {
        "Fail_reason",
        "Failed",
        "IMSI",
        "IMEI",
        "Modem",
        "Number",
        "Sent",
        "Sending_time",
        "Message_id",
        "Result",
        "PDU",
        "NOTICE",
    },
)
_DEFAULT: Final = "default"
_WENT: Final = {MessageState.SENT, MessageState.DELIVERED}
_TAKEN: Final = {MessageState.UNDELIVERED, MessageState.EXPIRED}
"""These too, where the network had all of it."""


def finished_file(original: bytes, result: OutboundResult, zone: tzinfo) -> bytes:
    """The file for ``sent/`` or ``failed/``: earlier results leave the header, these come at its end."""
    parsed = split_file(original)
    kept = [line for line in parsed.lines if name_of(line) not in _RESULT_NAMES]
    if kept and not kept[-1].endswith(b"\n"):
        kept[-1] += b"\n"
    headers = _headers(result, zone)
    if parsed.values().get("Account", _DEFAULT) != result.event.account:
        headers.insert(0, ("Account", result.event.account))  # its folder tells no more whose it is
    added = "".join(f"{name}: {one_line(value)}\n" for name, value in headers)
    return _joined(parsed, kept, added.encode())


def _joined(parsed: HeaderFile, kept: list[bytes], added: bytes) -> bytes:
    return b"".join((parsed.mark, *kept, added, parsed.blank or b"\n", parsed.body))


def _headers(result: OutboundResult, zone: tzinfo) -> list[tuple[str, str]]:
    went = is_sent(result)
    headers = [("Modem", result.event.modem), ("Number", bare(result.msisdn) or None)]
    if went:
        headers += [
            ("Sent", stamp(result.sent_at or result.ended_at or result.event.at, zone)),
            ("Sending_time", str(result.sending_time_s)),
            ("Message_id", str(result.tp_mrs[-1]) if result.report and result.tp_mrs else None),
        ]
    headers += [("IMSI", result.imsi), ("IMEI", result.imei)]
    if not went:
        headers += [
            ("Fail_reason", why_failed(result)),
            ("Failed", stamp(result.ended_at or result.event.at, zone)),
        ]
    headers += [("PDU", pdu) for pdu in result.pdus]
    return [(name, value) for name, value in headers if value]


def is_sent(result: OutboundResult) -> bool:
    """Whether the file belongs into ``sent/``: the network took every part, whatever a report said later."""
    event = result.event
    return event.event in _WENT or (event.event in _TAKEN and 0 < event.parts == event.parts_done)


def why_failed(result: OutboundResult) -> str:
    """What a spool user reads: the reason given, else the error's, else the state's name."""
    error = result.event.error
    return result.fail_reason or (error.reason if error else "") or str(result.event.event)


def rejected_lines(fail_reason: str, at: datetime, zone: tzinfo, account: str | None = None) -> bytes:
    """The lines that go on top of a file which is no message; ``account`` is whose folder it was in."""
    whose = f"Account: {account}\n" if account else ""
    return f"Fail_reason: {one_line(fail_reason)}\n{whose}Failed: {stamp(at, zone)}\n".encode()


def one_line(value: str) -> str:
    """``value`` so that it cannot end its header line, nor break UTF-8."""
    return " ".join(value.split()).encode("utf-8", "replace").decode("utf-8")
