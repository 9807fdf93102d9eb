"""Names that stand for phone numbers, and what is said of a name that does not."""

from __future__ import annotations

import difflib
from os.path import commonprefix
from typing import TYPE_CHECKING, Final

from modemd.errors import Rejected
from modemd.service.numbering import normalise

if TYPE_CHECKING:
    from modemd.model import SendRequest
    from modemd.service.rules import Rules

_LIKE: Final = 0.6
_LONGEST: Final = 64
_MOST: Final = 10
"""Names that a wrong one is held against: it takes time, and a list may have thousands of wrong ones."""


def destination_of(request: SendRequest, rules: Rules) -> str:
    """Return a request's destination as :func:`~modemd.service.numbering.normalise` does.

    Contacts were replaced by their numbers where the request was read, so a name is a mistake here.

    Raises:
        Rejected: ``bad_number``, with the contact that was meant where one is like it.
    """
    try:
        return normalise(request.to, rules.country, request.type_of_number)
    except Rejected as refused:
        hint = _hint(request.to, rules)
        if not hint:
            raise
        raise Rejected(refused.code, f"{refused.reason} and no contact; {hint}") from refused


def _hint(written: str, rules: Rules) -> str:
    """What may have been meant by a name; nothing where it is none, or where there are no contacts."""
    is_name = any(character.isalpha() for character in written[:_LONGEST])
    if not is_name or not rules.contacts:
        return ""
    known = {name.lower(): name for name in rules.contacts}
    word = written[:_LONGEST].lower()
    begin_alike = sorted(known, key=lambda name: -len(commonprefix([name, word])))  # noqa: RUF071 - no paths
    near = difflib.get_close_matches(word, begin_alike[:_MOST], n=1, cutoff=_LIKE)
    return f"did you mean {known[near[0]]!r}?" if near else "no name in contacts: is like it"
