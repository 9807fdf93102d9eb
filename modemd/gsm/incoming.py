"""PDUs as values: SMS-DELIVER, SMS-SUBMIT, SMS-STATUS-REPORT (3GPP TS 23.040, 9.2.2).

Any text gives a value or :class:`~modemd.errors.PduError`. What can still be read of a damaged PDU is
read, and ``faults`` says in sentences what was wrong with it; ``pdu`` is always what came in.
"""

from __future__ import annotations

from functools import lru_cache
from string import hexdigits
from typing import TYPE_CHECKING, Final, Literal, TypedDict

from modemd.errors import PduError
from modemd.gsm.address import decode_address, decode_smsc
from modemd.gsm.cursor import Cursor
from modemd.gsm.dcs import Coding, DataCoding, MessageWaiting, decode_dcs
from modemd.gsm.timestamp import decode_timestamp
from modemd.gsm.userdata import ReadData, read_user_data
from modemd.gsm.validity import Validity, decode_validity
from modemd.gsm.values import value

if TYPE_CHECKING:
    from datetime import datetime

    from modemd.gsm.header import Concat, Element, Ports

Direction = Literal["deliver", "submit", "status_report"]

_NAMES: Final = ("SMS-DELIVER", "SMS-SUBMIT", "SMS-STATUS-REPORT", "SMS of the reserved type 3")


@value(frozen=True, slots=True, kw_only=True)
class Contents:
    """What DELIVER and SUBMIT have in common.

    ``octets`` holds 8-bit (and compressed) contents, ``text`` the rest. ``payload`` is the user data after
    the header, whatever its coding, with GSM 7-bit as one septet an octet: what parts are joined from.
    ``languages`` are the locking and the single shift table that the header names.
    """

    pdu: str
    tpdu_length: int
    smsc: str | None
    first_octet: int
    pid: int
    dcs: int
    coding: Coding
    message_class: int | None
    compressed: bool
    waiting: MessageWaiting | None
    text: str | None
    octets: bytes | None
    payload: bytes
    udl: int
    user_data: bytes
    udh: tuple[Element, ...]
    udh_octets: bytes
    concat: Concat | None
    ports: Ports | None
    languages: tuple[int, int]
    reply_path: bool
    faults: tuple[str, ...]

    @property
    def headed(self) -> bool:
        """Whether the user data begins with a header (TP-UDHI)."""
        return bool(self.first_octet & 0x40)


@value(frozen=True, slots=True, kw_only=True)
class Deliver(Contents):
    """A message from the service centre to us (9.2.2.1); ``sc_at`` is ``None`` where it is no time."""

    originator: str
    originator_toa: int
    sc_at: datetime | None
    sends_reports: bool
    more_to_send: bool


@value(frozen=True, slots=True, kw_only=True)
class Submit(Contents):
    """A message from us to the service centre (9.2.2.2), as storages keep them."""

    destination: str
    destination_toa: int
    tp_mr: int
    validity: Validity | None
    report: bool
    reject_duplicates: bool


@value(frozen=True, slots=True, kw_only=True)
class StatusReport:
    """What became of a message that asked for a report (9.2.2.3)."""

    pdu: str
    tpdu_length: int
    smsc: str | None
    first_octet: int
    tp_mr: int
    recipient: str
    recipient_toa: int
    sc_at: datetime | None
    discharged_at: datetime | None
    tp_status: int
    faults: tuple[str, ...]


Pdu = Deliver | Submit | StatusReport


class _ContentsFields(TypedDict):
    pdu: str
    tpdu_length: int
    smsc: str | None
    first_octet: int
    pid: int
    dcs: int
    coding: Coding
    message_class: int | None
    compressed: bool
    waiting: MessageWaiting | None
    text: str | None
    octets: bytes | None
    payload: bytes
    udl: int
    user_data: bytes
    udh: tuple[Element, ...]
    udh_octets: bytes
    concat: Concat | None
    ports: Ports | None
    languages: tuple[int, int]
    reply_path: bool
    faults: tuple[str, ...]


@value(frozen=True, slots=True)
class _Opened:
    pdu: str
    cursor: Cursor
    tpdu_length: int
    smsc: str | None
    first: int
    faults: tuple[str, ...]


def decode_deliver(pdu: str, *, no_smsc: bool = False, tpdu_length: int | None = None) -> Deliver:
    """Read an SMS-DELIVER in hex, as ``+CMGR``, ``+CMGL`` and ``+CMT`` give it.

    ``no_smsc``: the PDU begins with the TPDU. ``tpdu_length``: what the modem said it has after the SMSC.
    The reserved message type 3 is read as a DELIVER, as 9.2.3.1 asks of a phone.

    Raises:
        PduError: the text is no such PDU.
    """
    return _deliver(_open(pdu, no_smsc=no_smsc, tpdu_length=tpdu_length), {0, 3})


def decode_submit(pdu: str, *, no_smsc: bool = False, tpdu_length: int | None = None) -> Submit:
    """Read an SMS-SUBMIT in hex; the arguments are those of :func:`decode_deliver`.

    Raises:
        PduError: the text is no such PDU.
    """
    return _submit(_open(pdu, no_smsc=no_smsc, tpdu_length=tpdu_length))


def decode_status_report(pdu: str, *, no_smsc: bool = False, tpdu_length: int | None = None) -> StatusReport:
    """Read an SMS-STATUS-REPORT in hex; the arguments are those of :func:`decode_deliver`.

    Raises:
        PduError: the text is no such PDU.
    """
    return _read_report(pdu, no_smsc, tpdu_length)


# Whoever takes a report reads it to know what it is, to match it, and to tell of it.
@lru_cache(maxsize=256)
def _read_report(pdu: str, no_smsc: bool, tpdu_length: int | None) -> StatusReport:  # noqa: FBT001
    return _status_report(_open(pdu, no_smsc=no_smsc, tpdu_length=tpdu_length))


def decode_any(
    pdu: str,
    direction: Direction | None = None,
    *,
    no_smsc: bool = False,
    tpdu_length: int | None = None,
) -> Pdu:
    """Read a PDU of the given kind, or of the kind that its first octet names.

    Raises:
        PduError: the text is no such PDU.
    """
    opened = _open(pdu, no_smsc=no_smsc, tpdu_length=tpdu_length)
    kind = opened.first & 3 if direction is None else ("deliver", "submit", "status_report").index(direction)
    if kind == 0:
        return _deliver(opened, {0} if direction is None else {0, 3})
    if kind == 1:
        return _submit(opened)
    if kind == 2:
        return _read_report(pdu, no_smsc, tpdu_length)
    raise PduError("message type 3 is reserved")


def _open(pdu: str, *, no_smsc: bool, tpdu_length: int | None) -> _Opened:
    digits = "".join(pdu.split())
    faults: list[str] = []
    if len(digits) % 2 and digits[-1] in hexdigits:
        faults.append("an odd number of hex digits: the last one is left out")
        digits = digits[:-1]
    try:
        octets = bytes.fromhex(digits)
    except ValueError:
        raise PduError("the PDU is not hexadecimal") from None
    if not octets:
        raise PduError("the PDU is empty")
    cursor = Cursor(octets)
    bare = no_smsc or (tpdu_length == len(octets) and _is_bare(octets))
    smsc = None if bare else decode_smsc(cursor)
    if tpdu_length is not None and tpdu_length != cursor.left:
        faults.append(f"{tpdu_length} octets were announced, {cursor.left} came")
    return _Opened(pdu, cursor, cursor.left, smsc, cursor.octet("first octet"), tuple(faults))


def _is_bare(octets: bytes) -> bool:
    # Some modems leave the SMSC out; only the length that they announce tells. Where the first octet is 0
    # it may also be an SMSC that was counted: then the third is a length, else the originator's type.
    return octets[0] != 0 or bool(octets[2:3] and octets[2] & 0x80)


def whole(pdu: str, tpdu_length: int | None) -> str:
    """The PDU with an SMSC in front: an empty one where the modem left it out, as its length tells."""
    try:
        octets = bytes.fromhex("".join(pdu.split()))
    except ValueError:
        return pdu
    return f"00{pdu}" if octets and tpdu_length == len(octets) and _is_bare(octets) else pdu


def _expect(opened: _Opened, kinds: set[int]) -> None:
    kind = opened.first & 3
    if kind not in kinds:
        raise PduError(f"the PDU is an {_NAMES[kind]}, not an {_NAMES[min(kinds)]}")


def _deliver(opened: _Opened, kinds: set[int]) -> Deliver:
    _expect(opened, kinds)
    cursor = opened.cursor
    originator = decode_address(cursor, "originating address")
    pid = cursor.octet("protocol identifier")
    coding = decode_dcs(cursor.octet("data coding scheme"))
    sc_at = decode_timestamp(cursor.take(7, "time stamp"))
    read = read_user_data(cursor, coding, headed=bool(opened.first & 0x40))
    return Deliver(
        originator=originator.digits,
        originator_toa=originator.toa,
        sc_at=sc_at,
        sends_reports=bool(opened.first & 0x20),
        more_to_send=not opened.first & 0x04,
        **_contents(opened, pid, coding, read),
    )


def _submit(opened: _Opened) -> Submit:
    _expect(opened, {1})
    cursor = opened.cursor
    tp_mr = cursor.octet("TP-MR")
    destination = decode_address(cursor, "destination address")
    pid = cursor.octet("protocol identifier")
    coding = decode_dcs(cursor.octet("data coding scheme"))
    validity = decode_validity(opened.first, cursor)
    read = read_user_data(cursor, coding, headed=bool(opened.first & 0x40))
    return Submit(
        destination=destination.digits,
        destination_toa=destination.toa,
        tp_mr=tp_mr,
        validity=validity,
        report=bool(opened.first & 0x20),
        reject_duplicates=bool(opened.first & 0x04),
        **_contents(opened, pid, coding, read),
    )


def _contents(opened: _Opened, pid: int, coding: DataCoding, read: ReadData) -> _ContentsFields:
    header = read.header
    return {
        "pdu": opened.pdu,
        "tpdu_length": opened.tpdu_length,
        "smsc": opened.smsc,
        "first_octet": opened.first,
        "pid": pid,
        "dcs": coding.dcs,
        "coding": coding.coding,
        "message_class": coding.message_class,
        "compressed": coding.compressed,
        "waiting": coding.waiting,
        "text": read.text,
        "octets": read.payload if coding.coding == "8bit" else None,
        "payload": read.payload,
        "udl": read.length,
        "user_data": read.octets,
        "udh": header.elements,
        "udh_octets": header.octets,
        "concat": header.concat,
        "ports": header.ports,
        "languages": (header.locking, header.single),
        "reply_path": bool(opened.first & 0x80),
        "faults": opened.faults + read.faults,
    }


def _status_report(opened: _Opened) -> StatusReport:
    _expect(opened, {2})
    cursor = opened.cursor
    tp_mr = cursor.octet("TP-MR")
    recipient = decode_address(cursor, "recipient address")
    return StatusReport(
        pdu=opened.pdu,
        tpdu_length=opened.tpdu_length,
        smsc=opened.smsc,
        first_octet=opened.first,
        tp_mr=tp_mr,
        recipient=recipient.digits,
        recipient_toa=recipient.toa,
        sc_at=decode_timestamp(cursor.take(7, "time stamp")),
        discharged_at=decode_timestamp(cursor.take(7, "discharge time")),
        tp_status=cursor.octet("TP-ST"),
        faults=opened.faults,
    )
