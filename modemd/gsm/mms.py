"""MMS notifications: what a picture message's centre says of it by WAP push (OMA MMS Encapsulation, 6.2).

A push is a message to port 2948 whose octets are a WSP Push (WAP-230, 8.2.4.1): a transaction number, its
type, its headers, its content. Any octets give a value or ``None``, nothing raises.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from modemd.gsm.values import value

PUSH_PORTS: Final = frozenset({2948, 2949})
"""Connectionless push, plain and secure (WAP-235, 6.1)."""

_PUSH: Final = 0x06
_MMS_MEDIA: Final = (b"\xbe", b"application/vnd.wap.mms-message")
"""The well-known number 0x3E as a short integer, or written out."""
_NOTIFICATION: Final = b"\x82"
_LOCATION, _EXPIRY, _FROM, _TYPE, _SIZE, _SUBJECT, _TRANSACTION = (
    0x83, 0x88, 0x89, 0x8C, 0x8E, 0x96, 0x98,
)  # fmt: skip
_UTF_8, _UCS2, _UTF_16, _LATIN_1, _ASCII = 106, 1000, 1015, 4, 3
"""MIBenum numbers of IANA."""
_CHARSETS: Final = {
    _UTF_8: "utf-8",
    _UCS2: "utf-16-be",
    _UTF_16: "utf-16",
    _LATIN_1: "latin-1",
    _ASCII: "ascii",
}
_PRESENT: Final = 0x80
_ABSOLUTE: Final = 0x80
_LONGEST_INTEGER: Final = 8
_TWO_HUNDRED_YEARS_S: Final = 6_311_520_000


@value(frozen=True, slots=True, kw_only=True)
class MmsNotification:
    """A picture message that waits at its centre; ``None`` where the notification does not tell.

    ``size`` is in octets; ``url`` is where it can be fetched, through the operator's network alone.
    """

    originator: str | None = None
    subject: str | None = None
    size: int | None = None
    expires_at: datetime | None = None
    url: str | None = None
    transaction_id: str | None = None


def read_notification(octets: bytes, at: datetime) -> MmsNotification | None:
    """Read the octets of a message that came to a push port; ``at`` is when its centre sent it.

    ``None`` where it is another push, or none.
    """
    content = _mms_content(octets)
    if content is None:
        return None
    fields = _fields(content)
    if fields.get(_TYPE) != _NOTIFICATION:
        return None
    return MmsNotification(
        originator=_sender(fields.get(_FROM, b"")),
        subject=_encoded(fields.get(_SUBJECT, b"")),
        size=_integer(fields.get(_SIZE, b"")),
        expires_at=_expiry(fields.get(_EXPIRY, b""), at),
        url=_encoded(fields.get(_LOCATION, b"")),
        transaction_id=_encoded(fields.get(_TRANSACTION, b"")),
    )


def _mms_content(octets: bytes) -> bytes | None:
    """The content of a push that carries MMS."""
    if len(octets) < 3 or octets[1] != _PUSH:
        return None
    length, start = _uintvar(octets, 2)
    headers = octets[start : start + length]
    media, _end = _take(headers, 0)
    if not media:
        return None
    if media[0] < 0x20:  # a value with parameters: what it is comes first in it
        media, _end = _take(_inside(media), 0)
    if media.rstrip(b"\0").lower() not in _MMS_MEDIA:
        return None
    return octets[start + length :]


def _fields(content: bytes) -> dict[int, bytes]:
    """Every header field with its value as it stands; the first of a name counts. Fields end the content."""
    fields: dict[int, bytes] = {}
    at = 0
    while at < len(content):
        name = content[at]
        if name < 0x80:  # an application's own, by its name
            _name, at = _take(content, at)
            _value, at = _take(content, at)
            continue
        found, at = _take(content, at + 1)
        if at <= len(content):  # else it is cut
            fields.setdefault(name, found)
    return fields


def _take(octets: bytes, at: int) -> tuple[bytes, int]:
    """A value by its first octet (WAP-230, 8.4.1.2), its length included, and where the next begins."""
    first = octets[at] if at < len(octets) else 0x80
    if first >= 0x80:
        return octets[at : at + 1], at + 1
    if first >= 0x20:
        end = octets.find(b"\0", at)
        end = len(octets) if end < 0 else end + 1
        return octets[at:end], end
    length, start = (first, at + 1) if first < 0x1F else _uintvar(octets, at + 1)
    return octets[at : start + length], start + length


def _inside(found: bytes) -> bytes:
    """A value without the length in front of it."""
    if not found or found[0] > 0x1F:
        return found
    start = 1 if found[0] < 0x1F else _uintvar(found, 1)[1]
    return found[start:]


def _uintvar(octets: bytes, at: int) -> tuple[int, int]:
    """Seven bits an octet, the last one without its top bit (8.1.2), and where what follows begins."""
    found = 0
    for place in range(at, min(at + 5, len(octets))):
        found = found << 7 | octets[place] & 0x7F
        if octets[place] < 0x80:
            return found, place + 1
    return len(octets), min(at + 5, len(octets))  # it never ends: nothing can follow


def _integer(found: bytes) -> int | None:
    """A short integer, or a long one: its length and its octets (8.4.2.1)."""
    if not found:
        return None
    if found[0] >= 0x80:
        return found[0] & 0x7F
    inside = _inside(found)
    return int.from_bytes(inside, "big") if 0 < len(inside) <= _LONGEST_INTEGER else None


def _encoded(found: bytes) -> str | None:
    """A text, with its character set in front where it has one (OMA MMS Encapsulation, 7.2.9)."""
    charset = _UTF_8
    if found and found[0] < 0x20:
        inside = _inside(found)
        named, end = _take(inside, 0)
        charset, found = _integer(named) or _UTF_8, inside[end:]
    if charset not in {_UCS2, _UTF_16}:
        found = found.split(b"\0", 1)[0]
    elif found.endswith(b"\0\0"):
        found = found[:-2]
    elif len(found) % 2:
        found = found[:-1]
    text = found.removeprefix(b"\x7f").decode(_CHARSETS.get(charset, "utf-8"), "replace")
    return " ".join(text.replace("\ufeff", "").split()) or None


def _sender(found: bytes) -> str | None:
    """An address without its type, ``+32475000001/TYPE=PLMN``; ``None`` where the centre hides it."""
    inside = _inside(found)
    if inside[:1] != bytes((_PRESENT,)):
        return None
    address = _encoded(inside[1:])
    return None if address is None else address.partition("/TYPE=")[0] or None


def _expiry(found: bytes, at: datetime) -> datetime | None:
    """A time of its own, or so many seconds from now (7.2.10)."""
    inside = _inside(found)
    seconds = _integer(inside[1:])
    if seconds is None or seconds > _TWO_HUNDRED_YEARS_S:
        return None
    if inside[0] == _ABSOLUTE:
        return datetime.fromtimestamp(seconds, UTC)
    return at.astimezone(UTC) + timedelta(seconds=seconds)
