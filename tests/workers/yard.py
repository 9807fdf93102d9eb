"""A hub as the kernel shows it, with simulated modems, and a gateway's scout that finds them."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from modemd.config.modems import ModemsConfig
from modemd.model import SendRequest
from modemd.modem.discovery.machine import Machine
from modemd.service import intake, routing
from modemd.service.modems import adoption
from modemd.simulator.simulation import ModemSpec, Simulation
from modemd.store.database import Database
from modemd.store.writer import Store
from modemd.workers.floor import Floor
from modemd.workers.modems.finding.crew import Crew
from modemd.workers.modems.finding.scout import Scout
from modemd.workers.supervisor import Supervisor
from tests.modem.times import QUICK
from tests.service.office import TO, rules_of
from tests.store.files import fresh, opened, rows, url_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
    from pathlib import Path

    from modemd.modem.timing import Timing
    from modemd.simulator.network import NetworkSpec


PATIENCE_S = 30.0


class Yard:
    """A hub with simulated modems, a gateway's scout and crew, and its store."""

    def __init__(self, sim: Simulation, floor: Floor, crew: Crew, scout: Scout, look: Database) -> None:
        self.sim = sim
        self.floor = floor
        self.crew = crew
        self.scout = scout
        self.look = look

    async def until(self, check: Callable[[], object]) -> None:
        """Wait for it; the loop goes on meanwhile."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(PATIENCE_S):
            while not check():
                turn = loop.create_future()
                loop.call_later(0.01, turn.set_result, None)
                await turn

    def modems(self) -> dict[str, str]:
        """The state of each modem, by name."""
        return {str(name): str(state) for name, state in rows(self.look, "SELECT name, state FROM modem")}

    async def ready(self, *names: str) -> None:
        await self.until(lambda: set(names) <= {n for n, state in self.modems().items() if state == "ready"})

    def one(self, sql: str) -> Any:
        found = rows(self.look, sql)
        return found[0][0] if found else None

    def told(self, event: str) -> list[dict[str, Any]]:
        """What the broker is told of modems."""
        found = rows(self.look, f"SELECT body FROM outbox WHERE event = '{event}' ORDER BY id")
        return [json.loads(str(body)) for (body,) in found]

    async def send(self, *texts: str, modem: str | None = None) -> None:
        now, rules = self.floor.now(), self.floor.rules
        prepared = [intake.prepare(SendRequest(to=TO, text=text, modem=modem), rules, now) for text in texts]
        await self.floor.store.run(lambda tx: intake.accept(tx, prepared, rules, now, source="cli"))
        self.floor.ring_queue()


@asynccontextmanager
async def yard(
    folder: Path,
    specs: Sequence[ModemSpec] = (ModemSpec(),),
    entries: Sequence[dict[str, Any]] = (),
    network: NetworkSpec | None = None,
    timing: Timing = QUICK,
    again_s: tuple[float, ...] = (3.0, 6.0),
    **settings: Any,
) -> AsyncIterator[Yard]:
    database = Database(url_of(folder / "store.db")) if (folder / "store.db").exists() else fresh(folder)
    look = opened(Database(url_of(folder / "store.db")))
    settings = {"discover": True, **settings, "list": list(entries)}
    rules = rules_of(modems=settings, mqtt={"host": "localhost"})
    machine = Machine(folder / "sys", folder / "dev")
    async with (
        Simulation(folder / "dev", specs, network, usb=folder / "sys") as sim,
        Store(database) as store,
        asyncio.TaskGroup() as group,
    ):
        floor = Floor(store, rules, machine=machine, ignore=tuple(settings.get("ignore", ())))
        supervisor = Supervisor(group)
        crew = Crew(floor, supervisor, timing)
        ids = await store.run(lambda tx: routing.sync(tx, rules))
        await store.run(lambda tx: adoption.recover(tx, rules, (), floor.now()))
        crew.start(rules.modems, ids)
        scout = Scout(floor, ModemsConfig.model_validate(settings), crew, QUICK, look_s=0.05, again_s=again_s)
        supervisor.start(scout)
        yield Yard(sim, floor, crew, scout, look)
        await supervisor.stop(scout)
        await supervisor.stop(*supervisor.workers)
    database.close()


def run(
    folder: Path,
    test: Callable[[Yard], Awaitable[None]],
    specs: Sequence[ModemSpec] = (ModemSpec(),),
    entries: Sequence[dict[str, Any]] = (),
    **settings: Any,
) -> None:
    async def whole() -> None:
        async with yard(folder, specs, entries, **settings) as place:
            await test(place)

    asyncio.run(whole())


def name_of(spec: ModemSpec, more: str = "") -> str:
    return f"modem-{spec.imei[-6:]}{more}"


STICK = ModemSpec(imei="861234560000017", dialect="quectel", stick=True)


OTHER = ModemSpec(imei="861234560000025")


ICCID = "8932000000000777001"
