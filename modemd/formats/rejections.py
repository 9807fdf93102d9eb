"""The refusals of this room: the code that a program reads, and the words that a spool user reads."""

from __future__ import annotations

import re
from typing import Final

from modemd.errors import Rejected

_HALF: Final = re.compile("[\ud800-\udfff]")


def bad_request(sentence: str, fail_reason: str = "") -> Rejected:
    """Something in the request is wrong; ``fail_reason`` where smstools3 has words of its own for it."""
    return Rejected("bad_request", sentence, fail_reason=fail_reason)


def no_destination(sentence: str) -> Rejected:
    """Nobody to send to."""
    return Rejected("bad_request", sentence, fail_reason="No destination")


def nothing_to_send(sentence: str) -> Rejected:
    """Neither text nor data."""
    return Rejected("empty", sentence, fail_reason="No text or data")


def checked_text(text: str, what: str) -> str:
    """``text`` as it is, if it can be kept and sent.

    Raises:
        Rejected: it holds NUL (no database keeps it, no phone shows it) or half of a surrogate pair.
    """
    if "\x00" in text:
        raise bad_request(f"{what} holds a NUL character")
    if _HALF.search(text):
        raise bad_request(f"{what} holds half of a surrogate pair, which is no character")
    return text
