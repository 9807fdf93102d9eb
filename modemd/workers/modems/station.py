"""What the pieces of one modem's task share: the modem, whose SIM is in it, and whether it may send now."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from modemd.modem.trouble import Trace
from modemd.service import routing
from modemd.service.outcomes import Seat
from modemd.workers.bell import Bell
from modemd.workers.modems.record import ModemRecord
from modemd.workers.modems.trouble_log import TroubleLog

if TYPE_CHECKING:
    from modemd.config.modems import ModemConfig
    from modemd.modem.modem import Modem
    from modemd.workers.floor import Floor


@dataclass(slots=True)
class Station:
    """One modem's place. Times are those of ``time.monotonic``."""

    floor: Floor
    config: ModemConfig
    modem_id: int
    record: ModemRecord
    seat: Seat
    bell: Bell = field(default_factory=Bell)
    modem: Modem | None = None
    """The open modem; ``None`` while there is none."""
    usable: bool = True
    """Whether it is registered in a way that carries messages."""
    fresh: bool = False
    """Whether it was just prepared, and how it stands is not known yet."""
    health_at: float = 0.0
    """When it is next asked how it is."""
    calling: bool = False
    """Whether it makes a phone call, which takes a minute or two."""
    paused_until: float = 0.0
    """Until then a refusal keeps its SIM from sending."""
    paused_for: str = ""
    paused_sim: str = ""
    """Whose refusal it was: another SIM in the modem is not paused by it."""
    balance_wanted: bool = False
    """Whether a refusal looks as if there were no money on the SIM: ask it as soon as may be."""

    trace: Trace = field(default_factory=Trace)
    """What was said last."""
    trouble: TroubleLog = field(init=False)
    limited: str | None = None
    """Why its SIM may send no more today, or this month; ``None`` while it may."""

    def __post_init__(self) -> None:
        self.trouble = TroubleLog(self.floor, self.config.name, self.trace)

    @classmethod
    def of(cls, floor: Floor, config: ModemConfig, modem_id: int) -> Station:
        """A place without a modem yet."""
        record = ModemRecord(floor, config, modem_id)
        return cls(floor, config, modem_id, record, Seat(modem_id, config.name, f"modem:{config.name}"))

    @property
    def name(self) -> str:
        """What the modem is called."""
        return self.config.name

    @property
    def may_send(self) -> bool:
        """Whether parts may be submitted now, as far as the modem and its SIM go."""
        return self.config.send and self.usable and self.refused_why is None

    @property
    def refused_why(self) -> str | None:
        """Why its SIM is paused by a refusal; ``None`` where it is not."""
        lasts = time.monotonic() < self.paused_until and self.paused_sim == self.seat.sim
        return self.paused_for if lasts else None

    def pause(self, seconds: float, why: str) -> None:
        """Let nothing be submitted for so long; it is looked at again when that is over."""
        self.paused_until = time.monotonic() + seconds
        self.paused_for = why
        self.paused_sim = self.seat.sim
        self.health_at = min(self.health_at, self.paused_until)

    async def release(self) -> None:
        """This modem cannot send: what waits for it, but may go by another, goes now."""
        rules = self.floor.rules
        if await self.floor.store.run(lambda tx: routing.release(tx, rules)):
            self.floor.ring_queue()
