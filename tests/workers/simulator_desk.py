"""A simulated modem without a port and with a clock of its own: octets in, octets out, time when told to."""

from __future__ import annotations

import heapq
from itertools import count
from typing import TYPE_CHECKING

from modemd.gsm.outgoing import Outgoing, encode
from modemd.simulator.acceptance import AcceptanceLog
from modemd.simulator.card import SimCard
from modemd.simulator.dialects import DIALECTS
from modemd.simulator.equipment import Equipment
from modemd.simulator.modem import SimulatedModem
from modemd.simulator.network import Network, NetworkSpec

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Clock:
    """Time that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = 0.0
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        heapq.heappush(self._due, (self.now + seconds, next(self._order), call))

    def go(self, seconds: float = 0.0) -> None:
        until = self.now + seconds
        while self._due and self._due[0][0] <= until:
            self.now, _, call = heapq.heappop(self._due)
            call()
        self.now = until


class Desk:
    """One network, its modems, and what they said."""

    def __init__(
        self,
        *,
        modems: int = 1,
        dialect: str = "generic",
        pin: str | None = None,
        network: NetworkSpec | None = None,
        log: Path | None = None,
    ) -> None:
        self.clock = Clock()
        self.accepted = AcceptanceLog(log)
        self.network = Network(network or NetworkSpec(), self.accepted, later=self.clock.later)
        self.said: list[list[bytes]] = []
        self.modems: list[SimulatedModem] = []
        for place in range(1, modems + 1):
            self._add(place, dialect, pin)

    def _add(self, place: int, dialect: str, pin: str | None) -> None:
        card = SimCard(
            msisdn=f"+3247500000{place}",
            iccid=f"893200000000000000{place}",
            imsi=f"20699000000000{place}",
            pin=pin,
        )
        me = Equipment(
            name=f"gsm{place}",
            dialect=DIALECTS[dialect],
            card=card,
            imei=f"86123456000000{place}",
            air=self.network,
            later=self.clock.later,
        )
        said: list[bytes] = []
        self.said.append(said)
        self.modems.append(SimulatedModem(me, write=said.append, later=self.clock.later))
        self.network.attach(me)

    @property
    def modem(self) -> SimulatedModem:
        return self.modems[0]

    @property
    def me(self) -> Equipment:
        return self.modems[0].me

    def heard(self, which: int = 0) -> str:
        """All that a modem said since it was last asked."""
        text = b"".join(self.said[which]).decode("latin-1")
        self.said[which].clear()
        return text

    def tell(self, line: str, which: int = 0) -> str:
        """A command line, and what comes of it at once."""
        self.heard(which)
        self.modems[which].receive(line.encode("latin-1") + b"\r")
        self.clock.go()
        return self.heard(which)

    def quiet(self, which: int = 0) -> None:
        """As a program sets a modem up: no echo, codes for errors."""
        assert self.tell("ATE0", which).endswith("\r\nOK\r\n")
        assert self.tell("AT+CMEE=1", which) == "\r\nOK\r\n"

    def send(
        self, text: str = "Hello", *, to: str = "+32475123456", report: bool = False, which: int = 0
    ) -> str:
        """One part, and what the modem says to its body."""
        part = encode(Outgoing(destination=to, text=text, report=report, autosplit="none")).parts[0]
        prompt = self.tell(f"AT+CMGS={part.tpdu_length}", which)
        if not prompt.endswith("> "):
            return prompt
        self.modems[which].receive(part.pdu.encode() + b"\x1a")
        self.clock.go()
        return self.heard(which)
