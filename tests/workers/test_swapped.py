"""A SIM is changed in the midst of a long message: the rest waits for it, and goes with it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from modemd.service.routing import WAITS
from tests.service.office import LONG
from tests.workers.test_throttle import SENT, desk

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.workers.test_throttle import Desk

STATES = "SELECT part_no, state FROM part ORDER BY part_no"
OTHER = "8932000000000009999"


async def put(here: Desk, iccid: str) -> None:
    """The stick is pulled, its SIM changed, and plugged in again."""
    stick = here.sim.modems[0]
    await here.rung(stick.unplug_for)
    await here.step_until("SELECT state FROM modem", "lost")
    stick.me.swap_card(iccid)
    stick.plug()
    await here.step_until("SELECT iccid FROM modem", iccid)


def test_the_rest_of_a_message_waits_for_its_sim(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        async with desk(tmp_path, spacing=30) as here:
            await here.send(LONG)
            await here.step_until(SENT, 1)
            [(own,)] = here.rows("SELECT iccid FROM modem")
            await put(here, OTHER)
            await here.turns()
            assert [state for _, state in here.rows(STATES)][1:] == [8, 8]
            assert here.rows("SELECT DISTINCT not_before_at / 1000000 FROM part WHERE state = 8") == [
                (int((here.at + WAITS).timestamp()),)
            ]
            await put(here, str(own))
            assert [state for _, state in here.rows(STATES)][1:] == [0, 0]

    asyncio.run(story())
    assert "begun by a SIM that is gone: they wait ten minutes for it" in caplog.text
