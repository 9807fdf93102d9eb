"""The last exchanges with a modem, for people who want to know what went wrong; redacted when they are shown.

Taking them costs two calls a command. What a line says is looked at only when it is written down: phone
numbers, identities and USSD are cut, PDUs and texts left out, and a PIN is not even kept.
"""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

_KEPT: Final = 600
"""So many writes and reads: 200 exchanges or more."""
_ESCAPE: Final = b"\x1b"
_SUBMIT: Final = "\x1a"
_SECRET: Final = re.compile(r"((?:CPIN2?|CLCK|CPWD|EPIN|SPIC)\s*=).*", re.IGNORECASE)
_DIGITS: Final = re.compile(r"\+?[0-9]{7,}")
_PDU: Final = re.compile(r"(?:[0-9A-Fa-f]{2}){9,}")
_QUOTED: Final = re.compile(r'"[^"]*"')
_OF_PEOPLE: Final = (
    "+CLIP:", "+CMT:", "+CMGL:", "+CMGR:", "+CDS:", "+CPBR:", "+CNUM:", "+CUSD:", "+CCWA:", "+CLCC:",
)  # fmt: skip
"""Lines that name people, or bring what they wrote."""
_SAID: Final = ("AT+CTTS=", "AT+QWTTS=")
"""What is said to people in calls."""
_KEYED: Final = ("AT+VTS=", "AT^DTMF=")
"""Tones, which may be somebody's code."""
_WITH_BODY: Final = ("+CMT:", "+CMGL:", "+CMGR:", "+CDS:", "+CBM:")
"""What stands in the line behind them is a message."""

Exchanged = tuple[float, bool, bytes]


class Trace:
    """A ring of what was sent (``True``) and heard, each with the time by ``time.monotonic``."""

    __slots__ = ("_append", "_ring")

    def __init__(self, kept: int = _KEPT) -> None:
        self._ring: deque[Exchanged] = deque(maxlen=kept)
        self._append = self._ring.append

    def sent(self, octets: bytes) -> None:
        """Keep what was sent; of a PIN only that there was one."""
        if octets.startswith(b"AT+CPIN="):
            octets = b"AT+CPIN=****\r"
        self._append((time.monotonic(), True, octets))

    def heard(self, octets: bytes) -> None:
        """Keep what came."""
        self._append((time.monotonic(), False, octets))

    def lines(self, now: datetime) -> Iterator[str]:
        """What there is, line by line, redacted; ``now`` is the time, aware, in the zone that is shown.

        Yields:
            ``12:00:01.234 > AT+CMGS=23``, and so on.
        """
        age = time.monotonic()
        whole = len(self._ring) < (self._ring.maxlen or 0)
        for place, (at, sent, line) in enumerate(redacted(_joined(list(self._ring)))):
            if place == 0 and not whole and not sent:
                continue  # the end of a line of which the beginning is gone: it might be a secret's
            moment = now - timedelta(seconds=age - at)
            yield f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03d} {'>' if sent else '<'} {line}"


def _joined(ring: list[Exchanged]) -> Iterator[tuple[float, bool, str]]:
    """Lines, whatever pieces they came in."""
    for sent, group in groupby(ring, key=lambda one: one[1]):
        pieces = list(group)
        if sent:
            yield from ((at, True, _sent(octets)) for at, _, octets in pieces)
            continue
        tail, begun = b"", pieces[0][0]
        for at, _, octets in pieces:
            begun = begun if tail else at
            *lines, tail = (tail + octets).replace(b"\r", b"\n").split(b"\n")
            yield from ((begun, False, _shown(line)) for line in lines if line.strip())
        if tail.strip():
            yield begun, False, _shown(tail)


def _sent(octets: bytes) -> str:
    return "ESC" if octets == _ESCAPE else _shown(octets.rstrip(b"\r\n"))


def _shown(octets: bytes) -> str:
    return octets.decode("latin-1").strip("\r\n")


def redacted(lines: Iterable[tuple[float, bool, str]]) -> Iterator[tuple[float, bool, str]]:
    """The same lines without what is nobody else's business."""
    body = False
    quoted = False
    for at, sent, line in lines:
        if body or quoted:
            yield at, sent, f"({len(line)} characters)"
            quoted = quoted and '"' not in line
            body = False
            continue
        bare = line.lstrip("\0 ")
        body = not sent and bare.startswith(_WITH_BODY)
        quoted = not sent and bare.startswith("+CUSD:") and line.count('"') % 2 == 1
        yield at, sent, redact(line)


def redact(line: str) -> str:
    """One line: secrets, PDUs, texts and numbers cut; what a machine says of itself stays."""
    if line.endswith(_SUBMIT):
        return f"{redact(line[:-1])}, Ctrl-Z"
    line = _SECRET.sub(r"\1****", line)
    if _PDU.fullmatch(line.strip()):
        return f"(a PDU of {len(line.strip()) // 2} octets)"
    if line.lstrip("\0 ").startswith(_OF_PEOPLE):
        head, colon, rest = line.partition(":")
        line = head + colon + _QUOTED.sub(_cut_text, rest)
        if line.count('"') % 2:
            line = line[: line.rindex('"')] + '"…'
    elif line.startswith(_KEYED) and not line.endswith("?"):
        line = line.partition("=")[0] + "=(tones)"
    elif line.startswith(_SAID):
        line = _QUOTED.sub(_cut_text, line)
    line = _PDU.sub(lambda found: f"({len(found[0]) // 2} octets)" if _is_hex(found[0]) else found[0], line)
    line = _DIGITS.sub(_cut_digits, line)
    return "".join(sign if sign.isprintable() else f"\\x{ord(sign):02x}" for sign in line)


def _is_hex(text: str) -> bool:
    """Whether it is no number: those are cut elsewhere, and their beginning is kept."""
    return not text.isdigit() or len(text) > 22


def _cut_text(found: re.Match[str]) -> str:
    text = found[0][1:-1]
    if _DIGITS.fullmatch(text) or text.isdigit() or len(text) <= 1:
        return found[0]
    return f'"({len(text)} characters)"'


def _cut_digits(found: re.Match[str]) -> str:
    digits = found[0]
    return f"{digits[:5] if digits[0] == '+' else digits[:4]}…{digits[-2:]}"
