"""Bodies of ``Hex: yes``: two digits an octet, with comments."""

from __future__ import annotations

import re
from typing import Final

from modemd.formats.rejections import bad_request

_COMMENT: Final = re.compile(rb"[/'#:].*")
_SPACE: Final = re.compile(rb"\s+")


def read_hex(body: bytes) -> bytes:
    """The octets that the lines spell; what follows ``/ ' #`` or ``:`` is a comment.

    Raises:
        Rejected: something else than hexadecimal digits, or an odd number of them in a line.
    """
    octets = bytearray()
    for count, line in enumerate(body.splitlines(), start=1):
        digits = _SPACE.sub(b"", _COMMENT.sub(b"", line))
        try:
            octets += bytes.fromhex(digits.decode("ascii"))
        except (ValueError, UnicodeDecodeError):
            raise bad_request(f"line {count} of the hexadecimal body is not hexadecimal") from None
    return bytes(octets)
