"""TP-User-Data as it came: header, coding, text (3GPP TS 23.040, 9.2.3.16 and 9.2.3.24)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from modemd.errors import PduError
from modemd.gsm.alphabet import alphabet
from modemd.gsm.dcs import Coding, DataCoding
from modemd.gsm.header import Header, decode_header
from modemd.gsm.septets import packed_octets, unpack
from modemd.gsm.values import value

if TYPE_CHECKING:
    from modemd.gsm.cursor import Cursor

_NO_HEADER: Final = Header()


@value(frozen=True, slots=True)
class ReadData:
    """User data, read.

    ``octets`` is all of it as it stood, header included; ``payload`` what comes after the header, one
    septet an octet where it is GSM 7-bit. ``text`` is ``None`` for 8-bit and compressed contents.
    """

    length: int
    octets: bytes
    header: Header
    payload: bytes
    text: str | None
    faults: tuple[str, ...] = ()


def read_user_data(cursor: Cursor, coding: DataCoding, *, headed: bool) -> ReadData:
    """Read TP-UDL and TP-UD. Where octets are missing, what is there is read and a fault is noted.

    Raises:
        PduError: the PDU ends before TP-UDL, or the header is longer than the user data.
    """
    length = cursor.octet("user data length")
    in_septets = coding.coding == "gsm7"
    wanted = packed_octets(length) if in_septets else length
    faults: list[str] = []
    if wanted > cursor.left:
        faults.append(f"TP-UDL says {wanted} octets of user data, {cursor.left} are there")
    elif wanted < cursor.left:
        faults.append(f"{cursor.left - wanted} octets come after the user data")
    octets = cursor.take(min(wanted, cursor.left), "user data")
    header, start = _NO_HEADER, 0
    if headed:
        header, start = _read_header(octets)
        if not header.whole:
            faults.append("the user data header is damaged")
    payload = unpack(octets, length)[(start * 8 + 6) // 7 :] if in_septets else octets[start:]
    text, fault = read_text(coding.coding, payload, header.locking, header.single)
    if fault:
        faults.append(fault)
    return ReadData(length, octets, header, payload, text, tuple(faults))


def _read_header(octets: bytes) -> tuple[Header, int]:
    if not octets:
        raise PduError("the user data header is missing")
    start = octets[0] + 1
    if start > len(octets):
        raise PduError("the user data header is longer than the user data")
    return decode_header(octets[1:start]), start


def read_text(coding: Coding, payload: bytes, locking: int = 0, single: int = 0) -> tuple[str | None, str]:
    """The text of a payload (``None`` for octets), and a fault where it had one.

    Half a surrogate pair becomes U+FFFD: it can be written as UTF-8, and it shows that something is missing.
    """
    if coding == "gsm7":
        return alphabet(locking, single).decode(payload), ""
    if coding == "8bit":
        return None, ""
    if len(payload) % 2:
        return payload[:-1].decode("utf-16-be", "replace"), "the last UCS-2 character is half there"
    return payload.decode("utf-16-be", "replace"), ""
