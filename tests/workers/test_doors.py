"""Ways out of the gateway that a reload opens and closes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from modemd.config.model import Config
from modemd.errors import StoreError
from modemd.store import brokers, modems
from modemd.store.times import to_us
from modemd.workers.doors import Doors
from modemd.workers.supervisor import Supervisor
from tests.service.office import START
from tests.store.files import full_disk, rows
from tests.workers.test_housekeeping import House, play

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.store.transaction import Tx


def config_of(**sections: Any) -> Config:
    return Config.model_validate({"gateway": {"name": "gw1", "country": "BE"}} | sections)


def test_that_no_broker_is_wanted_any_more_is_written_down_once_that_is_possible(tmp_path: Path) -> None:
    running, wanted = config_of(mqtt={"port": 1, "host": "localhost"}), config_of()

    async def story(here: House) -> None:
        await here.floor.store.run(note)
        async with asyncio.TaskGroup() as group:
            doors = Doors(here.floor, Supervisor(group))
            doors.open(running)
            with full_disk(here.look), pytest.raises(StoreError):
                await doors.close_changed(running, wanted)
            await doors.close_changed(running, wanted)
        assert rows(here.look, "SELECT broker FROM gateway") == [(None,)]

    def note(tx: Tx) -> None:
        modems.gateway_started(tx, "gw1", 1, "1", to_us(START))
        brokers.note(tx, "gw1", "localhost:1", None, to_us(START))

    play(tmp_path, story)
