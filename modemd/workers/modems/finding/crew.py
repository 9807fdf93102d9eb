"""The workers of all modems: those of the configuration, and those that were adopted while running."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from modemd.gsm.identities import same_iccid, same_imei
from modemd.service.modems import adoption
from modemd.workers.modems.worker import ModemWorker

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from modemd.config.modems import ModemConfig, ModemsConfig
    from modemd.modem.timing import Timing
    from modemd.service.modems.adoption import Adoptable
    from modemd.workers.floor import Floor
    from modemd.workers.supervisor import Supervisor

log = logging.getLogger(__name__)


class Crew:
    """Lets modems' workers come and go. ``change`` is held by who changes which modems there are."""

    def __init__(self, floor: Floor, supervisor: Supervisor, timing: Timing | None) -> None:
        self.change = asyncio.Lock()
        self._floor = floor
        self._supervisor = supervisor
        self._timing = timing
        self._workers: dict[str, ModemWorker] = {}
        self._adopted: dict[str, ModemConfig] = {}

    @property
    def adopted(self) -> tuple[ModemConfig, ...]:
        """The entries of those that the configuration does not name."""
        return tuple(self._adopted.values())

    @property
    def summary(self) -> str:
        """How many modems are ready, and how the others are: a line for the service manager, in ASCII."""
        states = {name: worker.state for name, worker in self._workers.items()}
        ready = sum(state == "ready" for state in states.values())
        others = [f"{name} {state or 'new'}" for name, state in states.items() if state != "ready"]
        return "; ".join([f"{ready} of {len(states)} modems ready", *others])

    def start(self, configs: Iterable[ModemConfig], modem_ids: Mapping[str, int]) -> None:
        """Begin to work with modems; those that are worked with are left alone."""
        for config in configs:
            if config.name not in self._workers:
                worker = ModemWorker(
                    self._floor, config, modem_ids[config.name], timing=self._timing
                )  # fmt: skip
                self._workers[config.name] = worker
                self._supervisor.start(worker)

    async def stop(self, names: Iterable[str]) -> None:
        """Let their parts in hand be finished, and give their ports back."""
        going = [self._workers.pop(name) for name in names if name in self._workers]
        await self._supervisor.stop(*going)

    async def adopt(self, found: Adoptable) -> ModemConfig:
        """Use a modem that nobody named.

        Raises:
            StoreError: it could not be written down; nothing has happened.
        """
        async with self.change:
            floor = self._floor
            rules, now = floor.rules, floor.now()
            entry, modem_id = await floor.store.run(lambda tx: adoption.adopt(tx, rules, found, now))
            self._adopted[entry.name] = entry
            floor.rules = adoption.with_modems(floor.rules, (entry,))
            self.start((entry,), {entry.name: modem_id})
        log.info("the modem on %s is used as %s: %s", found.port, entry.name, found.says)
        self._ring()
        return entry

    async def dismiss(self, name: str) -> None:
        """An adopted modem was pulled out long ago: its worker goes, its name is kept.

        Raises:
            StoreError: it is not written down; its worker is gone nevertheless.
        """
        async with self.change:
            floor = self._floor
            await self.stop((name,))
            if self._adopted.pop(name, None) is None:
                return
            floor.rules = adoption.without_modem(floor.rules, name)
            rules, now = floor.rules, floor.now()
            if await floor.store.run(lambda tx: adoption.dismiss(tx, rules, name, now)):
                floor.ring_alarms()
        log.info("%s has been gone for long: it is adopted anew when it is plugged in", name)
        self._ring()

    def still_adopted(self, settings: ModemsConfig) -> tuple[ModemConfig, ...]:
        """Those adopted that go on with another configuration: it adopts, and names none of them now."""
        if not settings.discover:
            return ()
        rack = self._floor.rack
        return tuple(
            entry
            for entry in self._adopted.values()
            if not any(_names(new, entry) or rack.is_for(new, entry.name) for new in settings.list)
        )

    async def settle(self, kept: Iterable[ModemConfig]) -> None:
        """After another configuration was taken: those adopted modems go that are not ``kept``."""
        names = {entry.name for entry in kept}
        gone = [name for name in self._adopted if name not in names]
        for name in gone:
            del self._adopted[name]
        await self.stop(gone)

    def _ring(self) -> None:
        self._floor.ring_queue()
        self._floor.ring_tellers()
        self._floor.states.ring()


def _names(new: ModemConfig, entry: ModemConfig) -> bool:
    """Tell whether a configured entry is bound to the modem that an adopted one stands for."""
    return new.name == entry.name or same_imei(new.imei, entry.imei) or same_iccid(new.iccid, entry.iccid)
