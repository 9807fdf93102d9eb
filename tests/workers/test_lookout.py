"""A modem whose task is busy with one thing for long gives what waits for it to others."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from modemd.service import routing
from modemd.simulator.faults import Fault, FaultKind, Place
from modemd.store import queue
from modemd.workers.modems.helping.lookout import Lookout
from tests.workers.ladder_bench import FAST, ladder_bench

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.modem.timing import Timing
    from modemd.service.rules import Rules
    from modemd.store.transaction import Tx
    from modemd.workers.supervisor import Supervisor, Worker

PATIENT = replace(FAST, answer_s=20.0, grace_body_s=0.2, hanging_s=0.3)


class Turning:
    """As a supervisor, as far as the lookout asks it."""

    def __init__(self, *workers: Worker) -> None:
        self.workers = list(workers)


def lookout(timing: Timing, *workers: Worker) -> Lookout:
    return Lookout(cast("Supervisor", Turning(*workers)), timing)


ROUTE = "SELECT route.key FROM part JOIN route ON route.id = route_id WHERE part.state = 0"


def test_what_waits_for_a_modem_that_hangs_goes_by_others_and_what_is_in_hand_stays(tmp_path: Path) -> None:
    async def story() -> None:
        hang = Fault(kind=FaultKind.LATE, on="AT+CMGS*", at=Place.BODY, seconds=1.0)
        async with ladder_bench(tmp_path, hang, timing=PATIENT, others=("gsm2",)) as here:
            await here.step_until("ready")
            await here.send("in hand", "waits for gsm1 alone")
            rules = here.floor.rules
            await here.floor.store.run(lambda tx: _retried(tx, rules))
            assert ("any !gsm2",) in here.rows(ROUTE)
            turning = asyncio.ensure_future(here.worker.run())
            look = lookout(PATIENT, here.worker)
            while here.state == "ready":
                await look.step()
            assert here.state == "silent"
            assert here.rows(ROUTE) == [("any",)]
            assert here.rows("SELECT count(*) FROM part WHERE state = 2") == [(1,)]
            while here.state != "ready":  # it was late, and answers
                await look.step()
            assert here.rows("SELECT count(*) FROM part WHERE state IN (0, 7)") == [(0,)]
            here.worker.stop()
            await turning

    asyncio.run(story())


def _retried(tx: Tx, rules: Rules) -> None:
    """The second message waits for gsm1 alone, as after a refusal that gsm2 met."""
    queue.pin(tx, 2, routing.route_id(tx, rules, "any !gsm2"))


def test_a_modem_that_waits_for_work_hangs_not(tmp_path: Path) -> None:
    async def story() -> None:
        async with ladder_bench(tmp_path, timing=PATIENT) as here:
            await here.step_until("ready")
            turning = asyncio.ensure_future(here.worker.run())
            look = lookout(PATIENT, here.worker)
            for _ in range(8):
                await look.step()
            assert here.state == "ready"
            here.worker.stop()
            await turning

    asyncio.run(story())


def test_what_was_claimed_and_not_begun_goes_back(tmp_path: Path) -> None:
    async def story() -> None:
        async with ladder_bench(tmp_path, timing=PATIENT) as here:
            await here.step_until("ready")
            await here.send("one", "two")
            while here.rows("SELECT count(*) FROM part WHERE state >= 3") == [(0,)]:
                await here.worker.step()
            assert here.rows("SELECT count(*) FROM part WHERE state = 2") == [(1,)]
            await here.worker.hangs(15)
            assert here.rows("SELECT count(*) FROM part WHERE state = 2") == [(0,)]
            assert here.state == "silent"
            while here.rows("SELECT count(*) FROM part WHERE state >= 3") != [(2,)]:
                await here.worker.step()
            assert here.state == "ready"

    asyncio.run(story())
