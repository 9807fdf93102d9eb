"""The AT core without input or output: octets in, replies and unsolicited result codes out.

It knows no port, no clock and no loop, and never raises on anything that a modem says. Whether a line
is part of an answer or news is told by the command in flight. A command that timed out stays open
until its own final result code has come, so that a late answer is credited to it and never taken for
the answer to the next command (ITU-T V.250, 5.7; 3GPP TS 27.005, 3.5.1).

::

    send() ──> in flight ──final──> Reply
                  │ expire()
                  └──> late ──final──> LateReply
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from modemd.gsm.at_lines import (
    Refusal,
    announces_pdu,
    answers_plainly,
    has_word,
    is_final,
    is_hex,
    is_unsolicited,
    opens_two_lines,
    refusal,
    verb_of,
)

ESCAPE: Final = b"\x1b"
"""Leaves the prompt without sending (27.005, 3.5.1)."""
SUBMIT: Final = b"\x1a"
"""Ctrl-Z: ends the PDU and sends it."""

_MARGINS: Final = b"\r\0 \t\x1a\x1b\xff"
_TAIL_LIMIT: Final = 8192
_REPLY_LIMIT: Final = 1 << 20
_EVENT_LIMIT: Final = 10_000
_HOLD_LIMIT: Final = 16


class Command(NamedTuple):
    """What is asked of the modem; ``text`` has no CR.

    ``prefix`` begins the lines that answer it (default: its own word and a colon); ``prompt`` that a body
    follows ``> ``; ``call`` that call results end it; ``anchored`` that only an answer which holds its
    prefix ends it, as the probe of a resync wants.
    """

    text: str
    prefix: str | None = None
    prompt: bool = False
    call: bool = False
    anchored: bool = False


class Reply(NamedTuple):
    """The whole answer to a command: its lines, and the final result code."""

    command: Command
    lines: tuple[str, ...]
    final: str
    after_body: bool = False

    @property
    def refusal(self) -> Refusal | None:
        """Why the modem said no; ``None`` where it said yes."""
        return refusal(self.final)


class LateReply(NamedTuple):
    """The answer to a command whose deadline had passed; ``final`` is empty where only its lines came."""

    command: Command
    lines: tuple[str, ...]
    final: str
    body: str | None


class Urc(NamedTuple):
    """An unsolicited result code; two-line ones and texts with line feeds are held together."""

    lines: tuple[str, ...]


class Prompt(NamedTuple):
    """The modem waits for the body; ``late``: the command had timed out, leave the prompt by ESC."""

    command: Command
    late: bool = False


Event = Reply | LateReply | Urc | Prompt


@dataclass(slots=True)
class _Pending:
    """A command that has been sent and not yet answered."""

    command: Command
    verb: str
    prefix: str
    plain: bool
    awaits_prompt: bool
    body: str | None = None
    anchored_yet: bool = False
    size: int = 0
    lines: list[str] = field(default_factory=list)


class AtCore:
    """Octets in, events out. One command is in flight at a time; the one before it may still be late."""

    def __init__(self) -> None:
        self._tail = b""
        self._current: _Pending | None = None
        self._late: _Pending | None = None
        self._held: list[str] = []
        self._held_for = 0
        self._events: deque[Event] = deque(maxlen=_EVENT_LIMIT)
        self.strays = 0
        """Final result codes that belonged to nothing, counted since the last ``send``."""
        self.echoed = False
        """Whether a command or body was echoed since a body was handed over last."""
        self.echoes = 0
        """How many lines were echoed in all."""

    @property
    def in_flight(self) -> Command | None:
        """The command that is being answered, within its deadline."""
        return self._current.command if self._current else None

    @property
    def late(self) -> Command | None:
        """The command whose deadline passed before its answer ended."""
        return self._late.command if self._late else None

    @property
    def late_lines(self) -> tuple[str, ...]:
        """What has come so far for the late command."""
        return tuple(self._late.lines) if self._late else ()

    @property
    def prompt_pending(self) -> bool:
        """Whether the late command may still bring the modem to ``> ``."""
        return self._late is not None and self._late.awaits_prompt

    @property
    def body_sent(self) -> bool:
        """Whether the PDU of the command in flight (or of the late one) was handed over."""
        pending = self._current or self._late
        return pending is not None and pending.body is not None

    def send(self, command: Command) -> bytes:
        """Makes the command the one in flight and gives its octets."""
        verb = verb_of(command.text)
        prefix = command.prefix or (verb + ":" if verb else "")
        plain = command.prefix is None and answers_plainly(verb)
        self._current = _Pending(command, verb, prefix, plain, command.prompt)
        self.strays = 0
        return command.text.encode("latin-1", "replace") + b"\r"

    def body(self, text: str) -> bytes:
        """After a :class:`Prompt`: the octets that hand the PDU over, Ctrl-Z included."""
        if self._current is not None:
            self._current.body = text
            self.echoed = False
        return text.encode("latin-1", "replace") + SUBMIT

    def expire(self) -> bool:
        """The deadline of the command in flight has passed. Tells whether its body had been handed over."""
        pending, self._current = self._current, None
        if pending is None:
            return False
        if self._late is None:
            self._late = pending
        return pending.body is not None

    def forget(self) -> None:
        """Gives the late command up: what had come for it is its :class:`LateReply`."""
        self._end_late("")

    def next_event(self) -> Event | None:
        """The oldest event that has not been taken."""
        return self._events.popleft() if self._events else None

    def receive(self, octets: bytes) -> None:
        """Takes what the port read, cut anywhere."""
        text = self._tail + octets if self._tail else octets
        start = 0
        while (end := text.find(b"\n", start)) >= 0:
            self._raw_line(text[start:end])
            start = end + 1
        tail = text[start:]
        if tail and (self._current or self._late):
            tail = self._look_for_prompt(tail)
        self._tail = tail if len(tail) <= _TAIL_LIMIT else b""

    def _raw_line(self, raw: bytes) -> None:
        line = raw.strip(_MARGINS)
        if not line:
            return
        if b"\r" not in line:
            self._line(line.decode("latin-1"))
            return
        for piece in line.split(b"\r"):  # an echo ends in CR only
            if bare := piece.strip(_MARGINS):
                self._line(bare.decode("latin-1"))

    def _look_for_prompt(self, tail: bytes) -> bytes:
        """27.005, 3.5.1: the prompt is CR LF ``>`` and a space, with no line end after it."""
        pending = self._current or self._late
        if pending is None or not pending.awaits_prompt:
            return tail
        # An echo that ends in CR only may stand before it in the same piece.
        after_echo = tail.rpartition(b"\r")[2].lstrip(_MARGINS)
        if not after_echo.startswith(b">"):
            return tail
        self._prompted(pending)
        return after_echo[1:].lstrip(b" ")

    def _prompted(self, pending: _Pending) -> None:
        late = pending is self._late
        pending.awaits_prompt = late  # a late one is left by ESC, and may ask again
        self._events.append(Prompt(pending.command, late))

    def _line(self, line: str) -> None:
        if self._held and self._held_takes(line):
            return
        pending = self._current or self._late
        if pending is None:
            self._unasked(line)
        elif line[0] == ">" and pending.awaits_prompt:
            self._prompted(pending)
            if rest := line[1:].strip():
                self._line(rest)
        elif is_final(line, call=pending.command.call):
            self._final(line)
        else:
            self._other(line, pending)

    def _other(self, line: str, pending: _Pending) -> None:
        if line in (pending.command.text, pending.body):
            self.echoed = True
            self.echoes += 1
            return
        if self._late is not None and self._late is not pending and self._is_answer(line, self._late):
            self._keep(line, self._late)
        elif self._is_answer(line, pending):
            self._keep(line, pending)
        else:
            self._news(line)

    @staticmethod
    def _is_answer(line: str, pending: _Pending) -> bool:
        if is_unsolicited(line, pending.verb):
            return False
        if pending.prefix and line.startswith(pending.prefix):
            return True
        if not has_word(line):
            return not pending.command.anchored
        return pending.plain and "CID:" in line  # makers answer one word for the ICCID with another

    @staticmethod
    def _keep(line: str, pending: _Pending) -> None:
        pending.size += len(line)
        if pending.size > _REPLY_LIMIT:
            return
        if pending.prefix and line.startswith(pending.prefix):
            pending.anchored_yet = True
        pending.lines.append(line)

    def _final(self, line: str) -> None:
        pending = self._current
        if pending is None or (pending.command.anchored and not pending.anchored_yet):
            self.strays += 1
            self._end_late(line)
            return
        self._end_late("")
        self._current = None
        self._events.append(Reply(pending.command, tuple(pending.lines), line, pending.body is not None))

    def _end_late(self, final: str) -> None:
        pending, self._late = self._late, None
        if pending is not None:
            self._events.append(LateReply(pending.command, tuple(pending.lines), final, pending.body))

    def _unasked(self, line: str) -> None:
        if is_final(line):
            self.strays += 1
        self._news(line)

    def _news(self, line: str) -> None:
        if opens_two_lines(line) or (line.startswith("+CUSD:") and line.count('"') % 2):
            self._release_held()
            self._held, self._held_for = [line], 0
        else:
            self._events.append(Urc((line,)))

    def _release_held(self) -> None:
        if self._held:
            self._events.append(Urc(tuple(self._held)))
            self._held = []

    def _held_takes(self, line: str) -> bool:
        """Whether the line continues the code that is held; ends the hold where it must."""
        pending = self._current or self._late
        if pending is not None and line == pending.body:
            return True  # the echo of our own PDU
        head = self._held[0]
        self._held_for += 1
        if head.startswith("+CUSD:"):
            return self._text_goes_on(line)
        if self._is_second(line) if announces_pdu(head) else not self._ends_something(line):
            self._held.append(line)
            self._release_held()
            return True
        if self._held_for >= _HOLD_LIMIT:
            self._release_held()
        return False

    def _is_second(self, line: str) -> bool:
        """Whether the line is the PDU that was announced; a damaged one stands right behind its head."""
        if is_hex(line):
            return True
        verb = self._current.verb if self._current else ""
        strange = has_word(line) or is_unsolicited(line, verb) or line[0] == ">"
        return self._held_for == 1 and not strange and not self._ends_something(line)

    def _text_goes_on(self, line: str) -> bool:
        if self._ends_something(line) or self._held_for > _HOLD_LIMIT:
            self._release_held()
            return False
        self._held.append(line)
        if line.count('"') % 2:
            self._release_held()
        return True

    def _ends_something(self, line: str) -> bool:
        pending = self._current or self._late
        return pending is not None and is_final(line, call=pending.command.call)
