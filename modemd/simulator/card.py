"""A SIM: who it is, its PIN and what is left of its tries."""

from __future__ import annotations

from dataclasses import dataclass

from modemd.simulator.answers import refused


@dataclass(slots=True)
class SimCard:
    """One SIM; ``pin`` ``None`` means that it asks for none."""

    msisdn: str
    iccid: str
    imsi: str
    pin: str | None = None
    puk: str = "12345678"
    smsc: str = "+32475161616"
    pin_tries: int = 3
    puk_tries: int = 10
    unlocked: bool = False
    last_mr: int = -1
    keeps_mr: bool = True
    """Whether the equipment writes the last TP-MR down on the SIM."""

    def power_up(self) -> None:
        """The card was reset: its PIN is wanted again."""
        self.unlocked = False

    @property
    def wants(self) -> str:
        """What ``AT+CPIN?`` says (3GPP TS 27.007, 8.3)."""
        if not self.pin_tries:
            return "SIM PUK"
        return "READY" if self.unlocked or self.pin is None else "SIM PIN"

    def enter(self, first: str, second: str = "") -> None:
        """``AT+CPIN=``: the PIN, or the PUK and a new PIN.

        Raises:
            Refused: CME 16 for a wrong one, CME 12 or 13 when its tries are used up, CME 3 if none is wanted.
        """
        if self.wants == "READY":
            raise refused("CME", 3)
        if self.wants == "SIM PUK":
            self._unblock(first, second)
        elif first != self.pin:
            self.pin_tries -= 1
            raise refused("CME", 16 if self.pin_tries else 12)
        self.pin_tries = 3
        self.unlocked = True

    def _unblock(self, puk: str, pin: str) -> None:
        if not self.puk_tries:
            raise refused("CME", 13)
        if puk != self.puk or not pin:
            self.puk_tries -= 1
            raise refused("CME", 16)
        self.pin, self.puk_tries = pin, 10

    def next_mr(self) -> int:
        """The next TP-MR: 8 bits, counted on by the SIM (3GPP TS 23.040, 9.2.3.6)."""
        self.last_mr = (self.last_mr + 1) & 0xFF
        return self.last_mr
