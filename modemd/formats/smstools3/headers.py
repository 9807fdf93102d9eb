"""A file cut into its header lines and its body, both as octets, so that nothing is lost on the way back."""

from __future__ import annotations

import re
from typing import Final

from modemd.formats.rejections import bad_request
from modemd.gsm.values import value

BOM: Final = b"\xef\xbb\xbf"
MAX_HEADER_OCTETS: Final = 32 * 1024
"""Far more than every header together needs; what has more is no message."""

_NAME: Final = re.compile(rb"([A-Za-z][A-Za-z0-9_-]{0,63}):")
_BLANK_LINE: Final = re.compile(rb"^[ \t\r]*(?:\n|\Z)", re.MULTILINE)


@value(frozen=True, slots=True)
class HeaderFile:
    """``mark`` + ``lines`` + ``blank`` + ``body`` is the file again, octet by octet."""

    mark: bytes
    lines: tuple[bytes, ...]
    blank: bytes
    body: bytes

    def values(self) -> dict[str, str]:
        """Every header by its name; of a name that stands twice the last one wins, as with smsd."""
        return dict(self.pairs())

    def pairs(self) -> list[tuple[str, str]]:
        """Every header in the file's order, names as written, values without the white space around them."""
        return [
            (found[1].decode("ascii"), decoded(line[found.end() :]).strip())
            for line in self.lines
            if (found := _NAME.match(line))
        ]


def split_file(octets: bytes) -> HeaderFile:
    """Cut at the first blank line; a file without one is all header, as smsd reads it."""
    mark = BOM if octets.startswith(BOM) else b""
    rest = octets[len(mark) :]
    found = _BLANK_LINE.search(rest)
    end, resume = (found.start(), found.end()) if found else (len(rest), len(rest))
    return HeaderFile(mark, tuple(rest[:end].splitlines(keepends=True)), rest[end:resume], rest[resume:])


def check_header(parsed: HeaderFile) -> None:
    """Refuse what cannot be a header.

    Raises:
        Rejected: the header is of an absurd length, or holds NUL octets.
    """
    if sum(map(len, parsed.lines)) > MAX_HEADER_OCTETS:
        raise bad_request(f"the header is longer than {MAX_HEADER_OCTETS} octets: this is not a message")
    if any(b"\x00" in line for line in parsed.lines):
        raise bad_request("the header holds NUL octets: this is not a message, or a text saved as UTF-16")


def name_of(line: bytes) -> str:
    """The name of a header line, or an empty text."""
    found = _NAME.match(line)
    return found[1].decode("ascii") if found else ""


def decoded(octets: bytes) -> str:
    """Header or ISO text: UTF-8 where it is that (smsd's ``outgoing_utf8``), else ISO-8859-15."""
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return octets.decode("iso8859-15")


def is_yes(value: str) -> bool:
    """Smsd's rule: what begins with 1, y or t, or is ``on``, is yes; all else is no."""
    return value != "" and (value[0] in "1yYtT" or value.lower() == "on")
