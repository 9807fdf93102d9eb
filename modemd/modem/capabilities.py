"""What one modem can do, as far as its init plan found out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(slots=True)
class Capabilities:
    """Filled by the init plan. A command that was refused once is not asked again."""

    storages: tuple[str, ...] = ()
    """Storages to sweep, of SM, ME, SR (MT where neither SM nor ME is told); empty: one, unnamed."""
    arrivals: str | None = None
    """Where new messages are stored."""
    reports: Literal["stored", "direct"] | None = None
    """How status reports come: stored in SR and told by ``+CDSI``, or whole by ``+CDS``, or not at all."""
    acknowledges: bool = False
    """Whether ``+CSMS`` is 1, so that direct codes want ``AT+CNMA`` (27.005, 3.4.4)."""
    keeps_link: str | None = None
    """The ``AT+CMMS`` mode that keeps the link open: 2, else 1; ``None``: unknown to the modem."""
    lists: bool = True
    """Whether ``AT+CMGL=4`` is known."""
    reads: bool = True
    """Whether stored messages can be read at all."""
    unreadable: set[str] = field(default_factory=set)
    """Storages that were told of and could not be read the last time."""
    ussd_asked: bool = False
    """Whether the modem was told to take USSD as text, where its maker has a command for that."""
    ussd_packed: bool = False
    """Whether ``AT+CUSD`` wants, and gives, packed septets in hexadecimal."""
    smsc_missing: bool = False
    """Whether the modem tells that it has no service centre."""
    slot: int | None = None
    """Which of several SIM slots is in use, from 1; ``None``: not told, or there is one."""
    domain: int | None = None
    """Which network carries messages (``+CGSMS``, 27.007, 10.1.21); ``None``: not told."""
    refused: set[str] = field(default_factory=set)
    """Optional commands that the modem does not know, or leaves unanswered."""
