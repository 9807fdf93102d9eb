"""Asking all ports of one stick, and choosing the one that messages go by."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from modemd.modem.discovery.asking import Answered, Found, ask
from modemd.modem.discovery.usb_known import Use
from modemd.workers.modems.finding.rack import Stick

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from modemd.modem.discovery.holders import Holder
    from modemd.modem.discovery.ports import PortSeen
    from modemd.modem.timing import Timing

_LAST_FIRST = frozenset({"12d1"})
"""Makers whose port for commands comes after the one for dialling up; with the others it comes first."""
_RANK = {Use.AT: 0, Use.UNKNOWN: 1, Use.DIAL: 2, Use.OTHER: 3}


@dataclass(frozen=True, slots=True)
class Probed:
    """What came of asking a stick: its modems (a box may hold several), and what each port said."""

    sticks: tuple[Stick, ...]
    answers: tuple[Answered, ...]
    held: dict[str, list[Holder]]
    sim_told: bool = True
    """Whether no ICCID is wanting that may be there a moment later."""

    def hangs(self, ports: Sequence[PortSeen]) -> bool:
        """Whether all these ports were asked and none answered, nor was one held, forbidden or gone.

        Where USB's descriptors tell which port is for commands it is enough that this one is mute, and no
        other knows who it is.
        """
        found = {each.path: each.found for each in self.answers}
        first = min(ports, key=_place_of)
        ends = {Found.MUTE, Found.REFUSES} if first.use is Use.AT else {Found.MUTE}
        asked = not self.held and found.keys() == {port.path for port in ports}
        return asked and ends.issuperset(found.values()) and found[first.path] is Found.MUTE


async def probe(
    ports: Sequence[PortSeen],
    *,
    holders: Mapping[str, list[Holder]],
    turns: asyncio.Semaphore,
    timing: Timing,
    baudrate: int,
    every: bool = False,
) -> Probed:
    """Ask the ports of one stick: the likely ones first, the others only if those are not it.

    Those that another process has open (``holders``, by the real device) are left alone; ``turns`` are as
    many as may be asked at a time; ``every``: also those whose descriptors say that they are for something
    else.
    """
    held = {port.real: holders.get(port.real, []) for port in ports}
    free = [port for port in ports if not held[port.real]]
    likely = [port for port in free if port.use is Use.AT]
    others = [port for port in free if port.use is not Use.AT and (every or port.use is not Use.OTHER)]

    async def answer(port: PortSeen) -> Answered:
        async with turns:
            return await ask(port.path, timing=timing, baudrate=baudrate)

    answers = await asyncio.gather(*map(answer, likely))
    if not any(each.is_modem for each in answers):
        answers += await asyncio.gather(*map(answer, others))
    by_path = {port.path: port for port in ports}
    sticks = _chosen([(by_path[each.path], each) for each in answers if each.is_modem], ports)
    told = all(each.identity.iccid or each.sim_state in {"absent", "broken"} for each in answers)
    return Probed(sticks, tuple(answers), {path: who for path, who in held.items() if who}, told)


def likeliest(ports: Sequence[PortSeen]) -> Stick:
    """A stick that does not answer, by the port that would take messages if it did."""
    first = min(ports, key=_place_of)
    return Stick(first, siblings=tuple(port.path for port in ports if port is not first))


def _chosen(answered: list[tuple[PortSeen, Answered]], ports: Sequence[PortSeen]) -> tuple[Stick, ...]:
    """The best port of each modem: one IMEI is one modem, whatever the number of its ports."""
    best: dict[str | None, tuple[PortSeen, Answered]] = {}
    for port, answer in sorted(answered, key=_fitness):
        best.setdefault(answer.identity.imei, (port, answer))
    chosen = {port.path for port, _ in best.values()}
    siblings = tuple(port.path for port in ports if port.path not in chosen)
    return tuple(
        Stick(port, answer.identity.imei, answer.identity.iccid, _says(answer), siblings)
        for port, answer in best.values()
    )


def _fitness(each: tuple[PortSeen, Answered]) -> tuple[bool, int, int, str]:
    port, answer = each
    return not answer.messages, *_place_of(port)


def _place_of(port: PortSeen) -> tuple[int, int, str]:
    place = port.interface or 0
    return _RANK[port.use], -place if port.vid in _LAST_FIRST else place, port.path


def _says(answer: Answered) -> str:
    return " ".join(filter(None, (answer.identity.manufacturer, answer.identity.model)))
