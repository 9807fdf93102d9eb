"""PDUs as a service centre makes them, mobile-terminated: for simulated networks and for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from modemd.gsm.address import ALPHANUMERIC, encode_address, encode_smsc
from modemd.gsm.outgoing import Outgoing, SubmitPart, assemble, coding_asked, contents, dcs_octet, octet
from modemd.gsm.segments import Segments, UserData, segment
from modemd.gsm.timestamp import encode_timestamp

if TYPE_CHECKING:
    from datetime import datetime

    from modemd.gsm.dcs import Coding
    from modemd.gsm.incoming import Submit

_NO_MORE_TO_SEND: Final = 0x04
_SENDS_REPORTS: Final = 0x20
_HEADED: Final = 0x40
_REPLY_PATH: Final = 0x80
_STATUS_REPORT: Final = 0x02
_UNKNOWN_TIME: Final = bytes(7)


def _address(address: str, type_of_number: int | None) -> bytes:
    if type_of_number is None and not all(digit in "+0123456789*#" for digit in address):
        type_of_number = ALPHANUMERIC
    return encode_address(address, type_of_number)


def _stamp(at: datetime | None) -> bytes:
    return encode_timestamp(at) if at else _UNKNOWN_TIME


def encode_deliver(
    originator: str,
    text: str | None = None,
    *,
    sc_at: datetime | None,
    octets: bytes | None = None,
    smsc: str | None = None,
    coding: Coding | None = None,
    languages: tuple[int, ...] = (),
    message_class: int | None = None,
    dcs: int | None = None,
    pid: int = 0,
    udh: bytes = b"",
    ports: tuple[int, int] | None = None,
    concat_ref: int = 0,
    concat_bits: Literal[8, 16] = 8,
    reply_path: bool = False,
    sends_reports: bool = False,
    type_of_number: int | None = None,
) -> tuple[SubmitPart, ...]:
    """The SMS-DELIVER PDUs of one message (3GPP TS 23.040, 9.2.2.1).

    ``originator`` may be a name of up to eleven letters; ``sc_at`` ``None`` writes a time of zeros.

    Raises:
        PduError: what is asked for cannot be said in PDUs.
    """
    asked = coding_asked(coding, dcs, octets)
    wish = Outgoing(
        destination="",
        text=text,
        octets=octets,
        languages=languages,
        udh=udh,
        ports=ports,
        concat_ref=concat_ref,
        concat_bits=concat_bits,
    )
    segments = segment(*contents(wish, asked))
    first = _NO_MORE_TO_SEND | (_HEADED if segments.headed else 0)
    first |= (_REPLY_PATH if reply_path else 0) | (_SENDS_REPORTS if sends_reports else 0)
    front = (
        bytes((first,))
        + _address(originator, type_of_number)
        + bytes((octet(pid, "PID"), dcs_octet(segments.coding, dcs, message_class)))
        + _stamp(sc_at)
    )
    return assemble(encode_smsc(smsc), front, segments)


def forward(
    submit: Submit, *, originator: str, sc_at: datetime | None, smsc: str | None = None
) -> SubmitPart:
    """What a service centre makes of a SUBMIT: the DELIVER with the same user data.

    Raises:
        PduError: ``originator`` is neither a number nor a name.
    """
    first = _NO_MORE_TO_SEND | submit.first_octet & (_HEADED | _REPLY_PATH)
    first |= _SENDS_REPORTS if submit.report else 0
    front = bytes((first,)) + _address(originator, None) + bytes((submit.pid, submit.dcs)) + _stamp(sc_at)
    segments = Segments(submit.coding, (UserData(submit.udl, submit.user_data),), submit.headed)
    return assemble(encode_smsc(smsc), front, segments)[0]


def encode_status_report(
    *,
    tp_mr: int,
    recipient: str,
    sc_at: datetime | None,
    discharged_at: datetime | None,
    tp_status: int,
    smsc: str | None = None,
    type_of_number: int | None = None,
) -> SubmitPart:
    """An SMS-STATUS-REPORT on one SUBMIT (3GPP TS 23.040, 9.2.2.3).

    Raises:
        PduError: what is asked for cannot be said in a PDU.
    """
    tpdu = (
        bytes((_STATUS_REPORT | _NO_MORE_TO_SEND, octet(tp_mr, "TP-MR")))
        + _address(recipient, type_of_number)
        + _stamp(sc_at)
        + _stamp(discharged_at)
        + bytes((octet(tp_status, "TP-ST"),))
    )
    return SubmitPart((encode_smsc(smsc) + tpdu).hex().upper(), len(tpdu))
