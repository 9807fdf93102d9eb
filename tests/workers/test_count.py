"""What the SIM counts tells whether a part that nobody answered for was handed to the network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from modemd.simulator.faults import Fault, FaultKind, Place
from modemd.simulator.network import NetworkSpec
from tests.workers.test_modem_turns import play, texts

if TYPE_CHECKING:
    from pathlib import Path

    from tests.workers.test_modem_worker import Bench

AIR = NetworkSpec(reports=False)
EVIDENCE = "SELECT evidence FROM part WHERE id = 2"


async def believed(here: Bench) -> None:
    """One part goes out, and then there is nothing to do: the count is looked at."""
    await here.send("first")
    await here.step_until("SELECT state FROM part", 3)
    here.worker.stop()  # else it would wait for more
    await here.worker.step()
    await here.worker.step()
    here.worker.stopping = False


@pytest.mark.parametrize(("place", "found", "air"), [
    (Place.BODY, "not_sent", ["first", "second"]),
    (Place.ANSWER, "message_reference", ["first", "second"]),
])  # fmt: skip
def test_the_count_is_evidence(tmp_path: Path, place: Place, found: str, air: list[str]) -> None:
    async def story(here: Bench) -> None:
        await believed(here)
        await here.send("second")
        await here.step_until(EVIDENCE, found)
        if found == "not_sent":
            await here.step_until("SELECT state FROM part WHERE id = 2", 3)
            assert here.rows("SELECT doubted, attempts FROM part WHERE id = 2") == [(0, 2)]
        else:
            assert here.rows("SELECT state, doubted, tp_mr FROM part WHERE id = 2") == [(7, 1, 1)]
        assert texts(here) == air

    play(tmp_path, story, Fault(kind=FaultKind.HANG, on="AT+CMGS=*", at=place, nth=2), network=AIR)
