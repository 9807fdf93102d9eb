"""Phone numbers as the log may have them: enough to tell which country and network, not whose it is."""

from __future__ import annotations

import re
from typing import Final

_LONG: Final = re.compile(r"\+?[0-9]{7,}")
_WHOLE: Final = 10
"""Of a shorter one less is shown: it would tell nearly all."""
_PHONE: Final = re.compile(r"\+[0-9]{7,15}|(?<![0-9A-Fa-f.:+-])0[0-9]{8,13}(?![0-9A-Fa-f])"
                           r"|(?<![0-9A-Za-z.:+-])[1-9][0-9]{9,14}(?![0-9A-Za-z])")  # fmt: skip


def veiled(text: str) -> str:
    """Return a text, such as a file's name, without any long number: ``+32475123456`` is ``+3247…56``."""
    return _LONG.sub(_short, text)


def veiled_phones(text: str) -> str:
    """Return a line of the log without what looks like a phone number; shorter counts, times, PDUs stay."""
    return _PHONE.sub(_short, text)


def _short(found: re.Match[str]) -> str:
    written = found[0]
    shown = 3 if len(written) < _WHOLE else 5 if written.startswith("+") else 4
    return f"{written[:shown]}…{written[-2:]}"
