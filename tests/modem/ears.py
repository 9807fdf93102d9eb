"""A link to a scripted modem, and where what it tells of its own accord lands."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from modemd.errors import PortLost
from modemd.gsm.at import LateReply, Urc
from modemd.modem.link import Link
from modemd.modem.timing import Timing
from tests.modem.dce import QUICK, Dce

PDU = "0011000B913274100000F00000FF04D4F29C0E"


class Ears:
    """Where a link's callbacks land."""

    def __init__(self) -> None:
        self.urcs: list[Urc] = []
        self.late: list[LateReply] = []
        self.lost: list[PortLost] = []

    async def link(self, dce: Dce, timing: Timing = QUICK) -> Link:
        return await Link.open(
            dce.path,
            timing=timing,
            on_urc=self.urcs.append,
            on_late=self.late.append,
            on_lost=self.lost.append,
        )


def play(dce: Dce, act: Callable[[Link, Ears], Awaitable[None]], timing: Timing = QUICK) -> Ears:
    ears = Ears()

    async def whole() -> None:
        async with dce:
            link = await ears.link(dce, timing)
            await act(link, ears)
            link.close()

    asyncio.run(whole())
    return ears
