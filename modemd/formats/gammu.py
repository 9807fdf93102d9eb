"""The files of gammu-smsd: recipient and wishes are in the file's name, the body is the text."""

from __future__ import annotations

import re
from typing import Any, Final

from modemd.errors import Rejected
from modemd.formats.rejections import bad_request, checked_text, nothing_to_send
from modemd.model import Priority, SendRequest

_OUT: Final = re.compile(
    r"OUT(?P<middle>.*?)\.(?P<ending>txt|smsbackup)(?P<flags>[a-z]*)", re.IGNORECASE | re.DOTALL
)
_NUMBER: Final = re.compile(r"\+?[0-9*#]{1,20}")
_LETTERS: Final = (("B", Priority.HIGH), ("M", Priority.NORMAL), ("Y", Priority.LOW), ("Z", Priority.BULK))
_UTF16_MARKS: Final = frozenset({b"\xff\xfe", b"\xfe\xff"})
_FLAGS: Final = frozenset("dfb")


def is_gammu_name(name: str) -> bool:
    """Whether gammu-smsd would take a file of this name for one of its own."""
    return _OUT.fullmatch(name) is not None


def name_priority(name: str) -> Priority:
    """What the letter after ``OUT`` says: A, B high; C to M normal; N to Y low; Z bulk; no letter normal.

    gammu-smsd sends in the order of the names and ``gammu-smsd-inject`` writes C, so C is the middle.
    """
    found = _OUT.fullmatch(name)
    letter = found["middle"][:1].upper() if found and "_" in found["middle"] else ""
    if not ("A" <= letter <= "Z"):
        return Priority.NORMAL
    return next(priority for last, priority in _LETTERS if letter <= last)


def read_gammu(name: str, octets: bytes) -> SendRequest:
    """One file of gammu-smsd's outbox.

    Raises:
        Rejected: the name has one or exactly three underscores, no number, an unknown flag, or is a backup's;
            the body is empty or in no known character set.
    """
    found = _OUT.fullmatch(name)
    if found is None:
        raise bad_request(f"the file name {name[:60]!r} does not begin with OUT and end with .txt")
    if found["ending"].lower() == "smsbackup":
        raise bad_request("gammu's .smsbackup files are not read; write the text into a .txt file")
    flags = frozenset(found["flags"].lower())
    if flags - _FLAGS:
        raise bad_request(
            f"the file name has unknown flags after .txt: {found['flags'][:20]!r}; known: d, f and b"
        )
    text = _text(octets)
    return SendRequest(
        to=_recipient(found["middle"]),
        priority=name_priority(name),
        report=True if "d" in flags else None,
        message_class=0 if "f" in flags else None,
        **(_bookmark(text) if "b" in flags else {"text": text}),
    )


def _recipient(middle: str) -> str:
    """Gammu counts underscores: none, the number is all; two, the second field; four or more, the fourth."""
    fields = middle.split("_")
    place = {1: 0, 3: 1}.get(len(fields), 3 if len(fields) >= 5 else None)
    if place is None:
        found = "one underscore" if len(fields) == 2 else "three underscores"
        raise bad_request(
            f"the file name has {found}; write OUT<number>.txt, "
            "OUT<priority>_<number>_<serial>.txt or OUT<priority><date>_<time>_<serial>_<number>_<note>.txt",
        )
    recipient = fields[place].strip().replace("X", "*").replace("x", "*")
    if not _NUMBER.fullmatch(recipient):
        raise Rejected(
            "bad_number", f"the file name holds no number where one belongs: {fields[place][:40]!r}"
        )
    return f"+{recipient[2:]}" if recipient.startswith("00") and len(recipient) > 4 else recipient


def _text(octets: bytes) -> str:
    """UTF-16 where a byte order mark says so, else UTF-8, else Latin-1."""
    try:
        text = octets.decode("utf-16") if octets[:2] in _UTF16_MARKS else _decoded(octets)
    except UnicodeDecodeError as wrong:
        raise bad_request(
            f"the text is not UTF-16, though its byte order mark says so: {wrong.reason}"
        ) from wrong
    text = checked_text(text.rstrip("\r\n"), "the text")
    if not text:
        raise nothing_to_send("the file is empty")
    return text


def _decoded(octets: bytes) -> str:
    try:
        return octets.decode("utf-8-sig")
    except UnicodeDecodeError:
        return octets.decode("latin-1")


def _bookmark(text: str) -> dict[str, Any]:
    """A WAP bookmark from ``name,URL``, as a Nokia bookmark vCard to port 226 (Smart Messaging 3.0, 3.5)."""
    title, comma, url = text.strip().partition(",")
    if not (title and comma and url.strip()):
        raise bad_request("a bookmark's body is name,URL")
    card = f"BEGIN:VBKM\r\nVERSION:1.0\r\nTITLE:{title.strip()}\r\nURL:{url.strip()}\r\nEND:VBKM\r\n"
    return {"octets": card.encode("utf-8"), "coding": "8bit", "ports": (226, 0)}
