"""Reading what stands behind a command's ``=``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from modemd.simulator.answers import refused

if TYPE_CHECKING:
    from modemd.errors import CauseKind

_ONE = re.compile(r'\s*(?:"([^"]*)"?|([^,]*))(?:,|$)')


def words(arguments: str) -> list[str]:
    """The arguments as strings, quotes taken off; a missing one is empty."""
    if '"' not in arguments:
        return [word.strip() for word in arguments.split(",")]
    found = []
    place = 0
    while place <= len(arguments):
        match = _ONE.match(arguments, place)
        if match is None:
            break
        found.append((match[1] if match[1] is not None else match[2]).strip())
        if match.end() == len(arguments) and not arguments.endswith(","):
            break
        place = match.end()
        if place == len(arguments):
            found.append("")
            break
    return found


def integer(word: str, default: int | None = None, *, kind: CauseKind = "CME", code: int = 50) -> int:
    """One argument as a number; Refused (CME 50, or as told) where it is none and there is no default."""
    if not word and default is not None:
        return default
    try:
        return int(word)
    except ValueError:
        raise refused(kind, code) from None


def integers(arguments: str, *, kind: CauseKind = "CME", code: int = 50) -> list[int | None]:
    """All arguments as numbers; a missing one is ``None``."""
    return [integer(word, kind=kind, code=code) if word else None for word in words(arguments)]
