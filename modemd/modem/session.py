"""The link and what is known of the modem, handed from one verb's file to the next."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Final

from modemd.errors import NoReply, Refused
from modemd.gsm.at import Reply
from modemd.model import ModemIdentity
from modemd.modem.capabilities import Capabilities
from modemd.modem.dialects import GENERIC, Dialect
from modemd.modem.link import Link

_BUSY: Final = {("CME", 14), ("CME", 515), ("CMS", 314), ("CMS", 515)}
_UNKNOWN: Final = {("CME", 4), ("CMS", 303)}
_NOT_ALLOWED: Final = ("CME", 3)
"""It may only be so now; what can be done without is not asked again all the same (27.007, 9.2)."""
_BUSY_TEXT: Final = ("SIM BUSY", "BUSY", "PLEASE WAIT")


def is_unknown(refused: Refused) -> bool:
    """Whether the modem says that it does not know the command, and not only that it cannot do it now."""
    return refused.kind == "ERROR" or (refused.kind, refused.code) in _UNKNOWN


def is_busy(refused: Refused) -> bool:
    """Whether the modem or its SIM only asks for patience, as after power-on."""
    if (refused.kind, refused.code) in _BUSY:
        return True
    return refused.code is None and refused.text.upper().endswith(_BUSY_TEXT)


@dataclass(slots=True)
class Session:
    """One open modem."""

    name: str
    link: Link
    capabilities: Capabilities = field(default_factory=Capabilities)
    selected: str | None = None
    """The storage that ``AT+CPMS`` last selected for reading."""
    dialect: Dialect = GENERIC
    """What is special with its maker's modems; GENERIC until it has told who it is."""
    identity: ModemIdentity = field(default_factory=ModemIdentity)
    """What is known so far of the modem and its SIM."""
    network: str | None = None
    """The word of the registration that was usable the last time, such as ``+CEREG``."""
    operator: tuple[str, str | None] | None = None
    """The operator's name and its code, as they were told together."""
    rooms: dict[str, tuple[int, int]] = field(default_factory=dict)
    """How much of each storage is in use, when it was last selected."""
    put_off: set[str] = field(default_factory=set)
    """Commands that were still answered by a request for patience when patience had ended."""
    _silent: set[str] = field(default_factory=set)

    def begin_anew(self) -> None:
        """Forgets all that was learned: another SIM may be in, or the modem has restarted."""
        self.capabilities = Capabilities()
        self.identity = ModemIdentity()
        self.selected = self.network = self.operator = None
        self.rooms.clear()
        self.put_off.clear()

    def was_silent(self, text: str) -> bool:
        """Whether a command was left unanswered."""
        return text in self._silent

    async def ask(self, text: str, *, timeout_s: float | None = None, prefix: str | None = None) -> Reply:
        """As :meth:`Link.command`, but has patience with a busy SIM: four more tries.

        Raises:
            Refused: the modem said no.
            NoReply: it said nothing in time.
            PortLost: the port is gone.
        """
        timing = self.link.timing
        for pause_s in timing.busy_pauses_s:
            try:
                return await self.link.command(text, timeout_s=timeout_s, prefix=prefix)
            except Refused as refused:
                if not is_busy(refused):
                    raise
            await asyncio.sleep(pause_s)
        return await self.link.command(text, timeout_s=timeout_s, prefix=prefix)

    async def try_asking(
        self,
        text: str,
        *,
        timeout_s: float | None = None,
        prefix: str | None = None,
    ) -> Reply | None:
        """As :meth:`ask` with a short deadline; ``None`` where the modem refuses or stays silent.

        What it does not know, or left unanswered twice, is noted in ``capabilities.refused``.

        Raises:
            NoReply: the modem is dead: it answers nothing else either.
            PortLost: the port is gone.
        """
        wait_s = self.link.timing.optional_s if timeout_s is None else timeout_s
        try:
            return await self.ask(text, timeout_s=wait_s, prefix=prefix)
        except Refused as refused:
            if is_busy(refused):
                self.put_off.add(text)
            if is_unknown(refused) or (refused.kind, refused.code) == _NOT_ALLOWED:
                self.capabilities.refused.add(text)
        except NoReply:
            if text in self._silent:  # once may be an accident
                self.capabilities.refused.add(text)
            self._silent.add(text)
            await self.link.resync()
        return None
