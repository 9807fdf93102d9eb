"""The modem as its serial line shows it: echo, lines, prompt, result codes, and misbehaviour on request."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Final, TypeAlias

from modemd.errors import Refused
from modemd.simulator import commands as _commands  # noqa: F401 - importing it registers the commands
from modemd.simulator import interpreter
from modemd.simulator.answers import Answer, Outcome, Pending, Prompt, Silent, error_line, refused
from modemd.simulator.faults import Fault, FaultKind, FaultPlan, Place

if TYPE_CHECKING:
    from collections.abc import Callable

    from modemd.simulator.equipment import Equipment
    from modemd.simulator.interpreter import Command

CTRL_Z, ESC, CR = 0x1A, 0x1B, b"\r"
_CONTROLS: Final = dict.fromkeys(i for i in range(32))
LONGEST_LINE: Final = 4096
MOST_COMMANDS: Final = 40
Later: TypeAlias = "Callable[[float, Callable[[], None]], object]"


class SimulatedModem:
    """Bytes in (:meth:`receive`), bytes out (``write``); ``later`` calls something after some seconds.

    One command at a time: what comes in while one runs waits for its turn, as with a UART's buffer.
    """

    def __init__(self, me: Equipment, *, write: Callable[[bytes], None], later: Later) -> None:
        self.me = me
        self.faults = FaultPlan()
        self.log: deque[str] = deque(maxlen=1000)
        self.unplug: Callable[[float], None] = lambda _seconds: None
        self._write = write
        self._later = later
        self._buffer = bytearray()
        self._line = self._last_line = ""
        self._todo: deque[Command] = deque()
        self._blocks: list[str] = []
        self._busy = False
        self._body: Prompt | None = None
        self._held: list[bytes] = []
        self._joined = False
        self._deaf = False
        self._turn = self._life = 0
        me.announce = self.announce
        me.restart = self.reboot

    # -- what comes in ------------------------------------------------------------------------------

    def receive(self, octets: bytes) -> None:
        """Octets from the other end, in any pieces; never raises."""
        if self._deaf:
            return
        if octets and self.me.settings.echo:
            self._write(octets.translate(None, b"\x1a\x1b"))
        if octets and not (self._buffer or self._body or self._busy):
            self.me.asked_at = time.time()
        self._buffer += octets
        while self._buffer and not self._busy:
            if not (self._take_body() if self._body else self._take_line()):
                break

    def _take_line(self) -> bool:
        end = self._buffer.find(CR)
        if end < 0 and self._buffer.upper().endswith(b"A/"):
            end = len(self._buffer)  # V.250, 5.2.4: no carriage return ends this one
        if end < 0:
            if len(self._buffer) > LONGEST_LINE:
                self._buffer.clear()
            return False
        raw = bytes(self._buffer[: end + 1])
        del self._buffer[: end + 1]
        line = raw.decode("latin-1").translate(_CONTROLS)
        start = line.upper().find("A")
        if line[start : start + 2] in {"A/", "a/"}:
            line = self._last_line
        else:
            start = line.upper().find("AT")
            if start < 0:
                return True
            line = line[start:]
        self._begin(line)
        return True

    def _take_body(self) -> bool:
        ends = [place for octet in (CTRL_Z, ESC) if (place := self._buffer.find(octet)) >= 0]
        if not ends:
            return False
        end = min(ends)
        body, cancelled = bytes(self._buffer[:end]), self._buffer[end] == ESC
        del self._buffer[: end + 1]
        prompt, self._body = self._body, None
        self._busy = True
        if cancelled or prompt is None:
            self._finish(())
        else:
            self._at(Place.BODY, lambda: self._answer(lambda: prompt.take(body)))
        return True

    # -- a command line's way ---------------------------------------------------------------------------

    def _begin(self, line: str) -> None:
        self._line = self._last_line = line
        self.log.append(line)
        self._busy = True
        commands = interpreter.parse(line[2:].strip())
        if len(commands) > MOST_COMMANDS:
            self._done(refused("ERROR"))
            return
        if self.me.busy_left:
            self.me.busy_left -= 1
            self._done(Refused("", "CME", 515, "+CME ERROR: 515"))
            return
        self._todo.extend(commands)
        self._at(Place.COMMAND, self._next)

    def _next(self) -> None:
        if not self._todo:
            self._done(())
            return
        one = self._todo.popleft()
        self._answer(lambda: interpreter.run(self.me, one))

    def _answer(self, ask: Callable[[], Answer]) -> None:
        try:
            answer = ask()
        except Refused as refusal:
            self._done(refusal)
            return
        if isinstance(answer, tuple):
            self._done(answer)
        elif isinstance(answer, Prompt):
            self._at(Place.PROMPT, lambda: self._prompt(answer))
        elif isinstance(answer, Pending):
            turn = self._turn
            answer.start(lambda outcome: self._done(outcome) if turn == self._turn else None)
        else:
            self._say(answer)

    def _prompt(self, prompt: Prompt) -> None:
        self._body = prompt
        self._busy = False
        self._write(b"\r\n> ")

    def _say(self, silent: Silent) -> None:
        self._write(b"".join(f"\r\n{line}\r\n".encode("latin-1", "replace") for line in silent.lines))
        self._idle()

    def _done(self, outcome: Outcome) -> None:
        if isinstance(outcome, tuple):
            if outcome:
                self._blocks.append("\r\n".join(outcome))
            if self._todo:
                self._next()
                return
        self._at(Place.ANSWER, lambda: self._finish(outcome))

    def _finish(self, outcome: Outcome) -> None:
        """Write the answer and take what is next."""
        settings = self.me.settings
        refusal = outcome if isinstance(outcome, Refused) else None
        final = error_line(refusal, settings.cmee) if refusal else "OK"
        if settings.quiet:
            answer = "".join(f"\r\n{block}\r\n" for block in self._blocks)
        elif settings.verbose:
            answer = "".join(f"\r\n{block}\r\n" for block in (*self._blocks, final))
        else:
            final = {"OK": "0", "ERROR": "4"}.get(final, final)
            answer = "".join(f"{block}\r\n" for block in self._blocks) + f"{final}\r"
        self._write(self._spoilt(answer.encode("latin-1", "replace")))
        self._idle()

    def _spoilt(self, octets: bytes) -> bytes:
        if self._joined:
            octets, self._joined = octets.replace(b": ", b":", 1), False
        if self.faults:
            for fault in self.faults.due(Place.INSIDE, self._line):
                middle = len(octets) // 2
                octets = octets[:middle] + fault.octets + octets[middle:]
            for fault in self.faults.due(Place.AFTER, self._line):
                octets += fault.octets
        return octets

    def _idle(self) -> None:
        self._turn += 1
        self._busy = False
        self._body = None
        self._todo.clear()
        self._blocks.clear()
        if self._held:
            held, self._held = self._held, []
            self._write(b"".join(held))
        if self._buffer:
            self._later(0, lambda: self.receive(b""))

    # -- what comes unasked --------------------------------------------------------------------------------

    def announce(self, lines: tuple[str, ...]) -> None:
        """An unsolicited result code; while a body is awaited it is held back until the answer is out."""
        octets = ("\r\n" + "\r\n".join(lines) + "\r\n").encode("latin-1", "replace")
        if self._body:
            self._held.append(octets)
        elif not self._deaf:
            self._write(octets)

    # -- misbehaviour -------------------------------------------------------------------------------------

    def _at(self, place: Place, go_on: Callable[[], None]) -> None:
        """Go on, unless a fault that is due here does otherwise."""
        if self.faults:
            for fault in self.faults.due(place, self._line):
                if self._strike(fault, place, go_on):
                    return
        go_on()

    def _strike(self, fault: Fault, place: Place, go_on: Callable[[], None]) -> bool:
        """Do what the fault says; whether that takes the place of going on."""
        kind, me = fault.kind, self.me
        if kind is FaultKind.HANG:
            self._hang(at_prompt=place is Place.PROMPT)
        elif kind in {FaultKind.DEAD, FaultKind.SILENCE}:
            self.fall_silent(fault.seconds)
        elif kind is FaultKind.LATE:
            turn = self._turn
            self._later(fault.seconds, lambda: go_on() if turn == self._turn else None)
        elif kind is FaultKind.ERROR:
            self._todo.clear()
            self._blocks.clear()
            self._finish(self._error(fault))
        elif kind is FaultKind.REBOOT:
            self.reboot(fault.seconds)
        elif kind is FaultKind.UNPLUG:
            self.unplug(fault.seconds)
        else:
            self._change(fault, me)
            return False
        return True

    def _change(self, fault: Fault, me: Equipment) -> None:
        kind = fault.kind
        if kind in {FaultKind.GARBAGE, FaultKind.URC}:
            self._write(fault.octets)
        elif kind is FaultKind.ECHO:
            me.settings.echo = True
        elif kind is FaultKind.JOINED:
            self._joined = True
        elif kind is FaultKind.FULL:
            me.fill_up()
        elif kind is FaultKind.UNREGISTERED:
            back = me.registration
            me.register(2 if fault.code is None else fault.code)
            if fault.seconds:
                self._later(fault.seconds, lambda: me.register(back))
        elif me.card and kind is FaultKind.NO_SMSC:
            me.card.smsc = ""
        elif me.card and kind is FaultKind.SWAP_SIM:
            me.swap_card(fault.text)

    @staticmethod
    def _error(fault: Fault) -> Refused:
        if fault.cms is not None:
            return refused("CMS", fault.cms)
        return refused("CME", fault.cme) if fault.cme is not None else refused("ERROR")

    def _hang(self, *, at_prompt: bool) -> None:
        """At the prompt the modem waits for a body without having said so."""
        if at_prompt:
            self._body, self._busy = Prompt(lambda _body: ()), False
        else:
            self._idle()

    def fall_silent(self, seconds: float) -> None:
        """Deaf and dumb for so long; 0: until it is plugged in anew or rebooted."""
        self._forget()
        self._deaf = True
        self._life += 1
        if seconds:
            life = self._life
            self._later(seconds, lambda: self._wake() if life == self._life else None)

    def _wake(self) -> None:
        self._deaf = False

    def _forget(self) -> None:
        self._buffer.clear()
        self._held.clear()
        self._idle()

    def power_down(self) -> None:
        """No supply: deaf, and off the network."""
        self.fall_silent(0)
        self.me.powered = False

    def reboot(self, seconds: float) -> None:
        """Start anew: all settings are as after power-up, stored messages are kept."""
        self.power_down()
        self.me.power_up()
        life = self._life
        if seconds:
            self._later(seconds, lambda: self._booted() if life == self._life else None)
        else:
            self._booted()

    def _booted(self) -> None:
        self._deaf = False
        self.me.powered = True
        for line in self.me.dialect.boot_lines:
            self.announce((line,))
        self.me.air.room(self.me)
