"""The parameters of an AT answer, ``+CPMS: "SM",3,10``, and the lists of a test form (V.250, 5.4)."""

from __future__ import annotations

import re
from typing import Final

_WORD: Final = re.compile(r"[+^%*$#!_&][A-Za-z0-9]+: ?")
_RANGE: Final = re.compile(r"(\d{1,4})\s*-\s*(\d{1,4})$")


def parameters(line: str) -> list[str]:
    """Cuts at commas outside quotes and brackets; quotes are taken off, blanks around too."""
    found = _WORD.match(line)
    rest = line[found.end() :] if found else line
    if '"' not in rest and "(" not in rest:
        return [piece.strip() for piece in rest.split(",")]
    pieces, depth, quoted = [""], 0, False
    for letter in rest:
        if letter == '"':
            quoted = not quoted
        if not quoted:
            depth += (letter == "(") - (letter == ")")
        if letter == "," and depth <= 0 and not quoted:
            pieces.append("")
        else:
            pieces[-1] += letter
    return [_unquoted(piece.strip()) for piece in pieces]


def choices(line: str) -> list[list[str]]:
    """The values of each parameter in the answer to a test command; ranges are written out.

    ``+CNMI: (0-2),(0,1)`` gives ``[["0", "1", "2"], ["0", "1"]]``. One more pair of brackets around all,
    as Wavecom writes, is taken off.
    """
    groups = parameters(line)
    if len(groups) == 1 and groups[0].startswith("((") and groups[0].endswith("))"):
        groups = parameters(groups[0][1:-1])
    return [_written_out(group) for group in groups]


def integer(text: str) -> int | None:
    """A decimal figure, or ``None`` for whatever else a modem puts in its place."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _unquoted(piece: str) -> str:
    if len(piece) >= 2 and piece[0] == piece[-1] == '"':
        return piece[1:-1]
    return piece


def _written_out(group: str) -> list[str]:
    values: list[str] = []
    for piece in parameters(group.removeprefix("(").removesuffix(")")):
        found = _RANGE.match(piece)
        if found:
            values.extend(str(value) for value in range(int(found[1]), int(found[2]) + 1))
        elif piece:
            values.append(piece)
    return values
