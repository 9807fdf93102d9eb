"""A modem on a simulated hub, its worker, a store: for seeing how it is helped."""

from __future__ import annotations

import asyncio
import sys
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from modemd.config.sections import RecoveryConfig
from modemd.model import SendRequest
from modemd.modem.discovery.machine import Machine
from modemd.service import intake, routing
from modemd.simulator.faults import Fault, FaultKind
from modemd.simulator.simulation import ModemSpec, Simulation
from modemd.store.database import Database
from modemd.store.writer import Store
from modemd.workers.floor import Floor
from modemd.workers.modems.worker import ModemWorker
from tests.modem.times import TIMES
from tests.service.office import rules_of
from tests.store.files import fresh, opened, rows, url_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from modemd.modem.timing import Timing

FAST = replace(
    TIMES, probe_s=0.04, command_s=0.3, slow_s=0.1, grace_s=0.05, reset_s=0.05, climb=1e-4, power_off_s=0.05,
)  # fmt: skip
DEAF = Fault(kind=FaultKind.DEAD, times=0)
"""It answers nothing, whatever is done."""


class LadderBench:
    """Everything that a test may look at; ``rules``, ``ids`` and ``store`` are for a second worker."""

    def __init__(self, sim: Simulation, floor: Floor, look: Database, modem_id: int, timing: Timing) -> None:
        self.sim = sim
        self.floor = floor
        self._look = look
        self._modem_id = modem_id
        self._timing = timing
        self.worker = self.another()

    def another(self) -> ModemWorker:
        """A worker that knows nothing but the store, as after a restart."""
        self.worker = ModemWorker(self.floor, self.floor.rules.modems[0], self._modem_id, timing=self._timing)
        return self.worker

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return rows(self._look, sql)

    def rungs(self) -> list[str]:
        """The steps that were taken, oldest first."""
        return [str(rung) for (rung,) in self.rows("SELECT rung FROM recovery ORDER BY id")]

    @property
    def state(self) -> str:
        [(state,)] = self.rows("SELECT state FROM modem WHERE name = 'gsm1'")
        return str(state)

    def said(self) -> str:
        """What was said to the modem and by it, as a trouble log has it."""
        return "\n".join(self.worker._station.trace.lines(self.floor.now()))

    async def send(self, *texts: str) -> None:
        now, told = self.floor.now(), self.floor.rules
        requests = [SendRequest(to=f"+3247512340{place}", text=text) for place, text in enumerate(texts)]
        prepared = [intake.prepare(request, told, now) for request in requests]
        await self.floor.store.run(lambda tx: intake.accept(tx, prepared, told, now, source="cli"))
        self.floor.ring_queue()

    async def step_until(self, wanted: str, most: int = 100) -> None:
        """Turn after turn until the modem is in a state."""
        for _ in range(most):
            await asyncio.wait_for(self.worker.step(), 20)
            if self.state == wanted:
                return
        raise AssertionError(f"{self.state}, not {wanted}; {self.rungs()}")


@asynccontextmanager
async def ladder_bench(
    folder: Path,
    *faults: Fault,
    timing: Timing = FAST,
    recovery: dict[str, object] | None = None,
    spec: ModemSpec | None = None,
    others: tuple[str, ...] = (),
) -> AsyncIterator[LadderBench]:
    """A hub with one modem; the configuration names its device node. ``others`` are only in the books."""
    database, look = fresh(folder), opened(Database(url_of(folder / "store.db")))
    dev, sysfs = folder / "dev", folder / "sys"
    named = [{"name": "gsm1", "port": str(dev / "ttyUSB0")}]
    named += [{"name": each, "port": str(dev / each)} for each in others]
    rules = rules_of(modems={"list": named})
    ids = database.transact(lambda tx: routing.sync(tx, rules))
    spec = replace(spec or ModemSpec(), dialect="huawei", faults=faults)
    async with Simulation(dev, [spec], usb=sysfs) as sim, Store(database) as store:
        floor = Floor(store, rules, machine=Machine(sysfs, dev, folder / "proc"))
        floor.recovery = RecoveryConfig.model_validate(recovery or {})
        floor.trouble = folder / "trouble"
        here = LadderBench(sim, floor, look, ids["gsm1"], timing)
        yield here
        await here.worker.finish()


def program(folder: Path, text: str) -> list[str]:
    """A program of the operator's, in Python: no shell is between."""
    path = folder / "hook.py"
    path.write_text(text)
    return [sys.executable, str(path)]
