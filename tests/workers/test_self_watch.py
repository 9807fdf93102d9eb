"""The gateway looks after itself: what is wrong with it becomes an alarm."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from modemd.workers.self_watch import SelfWatch
from tests.store.files import rows
from tests.workers.test_housekeeping import House, play

if TYPE_CHECKING:
    from pathlib import Path


def test_a_disk_with_room_is_no_alarm_and_one_that_is_not_there_no_failure(tmp_path: Path) -> None:
    async def story(here: House) -> None:
        watch = SelfWatch(here.floor, [tmp_path, tmp_path / "none"])
        turn = asyncio.ensure_future(watch.step())
        await watch.look()
        watch.stop()
        await asyncio.wait_for(turn, 5)
        assert rows(here.look, "SELECT count(*) FROM alarm") == [(0,)]

    play(tmp_path, story)
