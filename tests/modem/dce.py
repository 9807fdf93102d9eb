"""A scripted modem on a pseudo-terminal, in the test's own loop, and ways to make its line bad."""

from __future__ import annotations

import asyncio
import os
import tty
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Self

from modemd.modem.timing import Timing

QUICK = Timing(
    command_s=0.4,
    optional_s=0.3,
    slow_s=0.6,
    prompt_s=0.4,
    answer_s=0.4,
    reset_s=5.0,
    grace_s=0.1,
    grace_body_s=0.2,
    probe_s=0.3,
    quiet_s=0.08,
    busy_pauses_s=(0.0, 0.0, 0.0, 0.0),
    connect_s=1.0,
)
"""For tests of silence; in all others nothing waits for a deadline."""

PROMPT = "\r\n> "
SILENCE = ""
OK = "\r\nOK\r\n"

Answer = str | Sequence[str] | Callable[[str], str]


def lines(*told: str, final: str = "OK") -> str:
    """An answer as modems write it."""
    return "".join(f"\r\n{line}\r\n" for line in (*told, final))


SOUND: dict[str, Answer] = {
    "AT+CMEE?": lines("+CMEE: 1"),
    "AT+CSQ": lines("+CSQ: 18,99"),
    "AT+CFUN?": lines("+CFUN: 1"),
    "AT+CPIN?": lines("+CPIN: READY"),
    "AT+CGMI": lines("Telit"),
    "AT+CGMM": lines("GL865"),
    "AT+CGMR": lines("10.00.175"),
    "AT+CGSN": lines("354678051234567"),
    "AT+CIMI": lines("206012345678901"),
    "AT+CRSM=176,12258,0,0,10": lines('+CRSM: 144,0,"98238400000012345678"'),
    "AT+CNUM": lines('+CNUM: "","+32475000001",145'),
    "AT+CPMS=?": lines('+CPMS: ("SM","ME","SR"),("SM","ME"),("SM","ME")'),
    "AT+CNMI=?": lines("+CNMI: (0-2),(0-3),(0,2,3),(0-2),(0,1)"),
    "AT+CSCA?": lines('+CSCA: "+32475161616",145'),
    "AT+CREG?": lines("+CREG: 0,1"),
    "AT+COPS?": lines('+COPS: 0,0,"Proximus",2'),
    "AT+CMMS=?": lines("+CMMS: (0-2)"),
}
"""A modem without a fault."""


class Dce:
    """Answers commands as told: a text, a list of texts (the last again and again), or a function.

    What no script names is answered by ``default``. ``heard`` holds the commands, ``bodies`` what came
    after a prompt. ``drip`` sends single octets; ``echo`` returns what comes in.
    """

    def __init__(
        self,
        answers: Mapping[str, Answer] | None = None,
        *,
        default: str = OK,
        drip: bool = False,
        echo: bool = False,
        on_body: Callable[[str], str] | None = None,
    ) -> None:
        self.answers: dict[str, Answer] = {"AT+CMEE?": lines("+CMEE: 1"), **(answers or {})}
        self.default = default
        self.heard: list[str] = []
        self.bodies: list[str] = []
        self.escapes = 0
        self._drip = drip
        self._echo = echo
        self._on_body = on_body or (lambda _: lines(f"+CMGS: {len(self.bodies) % 256}"))
        self._turns: dict[str, int] = {}
        self._unread = b""
        self._at_prompt = False
        self._unsaid: deque[bytes] = deque()
        self.path = ""
        self._master = self._slave = -1

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.path = os.ttyname(self._slave)
        os.set_blocking(self._master, False)
        self._loop.add_reader(self._master, self._readable)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.unplug()

    def unplug(self) -> None:
        """The line is gone; a reader gets an end or an error."""
        if self._master >= 0:
            self._loop.remove_reader(self._master)
            os.close(self._master)
            os.close(self._slave)
            self._master = -1

    def say(self, text: str | bytes) -> None:
        """Sends at once, or octet by octet, one a turn of the loop."""
        octets = text if isinstance(text, bytes) else text.encode("latin-1")
        if not self._drip:
            self._unsaid.append(octets)
        else:
            self._unsaid.extend(bytes([octet]) for octet in octets)
        if len(self._unsaid) <= (len(octets) if self._drip else 1):
            self._loop.call_soon(self._say_next)

    def _say_next(self) -> None:
        if self._unsaid and self._master >= 0:
            os.write(self._master, self._unsaid.popleft())
            self._loop.call_soon(self._say_next)

    def _readable(self) -> None:
        octets = os.read(self._master, 65536)
        if self._echo:
            self.say(octets.replace(b"\x1b", b""))
        self._unread += octets
        while self._take():
            pass

    def _take(self) -> bool:
        if self._unread.startswith(b"\x1b"):
            self._unread = self._unread[1:]
            self.escapes += 1
            if self._at_prompt:
                self._at_prompt = False
                self.say(OK)
            return True
        ends = b"\x1a\x1b" if self._at_prompt else b"\r"
        place = min((at for end in ends if (at := self._unread.find(end)) >= 0), default=-1)
        if place < 0:
            return False
        taken, self._unread = self._unread[:place].decode("latin-1"), self._unread[place:]
        if self._unread.startswith(b"\x1b"):
            return True
        self._unread = self._unread[1:]
        self._body(taken) if self._at_prompt else self._command(taken.strip("\n"))
        return True

    def _body(self, text: str) -> None:
        self._at_prompt = False
        self.bodies.append(text)
        self.say(self._on_body(text))

    def _command(self, text: str) -> None:
        self.heard.append(text)
        fallback = PROMPT if text.startswith("AT+CMGS=") else self.default
        answer = self.answers.get(text, self.answers.get(text.partition("=")[0], fallback))
        if callable(answer):
            said = answer(text)
        elif isinstance(answer, str):
            said = answer
        else:
            turn = self._turns.get(text, 0)
            self._turns[text] = turn + 1
            said = answer[min(turn, len(answer) - 1)]
        self._at_prompt = said.endswith(PROMPT)
        self.say(said)
