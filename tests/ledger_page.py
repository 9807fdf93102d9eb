"""The page on credits as a reader does it: its sessions at an operator's desk, in the order of the page.

A session is a fenced block ``console`` below the line ``<!-- session -->``: commands behind ``$ `` with what
they print below them. The modems are at work between the commands: what was queued is sent.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Final

from modemd.cli.books import whoever
from modemd.service import dispatch
from modemd.service.credits import credit_wait
from tests.desk import TAKEN, Desk, now
from tests.house import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGE: Final = "credits.md"
_BLOCK: Final = re.compile(r"^<!-- (session|config) -->\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_YEAR: Final = "2026"
_VARYING: Final = (
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d [+-]\d\d:\d\d"), "MOMENT"),
    (re.compile(r"\b\d\d:\d\d:\d\d\b"), "TIME"),
    (re.compile(r"\b\d{4}-\d\d-\d\d\b"), "DAY"),
    (re.compile(r"\b20\d\d-(\d{4})\b"), r"YEAR-\1"),
)


def blocks() -> list[tuple[str, str]]:
    """The page's marked blocks: what each is, and its text."""
    page = (ROOT / "docs" / PAGE).read_text("utf-8")
    return [(found[1], found[2]) for found in _BLOCK.finditer(page)]


def commands(session: str) -> Iterator[tuple[str, str]]:
    """The commands of a session with what they print; behind a backslash one goes on in the next line."""
    for each in re.split(r"^\$ ", session, flags=re.MULTILINE)[1:]:
        lines = each.splitlines(keepends=True)
        length = next(place for place, line in enumerate(lines, 1) if not line.endswith("\\\n"))
        yield "".join(lines[:length]).replace("\\\n", " ").strip(), "".join(lines[length:])


def same_each_time(text: str) -> str:
    """What was printed, without the times; moments fill the same columns."""
    for pattern, instead in _VARYING:
        text = pattern.sub(instead, text)
    return text


class Reader:
    """Somebody at a desk with the page's configuration."""

    def __init__(self, folder: Path, config: str) -> None:
        accounts, _, more = config.partition("\n\n")
        self.desk = Desk.begin(folder, accounts=_below(accounts, "accounts:"), more=f"{more}\n")

    def types(self, command: str) -> str:
        """Type one command; return what it prints, and then the modems do their work."""
        words = shlex.split(command.replace(_YEAR + "-", f"{now().astimezone():%Y}-"))
        assert words[0] == "modemd"
        said = self.desk.run(*words[1:])
        self._modems_work()
        return (said.out + said.err).replace(f"({whoever()})", "(ann)").replace(f"by {whoever()}", "by ann")

    def _modems_work(self) -> None:
        rules, seat = self.desk.rules, self.desk.seat()
        self.desk.write(lambda tx: credit_wait.cover(tx, rules, now()))
        while (claimed := self.desk.write(lambda tx: dispatch.next_part(tx, rules, seat, now()))) is not None:
            self.desk.record(claimed, TAKEN)


def _below(section: str, key: str) -> str:
    """A section's contents, as they follow its key."""
    assert section.startswith(key)
    return section.removeprefix(key)
