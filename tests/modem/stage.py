"""A modem of ours before a scripted one: what the tests of this room play with."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from modemd.modem.modem import Modem
from modemd.modem.pins import PinMemory
from modemd.modem.timing import Timing
from tests.modem.dce import QUICK, SOUND, Answer, Dce

PDU = "0011000B913274100000F00000FF04D4F29C0E"
DELIVER = "07911326040000F0040B911346610089F60000208062917314080CC8F71D14969741F977FD07"
REPORT = "07917248014000F506B70AA18092020000317071518590803170715185418000"


def play(
    dce: Dce,
    act: Callable[[Modem], Awaitable[None]],
    *,
    timing: Timing = QUICK,
    pins: PinMemory | None = None,
) -> int:
    """Runs ``act`` with an open modem; gives how often it woke its worker."""
    wakes: list[None] = []

    async def whole() -> None:
        async with dce:
            modem = await Modem.open(
                "gsm1",
                dce.path,
                on_urc=lambda: wakes.append(None),
                timing=timing,
                pins=pins or PinMemory(),
            )
            await act(modem)
            await modem.close()

    asyncio.run(whole())
    return len(wakes)


def sound(**more: Answer) -> dict[str, Answer]:
    return {**SOUND, **more}
