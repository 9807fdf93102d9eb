"""One thing that was looked at, and what came of it."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

Level = Literal["ok", "note", "warning", "trouble"]

LEVELS: Final[tuple[Level, ...]] = ("ok", "note", "warning", "trouble")


class Finding(NamedTuple):
    """``trouble`` is what needs a person now; ``warning`` what will; ``note`` what may be as it is.

    ``about`` names what was looked at, ``sentence`` says how it is, ``advice`` what to do.
    """

    level: Level
    about: str
    sentence: str
    advice: str = ""


def needs_a_person(findings: list[Finding]) -> bool:
    """Whether anything does not work, and nothing automatic mends it."""
    return any(each.level == "trouble" for each in findings)
