"""Text mode: stored PDUs as lines, and typed text as PDUs (3GPP TS 27.005, 3.4.2 and 3.5.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modemd.errors import PduError
from modemd.gsm.alphabet import alphabet, encode_gsm7
from modemd.gsm.incoming import Deliver, StatusReport, Submit, decode_any
from modemd.gsm.outgoing import Outgoing, encode
from modemd.simulator.answers import refused
from modemd.simulator.storage import STAT_WORDS, UNSENT, Slot

if TYPE_CHECKING:
    from datetime import datetime

    from modemd.simulator.settings import Settings


def described(settings: Settings, slot: Slot) -> tuple[str, tuple[str, ...]]:
    """What stands behind the index (or at once, in ``+CMGR``), and the lines under it."""
    if not settings.cmgf:
        return f"{slot.stat},,{slot.length}", (slot.pdu,)
    word = f'"{STAT_WORDS[slot.stat]}"'
    try:
        value = decode_any(slot.pdu, "submit" if slot.stat >= UNSENT else None)
    except PduError:
        return f'{word},"",', ("",)
    if isinstance(value, StatusReport):
        return f"{word},{_report(value)}", ()
    if isinstance(value, Submit):
        return f'{word},"{_spoken(settings, value.destination)}",', (shown(settings, value),)
    details = f",{value.originator_toa},4,{value.pid},{value.dcs},,,{value.udl}" if settings.csdh else ""
    return f'{word},"{_spoken(settings, value.originator)}",,"{_time(value.sc_at)}"{details}', (
        shown(settings, value),
    )


def handed_over(settings: Settings, pdu: str, *, report: bool) -> tuple[str, ...] | None:
    """``+CMT`` and ``+CDS`` in text mode; ``None`` in PDU mode, or if it cannot be read."""
    if not settings.cmgf:
        return None
    try:
        value = decode_any(pdu)
    except PduError:
        return None
    if isinstance(value, StatusReport):
        return (f"+CDS: {_report(value)}",) if report else None
    if not isinstance(value, Deliver):
        return None
    return f'+CMT: "{_spoken(settings, value.originator)}",,"{_time(value.sc_at)}"', shown(settings, value)


def shown(settings: Settings, value: Deliver | Submit) -> str:
    """The contents in the character set of +CSCS; 8-bit contents in hex (3GPP TS 27.005, 3.1, ``<data>``)."""
    if value.text is None:
        return (value.octets or b"").hex().upper()
    return to_charset(value.text, settings.cscs)


def to_charset(text: str, cscs: str) -> str:
    """Text as its octets on the line, one character each."""
    if cscs == "UCS2":
        return text.encode("utf-16-be", "surrogatepass").hex().upper()
    if cscs == "GSM":
        return "".join(map(_in_gsm, text))
    return text.encode("latin-1" if cscs == "8859-1" else "ascii", "replace").decode("latin-1")


def _in_gsm(character: str) -> str:
    try:
        return encode_gsm7(character).decode("latin-1")
    except PduError:
        return "?"


def from_charset(octets: bytes, cscs: str) -> str:
    """What was typed, read by +CSCS; Refused (CMS 305) when it is not in it."""
    if cscs == "UCS2":
        try:
            return bytes.fromhex(octets.decode("latin-1")).decode("utf-16-be")
        except ValueError:
            raise refused("CMS", 305) from None
    if cscs == "GSM":
        return alphabet().decode(octets.translate(None, b"\n") if b"\r" in octets else octets)
    return octets.decode("latin-1")


def submit_from_text(settings: Settings, destination: str, body: bytes) -> str:
    """The SUBMIT that text mode makes, with the parameters of +CSMP; Refused (CMS 305) if it does not fit."""
    flags, validity, pid, dcs = settings.csmp[:4]
    if settings.cscs == "UCS2":
        destination = _unspoken(destination)
    try:
        encoded = encode(
            Outgoing(
                destination=destination,
                text=from_charset(body, settings.cscs),
                coding="ucs2" if dcs & 0x0C == 8 else None,
                pid=pid,
                validity_vp=validity if flags & 0x18 == 0x10 else None,
                report=bool(flags & 0x20),
                autosplit="none",
            ),
        )
    except PduError:
        raise refused("CMS", 305) from None
    return encoded.parts[0].pdu


def _unspoken(digits: str) -> str:
    try:
        return bytes.fromhex(digits).decode("utf-16-be")
    except ValueError:
        return digits


def _spoken(settings: Settings, digits: str) -> str:
    return to_charset(digits, "UCS2") if settings.cscs == "UCS2" else digits


def _report(value: StatusReport) -> str:
    times = f'"{_time(value.sc_at)}","{_time(value.discharged_at)}"'
    who = f'"{value.recipient}",{value.recipient_toa}'
    return f"{value.first_octet},{value.tp_mr},{who},{times},{value.tp_status}"


def _time(at: datetime | None) -> str:
    offset = at.utcoffset() if at else None
    if at is None or offset is None:
        return "00/00/00,00:00:00+00"
    quarters = int(offset.total_seconds() // 900)
    return f"{at:%y/%m/%d,%H:%M:%S}{quarters:+03d}"
