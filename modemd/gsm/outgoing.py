"""SMS-SUBMIT: what one message asks for, and the PDUs that say it (3GPP TS 23.040, 9.2.2.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from modemd.errors import PduError
from modemd.gsm.address import encode_address, encode_smsc
from modemd.gsm.alphabet import GSM7
from modemd.gsm.dcs import Coding, decode_dcs, encode_dcs
from modemd.gsm.header import CONCAT_8, CONCAT_16, encode_ports, split_elements
from modemd.gsm.segments import Autosplit, Form, Segments, Split, choose_form, segment
from modemd.gsm.timestamp import encode_timestamp
from modemd.gsm.validity import ABSOLUTE, RELATIVE, relative_octet
from modemd.gsm.values import value

if TYPE_CHECKING:
    from datetime import datetime

SUBMIT: Final = 0x01
REJECT_DUPLICATES: Final = 0x04
REPORT: Final = 0x20
HEADED: Final = 0x40
REPLY_PATH: Final = 0x80
"""Bits of the first octet: TP-MTI, TP-RD, TP-SRR, TP-UDHI, TP-RP."""


@value(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """What one message asks of the encoder.

    ``destination`` is international with ``+``, of unknown type without, unless ``type_of_number`` (0 to 7)
    says otherwise. One of ``text`` and ``octets`` holds the contents. Without ``coding`` the one with the
    fewest parts is taken; ``languages`` are the national language identifiers (3GPP TS 23.038, 6.2.1.2.4)
    that may be used for it. ``udh`` has information elements without the length octet, ``ports`` is
    (destination, source). At most one of the three validities counts: seconds, the raw TP-VP octet, or a
    moment. ``tp_mr`` is the same in all parts, since the modem numbers them; where they are ``numbered`` it
    counts up: with TP-RD a service centre may refuse a second part of one TP-MR (23.040, 9.2.3.25).
    """

    destination: str
    text: str | None = None
    octets: bytes | None = None
    coding: Coding | None = None
    languages: tuple[int, ...] = ()
    message_class: int | None = None
    dcs: int | None = None
    pid: int = 0
    udh: bytes = b""
    ports: tuple[int, int] | None = None
    smsc: str | None = None
    validity_s: int | None = None
    validity_vp: int | None = None
    validity_at: datetime | None = None
    report: bool = False
    reject_duplicates: bool = False
    reply_path: bool = False
    tp_mr: int = 0
    numbered: bool = False
    concat_ref: int = 0
    concat_bits: Literal[8, 16] = 8
    type_of_number: int | None = None
    autosplit: Autosplit = "udh"


@value(frozen=True, slots=True)
class SubmitPart:
    """One PDU: upper-case hex with the SMSC octets in front, and the length that ``AT+CMGS`` wants."""

    pdu: str
    tpdu_length: int


@value(frozen=True, slots=True)
class Encoded:
    """A message as its PDUs; ``languages`` are the locking and the single shift table that were used."""

    parts: tuple[SubmitPart, ...]
    coding: Coding
    warnings: tuple[str, ...] = ()
    languages: tuple[int, int] = (0, 0)


def encode(outgoing: Outgoing) -> Encoded:
    """The SMS-SUBMIT PDUs of one message.

    Raises:
        PduError: what is asked for cannot be said in PDUs; the sentence is fit for the sender.
    """
    coding = coding_asked(outgoing.coding, outgoing.dcs, outgoing.octets)
    form, split = contents(outgoing, coding)
    segments = segment(form, split)
    flags, period = _validity(outgoing)
    flags |= SUBMIT | (HEADED if segments.headed else 0)
    if outgoing.report:
        flags |= REPORT
    if outgoing.reject_duplicates:
        flags |= REJECT_DUPLICATES
    if outgoing.reply_path:
        flags |= REPLY_PATH
    front = (
        bytes((flags, octet(outgoing.tp_mr, "TP-MR")))
        + encode_address(outgoing.destination, outgoing.type_of_number)
        + bytes(
            (octet(outgoing.pid, "PID"), dcs_octet(segments.coding, outgoing.dcs, outgoing.message_class))
        )
        + period
    )
    return Encoded(
        assemble(encode_smsc(outgoing.smsc), front, segments, numbered=outgoing.numbered),
        segments.coding,
        _warnings(outgoing, coding, segments),
        (segments.locking, segments.single),
    )


def assemble(
    smsc: bytes, front: bytes, segments: Segments, *, numbered: bool = False
) -> tuple[SubmitPart, ...]:
    """PDUs that differ only in their user data, and in the second octet where they are ``numbered``."""
    length = len(front) + 1
    return tuple(
        SubmitPart(
            b"".join(
                (smsc, _numbered(front, place) if numbered else front, bytes((part.length,)), part.octets)
            )
            .hex()
            .upper(),
            length + len(part.octets),
        )
        for place, part in enumerate(segments.parts)
    )


def _numbered(front: bytes, place: int) -> bytes:
    return bytes((front[0], (front[1] + place) % 256)) + front[2:]


def octet(value: int, what: str) -> int:
    """``value`` where it fits one octet.

    Raises:
        PduError: it does not.
    """
    if not 0 <= value <= 0xFF:
        raise PduError(f"{what} is 0 to 255, not {value}")
    return value


def coding_asked(coding: Coding | None, dcs: int | None, octets: bytes | None) -> Coding | None:
    """The coding that a request fixes, by name, by its DCS octet or by holding octets; ``None``: choose.

    Raises:
        PduError: the name and the octet disagree, or octets are to be read as text.
    """
    if dcs is not None:
        meaning = decode_dcs(octet(dcs, "DCS"))
        if coding not in {None, meaning.coding}:
            raise PduError(f"DCS {dcs:#04x} says {meaning.coding}, but {coding} is asked for")
        if meaning.compressed and octets is None:
            raise PduError(f"DCS {dcs:#04x} asks for compression, which only ready-made octets can have")
        coding = meaning.coding
    if octets is None:
        return coding
    if coding == "gsm7":
        raise PduError("octets cannot go out in the GSM 7-bit alphabet")
    return coding or "8bit"


def dcs_octet(coding: Coding, dcs: int | None, message_class: int | None) -> int:
    """The DCS octet, given or made of coding and class.

    Raises:
        PduError: a class that is not 0 to 3, or that the given octet does not have.
    """
    if dcs is None:
        return encode_dcs(coding, message_class)
    if message_class not in {None, decode_dcs(dcs).message_class}:
        raise PduError(f"DCS {dcs:#04x} does not say message class {message_class}")
    return dcs


def contents(outgoing: Outgoing, coding: Coding | None) -> tuple[Form, Split]:
    """The contents in their coding, and how they may be cut.

    Raises:
        PduError: no contents or two of them, a header that is none, a character that has no code.
    """
    split = _split(outgoing)
    if outgoing.octets is not None and outgoing.text is None:
        if coding == "ucs2" and len(outgoing.octets) % 2:
            raise PduError("an odd number of octets cannot be UCS-2")
        return Form(coding or "8bit", outgoing.octets), split
    if outgoing.text is None or outgoing.octets is not None:
        raise PduError("a message has either text or octets")
    return choose_form(outgoing.text, coding, outgoing.languages, split), split


def _split(outgoing: Outgoing) -> Split:
    if outgoing.ports is None and not outgoing.udh:
        return Split(b"", outgoing.autosplit, outgoing.concat_ref, outgoing.concat_bits)
    elements, whole = split_elements(outgoing.udh)
    if not whole:
        raise PduError("the user data header is not a row of information elements")
    header = outgoing.udh
    if outgoing.ports:
        header = encode_ports(*outgoing.ports) + header
    # A second concatenation element would make the first one void: such a message is one part already.
    is_part = any(element.iei in {CONCAT_8, CONCAT_16} for element in elements)
    autosplit = "none" if is_part else outgoing.autosplit
    return Split(header, autosplit, outgoing.concat_ref, outgoing.concat_bits)


def _validity(outgoing: Outgoing) -> tuple[int, bytes]:
    if outgoing.validity_at is not None:
        return ABSOLUTE, encode_timestamp(outgoing.validity_at)
    if outgoing.validity_vp is not None:
        return RELATIVE, bytes((octet(outgoing.validity_vp, "TP-VP"),))
    if outgoing.validity_s is not None:
        return RELATIVE, bytes((relative_octet(outgoing.validity_s),))
    return 0, b""


def _warnings(outgoing: Outgoing, asked: Coding | None, segments: Segments) -> tuple[str, ...]:
    if asked is None and segments.coding == "ucs2" and outgoing.text is not None:
        foreign = GSM7.first_foreign(outgoing.text)
        if foreign:
            return (f"{foreign!r} is not in the GSM 7-bit alphabet: sent as UCS-2",)
    return ()
