"""Command lines as V.250 has them: cut into commands, looked up, run."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from modemd.errors import Refused
from modemd.simulator.answers import Answer

if TYPE_CHECKING:
    from modemd.simulator.equipment import Equipment


class Form(Enum):
    """How a command is given (3GPP TS 27.007, 4.2)."""

    RUN = ""
    READ = "?"
    TEST = "=?"
    SET = "="


class Command(NamedTuple):
    """One command of a line; ``spelled`` is it as written, upper case but for what is quoted."""

    name: str
    form: Form
    arguments: str
    spelled: str


Handler: TypeAlias = "Callable[[Equipment, Command], Answer]"
HANDLERS: Final[dict[str, Handler]] = {}

MESSAGE_COMMANDS: Final = frozenset({"+CPMS", "+CNMI", "+CSMS", "+CSCA", "+CSMP", "+CNMA"})
"""Those of 3GPP TS 27.005 that do not begin with +CM: their errors are +CMS ERROR."""

_EXTENDED = re.compile(r"([+^$*%!#]\w+(?:/\w+)?)(=\?|\?|=)?(.*)", re.DOTALL)
_BASIC = re.compile(r"(&[A-Z]|S\d+|[A-Z])(=\?|\?|=)?(\d*)")


def command(*names: str) -> Callable[[Handler], Handler]:
    """Register a handler under its names."""

    def register(handler: Handler) -> Handler:
        HANDLERS.update(dict.fromkeys(names, handler))
        return handler

    return register


@lru_cache(maxsize=1024)
def parse(line: str) -> tuple[Command, ...]:
    """All commands of a line, without its ``AT``; what cannot be read becomes a command nobody knows."""
    commands = []
    for piece in _pieces(line):
        rest = _upper(piece.strip())
        while rest:
            found = _EXTENDED.fullmatch(rest) or (None if rest[0] in "D+" else _BASIC.match(rest))
            if found is None:
                commands.append(Command(rest[0] if rest[0] == "D" else rest, Form.SET, rest[1:], rest))
                break
            commands.append(
                Command(found[1], Form(found[2] or ("=" if found[3] else "")), found[3], found[0]),
            )
            rest = rest[found.end() :].lstrip()
    return tuple(commands)


def _pieces(line: str) -> list[str]:
    if ";" not in line:
        return [line]
    return [piece for piece in re.findall(r'(?:[^;"]|"[^"]*"?)+', line) if piece.strip()]


def _upper(piece: str) -> str:
    return '"'.join(part if i % 2 else part.upper() for i, part in enumerate(piece.split('"')))


def run(me: Equipment, one: Command) -> Answer:
    """Do one command; raises Refused where it is."""
    dialect = me.dialect
    if one.spelled in dialect.fixed:
        return dialect.fixed[one.spelled]
    if one.name not in HANDLERS or one.name in dialect.missing:
        raise Refused("", "ERROR", None, "" if dialect.unknown == "ERROR" else dialect.unknown)
    if dialect.refused and one.spelled.startswith(dialect.refused):
        raise Refused("", "ERROR", None, "")
    if (
        dialect.free_before_pin is not None
        and one.name not in dialect.free_before_pin
        and me.card is not None
        and me.card.wants != "READY"
    ):
        if one.name[:3] == "+CM" or one.name in MESSAGE_COMMANDS:
            me.need_card_for_messages()
        me.need_card()
    return HANDLERS[one.name](me, one)
