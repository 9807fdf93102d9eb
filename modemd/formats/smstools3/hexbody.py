"""Bodies of ``Hex: yes``: two digits an octet, with comments and smsd's three keywords."""

from __future__ import annotations

import re
from typing import Final

from modemd.formats.rejections import bad_request

_COMMENT: Final = re.compile(rb"[/'#:].*", re.DOTALL)
_SPACE: Final = re.compile(rb"\s+")
_INLINE_STRING: Final = b"\x03"  # WBXML's STR_I; a NUL ends the string


def read_hex(body: bytes) -> bytes:
    """The octets that the lines spell; what follows ``/ ' #`` or ``:`` is a comment.

    ``STRING:`` takes the rest of its line as it stands, ``INLINESTRING:`` puts WBXML's token and end around
    it. What stands between two lines ``LENGTH`` is counted, and the count goes where the first one was.

    Raises:
        Rejected: something else than hexadecimal digits, ``LENGTH`` not closed or over 255.
    """
    octets = bytearray()
    counted_from: int | None = None
    for count, line in enumerate(body.split(b"\n"), start=1):
        if line.startswith(b"LENGTH"):
            if counted_from is None:
                counted_from = len(octets)
            else:
                octets[counted_from:counted_from] = _length(len(octets) - counted_from)
                counted_from = None
        else:
            octets += _line(line.removesuffix(b"\r"), count)
    if counted_from is not None:
        raise bad_request("LENGTH stands an odd number of times in the hexadecimal body")
    return bytes(octets)


def _line(line: bytes, count: int) -> bytes:
    if line.startswith(b"STRING:"):
        return line.removeprefix(b"STRING:")
    if line.startswith(b"INLINESTRING:"):
        return _INLINE_STRING + line.removeprefix(b"INLINESTRING:") + b"\x00"
    try:
        return bytes.fromhex(_SPACE.sub(b"", _COMMENT.sub(b"", line)).decode("ascii"))
    except ValueError:  # which UnicodeDecodeError is as well
        raise bad_request(f"line {count} of the hexadecimal body is not hexadecimal") from None


def _length(octets: int) -> bytes:
    if octets > 0xFF:
        raise bad_request("what stands between two LENGTH is longer than 255 octets")
    return bytes((octets,))
