"""``Language:`` and ``Language_ext:``: national language tables (3GPP TS 23.038, A.2 and A.3)."""

from __future__ import annotations

from typing import Final

from modemd.formats.rejections import bad_request
from modemd.gsm.languages import LANGUAGES

LANGUAGE_NAMES: Final = ("basic", *LANGUAGES[1:])
"""As smstools3 calls them; the places are the identifiers."""


def language_ids(headers: dict[str, str]) -> tuple[int, ...]:
    """The identifiers of the tables that may be used, each once, without the basic one.

    Raises:
        Rejected: ``Invalid language/language_ext``.
    """
    written = [headers[name] for name in ("Language", "Language_ext") if headers.get(name)]
    return tuple(sorted({_identifier(value) for value in written} - {0}))


def _identifier(value: str) -> int:
    if value.isascii() and value.isdigit() and int(value[:4]) < len(LANGUAGE_NAMES):
        return int(value[:4])
    found = [index for index, name in enumerate(LANGUAGE_NAMES) if value and name.startswith(value.lower())]
    if not found:
        raise bad_request(
            f"the language {value[:40]!r} is not known; known are 0 to 13 and {', '.join(LANGUAGE_NAMES)}",
            "Invalid language/language_ext",
        )
    return found[0]
