"""Modems and their network in one place: build them, plug them in, play with them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from modemd.simulator.acceptance import AcceptanceLog
from modemd.simulator.card import SimCard
from modemd.simulator.dialect import ADAPTER
from modemd.simulator.dialects import DIALECTS
from modemd.simulator.equipment import HOME, Equipment
from modemd.simulator.network import Network, NetworkSpec
from modemd.simulator.plugged import PluggedModem
from modemd.simulator.stick import OtherPort
from modemd.simulator.traced import delays_of, dialect_of
from modemd.simulator.usb import UsbPlace, UsbTree

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from modemd.formats.trace import Trace
    from modemd.simulator.faults import Fault
    from modemd.simulator.modem import Later


@dataclass(frozen=True, slots=True, kw_only=True)
class ModemSpec:
    """One modem as it is asked for; what is left out is made up from its place in the list.

    ``boot_s`` is how long it takes after it is plugged in again, ``chatter_s`` how often it says what its
    maker lets it say unasked (0: never), ``dead`` one whose port opens and never answers. A ``stick`` has all
    the ports that its maker gives it, not only the one that answers. ``trace``: what it was recorded to
    answer, in place of a dialect. ``second_iccid`` is the SIM in its other slot; ``pin_tries`` are those that
    are left (0: it wants its PUK); ``keeps_mr``: whether it writes the last TP-MR on the SIM; ``technology``
    is ``<AcT>`` (0: as made).
    """

    name: str = ""
    msisdn: str = ""
    imei: str = ""
    iccid: str = ""
    imsi: str = ""
    pin: str | None = None
    puk: str = "12345678"
    pin_tries: int = 3
    smsc: str = "+32475161616"
    dialect: str = "generic"
    trace: Trace | None = None
    registration: int = HOME
    signal: int = 20
    sim: bool = True
    plugged: bool = True
    dead: bool = False
    stick: bool = False
    second_iccid: str = ""
    keeps_mr: bool = True
    technology: int = 0
    packet_only: bool = False
    boot_s: float = 0.0
    chatter_s: float = 0.0
    faults: Sequence[Fault] = field(default_factory=tuple)


class Simulation:
    """``async with Simulation(directory, modems=[ModemSpec()]) as sim``: all live in the running loop.

    ``usb`` is a folder that becomes a tree as ``/sys``: a hub with a modem in each port, and one port free.
    The device nodes (``ttyUSB0``, ...) are then in the folder, beside the modems' names.
    """

    def __init__(
        self,
        directory: Path | str,
        modems: Sequence[ModemSpec] = (ModemSpec(),),
        network: NetworkSpec | None = None,
        log: Path | None = None,
        usb: Path | None = None,
    ) -> None:
        self.directory = Path(directory)
        self.usb = usb
        self.places: list[UsbPlace] = []
        self.modems: list[PluggedModem] = []
        self._specs = modems
        self._network_spec = network or NetworkSpec()
        self._log_path = log

    async def __aenter__(self) -> Self:
        self.directory.mkdir(parents=True, exist_ok=True)
        loop = asyncio.get_running_loop()
        if self.usb is not None:
            tree = UsbTree(self.usb, self.directory)
            self.places = [UsbPlace(tree, port) for port in range(1, len(self._specs) + 2)]
        self.accepted = AcceptanceLog(self._log_path)
        self.network = Network(self._network_spec, self.accepted, later=loop.call_later)
        for place, spec in enumerate(self._specs, start=1):
            self._add(place, spec, loop.call_later)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.network.stop()
        for modem in self.modems:
            modem.stop()
        self.accepted.close()

    def __getitem__(self, name: str) -> PluggedModem:
        for modem in self.modems:
            if modem.name == name:
                return modem
        raise KeyError(name)

    async def wait_for_accepted(self, count: int, timeout_s: float = 10.0) -> None:
        """Until the network took so many parts in all; TimeoutError when it does not."""
        await self.accepted.wait_for(count, timeout_s)

    async def incoming(
        self,
        text: str,
        *,
        originator: str = "+32475999999",
        modem: str | None = None,
        order: Sequence[int] | None = None,
    ) -> None:
        """A message for a modem (the first by default); ``order`` gives the parts (from 1) as they come."""
        to = self[modem] if modem else self.modems[0]
        self.network.inject(to.me, text, originator=originator, order=order)

    def call(self, caller: str, *, modem: str | None = None, rings: int = 3) -> None:
        """A call that nobody takes."""
        (self[modem] if modem else self.modems[0]).me.ring(caller, rings)

    def _add(self, place: int, spec: ModemSpec, later: Later) -> None:
        me = self._equipment(place, spec, later)
        modem = PluggedModem(me, self.directory / me.name, later)
        modem.boot_s, modem.chatter_s = spec.boot_s, spec.chatter_s
        device = me.dialect.usb if spec.stick else ADAPTER
        others = [role for role in device.roles if role not in {"at", "net"}]
        modem.with_others([OtherPort(self.directory / f"{me.name}.{role}", role) for role in others])
        if self.places:
            modem.on_hub(self.places[place - 1], device)
        for fault in (*spec.faults, *(delays_of(spec.trace) if spec.trace else ())):
            modem.faults.add(fault)
        self.network.attach(me)
        self.modems.append(modem)
        if spec.plugged:
            modem.start()
        if spec.chatter_s:
            modem.chatter()
        if spec.dead:
            modem.fall_silent(0)

    def _equipment(self, place: int, spec: ModemSpec, later: Later) -> Equipment:
        return Equipment(
            name=spec.name or f"gsm{place}",
            dialect=dialect_of(spec.trace) if spec.trace else DIALECTS[spec.dialect],
            card=_card(place, spec) if spec.sim else None,
            imei=spec.imei or f"86123456{place:07d}",
            air=self.network,
            registration=spec.registration,
            signal=spec.signal,
            technology=spec.technology,
            second_card=_second_card(spec.second_iccid, spec.smsc) if spec.second_iccid else None,
            packet_only=spec.packet_only,
            later=later,
        )


def _card(place: int, spec: ModemSpec) -> SimCard:
    return SimCard(
        msisdn=spec.msisdn or f"+3247500{place:04d}",
        iccid=spec.iccid or f"8932000000000{place:06d}",
        imsi=spec.imsi or f"20699{place:010d}",
        pin=spec.pin,
        puk=spec.puk,
        pin_tries=spec.pin_tries,
        smsc=spec.smsc,
        keeps_mr=spec.keeps_mr,
    )


def _second_card(iccid: str, smsc: str) -> SimCard:
    return SimCard(msisdn="", iccid=iccid, imsi=f"20699{iccid[-10:]}", smsc=smsc)
