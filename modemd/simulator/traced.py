"""A simulated modem that speaks as a recorded one: what was recorded of it becomes a dialect.

What a modem says of itself and of what it can do is as recorded, and what it refused is refused; what
changes (registration, storages, messages) is the simulator's.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from modemd.gsm.at_values import choices
from modemd.simulator import commands as _commands  # noqa: F401 - importing it registers the commands
from modemd.simulator.dialect import MAKERS, Dialect
from modemd.simulator.faults import Fault, FaultKind
from modemd.simulator.interpreter import HANDLERS, Command, Form, parse

if TYPE_CHECKING:
    from modemd.formats.trace import Lines, Trace

_SELF: Final = frozenset({"+CGMI", "+CGMM", "+CGMR", "+GMI", "+GMM", "+GMR", "I", "+CLAC", "+GCAP"})
_KNOWN_PLACES: Final = ("SM", "ME", "SR", "MT")
_ICCID: Final = ("+CCID", "^ICCID", "+ICCID", "+ZGETICCID", "+QCCID", "#CCID", "^SCID", "+CICCID")
_DEFAULT: Final = Dialect(name="", manufacturer="", model="", revision="")
SLOW_S: Final = 0.05
"""An answer that took longer takes as long again."""


def dialect_of(trace: Trace) -> Dialect:
    """The dialect that a trace shows."""
    heard = _by_command(trace)
    known = {one.name for one, lines in heard if lines[-1] == "OK"}
    fixed = {one.spelled: lines[:-1] for one, lines in heard if lines[-1] == "OK" and _stays(one)}
    refusals = [(one, lines[-1]) for one, lines in heard if lines[-1] != "OK"]
    return Dialect(
        name=trace.modem,
        manufacturer=_word(trace, "AT+CGMI"),
        model=_word(trace, "AT+CGMM"),
        revision=_word(trace, "AT+CGMR"),
        missing=(frozenset(one.name for one, _ in refusals) | MAKERS) - known,
        unknown=_unknown([said for _, said in refusals]),
        fixed=fixed,
        memories=_memories(trace) or _DEFAULT.memories,
        cnmi=_behind(trace, "AT+CNMI=?", "+CNMI:") or _DEFAULT.cnmi,
        ccid=_ccid(heard) or _DEFAULT.ccid,
    )


def delays_of(trace: Trace) -> list[Fault]:
    """A fault for every answer that took its time, so that it does again."""
    return [
        Fault(kind=FaultKind.LATE, on=command.rstrip("\r"), times=0, seconds=seconds)
        for command, seconds in trace.seconds.items()
        if seconds >= SLOW_S and trace.responses.get(command)
    ]


def _by_command(trace: Trace) -> list[tuple[Command, Lines]]:
    """Those that were answered, each with its lines and the final one."""
    found = []
    for asked in trace.responses:
        lines, parsed = trace.answer(asked.rstrip("\r")), parse(asked.rstrip("\r")[2:])
        if lines and len(parsed) == 1:
            found.append((parsed[0], lines))
    return found


def _stays(one: Command) -> bool:
    return one.form is Form.TEST or one.name in _SELF or one.name not in HANDLERS


def _word(trace: Trace, command: str) -> str:
    return "\r\n".join(trace.accepted(command) or ())


def _unknown(said: list[str]) -> str:
    """How most of what it does not know was refused."""
    texts = Counter(one for one in said if not one.startswith(("+CME", "+CMS")))
    return texts.most_common(1)[0][0] if texts else "ERROR"


def _behind(trace: Trace, command: str, prefix: str) -> str:
    lines = trace.accepted(command) or ()
    return next((line.removeprefix(prefix).strip() for line in lines if line.startswith(prefix)), "")


def _memories(trace: Trace) -> tuple[tuple[str, ...], ...]:
    told = _behind(trace, "AT+CPMS=?", "+CPMS:")
    groups = choices(f"+CPMS: {told}") if told else []
    named = [tuple(name.strip('"') for name in group) for group in groups]
    kept = [tuple(name for name in group if name in _KNOWN_PLACES) for group in named]
    return tuple(group for group in kept if group)


def _ccid(heard: list[tuple[Command, Lines]]) -> tuple[str, str] | None:
    for one, lines in heard:
        if one.name in _ICCID and lines[-1] == "OK":
            for line in lines[:-1]:
                digits = next((run for run in _runs(line) if run.startswith("89")), None)
                if digits:
                    return one.name, line.replace("{", "").replace(digits, "{}")
    return None


def _runs(line: str) -> list[str]:
    spaced = "".join(letter if letter.isdigit() else " " for letter in line)
    return [run for run in spaced.split() if len(run) >= 18]
