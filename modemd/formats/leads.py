"""How long before an appointment its reminders go out: one length of time, or several."""

from __future__ import annotations

from typing import Any, Final

from modemd.formats.durations import parse_duration
from modemd.formats.rejections import bad_request

SHORTEST_S: Final = 60
LONGEST_S: Final = 366 * 86400
"""A year: more is a slip of the pen, and credits would be held for it."""
MOST: Final = 16
_DAY_S: Final = 86400


def read_leads(name: str, given: Any) -> tuple[int, ...] | None:
    """Read ``"24h"``, ``3600`` (seconds), ``"2d, 2h"`` or a list of them: whole seconds, each once.

    ``name`` is what the sender calls it, for the sentence; the longest lead comes first.

    Raises:
        Rejected: one is no length of time, is shorter than a minute or longer than a year, or they are many.
    """
    if given is None or given == "":
        return None
    pieces = given if isinstance(given, list) else given.split(",") if isinstance(given, str) else [given]
    if not 0 < len(pieces) <= MOST:
        raise bad_request(f"{name}: is one length of time, or a list of up to {MOST}")
    return tuple(sorted({_lead(name, piece) for piece in pieces}, reverse=True))


def _lead(name: str, given: Any) -> int:
    seconds = given
    if isinstance(given, str):
        try:
            seconds = parse_duration(given)
        except ValueError as wrong:
            raise bad_request(f"{name}: {wrong}") from wrong
    if isinstance(seconds, bool) or not isinstance(seconds, int):
        raise bad_request(f'{name}: is a length of time such as "24h", or a list such as ["24h", "2h"]')
    if not SHORTEST_S <= seconds <= LONGEST_S:
        raise bad_request(f"{name}: a reminder goes out from a minute to a year before its appointment")
    return seconds


def lead_word(seconds: int) -> str:
    """A lead as people write it, such as ``2d``, ``24h``, ``90m`` or ``61s``."""
    if seconds % _DAY_S == 0 and seconds > _DAY_S:
        return f"{seconds // _DAY_S}d"
    for unit_s, unit in ((3600, "h"), (60, "m")):
        if seconds % unit_s == 0:
            return f"{seconds // unit_s}{unit}"
    return f"{seconds}s"
